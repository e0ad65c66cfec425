/* SPDX-License-Identifier: Apache-2.0
 *
 * The time of a quick comparison, on machines that are made up: fast ones, slow ones, ones that get slow in the middle.
 * Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <math.h>

#include "client/compare/budget.h"

#define MODELS    5
#define WORKLOADS 10
#define REPEATS   3
#define MOST_S    110.0

static struct budget budget;

/* Ten workloads as --quick has them: most may be of any length, one must be long. */
static int begin(void **state)
{
    unsigned i;

    (void)state;
    budget = (struct budget){.most_s = MOST_S, .count = WORKLOADS};
    for (i = 0; i < WORKLOADS; i++)
        budget.slots[i] = (struct budget_slot){MODELS, 0.5, 0.25, 0.4};
    budget.slots[WORKLOADS - 1] = (struct budget_slot){MODELS, 2.5, 1.25, 0.4};
    return 0;
}

/* What came of a whole comparison. */
struct outcome {
    double took_s, shortest_s, longest_s;
    unsigned rounds;
};

static void run_round(struct outcome *outcome, unsigned slot, double run_s, double overhead_s)
{
    unsigned i;

    assert_true(run_s >= budget.slots[slot].least_s && run_s <= budget.slots[slot].run_s);
    outcome->shortest_s = fmin(outcome->shortest_s, run_s);
    outcome->longest_s = fmax(outcome->longest_s, run_s);
    for (i = 0; i < budget.slots[slot].models; i++) {
        budget_did(&budget, slot, run_s, run_s + overhead_s);
        outcome->took_s += run_s + overhead_s;
    }
    outcome->rounds++;
}

/* The overhead of a run is `overhead_s`, but `later_s` from workload `from` on. */
static struct outcome simulate(double overhead_s, unsigned from, double later_s)
{
    struct outcome outcome = {.shortest_s = INFINITY};
    unsigned slot, repeat;

    for (slot = 0; slot < budget.count; slot++) {
        double now_s = slot < from ? overhead_s : later_s;

        run_round(&outcome, slot, budget_first_s(&budget, slot, outcome.took_s), now_s);
        for (repeat = 1; repeat < REPEATS && budget_has_time(&budget, slot, outcome.took_s); repeat++)
            run_round(&outcome, slot, budget.slots[slot].run_s, now_s);
    }
    return outcome;
}

static void on_a_fast_machine_nothing_is_cut(void **state)
{
    struct outcome outcome;

    (void)state;
    budget.slots[WORKLOADS - 1].run_s = 0.5;
    budget.slots[WORKLOADS - 1].least_s = 0.25;
    outcome = simulate(0.2, WORKLOADS, 0);
    assert_int_equal(outcome.rounds, WORKLOADS * REPEATS);
    assert_true(outcome.shortest_s == 0.5 && outcome.longest_s == 0.5);
    assert_true(outcome.took_s <= MOST_S);
}

/* Every workload has its first round; how long it all takes is bounded whatever the machine's speed. */
static void a_slow_machine_is_done_in_time(void **state)
{
    static const double overheads[] = {0.4, 0.6, 0.8, 1.0, 1.2, 1.5, 1.7};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof overheads / sizeof overheads[0]; i++) {
        struct outcome outcome;

        begin(NULL);
        outcome = simulate(overheads[i], WORKLOADS, 0);
        assert_true(outcome.rounds >= WORKLOADS);
        if (outcome.took_s > MOST_S + 1)
            fail_msg("overhead %.1f s: %.1f s in all", overheads[i], outcome.took_s);
        if (overheads[i] > 1.5)
            assert_true(outcome.shortest_s < 0.5);
    }
}

/* The worst there is: all that was to spare has been spent on repeats when it gets slow. */
static void one_that_gets_slow_in_the_middle_too(void **state)
{
    unsigned from;

    (void)state;
    for (from = 1; from < WORKLOADS; from++) {
        struct outcome outcome;

        begin(NULL);
        outcome = simulate(0.4, from, 1.0);
        assert_true(outcome.rounds >= WORKLOADS);
        if (outcome.took_s > 120)
            fail_msg("slow from workload %u on: %.1f s in all", from, outcome.took_s);
    }
}

static void when_there_is_no_time_at_all_runs_are_as_short_as_they_may_be(void **state)
{
    (void)state;
    assert_true(budget_first_s(&budget, 3, MOST_S + 50) == 0.25);
    assert_true(budget_first_s(&budget, WORKLOADS - 1, MOST_S) == 1.25);
    assert_false(budget_has_time(&budget, WORKLOADS - 1, MOST_S));
}

/* What can spare nothing, because it is as short as it may be already. */
static void nothing_to_spare_is_no_division_by_it(void **state)
{
    (void)state;
    budget.count = 1;
    budget.slots[0] = (struct budget_slot){1, 0.1, 0.1, 0.4};
    assert_true(budget_first_s(&budget, 0, 0) == 0.1);
    assert_true(budget_first_s(&budget, 0, 2 * MOST_S) == 0.1);
}

static void without_a_bound_all_is_as_planned(void **state)
{
    struct outcome outcome;

    (void)state;
    budget.most_s = INFINITY;
    outcome = simulate(30, WORKLOADS, 0);
    assert_int_equal(outcome.rounds, WORKLOADS * REPEATS);
    assert_true(outcome.shortest_s == 0.5 && outcome.longest_s == 2.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(on_a_fast_machine_nothing_is_cut, begin),
        cmocka_unit_test_setup(a_slow_machine_is_done_in_time, begin),
        cmocka_unit_test_setup(one_that_gets_slow_in_the_middle_too, begin),
        cmocka_unit_test_setup(when_there_is_no_time_at_all_runs_are_as_short_as_they_may_be, begin),
        cmocka_unit_test_setup(nothing_to_spare_is_no_division_by_it, begin),
        cmocka_unit_test_setup(without_a_bound_all_is_as_planned, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
