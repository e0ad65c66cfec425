/* SPDX-License-Identifier: Apache-2.0
 *
 * The latency (from the intended time) as HdrHistogram writes its percentiles (outputPercentileDistribution,
 * http://hdrhistogram.org), which its plotter and many others read: value, percentile, count up to it, and
 * 1 / (1 - percentile), which the last line has not; then mean, deviation, maximum and count as comments.
 * Values are milliseconds, the plotter's default, with six decimals so that no digit of ours is lost. Runs in
 * the main thread. */
#include "client/load/report.h"

#include <math.h>
#include <stdlib.h>

#include "client/load/percentiles.h"

#define TICKS 5 /* for each halving: HdrHistogram's usual */
#define SUB_BUCKETS                                                                                          \
    256 /* of our histogram, as HdrHistogram counts them: the first has as many, the others half */
#define BUCKETS 56

static double milliseconds(uint64_t ns)
{
    return (double)ns / 1e6;
}

/* The standard deviation from the mean, of all that was seen. */
static double deviation_ms(const struct histogram *histogram)
{
    double mean = histogram_mean_ns(histogram), squares = 0;
    struct histogram_step step = {0};

    while (histogram_walk(histogram, &step)) {
        double apart = (double)step.value_ns - mean;

        squares += apart * apart * (double)step.times;
    }
    return histogram_count(histogram) > 0 ? sqrt(squares / (double)histogram_count(histogram)) / 1e6 : 0;
}

static void write_level(const struct percentile *at, FILE *out)
{
    fprintf(out, "%12.6f %2.12f %10llu", milliseconds(at->value_ns), at->level,
            (unsigned long long)at->up_to);
    if (at->level < 1)
        fprintf(out, " %14.2f", 1 / (1 - at->level));
    fputc('\n', out);
}

int report_hgrm(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    const struct histogram *latency = result->times.latency;
    struct percentile *levels = calloc(PERCENTILES_MOST(TICKS), sizeof *levels);
    size_t count, i;

    (void)plan;
    if (levels == NULL)
        return -1;
    fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
    count = percentiles_of(latency, TICKS, levels);
    for (i = 0; i < count; i++)
        write_level(&levels[i], out);
    fprintf(out, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", histogram_mean_ns(latency) / 1e6,
            deviation_ms(latency));
    fprintf(out, "#[Max     = %12.6f, Total count    = %12llu]\n", milliseconds(histogram_max_ns(latency)),
            (unsigned long long)histogram_count(latency));
    fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", BUCKETS, SUB_BUCKETS);
    free(levels);
    return 0;
}
