/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of figures: complete, told as people read it, and which way is better. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <math.h>

#include "client/compare/figure.h"

static void every_row_is_there(void **state)
{
    size_t i, j;

    (void)state;
    for (i = 0; i < FIGURES; i++) {
        assert_non_null(figure_rows[i].name);
        assert_non_null(figure_rows[i].title);
        assert_non_null(figure_rows[i].words);
        assert_non_null(figure_rows[i].best);
        assert_true(figure_rows[i].least_share > 0);
        for (j = 0; j < i; j++)
            assert_string_not_equal(figure_rows[i].name, figure_rows[j].name);
    }
}

static void values_read_well(void **state)
{
    static const struct {
        enum figure figure;
        double value;
        const char *text;
    } rows[] = {
        {FIGURE_THROUGHPUT, 1234567.4, "1,234,567"},
        {FIGURE_THROUGHPUT, 12.34, "12.3"},
        {FIGURE_P99, 1050, "1.05 ms"},
        {FIGURE_CPU, 87.34, "87.3 us"},
        {FIGURE_SWITCHES, 2.091, "2.09"},
        {FIGURE_MEMORY, 1572864, "1.50 MiB"},
        {FIGURE_FAILED, 0, "0%"},
        {FIGURE_FAILED, 0.0123, "1.23%"},
        {FIGURE_FAILED, 0.00001, "<0.01%"},
        {FIGURE_FAILED, 0.5, "50%"},
        {FIGURE_P50, NAN, "-"},
    };
    char text[FIGURE_TEXT_BYTES];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++)
        assert_string_equal(figure_text(rows[i].figure, rows[i].value, text), rows[i].text);
}

static void better_is_more_requests_and_less_of_all_else(void **state)
{
    const struct spread low = {3, 1000, 990, 1010}, high = {3, 2000, 1990, 2010};

    (void)state;
    assert_true(figure_is_better(FIGURE_THROUGHPUT, &high, &low));
    assert_false(figure_is_better(FIGURE_THROUGHPUT, &low, &high));
    assert_true(figure_is_better(FIGURE_P99, &low, &high));
    assert_false(figure_is_better(FIGURE_P99, &high, &low));
    assert_false(figure_is_better(FIGURE_MEMORY, &low, &high)); /* a kilobyte is no difference */
    assert_false(figure_is_better(FIGURE_P99, &low, &low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_there),
        cmocka_unit_test(values_read_well),
        cmocka_unit_test(better_is_more_requests_and_less_of_all_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
