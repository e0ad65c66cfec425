/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures with units, at the places where digits or units change, and the labels of ticks. Runs in the test's
 * one thread. */
#include "tests/unit/unit.h"

#include <math.h>

#include "client/chart/measure.h"

static void in_tables(void **state)
{
    static const struct {
        enum measure measure;
        double value;
        const char *text;
    } rows[] = {
        {MEASURE_NUMBER, 0, "0"},
        {MEASURE_TIME_US, 0, "0"},
        {MEASURE_NUMBER, 0.004, "0.00"},
        {MEASURE_NUMBER, 1234, "1,234"},
        {MEASURE_NUMBER, -1234567, "-1,234,567"},
        {MEASURE_NUMBER, -12.34, "-12.3"},
        {MEASURE_NUMBER, 1e300, "1e+300"},
        {MEASURE_COUNT, 0, "0"},
        {MEASURE_COUNT, 7, "7"},
        {MEASURE_COUNT, 0.25, "0.25"},
        {MEASURE_COUNT, 999, "999"},
        {MEASURE_COUNT, 999.9, "1.00k"},
        {MEASURE_COUNT, 12345, "12.3k"},
        {MEASURE_COUNT, 1.2e6, "1.20M"},
        {MEASURE_COUNT, 5e12, "5,000G"},
        {MEASURE_TIME_US, 9.996, "10.0 \u00b5s"},
        {MEASURE_TIME_US, 87.34, "87.3 \u00b5s"},
        {MEASURE_TIME_US, 999.9, "1.00 ms"},
        {MEASURE_TIME_US, 12e6, "12.0 s"},
        {MEASURE_SECONDS, 90, "90.0 s"},
        {MEASURE_SECONDS, 300, "5.00 min"},
        {MEASURE_SECONDS, 36000, "10.0 h"},
        {MEASURE_BYTES, 512, "512 B"},
        {MEASURE_BYTES, 1536, "1.50 KiB"},
        {MEASURE_BYTES, 3.5 * (1 << 20), "3.50 MiB"},
        {MEASURE_SHARE, 0.123, "12.3%"},
        {MEASURE_TIME_US, NAN, "-"},
        {MEASURE_COUNT, -INFINITY, "-"},
    };
    char text[MEASURE_TEXT_BYTES];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++)
        assert_string_equal(measure_text(rows[i].measure, rows[i].value, text), rows[i].text);
}

static void on_ticks(void **state)
{
    static const struct {
        enum measure measure;
        double value, step, most;
        const char *text;
    } rows[] = {
        {MEASURE_COUNT, 0, 5000, 20000, "0"},        {MEASURE_COUNT, 5000, 5000, 20000, "5k"},
        {MEASURE_COUNT, 500, 500, 2000, "0.5k"},     {MEASURE_COUNT, 2000, 500, 2000, "2.0k"},
        {MEASURE_TIME_US, 500, 500, 2000, "0.5 ms"}, {MEASURE_TIME_US, 250, 250, 500, "250 \u00b5s"},
        {MEASURE_SECONDS, 30, 15, 60, "30 s"},       {MEASURE_SECONDS, 1800, 600, 3600, "30 min"},
        {MEASURE_NUMBER, 0.25, 0.25, 1, "0.25"},     {MEASURE_NUMBER, -1000, 1000, 2000, "-1,000"},
        {MEASURE_SHARE, 0.05, 0.05, 0.2, "5%"},      {MEASURE_BYTES, 1 << 20, 1 << 20, 4 << 20, "1 MiB"},
        {MEASURE_NUMBER, INFINITY, 1, 1, "-"},
    };
    char text[MEASURE_TEXT_BYTES];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++)
        assert_string_equal(measure_label(rows[i].measure, rows[i].value, rows[i].step, rows[i].most, text),
                            rows[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_tables), cmocka_unit_test(on_ticks)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
