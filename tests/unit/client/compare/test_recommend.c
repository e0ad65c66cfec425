/* SPDX-License-Identifier: Apache-2.0
 *
 * The recommendation: what is weighed, how far one disaster counts, what choosing otherwise would cost. Runs in the
 * test's one thread. */
#include "tests/unit/client/compare/fixture.h"

#include "client/compare/recommend.h"

static const enum figure ladder[] = {FIGURE_THROUGHPUT, FIGURE_P99};
static const enum figure crash_ladder[] = {FIGURE_LOST, FIGURE_OUTAGE};

static struct fixture fixture;

static int begin(void **state)
{
    (void)state;
    fixture_begin(&fixture, 2);
    return 0;
}

static int begin_three(void **state)
{
    (void)state;
    fixture_begin(&fixture, 3);
    return 0;
}

static int end(void **state)
{
    (void)state;
    compare_report_clear(&fixture.report);
    return 0;
}

/* A workload in which a and b serve and take so much. */
static struct compare_workload *add(const char *name, double a_rps, double b_rps, double a_p99, double b_p99)
{
    struct compare_workload *workload = fixture_workload(&fixture, name, COUNT(ladder), ladder);

    fixture_runs(workload, 0, a_rps, a_p99, 10);
    fixture_runs(workload, 1, b_rps, b_p99, 10);
    fixture_judge(&fixture, workload);
    return workload;
}

/* So many requests lost per crash. */
static void add_crash(double a_lost, double b_lost)
{
    struct compare_workload *crash = fixture_workload(&fixture, "crash", COUNT(crash_ladder), crash_ladder);
    size_t i;

    fixture.report.shapes[fixture.report.workload_count - 1].crashes = true;
    fixture_runs(crash, 0, 100, 100, 10);
    fixture_runs(crash, 1, 100, 100, 10);
    for (i = 0; i < 3; i++) {
        crash->results[0].runs[i].value[FIGURE_LOST] = a_lost;
        crash->results[1].runs[i].value[FIGURE_LOST] = b_lost;
        crash->results[0].runs[i].value[FIGURE_OUTAGE] = crash->results[1].runs[i].value[FIGURE_OUTAGE] =
            2000;
    }
    fixture_judge(&fixture, crash);
}

static double factor(unsigned model, enum merit merit)
{
    return fixture.report.recommendation.standings[model].factor[merit];
}

static void the_better_one_is_recommended_with_the_price_of_the_other(void **state)
{
    (void)state;
    add("w", 2000, 1000, 500, 500);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[0]);
    fixture_says(fixture.report.recommendation.reason,
                 "a is best in w (weighed: speed 3, tail latency 3, memory 1); what a crash");
    fixture_says(fixture.report.recommendation.reason, "what a crash does to the others was not measured");
    assert_string_equal(fixture.report.recommendation.standings[0].words, "");
    assert_string_equal(fixture.report.recommendation.standings[1].words, "costs: 2.0 times fewer requests");
    assert_true(isnan(factor(0, MERIT_ISOLATION)));
}

static void a_disaster_counts_four_times_and_no_more(void **state)
{
    (void)state;
    add("w", 1000, 10, 500, 500);
    recommend(&fixture.report);
    assert_true(fabs(factor(1, MERIT_SPEED) - MERIT_WORST) < 1e-9);
}

static void noise_costs_nothing(void **state)
{
    (void)state;
    add("w", 1010, 1000, 500, 505);
    recommend(&fixture.report);
    assert_true(factor(0, MERIT_SPEED) == 1 && factor(1, MERIT_SPEED) == 1);
    assert_string_equal(fixture.report.recommendation.standings[1].words, "makes no difference beyond noise");
}

static void isolation_is_weighed_against_speed(void **state)
{
    (void)state;
    add("w", 1200, 1000, 500, 500);
    add_crash(200, 1);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[1]);
    assert_true(factor(0, MERIT_ISOLATION) > 1.9 && factor(1, MERIT_ISOLATION) == 1);
    assert_string_equal(
        fixture.report.recommendation.standings[0].words,
        "costs: requests lost per crash 200 against 1.00; brings: 1.2 times as many requests");
}

static void the_users_own_shape_counts_as_much_as_all_others(void **state)
{
    (void)state;
    add("own", 3000, 1000, 500, 500);
    fixture.report.shapes[0].own = true;
    add("w1", 1000, 1500, 500, 500);
    add("w2", 1000, 1500, 500, 500);
    add("w3", 1000, 1500, 500, 500);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[0]);
    fixture.report.shapes[0].own = false;
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[1]);
}

static void who_could_not_be_run_is_not_recommended(void **state)
{
    struct compare_workload *workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);

    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 900, 500, 10);
    fixture_runs(workload, 2, 800, 500, 10);
    fixture_judge(&fixture, workload);
    workload->results[0].state = COMPARE_FAILED;
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[1]);
}

/* It is better than nobody. */
static void who_alone_has_a_result_is_not_recommended(void **state)
{
    struct compare_workload *workload = add("w", 1000, 900, 500, 500);

    (void)state;
    workload->results[0].state = COMPARE_FAILED;
    recommend(&fixture.report);
    assert_null(fixture.report.recommendation.model);
    assert_string_equal(fixture.report.recommendation.reason, "only one model has a result");
    add("w2", 1000, 900, 500, 500); /* where both have one */
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[1]);
}

/* A daemon that refuses half of all requests is quick with them: no measure for those that answer. */
static void who_fails_requests_is_no_measure_for_others(void **state)
{
    struct compare_workload *workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);
    size_t i;

    (void)state;
    fixture_runs(workload, 0, 1000, 5000, 100);
    fixture_runs(workload, 1, 1000, 10000, 100);
    fixture_runs(workload, 2, 5000, 50, 1);
    for (i = 0; i < 3; i++)
        workload->results[2].runs[i].value[FIGURE_FAILED] = 0.5;
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[0]);
    assert_true(factor(0, MERIT_TAIL) == 1 && fabs(factor(1, MERIT_TAIL) - 2) < 0.01);
    assert_true(factor(0, MERIT_SPEED) == 1 && factor(1, MERIT_SPEED) == 1);
    assert_string_equal(fixture.report.recommendation.standings[1].words, "costs: 2.0 times the p99");
}

static void suspect_runs_are_no_measure_for_others(void **state)
{
    struct compare_workload *workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);
    size_t i;

    (void)state;
    fixture_runs(workload, 0, 1000, 100, 10);
    fixture_runs(workload, 1, 1000, 500, 10);
    fixture_runs(workload, 2, 1000, 1000, 10);
    for (i = 0; i < 3; i++)
        workload->results[0].runs[i].suspect = true;
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    assert_true(factor(0, MERIT_TAIL) == 1 && factor(1, MERIT_TAIL) == 1);
    assert_true(fabs(factor(2, MERIT_TAIL) - 2) < 0.01);
    for (i = 0; i < 3; i++) /* where there are none but suspect ones, they are all there is */
        workload->results[1].runs[i].suspect = workload->results[2].runs[i].suspect = true;
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    assert_true(fabs(factor(2, MERIT_TAIL) - MERIT_WORST) < 1e-9);
}

/* Failing decides, and is told as what it is: not as so many times slower, or larger in memory. */
static void failing_is_told_as_failing(void **state)
{
    struct compare_workload *workload;

    (void)state;
    add("w1", 1000, 1000, 500, 500);
    workload = add("w2", 1000, 4000, 500, 500);
    fixture_unrun(workload, 1, 2);
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[0]);
    assert_string_equal(fixture.report.recommendation.standings[1].words, "costs: failed 1 of 2 workloads");
    assert_true(factor(1, MERIT_MEMORY) == 1 && factor(1, MERIT_SPEED) == 1);
    assert_true(fixture.report.recommendation.standings[1].score > 0);
}

/* A server elsewhere is not crashed: nothing is known of it, which is no fault. */
static void what_was_not_measured_is_neither_held_against_one_nor_told(void **state)
{
    struct compare_workload *crash;

    (void)state;
    add("w", 1000, 1500, 500, 500);
    add_crash(300, 300);
    crash = &fixture.report.workloads[1];
    crash->results[1].run_count = 0;
    crash->results[1].state = COMPARE_LEFT_OUT;
    fixture_judge(&fixture, crash);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[1]);
    assert_true(isnan(factor(1, MERIT_ISOLATION)) && factor(0, MERIT_ISOLATION) == 1);
    fixture_says(fixture.report.recommendation.reason, "what a crash does to the others was not measured");
    fixture.report.recommendation.model = NULL;
    fixture.report.workloads[0].results[0].spread[FIGURE_THROUGHPUT] = (struct spread){3, 9000, 8900, 9100};
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[0]);
    assert_string_equal(fixture.report.recommendation.standings[1].words,
                        "costs: 6.0 times fewer requests; isolation of crashes was not measured");
}

/* Crashes tell a and c apart, and nothing of b: it is weighed with each of them by the rest. */
static void two_are_weighed_by_what_is_known_of_both(void **state)
{
    struct compare_workload *workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);
    struct compare_workload *crash;
    size_t i;

    (void)state;
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 1000, 600, 10);
    fixture_runs(workload, 2, 1000, 1000, 10);
    fixture_judge(&fixture, workload);
    crash = fixture_workload(&fixture, "crash", COUNT(crash_ladder), crash_ladder);
    fixture.report.shapes[1].crashes = true;
    fixture_runs(crash, 0, 100, 100, 10);
    fixture_runs(crash, 2, 100, 100, 10);
    crash->results[1].state = COMPARE_LEFT_OUT;
    for (i = 0; i < 3; i++) {
        crash->results[0].runs[i].value[FIGURE_LOST] = 22.5;
        crash->results[2].runs[i].value[FIGURE_LOST] = 10;
        crash->results[0].runs[i].value[FIGURE_OUTAGE] = crash->results[2].runs[i].value[FIGURE_OUTAGE] =
            5000;
    }
    fixture_judge(&fixture, crash);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[0]);
}

static void half_of_what_a_crash_shows_is_enough(void **state)
{
    size_t i;

    (void)state;
    add("w", 1000, 1000, 500, 500);
    add_crash(100, 400);
    for (i = 0; i < 3; i++)
        fixture.report.workloads[1].results[1].runs[i].value[FIGURE_OUTAGE] = NAN;
    fixture_judge(&fixture, &fixture.report.workloads[1]);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[0]);
    assert_true(fabs(factor(1, MERIT_ISOLATION) - 4) < 1e-6);
}

static void where_the_client_was_the_limit_cpu_is_the_speed(void **state)
{
    struct compare_workload *workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);
    size_t i;

    (void)state;
    fixture_runs(workload, 0, 2000, 500, 20);
    fixture_runs(workload, 1, 1000, 500, 10);
    for (i = 0; i < 3; i++)
        workload->results[0].runs[i].limited_by_client = true;
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    assert_true(factor(0, MERIT_SPEED) > 1.9 && factor(1, MERIT_SPEED) == 1);
}

/* "1.8 times slower" was CPU where throughput told nothing, and throughput elsewhere. */
static void each_source_of_speed_goes_by_its_own_name(void **state)
{
    struct compare_workload *workload;

    (void)state;
    add("w1", 1300, 1000, 500, 500);
    workload = fixture_workload(&fixture, "w2", COUNT(ladder), ladder);
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 1000, 500, 18);
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    assert_string_equal(fixture.report.recommendation.standings[1].words,
                        "costs: 1.3 times fewer requests, 1.8 times the CPU per request");
}

/* The verdict goes by the first figure that tells; the recommendation by all. */
static void with_one_workload_it_says_where_it_leaves_the_verdict(void **state)
{
    struct compare_workload *workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);

    (void)state;
    fixture_runs(workload, 0, 1100, 774, 10);
    fixture_runs(workload, 1, 1000, 202, 10);
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    fixture_expect_best(workload, "a");
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[1]);
    fixture_says(fixture.report.recommendation.reason,
                 "all merits weighed, b is ahead, though by throughput alone it is not: a is (weighed");
    fixture_says(fixture.report.recommendation.reason, "; beside the best in each: 1.1 times fewer requests");
    assert_null(strstr(fixture.report.recommendation.reason, "compromise"));
}

/* a and b are alike; but c, who is better than b beyond noise, is not so beside a. */
static void two_are_told_apart_by_themselves(void **state)
{
    struct compare_workload *workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);

    (void)state;
    fixture_runs(workload, 0, 1060, 200, 10);
    fixture_runs(workload, 1, 1050, 500, 10);
    fixture_runs(workload, 2, 1100, 900, 10);
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    assert_true(factor(0, MERIT_SPEED) == 1 && factor(1, MERIT_SPEED) > 1.04);
    assert_string_equal(fixture.report.recommendation.standings[1].words, "costs: 2.5 times the p99");
}

static void what_was_cut_is_told_in_full(void **state)
{
    (void)state;
    add("w", 1000, 10, 500, 500);
    recommend(&fixture.report);
    assert_true(fixture.report.recommendation.standings[1].at_least[MERIT_SPEED]);
    assert_false(fixture.report.recommendation.standings[1].at_least[MERIT_TAIL] ||
                 fixture.report.recommendation.standings[0].at_least[MERIT_SPEED]);
    assert_string_equal(fixture.report.recommendation.standings[1].words, "costs: 100 times fewer requests");
}

static void doubts_and_close_ones_are_told(void **state)
{
    size_t i;

    (void)state;
    add("w1", 1150, 1000, 500, 500);
    add("w2", 1000, 1000, 500, 500);
    for (i = 0; i < 3; i++)
        fixture.report.workloads[1].results[1].runs[i].suspect = true;
    fixture_judge(&fixture, &fixture.report.workloads[1]);
    recommend(&fixture.report);
    assert_true(fixture.report.recommendation.doubtful);
    fixture_says(fixture.report.recommendation.reason, "; close: b within 4%; rests on suspect runs: w2;");
}

static void without_results_there_is_none(void **state)
{
    (void)state;
    recommend(&fixture.report);
    assert_null(fixture.report.recommendation.model);
    assert_string_equal(fixture.report.recommendation.reason, "there is nothing to go by");
}

static void of_one_model_there_is_no_choice(void **state)
{
    (void)state;
    add("w", 1000, 900, 500, 500);
    fixture.report.model_count = 1;
    recommend(&fixture.report);
    assert_null(fixture.report.recommendation.model);
    fixture.report.model_count = 2;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_better_one_is_recommended_with_the_price_of_the_other, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_disaster_counts_four_times_and_no_more, begin, end),
        cmocka_unit_test_setup_teardown(noise_costs_nothing, begin, end),
        cmocka_unit_test_setup_teardown(isolation_is_weighed_against_speed, begin, end),
        cmocka_unit_test_setup_teardown(the_users_own_shape_counts_as_much_as_all_others, begin, end),
        cmocka_unit_test_setup_teardown(who_could_not_be_run_is_not_recommended, begin_three, end),
        cmocka_unit_test_setup_teardown(who_alone_has_a_result_is_not_recommended, begin, end),
        cmocka_unit_test_setup_teardown(who_fails_requests_is_no_measure_for_others, begin_three, end),
        cmocka_unit_test_setup_teardown(suspect_runs_are_no_measure_for_others, begin_three, end),
        cmocka_unit_test_setup_teardown(failing_is_told_as_failing, begin, end),
        cmocka_unit_test_setup_teardown(what_was_not_measured_is_neither_held_against_one_nor_told, begin,
                                        end),
        cmocka_unit_test_setup_teardown(two_are_weighed_by_what_is_known_of_both, begin_three, end),
        cmocka_unit_test_setup_teardown(half_of_what_a_crash_shows_is_enough, begin, end),
        cmocka_unit_test_setup_teardown(where_the_client_was_the_limit_cpu_is_the_speed, begin, end),
        cmocka_unit_test_setup_teardown(each_source_of_speed_goes_by_its_own_name, begin, end),
        cmocka_unit_test_setup_teardown(with_one_workload_it_says_where_it_leaves_the_verdict, begin, end),
        cmocka_unit_test_setup_teardown(two_are_told_apart_by_themselves, begin_three, end),
        cmocka_unit_test_setup_teardown(what_was_cut_is_told_in_full, begin, end),
        cmocka_unit_test_setup_teardown(doubts_and_close_ones_are_told, begin, end),
        cmocka_unit_test_setup_teardown(without_results_there_is_none, begin, end),
        cmocka_unit_test_setup_teardown(of_one_model_there_is_no_choice, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
