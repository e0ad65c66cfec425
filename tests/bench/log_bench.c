/* SPDX-License-Identifier: Apache-2.0
 *
 * The log queue's own cost: what a record costs its producer, and how many reach a file. One run of one row:
 *
 *   log_bench SHAPE WAY PRODUCERS RECORDS FILE
 *
 * SHAPE is paced (a record every 10 us) or saturated (as fast as it goes). WAY is threads or processes for
 * the queue, or one that it is measured beside: write (a system call per line), mutex (the same under a lock,
 * formatted before it). PRODUCERS share RECORDS between them. Prints one line of NAME=VALUE words.
 *
 * A call is timed alone, by the time stamp counter's clock around it; what reading that clock costs is taken
 * off, at its median. Saturated runs block when the lane is full (overflow = block), so that every record is
 * written and the rate is that of the whole way to the file. */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/log/logger.h"

#define PACE_NS        10000u
#define LANE_SIZE      (1u << 20)
#define PRODUCERS_MOST 16
#define PATIENCE_US    10000000u
#define CLOCK_SAMPLES  10001

enum way { WAY_THREADS, WAY_PROCESSES, WAY_WRITE, WAY_MUTEX };

static const char *const way_names[] = {
    [WAY_THREADS] = "threads", [WAY_PROCESSES] = "processes", [WAY_WRITE] = "write", [WAY_MUTEX] = "mutex"};

/* The bench as a whole, in memory that its processes share. */
struct bench {
    bool paced;
    enum way way;
    unsigned producers;
    uint64_t records; /* of each producer */
    const char *path;
    int fd;
    struct log_queue *queue;
    pthread_barrier_t begin;
    uint32_t *samples; /* nanoseconds, records for each producer */
};

static struct bench *bench;
static pthread_mutex_t file_lock = PTHREAD_MUTEX_INITIALIZER;

/* What the other ways have to do for the same line. */
static void write_line(uint64_t number)
{
    char line[256];
    struct timespec now;
    int length;

    clock_gettime(CLOCK_REALTIME, &now);
    length = snprintf(line, sizeof line,
                      "ts=%ld.%06ldZ level=info event=command worker=1 pid=1 tid=1 conn=%" PRIu64
                      " peer=127.0.0.1:51234 command=ping dur_us=12 tx_bytes=7 result=ok\n",
                      (long)now.tv_sec, now.tv_nsec / 1000, number);
    if (bench->way == WAY_MUTEX)
        pthread_mutex_lock(&file_lock);
    if (write(bench->fd, line, (size_t)length) != length)
        abort();
    if (bench->way == WAY_MUTEX)
        pthread_mutex_unlock(&file_lock);
}

static void log_line(uint64_t number)
{
    log_event(EVENT_COMMAND, LOG_U(number), LOG_S("127.0.0.1:51234"), LOG_S("ping"), LOG_U(12), LOG_U(7),
              LOG_S("ok"));
}

static void produce(unsigned producer)
{
    uint32_t *samples = bench->samples + producer * bench->records;
    bool queued = bench->way == WAY_THREADS || bench->way == WAY_PROCESSES;
    uint64_t next;

    if (queued)
        log_bind(log_queue_lane(bench->queue, producer), producer, false);
    pthread_barrier_wait(&bench->begin);
    next = clock_now_ns();
    for (uint64_t i = 0; i < bench->records; i++) {
        uint64_t before = clock_now_ns();

        while (bench->paced && before < next)
            before = clock_now_ns();
        next += PACE_NS;
        if (queued)
            log_line(i);
        else
            write_line(i);
        samples[i] = (uint32_t)(clock_now_ns() - before);
    }
}

static void *produce_in_thread(void *argument)
{
    produce((unsigned)(uintptr_t)argument);
    return NULL;
}

static void run_threads(void)
{
    pthread_t threads[PRODUCERS_MOST];

    for (uintptr_t i = 0; i < bench->producers; i++)
        if (pthread_create(&threads[i], NULL, produce_in_thread, (void *)i) != 0)
            abort();
    for (unsigned i = 0; i < bench->producers; i++)
        pthread_join(threads[i], NULL);
}

static void run_processes(void)
{
    for (unsigned i = 0; i < bench->producers; i++)
        if (fork() == 0) {
            produce(i);
            _exit(0);
        }
    for (unsigned i = 0; i < bench->producers; i++)
        wait(NULL);
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

static uint32_t clock_cost_ns(void)
{
    static uint32_t costs[CLOCK_SAMPLES];

    for (size_t i = 0; i < CLOCK_SAMPLES; i++) {
        uint64_t before = clock_now_ns();

        costs[i] = (uint32_t)(clock_now_ns() - before);
    }
    qsort(costs, CLOCK_SAMPLES, sizeof costs[0], compare);
    return costs[CLOCK_SAMPLES / 2];
}

static void *share(size_t bytes)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED)
        abort();
    return memory;
}

static void prepare(char **argv)
{
    pthread_barrierattr_t shared;

    bench = share(sizeof *bench);
    bench->paced = strcmp(argv[1], "paced") == 0;
    while (bench->way < WAY_MUTEX && strcmp(argv[2], way_names[bench->way]) != 0)
        bench->way++;
    bench->producers = (unsigned)strtoul(argv[3], NULL, 10);
    if (bench->producers < 1 || bench->producers > PRODUCERS_MOST)
        abort();
    bench->records = strtoull(argv[4], NULL, 10) / bench->producers;
    bench->path = argv[5];
    bench->samples = share(bench->producers * bench->records * sizeof *bench->samples);
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&bench->begin, &shared, bench->producers);
    bench->queue =
        log_queue_init(share(log_queue_bytes(bench->producers, LANE_SIZE)), bench->producers, LANE_SIZE);
    log_set_patience(bench->paced ? 0 : PATIENCE_US);
}

/* The whole way: from before the first record until the last is in the file. */
static uint64_t run(void)
{
    char target[256];
    struct config config = {.log = {.target = target, .flush_interval_us = 5000}};
    bool queued = bench->way == WAY_THREADS || bench->way == WAY_PROCESSES;
    struct logger *logger = NULL;
    struct error error;
    uint64_t began;

    snprintf(target, sizeof target, "file:%s", bench->path);
    bench->fd = open(bench->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (queued && (logger = logger_start(&config, bench->queue, &error)) == NULL)
        abort();
    began = clock_now_ns();
    if (bench->way == WAY_PROCESSES)
        run_processes();
    else
        run_threads();
    logger_stop(&logger, &(struct logger_end){0}, PATIENCE_US);
    close(bench->fd);
    return clock_now_ns() - began;
}

int main(int argc, char **argv)
{
    uint64_t all, elapsed_ns;
    uint32_t clock_ns = clock_cost_ns();
    struct log_counts counts;

    if (argc != 6) {
        fprintf(stderr,
                "usage: log_bench paced|saturated threads|processes|write|mutex PRODUCERS RECORDS FILE\n");
        return 2;
    }
    prepare(argv);
    elapsed_ns = run();
    all = bench->producers * bench->records;
    log_queue_counts(bench->queue, &counts);
    qsort(bench->samples, all, sizeof *bench->samples, compare);
    for (uint64_t i = 0; i < all; i++)
        bench->samples[i] = bench->samples[i] > clock_ns ? bench->samples[i] - clock_ns : 0;
    printf("p50_ns=%u p99_ns=%u p999_ns=%u records_per_s=%.0f dropped=%" PRIu64 " waits=%" PRIu64
           " wakeups=%" PRIu64 " clock_ns=%u\n",
           bench->samples[all / 2], bench->samples[all * 99 / 100], bench->samples[all * 999 / 1000],
           (double)(all - counts.dropped) * 1e9 / (double)elapsed_ns, counts.dropped, counts.waits,
           counts.wakeups, clock_ns);
    return 0;
}
