/* SPDX-License-Identifier: Apache-2.0
 *
 * When an open loop means to send: to the nanosecond what the formula says, also for request number 10^9 and for
 * rates that divide nothing; arrivals by chance are exponential by Kolmogorov's and Smirnov's test, on streams that
 * the seed fixes, so that a test which passes once passes always. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "client/load/schedule.h"

#define MILLION UINT64_C(1000000)

/* floor(number * 10^9 / rate). */
static uint64_t even_ns(uint64_t number, uint64_t rate_millionths)
{
    return (uint64_t)((unsigned __int128)number * 1000000000 * MILLION / rate_millionths);
}

static void even_gaps_are_exact(void **state)
{
    static const uint64_t rates[] = {1000,
                                     500000,
                                     MILLION,
                                     3 * MILLION,
                                     7 * MILLION + 1,
                                     2500 * MILLION,
                                     9999 * MILLION + 999999,
                                     MILLION * MILLION,
                                     SCHEDULE_RATE_MOST};
    size_t i;
    uint64_t n;

    (void)state;
    for (i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct schedule_plan plan = {.rate_millionths = rates[i], .threads = 1};
        struct schedule schedule;

        schedule_begin(&schedule, &plan, 0);
        for (n = 0; n < 20000; n++, schedule_advance(&schedule)) {
            if (schedule_due_ns(&schedule) != even_ns(n, rates[i]) || schedule_number(&schedule) != n)
                fail_msg("request %llu at rate %llu", (unsigned long long)n, (unsigned long long)rates[i]);
        }
    }
}

/* The 10^6th request of each of 1,000 threads is about the 10^9th of all. */
static void request_ten_to_the_nine_is_as_exact_as_the_first(void **state)
{
    static const uint64_t rates[] = {3 * MILLION, 7 * MILLION + 1, 123456 * MILLION + 654321};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct schedule_plan plan = {.rate_millionths = rates[i], .threads = 1000};
        struct schedule schedule;
        uint64_t n;

        schedule_begin(&schedule, &plan, 999);
        for (n = 0; n < MILLION; n++)
            schedule_advance(&schedule);
        assert_int_equal(schedule_number(&schedule), 1000 * MILLION + 999);
        assert_int_equal(schedule_due_ns(&schedule), even_ns(1000 * MILLION + 999, rates[i]));
    }
}

static void threads_share_one_schedule_exactly(void **state)
{
    static const uint64_t thread_counts[] = {1, 2, 3, 7, 64};
    const uint64_t rate = 1234 * MILLION + 567891;
    bool seen[6400] = {false};
    size_t i;
    uint64_t thread, n;

    (void)state;
    for (i = 0; i < sizeof thread_counts / sizeof thread_counts[0]; i++) {
        struct schedule_plan plan = {.rate_millionths = rate, .threads = thread_counts[i]};

        for (n = 0; n < 6400; n++)
            seen[n] = false;
        for (thread = 0; thread < plan.threads; thread++) {
            struct schedule schedule;

            for (schedule_begin(&schedule, &plan, thread); schedule_number(&schedule) < 6400;
                 schedule_advance(&schedule)) {
                assert_int_equal(schedule_due_ns(&schedule), even_ns(schedule_number(&schedule), rate));
                assert_false(seen[schedule_number(&schedule)]);
                seen[schedule_number(&schedule)] = true;
            }
        }
        for (n = 0; n < 6400; n++)
            assert_true(seen[n]);
    }
}

/* At any time: just before a request, at it, and a little later. */
static void even_gaps_are_counted_exactly(void **state)
{
    static const uint64_t rates[] = {1000, 3 * MILLION, 7 * MILLION + 1, 3300000 * MILLION,
                                     SCHEDULE_RATE_MOST};
    size_t i;
    uint64_t thread, n;

    (void)state;
    for (i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct schedule_plan plan = {.rate_millionths = rates[i], .threads = 3};

        for (thread = 0; thread < plan.threads; thread++) {
            struct schedule schedule;

            for (schedule_begin(&schedule, &plan, thread), n = 0; n < 5000;
                 n++, schedule_advance(&schedule)) {
                assert_int_equal(schedule_count_before(&schedule, schedule_due_ns(&schedule)), n);
                assert_int_equal(schedule_count_before(&schedule, schedule_due_ns(&schedule) + 1), n + 1);
            }
        }
    }
}

/* All threads' counts together, for what is not even. */
static void what_is_to_be_expected_is_counted(void **state)
{
    struct schedule_plan plan = {.rate_millionths = 1000 * MILLION, .ramp_ns = 1000 * MILLION, .threads = 1};
    struct schedule schedule;
    uint64_t last = 0, ns;

    (void)state;
    schedule_begin(&schedule, &plan, 0);
    for (ns = 0; ns < 2000 * MILLION; ns += 1234567) {
        assert_true(schedule_count_before(&schedule, ns) >= last);
        last = schedule_count_before(&schedule, ns);
    }
    assert_int_equal(schedule_count_before(&schedule, 1000 * MILLION), 500);
    assert_int_equal(schedule_count_before(&schedule, 2000 * MILLION), 1500);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The test's statistic, for gaps against an exponential distribution of that mean: sqrt(n) times the greatest distance
 * between the distributions. Above 1.95 it would be chance once in a thousand. */
static double exponential_distance(double *gaps, size_t count, double mean)
{
    double most = 0;
    size_t i;

    qsort(gaps, count, sizeof *gaps, compare);
    for (i = 0; i < count; i++) {
        double expected = 1 - exp(-gaps[i] / mean);
        double above = (double)(i + 1) / (double)count - expected,
               below = expected - (double)i / (double)count;

        most = fmax(most, fmax(above, below));
    }
    return most * sqrt((double)count);
}

#define ARRIVALS 40000

/* The arrivals of all threads, in their order; how many there are. */
static size_t arrivals(const struct schedule_plan *plan, uint64_t until_ns, double *times)
{
    size_t count = 0;
    uint64_t thread;

    for (thread = 0; thread < plan->threads; thread++) {
        struct schedule schedule;

        for (schedule_begin(&schedule, plan, thread); schedule_due_ns(&schedule) < until_ns;
             schedule_advance(&schedule)) {
            assert_true(count < 2 * ARRIVALS);
            times[count++] = (double)schedule_due_ns(&schedule);
        }
    }
    qsort(times, count, sizeof *times, compare);
    return count;
}

static void arrivals_by_chance_are_a_poisson_process(void **state)
{
    static const uint64_t thread_counts[] = {1, 4};
    double *times = calloc(2 * ARRIVALS, sizeof *times);
    double windows[100] = {0};
    uint64_t seed;
    size_t i, j;

    (void)state;
    assert_non_null(times);
    for (i = 0; i < 2; i++) {
        for (seed = 1; seed <= 5; seed++) {
            /* 1,000 a second for 40 s */
            struct schedule_plan plan = {.rate_millionths = 1000 * MILLION,
                                         .poisson = true,
                                         .seed = seed,
                                         .threads = thread_counts[i]};
            size_t count = arrivals(&plan, UINT64_C(1000000) * ARRIVALS, times);
            double dispersion = 0;

            assert_true(fabs((double)count - ARRIVALS) < 4 * sqrt(ARRIVALS));
            for (j = 0; j < 100; j++)
                windows[j] = 0;
            for (j = 0; j < count; j++)
                windows[(size_t)(times[j] / (1e4 * ARRIVALS))]++;
            for (j = 0; j < 100; j++)
                dispersion +=
                    (windows[j] - ARRIVALS / 100.0) * (windows[j] - ARRIVALS / 100.0) / (ARRIVALS / 100.0);
            assert_true(dispersion > 60 &&
                        dispersion < 149); /* chi-square, 100 degrees: 0.1% on either side */
            for (j = count - 1; j > 0; j--)
                times[j] -= times[j - 1];
            assert_true(exponential_distance(times, count, 1e6) < 1.95);
        }
    }
    free(times);
}

static void even_gaps_are_none_of_that(void **state)
{
    double *times = calloc(2 * ARRIVALS, sizeof *times);
    struct schedule_plan plan = {.rate_millionths = 1000 * MILLION, .threads = 1};
    size_t count, j;

    (void)state;
    assert_non_null(times);
    count = arrivals(&plan, UINT64_C(1000000) * ARRIVALS, times);
    assert_int_equal(count, ARRIVALS);
    for (j = count - 1; j > 0; j--)
        times[j] -= times[j - 1];
    assert_true(exponential_distance(times, count, 1e6) > 10); /* the test above can fail */
    free(times);
}

static void one_seed_is_one_stream(void **state)
{
    struct schedule_plan plan = {.rate_millionths = 777 * MILLION, .poisson = true, .seed = 5, .threads = 2};
    struct schedule_plan other = plan;
    struct schedule a, b, c, d;
    unsigned n, same_seed = 0, same_thread = 0;

    (void)state;
    other.seed = 6;
    schedule_begin(&a, &plan, 0);
    schedule_begin(&b, &plan, 0);
    schedule_begin(&c, &other, 0);
    schedule_begin(&d, &plan, 1);
    for (n = 0; n < 1000; n++) {
        assert_int_equal(schedule_due_ns(&a), schedule_due_ns(&b));
        same_seed += schedule_due_ns(&a) == schedule_due_ns(&c);
        same_thread += schedule_due_ns(&a) == schedule_due_ns(&d);
        schedule_advance(&a);
        schedule_advance(&b);
        schedule_advance(&c);
        schedule_advance(&d);
    }
    assert_true(same_seed < 3 && same_thread < 3);
}

/* The count by time t rises as R t^2 / 2T up to T, and evenly from there. */
static void a_ramp_rises_evenly(void **state)
{
    struct schedule_plan plan = {
        .rate_millionths = 1000 * MILLION, .ramp_ns = UINT64_C(4000000000), .threads = 1};
    struct schedule schedule;
    uint64_t before_ns = 0, n;

    (void)state;
    schedule_begin(&schedule, &plan, 0);
    for (n = 0; n < 5000; n++, schedule_advance(&schedule)) {
        uint64_t due_ns = schedule_due_ns(&schedule);
        double t = (double)due_ns / 1e9, by_then = t < 4 ? 1000 * t * t / 8 : 2000 + 1000 * (t - 4);

        assert_true(fabs(by_then - (double)n) < 1e-3);
        assert_true(due_ns >= before_ns);
        before_ns = due_ns;
    }
    assert_true(fabs(schedule_expected(&plan, 0, plan.ramp_ns) - 2000) < 1e-6);
    assert_true(fabs(schedule_expected(&plan, plan.ramp_ns, plan.ramp_ns + 1000000000) - 1000) < 1e-6);
    assert_true(fabs(schedule_expected(&plan, 0, 2000000000) - 500) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(even_gaps_are_exact),
        cmocka_unit_test(request_ten_to_the_nine_is_as_exact_as_the_first),
        cmocka_unit_test(threads_share_one_schedule_exactly),
        cmocka_unit_test(even_gaps_are_counted_exactly),
        cmocka_unit_test(what_is_to_be_expected_is_counted),
        cmocka_unit_test(arrivals_by_chance_are_a_poisson_process),
        cmocka_unit_test(even_gaps_are_none_of_that),
        cmocka_unit_test(one_seed_is_one_stream),
        cmocka_unit_test(a_ramp_rises_evenly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
