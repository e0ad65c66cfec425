/* SPDX-License-Identifier: Apache-2.0
 *
 * Axes: their ends and ticks, and that no values, however few or far apart, make one that can't be drawn. Runs
 * in the test's one thread. */
#include "tests/unit/unit.h"

#include <math.h>

#include "client/chart/axis.h"

/* The labels of an axis in one line. */
static const char *labels(const struct axis_layout *layout)
{
    static char line[AXIS_TICKS_MOST * MEASURE_TEXT_BYTES];
    size_t i;

    line[0] = '\0';
    for (i = 0; i < layout->tick_count; i++) {
        if (layout->ticks[i].major)
            snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", line[0] != '\0' ? "|" : "",
                     layout->ticks[i].label);
    }
    return line;
}

static void round_ends_and_labels(void **state)
{
    static const struct {
        struct axis axis;
        double least, most;
        unsigned wanted;
        const char *labels;
    } rows[] = {
        {{AXIS_LINEAR, MEASURE_COUNT, "", true}, 7800, 8300, 5, "0|2k|4k|6k|8k|10k"},
        {{AXIS_LINEAR, MEASURE_COUNT, "", false}, 7800, 8300, 5, "7.8k|7.9k|8.0k|8.1k|8.2k|8.3k"},
        {{AXIS_LINEAR, MEASURE_SECONDS, "", false}, 1, 60, 6, "0|10 s|20 s|30 s|40 s|50 s|60 s"},
        {{AXIS_LINEAR, MEASURE_SECONDS, "", false},
         0,
         3600,
         6,
         "0|10 min|20 min|30 min|40 min|50 min|60 min"},
        {{AXIS_LINEAR, MEASURE_SECONDS, "", false}, 0, 10 * 86400, 6, "0|48 h|96 h|144 h|192 h|240 h"},
        {{AXIS_LINEAR, MEASURE_SECONDS, "", false}, 0, 1, 5, "0|0.2 s|0.4 s|0.6 s|0.8 s|1.0 s"},
        {{AXIS_LINEAR, MEASURE_NUMBER, "", false}, -1, 1, 4, "-1.0|-0.5|0|0.5|1.0"},
        {{AXIS_LINEAR, MEASURE_NUMBER, "", false}, 0.1, 0.3, 2, "0.1|0.2|0.3"},
        {{AXIS_LINEAR, MEASURE_BYTES, "", true}, 0, 100 << 20, 4, "0|32 MiB|64 MiB|96 MiB|128 MiB"},
        {{AXIS_LOG, MEASURE_TIME_US, "", false}, 87, 12000, 5, "100 \u00b5s|1 ms|10 ms"},
        {{AXIS_LOG, MEASURE_TIME_US, "", false}, 130, 450, 5, "100 \u00b5s|200 \u00b5s|500 \u00b5s"},
        {{AXIS_LOG, MEASURE_TIME_US, "", false}, 100, 100, 5, "50 \u00b5s|100 \u00b5s|200 \u00b5s"},
        {{AXIS_LOG, MEASURE_NUMBER, "", false}, 0.001, 0.004, 5, "0.001|0.002|0.005"},
        {{AXIS_PERCENTILE, MEASURE_SHARE, "", false}, 0, 0.99995, 5, "0%|50%|90%|99%|99.9%|99.99%|99.999%"},
        {{AXIS_PERCENTILE, MEASURE_SHARE, "", false}, 0, 0.999, 5, "0%|50%|90%|99%|99.9%"},
        {{AXIS_PERCENTILE, MEASURE_SHARE, "", false}, 0, 0, 5, "0%|50%|90%"},
    };
    struct axis_layout layout;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        axis_lay_out(&rows[i].axis, rows[i].least, rows[i].most, rows[i].wanted, &layout);
        assert_string_equal(labels(&layout), rows[i].labels);
    }
}

/* What must hold of every axis. */
static void check(const struct axis *axis, double least, double most, const struct axis_layout *layout)
{
    double slack = fmax(fabs(least), fabs(most)) * 1e-6;
    size_t i;

    assert_true(isfinite(layout->least) && isfinite(layout->most) && layout->least < layout->most);
    if (axis->scale != AXIS_PERCENTILE)
        assert_true(layout->least <= least + slack && layout->most >= most - slack);
    assert_in_range(layout->tick_count, 1, AXIS_TICKS_MOST);
    for (i = 0; i < layout->tick_count; i++) {
        assert_true(layout->ticks[i].at >= 0 && layout->ticks[i].at <= 1);
        assert_true(i == 0 || layout->ticks[i].at > layout->ticks[i - 1].at);
        assert_null(strstr(layout->ticks[i].label, "nan"));
        assert_null(strstr(layout->ticks[i].label, "inf"));
    }
    assert_true(axis_place(layout, least) >= 0 && axis_place(layout, most) <= 1);
    assert_true(axis_place(layout, least) <= axis_place(layout, most));
}

static void any_values_have_an_axis(void **state)
{
    static const double values[] = {-1e300, -1e15, -3.7, -1e-300, 0,    1e-300,   1e-9,  0.5,
                                    1,      2,     3.7,  1e3,     1e15, 1e15 + 1, 1e299, 1e300};
    static const enum measure measures[] = {MEASURE_NUMBER,  MEASURE_COUNT, MEASURE_TIME_US,
                                            MEASURE_SECONDS, MEASURE_BYTES, MEASURE_SHARE};
    size_t i, j, scale, measure;
    struct axis_layout layout;

    (void)state;
    for (i = 0; i < COUNT(values); i++) {
        for (j = i; j < COUNT(values); j++) {
            for (scale = AXIS_LINEAR; scale <= AXIS_PERCENTILE; scale++) {
                for (measure = 0; measure < COUNT(measures); measure++) {
                    struct axis axis = {(enum axis_scale)scale, measures[measure], "", (i + j) % 2 == 0};

                    if (!axis_takes(axis.scale, values[i]) || !axis_takes(axis.scale, values[j]))
                        continue;
                    axis_lay_out(&axis, values[i], values[j], 6, &layout);
                    check(&axis, values[i], values[j], &layout);
                }
            }
        }
    }
}

static void no_values_have_an_axis(void **state)
{
    struct axis_layout layout;
    size_t scale;

    (void)state;
    for (scale = AXIS_LINEAR; scale <= AXIS_PERCENTILE; scale++) {
        struct axis axis = {.scale = (enum axis_scale)scale};

        axis_lay_out(&axis, INFINITY, -INFINITY, 6, &layout);
        assert_true(layout.least < layout.most && layout.tick_count > 0);
    }
}

static void labels_differ_from_their_neighbours(void **state)
{
    unsigned round, wanted;
    struct axis_layout layout;
    size_t i;

    (void)state;
    for (round = 0; round < 20000; round++) {
        struct axis axis = {round % 2 ? AXIS_LINEAR : AXIS_LOG, round % 3 ? MEASURE_COUNT : MEASURE_TIME_US,
                            "", round % 5 == 0};
        double least = pow(10, (double)unit_random_below(800) / 100 - 1);
        double most = least * (1 + (double)unit_random_below(1000) / (round % 7 ? 100 : 10000));
        const char *before = "";

        wanted = 2 + (unsigned)unit_random_below(10);
        axis_lay_out(&axis, least, most, wanted, &layout);
        check(&axis, least, most, &layout);
        for (i = 0; i < layout.tick_count; i++) {
            if (!layout.ticks[i].major)
                continue;
            assert_string_not_equal(layout.ticks[i].label, before);
            before = layout.ticks[i].label;
        }
        assert_in_range(layout.tick_count, 2, AXIS_TICKS_MOST);
    }
}

static void what_has_no_place(void **state)
{
    (void)state;
    assert_false(axis_takes(AXIS_LINEAR, NAN));
    assert_false(axis_takes(AXIS_LINEAR, INFINITY));
    assert_false(axis_takes(AXIS_LINEAR, -2e300));
    assert_true(axis_takes(AXIS_LINEAR, -1));
    assert_false(axis_takes(AXIS_LOG, 0));
    assert_false(axis_takes(AXIS_LOG, -1));
    assert_false(axis_takes(AXIS_PERCENTILE, 1.01));
    assert_true(axis_takes(AXIS_PERCENTILE, 1));
}

static void each_nine_has_the_same_room(void **state)
{
    struct axis axis = {.scale = AXIS_PERCENTILE};
    struct axis_layout layout;

    (void)state;
    axis_lay_out(&axis, 0, 0.9999, 6, &layout);
    assert_float_equal(axis_place(&layout, 0), 0, 1e-6);
    assert_float_equal(axis_place(&layout, 0.9), 0.25, 1e-6);
    assert_float_equal(axis_place(&layout, 0.99), 0.5, 1e-6);
    assert_float_equal(axis_place(&layout, 0.999), 0.75, 1e-6);
    assert_float_equal(axis_place(&layout, 1), 1, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_ends_and_labels),  cmocka_unit_test(any_values_have_an_axis),
        cmocka_unit_test(no_values_have_an_axis), cmocka_unit_test(labels_differ_from_their_neighbours),
        cmocka_unit_test(what_has_no_place),      cmocka_unit_test(each_nine_has_the_same_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
