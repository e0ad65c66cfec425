/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_SPREAD_H
#define CONCUR_CLIENT_COMPARE_SPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What repeats of one measurement came to: the middle one and the two ends. All zeroes: nothing is known. */
struct spread {
    size_t count; /* repeats in it */
    double median, least,
        most; /* with a count of 1: of spread_of_count and spread_of_mean, or all the same */
};

/* Of `count` values, those that are not numbers (NAN: unknown) left out. Rearranges `values`. */
struct spread spread_of(double *values, size_t count);

/* One measurement that is a count of `events`, each of them `unit`: how many there might as well have been by chance
 * (Poisson, 95%). */
struct spread spread_of_count(double events, double unit);

/* One measurement that is the mean of `events` of which the least and the most are known: as far as those reach, and at
 * least as far as the counting error of so few, 1/sqrt(events) of the mean. */
struct spread spread_of_mean(double mean, double least, double most, uint64_t events);

/* Where nothing says how far repeats lie apart, because there is only one, at least this share of it is assumed to
 * either side. */
#define SPREAD_OF_ONE 0.1

/* Whether two are apart beyond noise: their ranges do not overlap, and their medians differ by more than the share
 * `least_share` of the larger and by more than `least_step`. False when either is unknown. */
bool spread_differ(const struct spread *a, const struct spread *b, double least_share, double least_step);

#endif
