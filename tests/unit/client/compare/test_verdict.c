/* SPDX-License-Identifier: Apache-2.0
 *
 * Verdicts over figures that are made up: ranges that overlap, the next figure that decides, models that failed,
 * clients that were the limit, runs that are suspect. Runs in the test's one thread. */
#include "tests/unit/client/compare/fixture.h"

static const enum figure ladder[] = {FIGURE_THROUGHPUT, FIGURE_CPU, FIGURE_P99};

static struct fixture fixture;
static struct compare_workload *workload;

static int begin(void **state)
{
    (void)state;
    fixture_begin(&fixture, 3);
    workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    compare_report_clear(&fixture.report);
    return 0;
}

static void the_fastest_is_best(void **state)
{
    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 2000, 500, 10);
    fixture_runs(workload, 2, 1500, 500, 10);
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "b");
    assert_int_equal(workload->verdict.decided_by, FIGURE_THROUGHPUT);
    assert_false(workload->verdict.no_difference || workload->verdict.suspect);
    assert_string_equal(workload->verdict.reason,
                        "b serves the most requests, 2,000/s against 1,000 to 1,500/s");
}

static void ranges_that_overlap_are_no_difference(void **state)
{
    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 1020, 500, 10);
    fixture_runs(workload, 2, 990, 500, 10);
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "abc");
    assert_true(workload->verdict.no_difference);
    fixture_says(workload->verdict.reason, "no difference in throughput (990 to 1,020/s)");
    fixture_says(workload->verdict.reason, "no difference in p99");
}

static void the_next_figure_decides_among_those_who_are_left(void **state)
{
    (void)state;
    fixture_runs(workload, 0, 1000, 500, 20);
    fixture_runs(workload, 1, 1010, 500, 10);
    fixture_runs(workload, 2, 500, 500, 1); /* cheap, but slow */
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "b");
    assert_int_equal(workload->verdict.decided_by, FIGURE_CPU);
    assert_string_equal(workload->verdict.reason,
                        "a and b lead in throughput, 1,000 to 1,010/s against 500/s; "
                        "b takes the least CPU per request, 10.0 us against 20.0 us; "
                        "but c takes less CPU per request, 1.00 us against 10.0 us");
}

/* One of wide range keeps its place beside the leader; then nobody who is better than it may be sent away. */
static void nobody_leaves_before_one_who_is_worse(void **state)
{
    (void)state;
    fixture_runs(workload, 0, 2000, 500, 10);
    fixture_runs(workload, 1, 1500, 500, 10);
    fixture_run(workload, 2, 1400, 500, 10);
    fixture_run(workload, 2, 2100, 500, 10);
    fixture_run(workload, 2, 1000, 500, 10);
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "abc");
    assert_true(workload->verdict.no_difference);
}

/* The first figure of the ladder decides; what it was bought with is said, where it is beyond noise. */
static void who_was_sent_away_and_is_better_is_told(void **state)
{
    (void)state;
    fixture_runs(workload, 0, 1000, 774, 9);
    fixture_runs(workload, 1, 1000, 202, 10);
    fixture_runs(workload, 2, 1000, 190, 10);
    workload->results[2].runs[1].value[FIGURE_P99] = 800; /* its range is all over the place */
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "a");
    assert_string_equal(workload->verdict.reason,
                        "no difference in throughput (1,000/s); "
                        "a takes the least CPU per request, 9.00 us against 10.0 us; "
                        "but b has the shorter p99, 202 us against 774 us");
}

static void medians_far_apart_in_overlapping_ranges_are_too_noisy_to_tell(void **state)
{
    (void)state;
    fixture_run(workload, 0, 1000, 999, 10);
    fixture_run(workload, 0, 1000, 500, 10);
    fixture_run(workload, 0, 1000, 5000, 10);
    fixture_run(workload, 1, 1000, 4290, 10);
    fixture_run(workload, 1, 1000, 800, 10);
    fixture_run(workload, 1, 1000, 6000, 10);
    fixture_judge(&fixture, workload);
    assert_true(workload->verdict.no_difference && workload->verdict.noisy);
    fixture_says(workload->verdict.reason,
                 "no difference beyond the noise in p99 (999 us to 4.29 ms: too noisy to tell)");
    fixture_says(workload->verdict.reason, "no difference in throughput (1,000/s)");
}

static void where_the_client_was_the_limit_throughput_decides_nothing(void **state)
{
    size_t i;

    (void)state;
    fixture_runs(workload, 0, 2000, 500, 20);
    fixture_runs(workload, 1, 1500, 500, 10);
    fixture_runs(workload, 2, 500, 500, 5);
    for (i = 0; i < 3; i++)
        workload->results[0].runs[i].limited_by_client = workload->results[1].runs[i].limited_by_client =
            true;
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "b");
    assert_int_equal(workload->verdict.decided_by, FIGURE_CPU);
    assert_string_equal(workload->verdict.reason,
                        "the client was the limit, so throughput can't tell a and b apart; "
                        "b takes the least CPU per request, 10.0 us against 20.0 us; "
                        "but c takes less CPU per request, 5.00 us against 10.0 us");
}

static void who_fails_requests_is_no_candidate(void **state)
{
    size_t i;

    (void)state;
    fixture_runs(workload, 0, 9000, 500, 10);
    fixture_runs(workload, 1, 2000, 500, 10);
    fixture_runs(workload, 2, 1000, 500, 10);
    for (i = 0; i < 3; i++)
        workload->results[0].runs[i].value[FIGURE_FAILED] = 0.25;
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "b");
    assert_true(outcome_is_troubled(&workload->results[0], false));
    fixture_says(workload->verdict.reason, "; a failed 25% of the requests");
}

static void when_all_fail_they_are_compared_all_the_same(void **state)
{
    size_t i, j;

    (void)state;
    for (i = 0; i < 3; i++) {
        fixture_runs(workload, (unsigned)i, 1000 * (double)(i + 1), 500, 10);
        for (j = 0; j < 3; j++)
            workload->results[i].runs[j].value[FIGURE_FAILED] = 0.1;
    }
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "c");
    fixture_says(workload->verdict.reason, "a, b and c failed 10% of the requests");
}

static void one_that_did_not_run_is_told_and_left_out(void **state)
{
    struct compare_run *run;

    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    run = fixture_run(workload, 1, 9000, 500, 10);
    run->ran = false;
    snprintf(run->trouble, sizeof run->trouble, "concurd ended with status 78");
    workload->results[2].state = COMPARE_LEFT_OUT;
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "a");
    assert_int_equal(workload->results[1].state, COMPARE_FAILED);
    assert_string_equal(workload->results[1].why, "concurd ended with status 78");
    assert_int_equal(workload->results[2].state, COMPARE_LEFT_OUT);
    assert_string_equal(workload->verdict.reason, "only a has a result to go by");
}

/* It was the fastest, twice as fast as any: the one time that it lived. */
static void who_died_in_two_of_three_repeats_is_not_best(void **state)
{
    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 2000, 500, 10);
    fixture_unrun(workload, 1, 2);
    fixture_runs(workload, 2, 900, 500, 10);
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "a");
    assert_true(outcome_is_troubled(&workload->results[1], false));
    assert_true(outcome_is_troubled(&workload->results[1], true));
    assert_int_equal(workload->results[1].ran, 1);
    fixture_says(workload->verdict.reason, "; b could not be run in 2 of 3 repeats");
}

static void ended_early_it_says_of_how_many(void **state)
{
    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 2000, 500, 10);
    fixture_judge(&fixture, workload);
    fixture_says(workload->verdict.reason, "against 1,000/s; of the 2 models reached");
}

/* What the one says that died is not why the other is suspect. */
static void what_could_not_be_run_and_what_is_suspect_have_reasons_of_their_own(void **state)
{
    char text[RESULT_REMARK_BYTES];
    struct compare_run *run;

    (void)state;
    fixture_run(workload, 0, 1000, 500, 10);
    fixture_unrun(workload, 0, 1);
    run = fixture_run(workload, 0, 1000, 500, 10);
    run->suspect = true;
    snprintf(run->trouble, sizeof run->trouble, "it was late");
    fixture_judge(&fixture, workload);
    assert_string_equal(compare_remark(&workload->results[0], false, text),
                        "1 of 2 repeats could not be run: concurd was killed by signal 11; "
                        "1 of 2 runs suspect: it was late");
    assert_string_equal(compare_remark(&workload->results[1], false, text), "");
}

static void nothing_at_all_is_said(void **state)
{
    (void)state;
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "");
    assert_string_equal(workload->verdict.reason, "there is no result");
    assert_int_equal(workload->results[0].state, COMPARE_PENDING);
}

static void suspect_runs_count_for_nothing_while_there_are_others(void **state)
{
    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_run(workload, 0, 9999, 500, 10)->suspect = true;
    fixture_runs(workload, 1, 2000, 500, 10);
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "b");
    assert_int_equal(workload->results[0].suspect_runs, 1);
    assert_true(workload->results[0].spread[FIGURE_THROUGHPUT].most < 1100);
    assert_false(workload->verdict.suspect);
}

static void a_verdict_on_suspect_runs_alone_says_so(void **state)
{
    size_t i;

    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 2000, 500, 10);
    for (i = 0; i < 3; i++)
        workload->results[1].runs[i].suspect = true;
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "b");
    assert_true(workload->results[1].suspect && workload->verdict.suspect);
    fixture_says(workload->verdict.reason, "; SUSPECT: the client was late in every run of b");
}

static void a_figure_that_somebody_lacks_decides_nothing(void **state)
{
    size_t i;

    (void)state;
    fixture_runs(workload, 0, 1000, 500, 20);
    fixture_runs(workload, 1, 1000, 900, 10);
    for (i = 0; i < 3; i++)
        workload->results[1].runs[i].value[FIGURE_CPU] = NAN; /* elsewhere: no INFO */
    fixture_judge(&fixture, workload);
    fixture_expect_best(workload, "a");
    assert_int_equal(workload->verdict.decided_by, FIGURE_P99);
}

static const enum figure crash_ladder[] = {FIGURE_LOST, FIGURE_OUTAGE};

static struct compare_workload *add_crash(void)
{
    struct compare_workload *crash = fixture_workload(&fixture, "crash", COUNT(crash_ladder), crash_ladder);

    fixture.report.shapes[1].crashes = true;
    return crash;
}

/* A run of two crashes, that lost so many requests in all and had two outages of that length. */
static struct compare_run *run_of_two_crashes(struct compare_workload *crash, unsigned model, double lost,
                                              double least_us, double most_us)
{
    struct compare_run *run = fixture_run(crash, model, 1000, 500, 10);

    run->crashes = 2;
    run->value[FIGURE_LOST] = lost / 2;
    run->value[FIGURE_OUTAGE] = (least_us + most_us) / 2;
    run->outage_least_us = least_us;
    run->outage_most_us = most_us;
    return run;
}

static void in_a_crash_failing_is_the_question(void **state)
{
    struct compare_workload *crash = add_crash();
    size_t i;

    (void)state;
    fixture_runs(crash, 0, 1000, 500, 10);
    fixture_runs(crash, 1, 1000, 500, 10);
    for (i = 0; i < 3; i++) {
        crash->results[0].runs[i].value[FIGURE_LOST] = 20 + 0.1 * (double)i;
        crash->results[1].runs[i].value[FIGURE_LOST] = 4 + 0.1 * (double)i;
    }
    fixture_judge(&fixture, crash);
    fixture_expect_best(crash, "b");
    assert_string_equal(crash->verdict.reason,
                        "b loses the fewest requests per crash, 4.10 against 20.1; of the 2 models reached");
}

/* --quick: one run with two crashes knows what they did as well as two throws of dice know the dice. */
static void one_run_with_few_crashes_tells_only_what_is_far_apart(void **state)
{
    static const struct {
        double lost[3], least_us[3], most_us[3];
        const char *best;
    } rows[] = {
        {{2, 6, 12},
         {2000, 2500, 1500},
         {3000, 4000, 2500},
         "abc"}, /* 2 might have been 7, and 12 as few as 7 */
        {{0, 3, 40}, {2000, 2500, 1500}, {3000, 4000, 2500}, "ab"},
        {{4, 3, 5}, {500, 6000, 9000}, {700, 8000, 9500}, "a"},
        {{4, 3, 5}, {500, 700, 600}, {9000, 1500, 1300}, "abc"}, /* one of them was long */
        {{4, 3, 5}, {1000, 2000, 1500}, {1100, 2100, 1600}, "abc"},
    };
    size_t i, j;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        struct compare_workload *crash = add_crash();

        for (j = 0; j < 3; j++)
            run_of_two_crashes(crash, (unsigned)j, rows[i].lost[j], rows[i].least_us[j], rows[i].most_us[j]);
        fixture_judge(&fixture, crash);
        fixture_expect_best(crash, rows[i].best);
        end(NULL);
        begin(NULL);
    }
}

static void who_is_not_back_in_service_is_named(void **state)
{
    struct compare_workload *crash = add_crash();

    (void)state;
    run_of_two_crashes(crash, 0, 50, 2000, 3000);
    run_of_two_crashes(crash, 1, 50, 2000, 2400000)->unrecovered = 1;
    crash->results[2].state = COMPARE_LEFT_OUT;
    fixture_judge(&fixture, crash);
    fixture_says(crash->verdict.reason, "; b was not back in service at the end");
}

/* With --quick what takes longer is run less often: "3 repeats" was not so. */
static void repeats_are_told_as_they_were(void **state)
{
    struct compare_workload *other = fixture_workload(&fixture, "crash", COUNT(ladder), ladder);
    char text[RESULT_RUNS_BYTES];

    (void)state;
    assert_string_equal(compare_runs_text(&fixture.report, text), "no runs");
    fixture_runs(workload, 0, 1000, 500, 10);
    workload->duration_us = 250000;
    other->duration_us = 3000000;
    assert_string_equal(compare_runs_text(&fixture.report, text), "3 repeats of 0.25 s interleaved");
    fixture_run(other, 0, 1000, 500, 10);
    assert_string_equal(compare_runs_text(&fixture.report, text),
                        "1 to 3 repeats of 0.25 to 3 s interleaved");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_fastest_is_best, begin, end),
        cmocka_unit_test_setup_teardown(ranges_that_overlap_are_no_difference, begin, end),
        cmocka_unit_test_setup_teardown(the_next_figure_decides_among_those_who_are_left, begin, end),
        cmocka_unit_test_setup_teardown(nobody_leaves_before_one_who_is_worse, begin, end),
        cmocka_unit_test_setup_teardown(who_was_sent_away_and_is_better_is_told, begin, end),
        cmocka_unit_test_setup_teardown(medians_far_apart_in_overlapping_ranges_are_too_noisy_to_tell, begin,
                                        end),
        cmocka_unit_test_setup_teardown(where_the_client_was_the_limit_throughput_decides_nothing, begin,
                                        end),
        cmocka_unit_test_setup_teardown(who_fails_requests_is_no_candidate, begin, end),
        cmocka_unit_test_setup_teardown(when_all_fail_they_are_compared_all_the_same, begin, end),
        cmocka_unit_test_setup_teardown(one_that_did_not_run_is_told_and_left_out, begin, end),
        cmocka_unit_test_setup_teardown(who_died_in_two_of_three_repeats_is_not_best, begin, end),
        cmocka_unit_test_setup_teardown(ended_early_it_says_of_how_many, begin, end),
        cmocka_unit_test_setup_teardown(what_could_not_be_run_and_what_is_suspect_have_reasons_of_their_own,
                                        begin, end),
        cmocka_unit_test_setup_teardown(nothing_at_all_is_said, begin, end),
        cmocka_unit_test_setup_teardown(suspect_runs_count_for_nothing_while_there_are_others, begin, end),
        cmocka_unit_test_setup_teardown(a_verdict_on_suspect_runs_alone_says_so, begin, end),
        cmocka_unit_test_setup_teardown(a_figure_that_somebody_lacks_decides_nothing, begin, end),
        cmocka_unit_test_setup_teardown(repeats_are_told_as_they_were, begin, end),
        cmocka_unit_test_setup_teardown(in_a_crash_failing_is_the_question, begin, end),
        cmocka_unit_test_setup_teardown(one_run_with_few_crashes_tells_only_what_is_far_apart, begin, end),
        cmocka_unit_test_setup_teardown(who_is_not_back_in_service_is_named, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
