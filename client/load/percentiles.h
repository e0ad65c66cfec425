/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_PERCENTILES_H
#define CONCUR_CLIENT_LOAD_PERCENTILES_H

#include <stddef.h>

#include "common/histogram.h"

/* A level of a histogram: so large a part of what was seen took at most so long. */
struct percentile {
    double level; /* 0 to 1; the last one is 1 */
    uint64_t value_ns;
    uint64_t up_to; /* how many were seen up to that value */
};

/* The most levels that `ticks` give: as many again for each halving of what is left, of 2^64 at most. */
#define PERCENTILES_MOST(ticks) (66 * (ticks) + 2)

/* The levels at which HdrHistogram's reports tell a value (its percentile iterator): `ticks` until 50%, as many
 * again until 75%, 87.5% and so on, as long as there are values beyond; at last 100%. How many were put into
 * `levels`, which has room for PERCENTILES_MOST(ticks); 0 when nothing was seen. */
size_t percentiles_of(const struct histogram *histogram, unsigned ticks, struct percentile *levels);

#endif
