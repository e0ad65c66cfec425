/* SPDX-License-Identifier: Apache-2.0
 *
 * Medians, ranges, and when two are apart. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <math.h>

#include "client/compare/spread.h"

static void the_middle_and_the_ends(void **state)
{
    double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2}, one[] = {7};
    struct spread spread = spread_of(odd, 3);

    (void)state;
    assert_true(spread.count == 3 && spread.median == 3 && spread.least == 1 && spread.most == 5);
    spread = spread_of(even, 4);
    assert_true(spread.count == 4 && spread.median == 2.5 && spread.least == 1 && spread.most == 4);
    spread = spread_of(one, 1);
    assert_true(spread.count == 1 && spread.median == 7 && spread.least == 7 && spread.most == 7);
}

static void what_is_unknown_counts_for_nothing(void **state)
{
    double some[] = {NAN, 9, NAN, 1}, none[] = {NAN, NAN};
    struct spread spread = spread_of(some, 4);

    (void)state;
    assert_true(spread.count == 2 && spread.median == 5 && spread.least == 1 && spread.most == 9);
    assert_int_equal(spread_of(none, 2).count, 0);
    assert_int_equal(spread_of(none, 0).count, 0);
}

static void apart_is_without_overlap_and_far_enough(void **state)
{
    static const struct {
        struct spread a, b;
        double least_share, least_step;
        bool differ;
    } rows[] = {
        {{3, 100, 95, 105}, {3, 120, 110, 130}, 0.03, 0, true},
        {{3, 100, 95, 111}, {3, 120, 110, 130}, 0.03, 0, false},   /* they overlap */
        {{3, 100, 95, 110}, {3, 120, 110, 130}, 0.03, 0, false},   /* they touch */
        {{3, 100, 99, 101}, {3, 102, 101.5, 103}, 0.03, 0, false}, /* too small a share */
        {{3, 100, 99, 101}, {3, 120, 119, 121}, 0.03, 50, false},  /* too small a step */
        {{1, 100, 100, 100}, {3, 115, 114, 116}, 0.03, 0, true},   /* one alone reaches 90 to 110 */
        {{1, 100, 100, 100}, {3, 109, 108, 110}, 0.03, 0, false},
        {{1, 100, 100, 100}, {1, 120, 120, 120}, 0.03, 0, false}, /* 110 and 108 */
        {{1, 100, 100, 100}, {1, 130, 130, 130}, 0.03, 0, true},
        {{1, 100, 50, 200}, {3, 150, 149, 151}, 0.03, 0, false}, /* one alone that knows its own error */
        {{0, 0, 0, 0}, {3, 120, 119, 121}, 0, 0, false},         /* unknown */
        {{3, 0, 0, 0}, {3, 0, 0, 0}, 0, 0, false},
        {{3, 0, 0, 0}, {3, 0.5, 0.4, 0.6}, 0.1, 0.0005, true},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        if (spread_differ(&rows[i].a, &rows[i].b, rows[i].least_share, rows[i].least_step) !=
                rows[i].differ ||
            spread_differ(&rows[i].b, &rows[i].a, rows[i].least_share, rows[i].least_step) != rows[i].differ)
            fail_msg("row %zu", i);
    }
}

/* The exact bounds of a Poisson variable (Garwood, 95%): 0 to 3.69 for 0, 0.24 to 7.22 for 2, 4.80 to 18.4 for 10, 81.4
 * to 121.6 for 100. */
static void a_count_may_be_chance(void **state)
{
    static const struct {
        double events, least, most;
    } rows[] = {{0, 0, 3.69}, {2, 0.24, 7.22}, {10, 4.80, 18.4}, {100, 81.4, 121.6}};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        struct spread spread = spread_of_count(rows[i].events, 0.5);

        assert_int_equal(spread.count, 1);
        assert_true(spread.median == rows[i].events / 2);
        assert_true(fabs(spread.least * 2 - rows[i].least) < 0.6 &&
                    fabs(spread.most * 2 - rows[i].most) < 0.6);
    }
}

static void a_mean_of_few_is_as_uncertain_as_they_are_few(void **state)
{
    struct spread spread = spread_of_mean(100, 100, 100, 1);

    (void)state;
    assert_true(spread.least == 0 && spread.most == 200 && spread.median == 100 && spread.count == 1);
    spread = spread_of_mean(100, 99, 101, 25);
    assert_true(spread.least == 80 && spread.most == 120);
    spread = spread_of_mean(100, 20, 900, 25);
    assert_true(spread.least == 20 && spread.most == 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_and_the_ends),
        cmocka_unit_test(what_is_unknown_counts_for_nothing),
        cmocka_unit_test(apart_is_without_overlap_and_far_enough),
        cmocka_unit_test(a_count_may_be_chance),
        cmocka_unit_test(a_mean_of_few_is_as_uncertain_as_they_are_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
