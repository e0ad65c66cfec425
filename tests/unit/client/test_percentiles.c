/* SPDX-License-Identifier: Apache-2.0
 *
 * The levels of a latency plot agree with the histogram's own quantiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "client/load/percentiles.h"

#define TICKS 5
#define MOST  250 /* below 256 ns the histogram rounds nothing */

static double printed(double level)
{
    char text[32];

    snprintf(text, sizeof text, "%.12f", level);
    return strtod(text, NULL);
}

/* The p90 of 2,000 was the value of rank 1,801: a level that is no binary fraction came out a little too high. */
static void every_level_is_the_quantile_that_it_says(void **state)
{
    static struct percentile levels[PERCENTILES_MOST(TICKS)];

    (void)state;
    for (uint64_t count = 1; count <= MOST; count++) {
        struct histogram *histogram = histogram_new();
        size_t found, i;

        assert_non_null(histogram);
        for (uint64_t value = 0; value < count; value++)
            histogram_record(histogram, value, 1);
        found = percentiles_of(histogram, TICKS, levels);
        for (i = 0; i < found; i++)
            assert_int_equal(levels[i].value_ns, histogram_quantile_ns(histogram, printed(levels[i].level)));
        histogram_free(&histogram);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_level_is_the_quantile_that_it_says)};

    return cmocka_run_group_tests_name("client/percentiles", tests, NULL, NULL);
}
