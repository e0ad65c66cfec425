/* SPDX-License-Identifier: Apache-2.0
 *
 * Median and range of repeats. The range and no standard deviation: of three to five repeats nobody knows how they are
 * distributed, and on a shared machine they are skewed by whoever else was at work; that two ranges do not touch is a
 * statement that needs no assumption. It errs by chance, too: one in ten comparisons of three alike repeats with three
 * others (2 * 3! * 3! / 6!), which is why a least difference is asked for on top.
 *
 * What is counted, or is the mean of a few, is not known within a share of itself even if all else were quiet: two
 * crashes that take 3 requests with them might have taken 8. The bounds of a count are those of the square root, which
 * makes a Poisson variable's deviation one half whatever its mean (Anscombe, "The transformation of Poisson, binomial
 * and negative-binomial data", 1948): +-2 deviations are +-1 on the root. Pure functions, any thread. */
#include "client/compare/spread.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

struct spread spread_of(double *values, size_t count)
{
    size_t i, known = 0;
    struct spread spread = {0};

    for (i = 0; i < count; i++) {
        if (!isnan(values[i]))
            values[known++] = values[i];
    }
    if (known == 0)
        return spread;
    qsort(values, known, sizeof *values, by_size);
    spread.count = known;
    spread.least = values[0];
    spread.most = values[known - 1];
    spread.median = known % 2 == 1 ? values[known / 2] : (values[known / 2 - 1] + values[known / 2]) / 2;
    return spread;
}

struct spread spread_of_count(double events, double unit)
{
    double low = fmax(sqrt(events) - 1, 0), high = sqrt(events + 1) + 1;

    return (struct spread){1, events * unit, low * low * unit, high * high * unit};
}

struct spread spread_of_mean(double mean, double least, double most, uint64_t events)
{
    double error = events > 0 ? mean / sqrt((double)events) : INFINITY;

    return (struct spread){1, mean, fmax(fmin(least, mean - error), 0), fmax(most, mean + error)};
}

static double low_end(const struct spread *spread)
{
    double assumed = spread->median - fabs(spread->median) * SPREAD_OF_ONE;

    return spread->count > 1 ? spread->least : fmin(spread->least, assumed);
}

static double high_end(const struct spread *spread)
{
    double assumed = spread->median + fabs(spread->median) * SPREAD_OF_ONE;

    return spread->count > 1 ? spread->most : fmax(spread->most, assumed);
}

bool spread_differ(const struct spread *a, const struct spread *b, double least_share, double least_step)
{
    double step = fabs(a->median - b->median);

    if (a->count == 0 || b->count == 0)
        return false;
    if (low_end(a) <= high_end(b) && low_end(b) <= high_end(a))
        return false;
    return step > fmax(fabs(a->median), fabs(b->median)) * least_share && step > least_step;
}
