/* SPDX-License-Identifier: Apache-2.0
 *
 * The course of a load for spreadsheets and plotters: RFC 4180 without anything to quote, one row a second, the
 * columns by the table below. The sums over the counts are the result's own. A cell is empty where there is
 * nothing to tell: no reply in that second, no target in a closed loop. Runs in the main thread. */
#include "client/load/report.h"

#include <math.h>

static double rate(const struct load_second *second)
{
    double seconds = second->to_s - second->from_s;

    return seconds > 0 ? (double)(second->ok + second->error_replies) / seconds : NAN;
}

static double microseconds(uint64_t ns)
{
    return ns > 0 ? (double)ns / 1e3 : NAN;
}

static void write_header(FILE *out)
{
    fputs("from_s,to_s,sent,ok,error_replies,failed,throughput_rps,target_rps,"
          "latency_p50_us,latency_p90_us,latency_p99_us,latency_max_us,service_p99_us\r\n",
          out);
}

static void write_figure(double value, FILE *out)
{
    if (isfinite(value))
        fprintf(out, ",%.3f", value);
    else
        fputc(',', out);
}

static void write_row(const struct load_second *second, FILE *out)
{
    fprintf(out, "%.3f,%.3f,%llu,%llu,%llu,%llu", second->from_s, second->to_s,
            (unsigned long long)second->sent, (unsigned long long)second->ok,
            (unsigned long long)second->error_replies, (unsigned long long)second->failed);
    write_figure(rate(second), out);
    write_figure(second->target_rps > 0 ? second->target_rps : NAN, out);
    write_figure(microseconds(second->latency_p50_ns), out);
    write_figure(microseconds(second->latency_p90_ns), out);
    write_figure(microseconds(second->latency_p99_ns), out);
    write_figure(microseconds(second->latency_max_ns), out);
    write_figure(microseconds(second->service_p99_ns), out);
    fputs("\r\n", out);
}

int report_csv(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    size_t i;

    (void)plan;
    write_header(out);
    for (i = 0; i < result->second_count; i++)
        write_row(&result->seconds[i], out);
    return 0;
}
