/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_SPREAD_H
#define CONCUR_CLIENT_COMPARE_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

/* What repeats of one measurement came to: the middle one and the two ends. All zeroes: nothing is known. */
struct spread {
    size_t count; /* repeats in it */
    double median, least, most;
};

/* Of `count` values, those that are not numbers (NAN: unknown) left out. Rearranges `values`. */
struct spread spread_of(double *values, size_t count);

/* Where nothing says how far repeats lie apart, because there is only one, this share of it is assumed to either side.
 */
#define SPREAD_OF_ONE 0.1

/* Whether two are apart beyond noise: their ranges do not overlap, and their medians differ by more than the share
 * `least_share` of the larger and by more than `least_step`. False when either is unknown. */
bool spread_differ(const struct spread *a, const struct spread *b, double least_share, double least_step);

#endif
