/* SPDX-License-Identifier: Apache-2.0
 *
 * The histogram against exactly sorted data, over shapes that latencies have. The rank is computed here in
 * integers, so an error in the code's floating-point rank shows. Runs in the test's one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "common/histogram.h"

#define SAMPLES     20011 /* a prime: few quantiles fall on a whole rank */
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static uint64_t seed;

static double random_unit(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(seed >> 11) / 9007199254740992.0;
}

static uint64_t draw_constant(void)
{
    return 123456;
}

static uint64_t draw_small(void)
{
    return (uint64_t)(random_unit() * 300);
}

static uint64_t draw_uniform(void)
{
    return (uint64_t)(random_unit() * 1e7);
}

static uint64_t draw_exponential(void)
{
    return (uint64_t)(-log(1 - random_unit()) * 250000);
}

static uint64_t draw_two_humps(void)
{
    return random_unit() < 0.99 ? 40000 + (uint64_t)(random_unit() * 5000) : 5000000000;
}

static uint64_t draw_every_octave(void)
{
    return (uint64_t)exp2(random_unit() * 62.99);
}

static uint64_t (*const shapes[])(void) = {draw_constant,    draw_small,     draw_uniform,
                                           draw_exponential, draw_two_humps, draw_every_octave};

struct fraction {
    uint64_t part, whole;
};

static const struct fraction quantiles[] = {{0, 1},    {1, 100000}, {1, 10},       {1, 2},          {9, 10},
                                            {99, 100}, {999, 1000}, {9999, 10000}, {99999, 100000}, {1, 1}};

static int ascending(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static uint64_t exact_quantile(const uint64_t *sorted, uint64_t count, struct fraction quantile)
{
    uint64_t rank = (quantile.part * count + quantile.whole - 1) / quantile.whole;

    return sorted[rank > 0 ? rank - 1 : 0];
}

static void assert_quantiles(const struct histogram *histogram, uint64_t *values, size_t count)
{
    size_t i;

    qsort(values, count, sizeof *values, ascending);
    for (i = 0; i < COUNT(quantiles); i++) {
        uint64_t exact = exact_quantile(values, count, quantiles[i]);
        double quantile = (double)quantiles[i].part / (double)quantiles[i].whole;
        uint64_t told = histogram_quantile_ns(histogram, quantile);

        if (told < exact || told - exact > exact / 128)
            fail_msg("quantile %g: %llu, exactly %llu", quantile, (unsigned long long)told,
                     (unsigned long long)exact);
    }
}

static void quantiles_are_within_the_error(void **state)
{
    static uint64_t values[SAMPLES];
    size_t shape, i;

    (void)state;
    for (shape = 0; shape < COUNT(shapes); shape++) {
        struct histogram *histogram = histogram_new();
        double sum = 0;

        assert_non_null(histogram);
        seed = 7 + shape;
        for (i = 0; i < SAMPLES; i++) {
            values[i] = shapes[shape]();
            sum += (double)values[i];
            histogram_record(histogram, values[i], 1);
        }
        assert_quantiles(histogram, values, SAMPLES);
        assert_int_equal(histogram_count(histogram), SAMPLES);
        assert_true(histogram_max_ns(histogram) == values[SAMPLES - 1]);
        assert_true(fabs(histogram_mean_ns(histogram) - sum / SAMPLES) <= 1e-9 * sum / SAMPLES);
        histogram_free(&histogram);
        assert_null(histogram);
    }
}

/* Every round number of samples, where quantile times count is whole and must not ask for one rank more. */
static void whole_ranks_are_exact(void **state)
{
    uint64_t count, percent;

    (void)state;
    for (count = 1; count <= 200; count++) {
        struct histogram *histogram = histogram_new();
        uint64_t i;

        assert_non_null(histogram);
        for (i = 1; i <= count; i++)
            histogram_record(histogram, i, 1);
        for (percent = 1; percent <= 100; percent++)
            assert_int_equal(histogram_quantile_ns(histogram, (double)percent / 100),
                             (percent * count + 99) / 100);
        histogram_free(&histogram);
    }
}

static void both_sides_of_every_octave(void **state)
{
    unsigned power;

    (void)state;
    for (power = 0; power <= 63; power++) {
        uint64_t around[] = {(UINT64_C(1) << power) - 1, UINT64_C(1) << power, (UINT64_C(1) << power) + 1};
        size_t i;

        for (i = 0; i < COUNT(around); i++) {
            struct histogram *histogram = histogram_new();
            uint64_t value = around[i] > HISTOGRAM_MOST_NS ? HISTOGRAM_MOST_NS : around[i];
            uint64_t told;

            assert_non_null(histogram);
            histogram_record(histogram, around[i], 1);
            histogram_record(histogram, HISTOGRAM_MOST_NS, 1);
            told = histogram_quantile_ns(histogram, 0.5);
            assert_true(told >= value && told - value <= value / 128);
            histogram_free(&histogram);
        }
    }
}

static void merging_equals_having_seen_it_all(void **state)
{
    static uint64_t values[SAMPLES];
    struct histogram *whole = histogram_new(), *left = histogram_new(), *right = histogram_new();
    size_t i;

    (void)state;
    assert_true(whole != NULL && left != NULL && right != NULL);
    seed = 99;
    for (i = 0; i < SAMPLES; i++) {
        values[i] = draw_exponential();
        histogram_record(whole, values[i], 1);
        histogram_record(i % 3 == 0 ? left : right, values[i], 1);
    }
    histogram_merge(left, right);
    assert_quantiles(left, values, SAMPLES);
    assert_int_equal(histogram_count(left), histogram_count(whole));
    assert_int_equal(histogram_max_ns(left), histogram_max_ns(whole));
    assert_true(histogram_mean_ns(left) == histogram_mean_ns(whole));
    for (i = 0; i < COUNT(quantiles); i++) {
        double quantile = (double)quantiles[i].part / (double)quantiles[i].whole;

        assert_int_equal(histogram_quantile_ns(left, quantile), histogram_quantile_ns(whole, quantile));
    }
    histogram_free(&whole);
    histogram_free(&left);
    histogram_free(&right);
}

static void many_sightings_count_as_often(void **state)
{
    struct histogram *histogram = histogram_new();

    (void)state;
    assert_non_null(histogram);
    histogram_record(histogram, 5, 0);
    assert_int_equal(histogram_max_ns(histogram), 0);
    histogram_record(histogram, 10, 98);
    histogram_record(histogram, 20, 2);
    assert_int_equal(histogram_count(histogram), 100);
    assert_int_equal(histogram_quantile_ns(histogram, 0.98), 10);
    assert_int_equal(histogram_quantile_ns(histogram, 0.981), 20);
    assert_true(histogram_mean_ns(histogram) == 10.2);
    histogram_free(&histogram);
}

static void empty_and_overlong(void **state)
{
    struct histogram *histogram = histogram_new();
    int i;

    (void)state;
    assert_non_null(histogram);
    assert_int_equal(histogram_quantile_ns(histogram, 0.5), 0);
    assert_true(histogram_mean_ns(histogram) == 0);
    for (i = 0; i < 4; i++)
        histogram_record(histogram, UINT64_MAX, 1);
    assert_true(histogram_max_ns(histogram) == HISTOGRAM_MOST_NS);
    assert_true(histogram_quantile_ns(histogram, 0) == HISTOGRAM_MOST_NS);
    assert_true(histogram_mean_ns(histogram) == (double)HISTOGRAM_MOST_NS); /* the sum is beyond 64 bits */
    histogram_free(&histogram);
}

static void a_walk_sees_everything_once(void **state)
{
    struct histogram *histogram = histogram_new();
    struct histogram_step step = {0};
    uint64_t before = 0, seen = 0;
    int i;

    (void)state;
    assert_non_null(histogram);
    assert_false(histogram_walk(histogram, &step));
    histogram_record(histogram, 0, 3);
    for (i = 0; i < 5000; i++)
        histogram_record(histogram, (uint64_t)exp2(random_unit() * 62), 2);
    histogram_record(histogram, UINT64_MAX, 1);
    step = (struct histogram_step){0};
    while (histogram_walk(histogram, &step)) {
        double level = (double)step.up_to / (double)histogram_count(histogram);

        assert_true(seen == 0 || step.value_ns > before);
        assert_true(step.times > 0);
        seen += step.times;
        assert_int_equal(step.up_to, seen);
        assert_int_equal(step.value_ns, histogram_quantile_ns(histogram, level));
        before = step.value_ns;
    }
    assert_int_equal(seen, 10004);
    assert_true(before == HISTOGRAM_MOST_NS);
    assert_false(histogram_walk(histogram, &step));
    histogram_free(&histogram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_within_the_error), cmocka_unit_test(whole_ranks_are_exact),
        cmocka_unit_test(both_sides_of_every_octave),     cmocka_unit_test(merging_equals_having_seen_it_all),
        cmocka_unit_test(many_sightings_count_as_often),  cmocka_unit_test(empty_and_overlong),
        cmocka_unit_test(a_walk_sees_everything_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
