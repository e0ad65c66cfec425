/* SPDX-License-Identifier: Apache-2.0
 *
 * The recommendation: what is weighed, how far one disaster counts, what choosing otherwise would cost. Runs in the
 * test's one thread. */
#include "tests/unit/client/compare/fixture.h"

#include "client/compare/recommend.h"

static const enum figure ladder[] = {FIGURE_THROUGHPUT, FIGURE_P99};
static const enum figure crash_ladder[] = {FIGURE_FAILED, FIGURE_OUTAGE};

static struct fixture fixture;

static int begin(void **state)
{
    (void)state;
    fixture_begin(&fixture, 2);
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

static void add_crash(double a_failed, double b_failed)
{
    struct compare_workload *crash = fixture_workload(&fixture, "crash", COUNT(crash_ladder), crash_ladder);
    size_t i;

    fixture.report.shapes[fixture.report.workload_count - 1].crashes = true;
    fixture_runs(crash, 0, 100, 100, 10);
    fixture_runs(crash, 1, 100, 100, 10);
    for (i = 0; i < 3; i++) {
        crash->results[0].runs[i].value[FIGURE_FAILED] = a_failed;
        crash->results[1].runs[i].value[FIGURE_FAILED] = b_failed;
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
                 "a is best, or level with the best, in 1 of 1 workloads");
    fixture_says(fixture.report.recommendation.reason, "what a crash does to the others was not measured");
    assert_string_equal(fixture.report.recommendation.standings[0].words, "");
    assert_string_equal(fixture.report.recommendation.standings[1].words, "costs: 2.0 times slower");
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
    assert_string_equal(fixture.report.recommendation.standings[1].words,
                        "makes no difference that was measured");
}

static void isolation_is_weighed_against_speed(void **state)
{
    (void)state;
    add("w", 1200, 1000, 500, 500);
    add_crash(0.2, 0.001);
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[1]);
    assert_true(factor(0, MERIT_ISOLATION) > 1.9 && factor(1, MERIT_ISOLATION) == 1);
    assert_string_equal(fixture.report.recommendation.standings[0].words,
                        "costs: 2.0 times harder hit by a crash; brings: 1.2 times faster");
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
    struct compare_workload *workload = add("w", 1000, 900, 500, 500);

    (void)state;
    workload->results[0].state = COMPARE_FAILED;
    recommend(&fixture.report);
    assert_ptr_equal(fixture.report.recommendation.model, &fixture.report.models[1]);
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
        cmocka_unit_test_setup_teardown(who_could_not_be_run_is_not_recommended, begin, end),
        cmocka_unit_test_setup_teardown(where_the_client_was_the_limit_cpu_is_the_speed, begin, end),
        cmocka_unit_test_setup_teardown(without_results_there_is_none, begin, end),
        cmocka_unit_test_setup_teardown(of_one_model_there_is_no_choice, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
