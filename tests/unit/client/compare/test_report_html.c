/* SPDX-License-Identifier: Apache-2.0
 *
 * The page of a comparison made up here: everything that there can be on one - a recommendation, verdicts and none,
 * results that are missing, a sweep, changes since a baseline - and nothing at all. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <math.h>
#include <unistd.h>

#include "client/compare/report.h"
#include "client/compare/report_page.h"

#define HOSTILE "<b>&\xff'"
#define MODELS  3
#define WORKS   3

static struct compare_settings settings = COMPARE_SETTINGS_DEFAULT;
static struct compare_report report;
static struct compare_sweep sweeps[MODELS];
static char path[] = "/tmp/test_compare_html.XXXXXX";
static char *text;

static struct spread around(double median)
{
    return (struct spread){3, median, median * 0.9, median * 1.2};
}

static void fill_result(struct compare_result *result, unsigned model, double factor)
{
    static struct compare_run runs[2];
    enum figure figure;

    runs[1].crashes = 2;
    snprintf(runs[1].trouble, sizeof runs[1].trouble, "trouble " HOSTILE);
    *result = (struct compare_result){
        .model = &report.models[model], .state = COMPARE_DONE, .runs = runs, .run_count = 2};
    for (figure = 0; figure < FIGURES; figure++)
        result->spread[figure] = around(factor * (1 + model));
    result->spread[FIGURE_SWITCHES] = (struct spread){0};
}

static void fill_workloads(void)
{
    unsigned i, j;

    for (i = 0; i < WORKS; i++) {
        struct compare_workload *workload = &report.workloads[i];

        report.shapes[i] = (struct workload){.name = "n",
                                             .title = "title " HOSTILE,
                                             .shows = "shows " HOSTILE,
                                             .commands = {{"PING", 1, i == 1}},
                                             .command_count = 1,
                                             .crashes = i == 2,
                                             .rate_rps = i * 1000.0};
        workload->workload = &report.shapes[i];
        for (j = 0; j < MODELS; j++)
            fill_result(&workload->results[j], j, i == 0 ? 12345 : 20);
        workload->verdict = (struct compare_verdict){.best = {true}, .best_count = 1};
        snprintf(workload->verdict.reason, RESULT_TEXT_BYTES, "5 us against 20.5 us " HOSTILE);
    }
    report.workloads[1].verdict.no_difference = true;
    report.workloads[2].verdict = (struct compare_verdict){.suspect = true};
    report.workloads[2].results[0].state = COMPARE_FAILED;
    report.workloads[2].results[1].state = COMPARE_LEFT_OUT;
    report.workloads[2].results[2].suspect = true;
    report.workloads[0].results[1].limited_by_client = true;
    snprintf(report.workloads[2].results[1].why, RESULT_TEXT_BYTES, "why " HOSTILE);
    report.workload_count = WORKS;
}

static void fill_sweeps(void)
{
    unsigned i, j;

    for (i = 0; i < MODELS; i++) {
        sweeps[i] = (struct compare_sweep){.model = &report.models[i],
                                           .slo_rps = i == 0 ? NAN : i * 5000.0,
                                           .point_count = 6,
                                           .or_more = i == 2};
        for (j = 0; j < 6; j++)
            sweeps[i].points[j] = (struct sweep_point){
                (j + 1) * 1000.0, (j + 1) * 999.0, 100, 900.0 * (i + 1) * (j + 1), 9000, j == 3, true, false};
    }
    report.sweeps = sweeps;
    report.swept = &report.shapes[0];
    settings.slo_text = "p99<10ms";
    settings.slo = (struct slo){true, "p99", 0.99, 10000};
}

static void fill_report(void)
{
    unsigned i;

    settings.command_line = "concur compare '" HOSTILE "'";
    settings.repeats = 3;
    report = (struct compare_report){
        .settings = &settings, .model_count = MODELS, .interrupted = true, .took_s = 12};
    for (i = 0; i < MODELS; i++) {
        snprintf(report.models[i].name, MODEL_NAME_BYTES, "model%u" HOSTILE, i);
        report.models[i].words = "words " HOSTILE;
        report.recommendation.standings[i] =
            (struct compare_standing){.factor = {1, 1.5, NAN, 4}, .best_in = i};
        snprintf(report.recommendation.standings[i].words, RESULT_TEXT_BYTES, i > 0 ? "costs: 3 us" : "");
    }
    snprintf(report.cut, RESULT_TEXT_BYTES, "left out " HOSTILE);
    report.recommendation.model = &report.models[0];
    fill_workloads();
    fill_sweeps();
    report.baseline.file = "old" HOSTILE;
    report.baseline.compared = 10;
    report.baseline.change_count = report.baseline.changed = 2;
    report.baseline.changes[0] = (struct compare_change){&report.shapes[0], &report.models[0], FIGURE_P99,
                                                         around(100),       around(150),       false};
    report.baseline.changes[1] = (struct compare_change){&report.shapes[0], &report.models[0], FIGURE_FAILED,
                                                         around(0),         around(0.5),       true};
    snprintf(report.baseline.remark, RESULT_TEXT_BYTES, "remark " HOSTILE);
}

static void write_page(void)
{
    struct error error;
    FILE *file;
    long length;

    assert_int_equal(compare_report_html(&report, path, &error), 0);
    file = fopen(path, "r");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    free(text);
    text = calloc(1, (size_t)length + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)length, file), (size_t)length);
    fclose(file);
}

static bool well_formed(void)
{
    char command[200];

    snprintf(command, sizeof command, "python3 -c 'import xml.etree.ElementTree as e; e.parse(\"%s\")'",
             path);
    return system(command) == 0;
}

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd >= 0 ? close(fd) : -1;
}

static int remove_file(void **state)
{
    (void)state;
    free(text);
    return unlink(path);
}

static void everything_is_on_the_page(void **state)
{
    static const char *const expected[] = {
        "Recommended here: model0&lt;b&gt;",
        "1.50\u00d7",
        ">best<",
        "costs: 3 \u00b5s",
        "5 \u00b5s against 20.5 \u00b5s",
        "<a href=\"#s3\">title",
        "Cut to end within two minutes",
        "Ended early",
        "Some results are suspect",
        "all alike",
        "No verdict",
        "No difference",
        "left out: why &lt;b&gt;",
        "model1&lt;b&gt;&amp;\xef\xbf\xbd&#39; *",
        "2 crashes",
        "Ranges of the repeats",
        "p99 by rate",
        "p99&lt;10ms",
        "at least 10,000/s",
        "(client late)",
        "worse, +50%",
        "remark &lt;b&gt;",
        "<span>concur</span> <span>compare</span> <span>&#39;&lt;b&gt;",
        ">18.0 \u2013 24.0 \u00b5s</td>",
        "requests a second (log scale)",
        "in an open loop at 1,000/s",
        "37,035",
    };
    size_t i;

    (void)state;
    fill_report();
    write_page();
    for (i = 0; i < COUNT(expected); i++) {
        if (strstr(text, expected[i]) == NULL)
            print_error("not on the page: %s\n", expected[i]);
        assert_non_null(strstr(text, expected[i]));
    }
    assert_null(strstr(text, "isolation of")); /* nothing is known of it */
    assert_null(strstr(text, "nan"));
    assert_true(well_formed());
}

/* What nobody could run is said once, without empty pictures. */
static void all_left_out_is_one_sentence(void **state)
{
    unsigned i;

    (void)state;
    fill_report();
    for (i = 0; i < MODELS; i++) {
        report.workloads[0].results[i].state = COMPARE_LEFT_OUT;
        snprintf(report.workloads[0].results[i].why, RESULT_TEXT_BYTES, "no such thing");
    }
    report.workload_count = 1;
    write_page();
    assert_non_null(strstr(text, "All models were left out: no such thing."));
    assert_null(strstr(text, "<rect"));
    assert_true(well_formed());
}

static void nothing_makes_a_page_too(void **state)
{
    (void)state;
    settings.slo = (struct slo){0};
    report = (struct compare_report){.settings = &settings};
    snprintf(report.recommendation.reason, RESULT_TEXT_BYTES, "nothing was measured");
    write_page();
    assert_non_null(strstr(text, "No recommendation"));
    assert_null(strstr(text, "nan"));
    assert_true(well_formed());
}

static void only_units_become_greek(void **state)
{
    char out[40];

    (void)state;
    assert_string_equal(page_sentence("5 us, 20.5 us; use us 3 users", out, sizeof out),
                        "5 \u00b5s, 20.5 \u00b5s; use us 3 users");
    assert_string_equal(page_sentence("us", out, sizeof out), "us");
    assert_string_equal(page_sentence("1 us", out, 5), "1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_on_the_page), cmocka_unit_test(all_left_out_is_one_sentence),
        cmocka_unit_test(nothing_makes_a_page_too), cmocka_unit_test(only_units_become_greek)};

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
