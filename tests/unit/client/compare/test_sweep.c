/* SPDX-License-Identifier: Apache-2.0
 *
 * A curve's points in their order, and where an SLO breaks on it. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <math.h>

#include "client/compare/sweep.h"

static struct compare_sweep sweep;

static void add(double rate_rps, bool keeps, bool suspect)
{
    const struct sweep_point point = {.rate_rps = rate_rps, .keeps_slo = keeps, .suspect = suspect};

    assert_true(sweep_insert(&sweep, &point));
}

static void points_stand_by_rate(void **state)
{
    (void)state;
    sweep = (struct compare_sweep){0};
    add(300, true, false);
    add(100, true, false);
    add(200, true, false);
    add(400, true, false);
    assert_int_equal(sweep.point_count, 4);
    assert_true(sweep.points[0].rate_rps == 100 && sweep.points[1].rate_rps == 200);
    assert_true(sweep.points[2].rate_rps == 300 && sweep.points[3].rate_rps == 400);
}

static void there_is_an_end_to_them(void **state)
{
    const struct sweep_point point = {.rate_rps = 1};
    size_t i;

    (void)state;
    sweep = (struct compare_sweep){0};
    for (i = 0; i < SWEEP_POINTS_MOST; i++)
        add((double)i, true, false);
    assert_false(sweep_insert(&sweep, &point));
    assert_int_equal(sweep.point_count, SWEEP_POINTS_MOST);
}

static void the_bracket_closes_around_the_first_break(void **state)
{
    double keeps, breaks;

    (void)state;
    sweep = (struct compare_sweep){0};
    sweep_bracket(&sweep, &keeps, &breaks);
    assert_true(keeps == 0 && isinf(breaks));
    add(100, true, false);
    add(200, true, false);
    sweep_bracket(&sweep, &keeps, &breaks);
    assert_true(keeps == 200 && isinf(breaks));
    add(400, false, false);
    add(500, true, false); /* luck: what breaks at 400 is not promised at 500 */
    sweep_bracket(&sweep, &keeps, &breaks);
    assert_true(keeps == 200 && breaks == 400);
    add(300, true, false);
    sweep_bracket(&sweep, &keeps, &breaks);
    assert_true(keeps == 300 && breaks == 400);
}

/* Latency runs from the moment that was meant: what is kept in spite of a late client is kept. */
static void what_a_late_client_keeps_is_kept(void **state)
{
    double keeps, breaks;

    (void)state;
    sweep = (struct compare_sweep){0};
    add(100, true, false);
    add(200, true, true);
    add(300, false, true);
    sweep_bracket(&sweep, &keeps, &breaks);
    assert_true(keeps == 200 && breaks == 300);
}

/* A daemon that dies at a rate does not keep the SLO there, however well it did the one time that it lived. */
static void who_dies_in_most_repeats_keeps_nothing(void **state)
{
    const struct compare_run dead = {.trouble = "concurd was killed by signal 11"},
                             good = {.ran = true, .keeps_slo = true};
    struct sweep_tries tries = {.made = 0};

    (void)state;
    sweep_add_try(&tries, &dead);
    sweep_add_try(&tries, &good);
    sweep_add_try(&tries, &dead);
    assert_int_equal(tries.made, 3);
    assert_int_equal(tries.count, 1);
    assert_false(sweep_point_of(&tries, 100).keeps_slo);
    assert_string_equal(tries.trouble, dead.trouble);
    sweep_add_try(&tries, &good);
    sweep_add_try(&tries, &good);
    assert_true(sweep_point_of(&tries, 100).keeps_slo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_stand_by_rate),
        cmocka_unit_test(there_is_an_end_to_them),
        cmocka_unit_test(the_bracket_closes_around_the_first_break),
        cmocka_unit_test(what_a_late_client_keeps_is_kept),
        cmocka_unit_test(who_dies_in_most_repeats_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
