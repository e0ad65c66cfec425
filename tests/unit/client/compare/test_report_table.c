/* SPDX-License-Identifier: Apache-2.0
 *
 * The table for people: heads stand apart and end where their figures end, and no line is too long. Runs in the test's
 * one thread. */
#include "tests/unit/client/compare/fixture.h"

#include "client/compare/progress.h"
#include "client/compare/report.h"

#define WIDTH 100

static struct fixture fixture;
static char *text;

/* All workloads of the table, with figures as wide as they get. */
static void make(void)
{
    static const double widest[] = {[UNIT_RATE] = 1888888,
                                    [UNIT_TIME_US] = 488888,
                                    [UNIT_COUNT] = 1888.8,
                                    [UNIT_BYTES] = 1018 << 20,
                                    [UNIT_SHARE] = 1};
    struct compare_report *report = &fixture.report;
    struct error error;
    unsigned i, j, k;

    fixture_begin(&fixture, 2);
    assert_int_equal(workload_add_list(report->shapes, &report->workload_count, NULL, &error), 0);
    for (i = 0; i < report->workload_count; i++) {
        struct compare_workload *workload = &report->workloads[i];

        workload->workload = &report->shapes[i];
        for (j = 0; j < 2; j++) {
            workload->results[j].model = &report->models[j];
            fixture_run(workload, j, 0, 0, 0);
            for (k = 0; k < FIGURES; k++)
                workload->results[j].runs[0].value[k] = widest[figure_rows[k].unit];
        }
        fixture_judge(&fixture, workload);
    }
}

static void print(void)
{
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    compare_report_table(&fixture.report, out);
    assert_int_equal(fclose(out), 0);
}

static int end(void **state)
{
    (void)state;
    compare_report_clear(&fixture.report);
    free(text);
    text = NULL;
    return 0;
}

/* A head of the line, and the figure below it: they end in the same column, and a blank is before either. */
static void check_head(const char *line, const char *figures, const char *title)
{
    const char *at = strstr(line, title);
    size_t column;

    if (at == NULL)
        return;
    column = (size_t)(at - line) + strlen(title);
    if (at[-1] != ' ' || (line[column] != ' ' && line[column] != '\0'))
        fail_msg("'%s' stands too near to its neighbour: %s", title, line);
    if (figures[column - 1] == ' ' || (figures[column] != ' ' && figures[column] != '\0'))
        fail_msg("below '%s' no figure ends: %s / %s", title, line, figures);
}

static void heads_stand_apart_and_above_their_figures(void **state)
{
    char *line, *rest, *head = NULL;
    unsigned heads = 0, i;

    (void)state;
    make();
    print();
    rest = text;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (strlen(line) > WIDTH)
            fail_msg("%zu columns: %s", strlen(line), line);
        for (i = 0; i < FIGURES && head != NULL; i++) {
            /* "p99" is in "p99.9" and "failed" in "1 failed": whole words are looked for */
            char word[40];

            snprintf(word, sizeof word, "%s", figure_rows[i].title);
            if (i != FIGURE_P99 && i != FIGURE_P50)
                check_head(head, line, word);
        }
        head = strncmp(line, "    model ", 10) == 0 ? line : NULL;
        heads += head != NULL;
    }
    assert_int_equal(heads, fixture.report.workload_count);
}

static void what_was_cut_is_told_in_lines_of_no_more_than_that(void **state)
{
    char *line, *rest;

    (void)state;
    make();
    print();
    assert_null(strstr(text, "Cut, to end"));
    free(text);
    snprintf(fixture.report.cut, RESULT_TEXT_BYTES,
             "30 of 110 runs were left out, of repeats, and those of 10 workloads were cut to 0.25 s at the "
             "shortest; not all rates were tried");
    print();
    assert_non_null(strstr(text, "\nCut, to end within two minutes: 30 of 110 runs"));
    rest = text;
    while ((line = strsep(&rest, "\n")) != NULL)
        assert_true(strlen(line) <= WIDTH);
}

static size_t occurrences(const char *words)
{
    const char *at = text;
    size_t count = 0;

    while ((at = strstr(at, words)) != NULL) {
        count++;
        at += strlen(words);
    }
    return count;
}

static void what_is_the_same_for_all_is_said_once(void **state)
{
    struct compare_workload *workloads = fixture.report.workloads;
    unsigned i;

    (void)state;
    make();
    for (i = 0; i < 2; i++) {
        workloads[0].results[i].state = COMPARE_LEFT_OUT;
        snprintf(workloads[0].results[i].why, RESULT_TEXT_BYTES, "it makes no sense");
        snprintf(workloads[1].results[i].runs[0].trouble, RESULT_TEXT_BYTES, "ERR so it is");
    }
    print();
    fixture_says(text, "\n    a, b: left out: it makes no sense\n");
    fixture_says(text, "\n    a, b: ERR so it is\n");
    assert_int_equal(occurrences("it makes no sense") + occurrences("ERR so it is"), 2);
}

static void a_bar_does_not_go_back(void **state)
{
    struct compare_progress progress = {.began_us = 1000000, .planned_s = 10};

    (void)state;
    assert_true(compare_progress_share(&progress, 6000000) > 0.49);
    compare_progress_did(&progress, 1); /* what was to take one second took five */
    assert_true(compare_progress_left_s(&progress, 6000000) > 40);
    assert_true(compare_progress_share(&progress, 6000000) > 0.49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(heads_stand_apart_and_above_their_figures, end),
        cmocka_unit_test_teardown(what_is_the_same_for_all_is_said_once, end),
        cmocka_unit_test(a_bar_does_not_go_back),
        cmocka_unit_test_teardown(what_was_cut_is_told_in_lines_of_no_more_than_that, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
