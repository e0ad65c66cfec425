/* SPDX-License-Identifier: Apache-2.0
 *
 * A log-linear histogram in the manner of HdrHistogram (Gil Tene, http://hdrhistogram.org), which Debian has
 * for no C program. Durations below 256 ns have a bucket each; above, every power of two is divided into 128
 * buckets of equal width, so a bucket's width is at most 1/128 of any value in it. Recording is one
 * count-leading-zeros and two adds, so load threads can do it for every reply; each has its own histogram and
 * they are merged at the end, for percentiles can be merged but never averaged. Runs in any thread; one owner
 * at a time. */
#include "common/histogram.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#define SUB_BITS    7
#define SUB_BUCKETS (1u << SUB_BITS)      /* per power of two */
#define LINEAR      (2u * SUB_BUCKETS)    /* values below have a bucket each */
#define OCTAVES     (63 - (SUB_BITS + 1)) /* powers of two from LINEAR to HISTOGRAM_MOST_NS */
#define BUCKETS     (LINEAR + OCTAVES * SUB_BUCKETS)

struct histogram {
    uint64_t count;
    uint64_t max_ns;
    unsigned __int128 sum_ns; /* 2^64 sightings of 2^63 ns fit */
    uint64_t buckets[BUCKETS];
};

struct histogram *histogram_new(void)
{
    return calloc(1, sizeof(struct histogram));
}

void histogram_free(struct histogram **histogram)
{
    free(*histogram);
    *histogram = NULL;
}

static unsigned bucket_of(uint64_t value_ns)
{
    unsigned shift;

    if (value_ns < LINEAR)
        return (unsigned)value_ns;
    shift = 63 - SUB_BITS - (unsigned)__builtin_clzll(value_ns);
    /* The leading bit is in value >> shift, so the next octave's buckets follow without a gap. */
    return shift * SUB_BUCKETS + (unsigned)(value_ns >> shift);
}

/* The greatest value that falls into a bucket. */
static uint64_t upper_edge_ns(unsigned bucket)
{
    unsigned shift;
    uint64_t lead;

    if (bucket < LINEAR)
        return bucket;
    shift = bucket / SUB_BUCKETS - 1;
    lead = bucket - (uint64_t)shift * SUB_BUCKETS;
    return ((lead + 1) << shift) - 1;
}

void histogram_record(struct histogram *histogram, uint64_t value_ns, uint64_t times)
{
    if (value_ns > HISTOGRAM_MOST_NS)
        value_ns = HISTOGRAM_MOST_NS;
    if (value_ns > histogram->max_ns && times > 0)
        histogram->max_ns = value_ns;
    histogram->count += times;
    histogram->sum_ns += (unsigned __int128)value_ns * times;
    histogram->buckets[bucket_of(value_ns)] += times;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    unsigned i;

    for (i = 0; i < BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
}

void histogram_reset(struct histogram *histogram)
{
    *histogram = (struct histogram){0};
}

uint64_t histogram_count(const struct histogram *histogram)
{
    return histogram->count;
}

uint64_t histogram_max_ns(const struct histogram *histogram)
{
    return histogram->max_ns;
}

double histogram_mean_ns(const struct histogram *histogram)
{
    return histogram->count > 0 ? (double)histogram->sum_ns / (double)histogram->count : 0;
}

/* ceil(quantile * count) within 1..count. 0.99 is no binary fraction, so 0.99 * 100 may come out a little
 * above 99 and would ask for one rank too many: what is a whole number but for the rounding of `quantile` is
 * taken for one. */
static uint64_t rank_of(double quantile, uint64_t count)
{
    long double exact = (long double)quantile * (long double)count;
    long double nearest = roundl(exact);
    long double rank = fabsl(exact - nearest) <= DBL_EPSILON * exact ? nearest : ceill(exact);

    if (rank < 1)
        return 1;
    return rank >= (long double)count ? count : (uint64_t)rank;
}

uint64_t histogram_quantile_ns(const struct histogram *histogram, double quantile)
{
    uint64_t rank, seen = 0;
    unsigned i;

    assert(quantile >= 0 && quantile <= 1);
    if (histogram->count == 0)
        return 0;
    rank = rank_of(quantile, histogram->count);
    for (i = 0; i < BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank)
            break;
    }
    return i < BUCKETS && upper_edge_ns(i) < histogram->max_ns ? upper_edge_ns(i) : histogram->max_ns;
}

bool histogram_walk(const struct histogram *histogram, struct histogram_step *step)
{
    while (step->next < BUCKETS && histogram->buckets[step->next] == 0)
        step->next++;
    if (step->next == BUCKETS)
        return false;
    step->value_ns = upper_edge_ns(step->next);
    if (step->value_ns > histogram->max_ns)
        step->value_ns = histogram->max_ns;
    step->times = histogram->buckets[step->next++];
    step->up_to += step->times;
    return true;
}
