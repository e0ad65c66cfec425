/* SPDX-License-Identifier: Apache-2.0
 *
 * The levels of a latency plot. Even steps would show nothing of the tail, which is what one looks for: so the
 * steps are halved wherever half of what was left has been passed (as HdrHistogram's percentile iterator has
 * it, Gil Tene, http://hdrhistogram.org). Any thread. */
#include "client/load/percentiles.h"

#include <math.h>

/* Levels are sums of binary fractions, most of them rounded: 0.9 of 2,000 may come out a little above 1,800 and
 * would ask for one rank too many. Far below one rank of whatever can be counted. */
#define ROUNDING 1e-12

/* The next level. The step is 1 / (ticks * 2^(halvings + 1)). */
static double level_after(double level, unsigned ticks)
{
    double halvings = floor(log2(1 / (1 - level)) + 1e-9);

    return level + 1 / (ticks * exp2(halvings + 1));
}

size_t percentiles_of(const struct histogram *histogram, unsigned ticks, struct percentile *levels)
{
    struct histogram_step step = {0};
    double whole = (double)histogram_count(histogram);
    size_t count = 0, most = PERCENTILES_MOST(ticks) - 1;
    double level = 0;

    if (histogram_count(histogram) == 0)
        return 0;
    while (histogram_walk(histogram, &step) && count < most) {
        bool last = step.up_to == histogram_count(histogram);

        for (; (double)step.up_to >= level * whole * (1 - ROUNDING) && count < most;
             level = level_after(level, ticks)) {
            levels[count++] = (struct percentile){level, step.value_ns, step.up_to};
            if (last)
                break; /* the next one is 100% */
        }
    }
    levels[count++] = (struct percentile){1, histogram_max_ns(histogram), histogram_count(histogram)};
    return count;
}
