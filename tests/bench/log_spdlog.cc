// SPDX-License-Identifier: Apache-2.0
//
// spdlog's asynchronous logger on the work of log_bench.c: the same line, the same pace, the same file, the same way of
// timing. Its queue has 8,192 places and blocks when full, as it does by default.
//
//   log_spdlog paced|saturated PRODUCERS RECORDS FILE
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

static std::uint64_t now_ns()
{
    timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u + static_cast<std::uint64_t>(now.tv_nsec);
}

static std::uint32_t clock_cost_ns()
{
    std::vector<std::uint32_t> costs;

    for (int i = 0; i < 10001; i++) {
        std::uint64_t before = now_ns();
        costs.push_back(static_cast<std::uint32_t>(now_ns() - before));
    }
    std::sort(costs.begin(), costs.end());
    return costs[costs.size() / 2];
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    const bool paced = std::strcmp(argv[1], "paced") == 0;
    const unsigned producers = static_cast<unsigned>(std::atoi(argv[2]));
    const std::size_t records = std::strtoull(argv[3], nullptr, 10) / producers;
    const std::uint32_t clock_ns = clock_cost_ns();
    std::vector<std::uint32_t> samples(producers * records);
    std::vector<std::thread> threads;

    spdlog::init_thread_pool(8192, 1);
    auto logger = spdlog::basic_logger_mt<spdlog::async_factory>("bench", argv[4]);
    logger->set_pattern("ts=%Y-%m-%dT%H:%M:%S.%fZ level=%l %v");
    const std::uint64_t began = now_ns();
    for (unsigned producer = 0; producer < producers; producer++)
        threads.emplace_back([&, producer] {
            std::uint64_t next = now_ns();

            for (std::size_t i = 0; i < records; i++) {
                std::uint64_t before = now_ns();

                while (paced && before < next)
                    before = now_ns();
                next += 10000;
                logger->info("event=command worker={} pid=1 tid=1 conn={} peer={} command={} dur_us={} tx_bytes={} result={}",
                             producer, i, "127.0.0.1:51234", "ping", 12, 7, "ok");
                samples[producer * records + i] = static_cast<std::uint32_t>(now_ns() - before);
            }
        });
    for (auto &thread : threads)
        thread.join();
    logger.reset();
    spdlog::shutdown(); // joins the logger's thread: everything is written
    const double elapsed_s = static_cast<double>(now_ns() - began) / 1e9;
    std::sort(samples.begin(), samples.end());
    auto at = [&](double part) {
        std::uint32_t ns = samples[static_cast<std::size_t>(static_cast<double>(samples.size()) * part)];
        return ns > clock_ns ? ns - clock_ns : 0;
    };
    std::printf("p50_ns=%u p99_ns=%u p999_ns=%u records_per_s=%.0f dropped=0\n", at(0.5), at(0.99), at(0.999),
                static_cast<double>(samples.size()) / elapsed_s);
    return 0;
}
