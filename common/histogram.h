/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_HISTOGRAM_H
#define CONCUR_COMMON_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* How often which duration was seen, from 0 to HISTOGRAM_MOST_NS nanoseconds, at a relative error of at most
 * 1/128 and in constant memory (57 KiB). Longer ones are recorded as HISTOGRAM_MOST_NS. One owner at a time.
 */
struct histogram;

#define HISTOGRAM_MOST_NS ((UINT64_C(1) << 63) - 1)

/* An empty one, or NULL when memory is short. */
struct histogram *histogram_new(void);

/* Frees and nulls; takes NULL. */
void histogram_free(struct histogram **histogram);

/* Counts `times` sightings of one duration. Constant time, no allocation. */
void histogram_record(struct histogram *histogram, uint64_t value_ns, uint64_t times);

/* Adds everything that `from` has seen to `into`: exactly what `into` would be had it seen it all. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* Forgets everything. */
void histogram_reset(struct histogram *histogram);

uint64_t histogram_count(const struct histogram *histogram);

/* Exact, not rounded to a bucket; 0 when empty. */
uint64_t histogram_max_ns(const struct histogram *histogram);

/* The exact arithmetic mean of what was recorded; 0 when empty. */
double histogram_mean_ns(const struct histogram *histogram);

/* The quantile by nearest rank: of the durations in ascending order the one at position ceil(quantile *
 * count), counted from 1 and at least 1, rounded up to the upper edge of its bucket but never beyond the
 * maximum. So for the exact x it answers a value in [x, x + x/128]: a latency is never made to look better
 * than it was. 0 when empty; `quantile` is from 0 to 1. */
uint64_t histogram_quantile_ns(const struct histogram *histogram, double quantile);

/* A walk over what was seen, from the shortest to the longest. All zeroes is its beginning. */
struct histogram_step {
    uint64_t value_ns; /* the upper edge of a bucket, but never beyond the maximum */
    uint64_t times;    /* how often it was seen, above 0 */
    uint64_t up_to;    /* how many were seen up to it */
    unsigned next;     /* where the walk goes on */
};

/* Takes the next step; false at the end. */
bool histogram_walk(const struct histogram *histogram, struct histogram_step *step);

#endif
