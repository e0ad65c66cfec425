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

static const struct compare_run late = {.ran = true, .suspect = true};

/* The client's own lateness speaks neither for the server nor against it. */
static void what_only_a_late_client_broke_is_unclear(void **state)
{
    const struct compare_run kept = {.ran = true, .keeps_slo = true}, broken = {.ran = true};
    struct sweep_tries tries = {.made = 0};
    struct sweep_point point;

    (void)state;
    assert_false(sweep_is_unclear(&tries));
    sweep_add_try(&tries, &late);
    sweep_add_try(&tries, &late);
    point = sweep_point_of(&tries, 100);
    assert_true(sweep_is_unclear(&tries) && point.unclear && point.suspect && !point.keeps_slo);
    sweep_add_try(&tries, &kept);
    point = sweep_point_of(&tries, 100);
    assert_true(point.keeps_slo && !point.unclear && !point.suspect);
    sweep_add_try(&tries, &broken);
    point = sweep_point_of(&tries, 100);
    assert_true(!point.keeps_slo && !point.unclear && !point.suspect);
}

static void figures_are_of_tries_that_are_not_suspect(void **state)
{
    struct compare_run clean = {.ran = true}, bad = late;
    struct sweep_tries tries = {.made = 0};

    (void)state;
    clean.value[FIGURE_P99] = 10;
    bad.value[FIGURE_P99] = 9000;
    sweep_add_try(&tries, &bad);
    assert_true(sweep_point_of(&tries, 100).p99_us == 9000);
    sweep_add_try(&tries, &clean);
    sweep_add_try(&tries, &bad);
    assert_true(sweep_point_of(&tries, 100).p99_us == 10);
}

static void add_unclear(double rate_rps)
{
    const struct sweep_point point = {.rate_rps = rate_rps, .suspect = true, .unclear = true};

    assert_true(sweep_insert(&sweep, &point));
}

static void where_every_break_is_unclear_it_cannot_be_told(void **state)
{
    (void)state;
    sweep = (struct compare_sweep){0};
    add_unclear(100);
    add_unclear(200);
    sweep_conclude(&sweep);
    assert_true(sweep.unclear && isnan(sweep.slo_rps));
    assert_string_equal(sweep.trouble, "can't be told here, as the client was late itself");
    sweep = (struct compare_sweep){0};
    add_unclear(100);
    add(200, true, false); /* what is kept at 200 is kept at 100 */
    add_unclear(300);
    sweep_conclude(&sweep);
    assert_true(sweep.unclear && sweep.or_more && sweep.slo_rps == 200);
    sweep = (struct compare_sweep){0};
    add(100, true, false);
    add(200, false, false);
    add_unclear(300);
    sweep_conclude(&sweep);
    assert_true(!sweep.unclear && !sweep.or_more && sweep.slo_rps == 100);
    assert_string_equal(sweep.trouble, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_stand_by_rate),
        cmocka_unit_test(there_is_an_end_to_them),
        cmocka_unit_test(the_bracket_closes_around_the_first_break),
        cmocka_unit_test(what_a_late_client_keeps_is_kept),
        cmocka_unit_test(what_only_a_late_client_broke_is_unclear),
        cmocka_unit_test(figures_are_of_tries_that_are_not_suspect),
        cmocka_unit_test(where_every_break_is_unclear_it_cannot_be_told),
        cmocka_unit_test(who_dies_in_most_repeats_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
