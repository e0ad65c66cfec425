/* SPDX-License-Identifier: Apache-2.0
 *
 * Baselines: what this program writes it reads again; what changed beyond noise is found, what did not is not; and files
 * of any other kind are refused before anything is run. Runs in the test's one thread. */
#include "tests/unit/client/compare/fixture.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/compare/baseline.h"
#include "client/compare/report.h"

static const enum figure ladder[] = {FIGURE_THROUGHPUT, FIGURE_P99};

static struct fixture fixture;
static char path[] = "/tmp/test_baseline.XXXXXX";

static int begin(void **state)
{
    int fd;

    (void)state;
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

/* A report of one workload and two models. */
static void make(double a_rps, double a_p99, double b_rps, double b_p99)
{
    struct compare_workload *workload;

    fixture_begin(&fixture, 2);
    workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);
    fixture_runs(workload, 0, a_rps, a_p99, 10);
    fixture_runs(workload, 1, b_rps, b_p99, 10);
    fixture_judge(&fixture, workload);
}

static void write_report(void)
{
    struct error error;

    assert_int_equal(compare_report_json(&fixture.report, path, &error), 0);
    compare_report_clear(&fixture.report);
}

static void write_text(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void compare(void)
{
    struct baseline *baseline;
    struct error error;

    if (baseline_load(&baseline, path, &error) != 0)
        fail_msg("%s", error.text);
    baseline_compare(baseline, &fixture.report);
    baseline_free(&baseline);
    assert_null(baseline);
}

static void the_same_again_is_no_change(void **state)
{
    (void)state;
    make(1000, 500, 2000, 500);
    write_report();
    make(1000, 500, 2000, 500);
    compare();
    assert_int_equal(fixture.report.baseline.change_count, 0);
    assert_int_equal(fixture.report.baseline.compared, 2 * 5); /* throughput, p99, CPU, memory, failed */
    assert_false(baseline_is_worse(&fixture.report));
    assert_string_equal(fixture.report.baseline.remark, "");
    compare_report_clear(&fixture.report);
}

static void what_changed_is_found_and_which_way(void **state)
{
    const struct compare_change *changes = fixture.report.baseline.changes;

    (void)state;
    make(1000, 500, 2000, 500);
    write_report();
    make(1500, 500, 2000, 900);
    compare();
    assert_int_equal(fixture.report.baseline.change_count, 2);
    assert_true(changes[0].figure == FIGURE_THROUGHPUT && changes[0].better &&
                changes[0].before.median == 1000);
    assert_ptr_equal(changes[0].model, &fixture.report.models[0]);
    assert_true(changes[1].figure == FIGURE_P99 && !changes[1].better && changes[1].after.median == 900);
    assert_true(baseline_is_worse(&fixture.report));
    compare_report_clear(&fixture.report);
}

/* Two models that far apart would be told apart; of hundreds of figures some are by chance. */
static void small_changes_are_noise(void **state)
{
    (void)state;
    make(1000, 500, 2000, 500);
    write_report();
    make(1050, 570, 2000, 500);
    compare();
    assert_int_equal(fixture.report.baseline.change_count, 0);
    compare_report_clear(&fixture.report);
}

static void what_is_not_in_both_is_not_compared(void **state)
{
    (void)state;
    make(1000, 500, 2000, 500);
    write_report();
    make(9000, 500, 2000, 500);
    snprintf(fixture.report.models[0].name, MODEL_NAME_BYTES, "other");
    compare();
    assert_int_equal(fixture.report.baseline.compared, 5);
    assert_int_equal(fixture.report.baseline.change_count, 0);
    fixture.report.shapes[0].commands[0].text = "PRIMES 3"; /* another command of that name */
    compare();
    assert_int_equal(fixture.report.baseline.compared, 0);
    compare_report_clear(&fixture.report);
}

static void another_machine_is_remarked(void **state)
{
    (void)state;
    make(1000, 500, 2000, 500);
    fixture.report.host.cores = 64;
    write_report();
    make(1000, 500, 2000, 500);
    fixture.report.host.cores = 2;
    compare();
    fixture_says(fixture.report.baseline.remark, "another kind of machine");
    compare_report_clear(&fixture.report);
}

static void other_settings_are_remarked(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < 6; i++) {
        make(1000, 500, 2000, 500);
        fixture.settings.duration_us = 3000000;
        write_report();
        make(1000, 500, 2000, 500);
        fixture.settings.duration_us = i == 0 ? 100000 : i == 1 ? 0 : 3000000;
        fixture.settings.pin = i == 2;
        fixture.settings.repeats = i == 3 ? 5 : 3;
        fixture.settings.quick = i == 4;
        compare();
        if (i < 5)
            fixture_says(fixture.report.baseline.remark, "with other settings");
        else
            assert_string_equal(fixture.report.baseline.remark, "");
        compare_report_clear(&fixture.report);
    }
}

static void what_differs_is_named(void **state)
{
    (void)state;
    make(1000, 500, 2000, 500);
    fixture.settings.seed = 7;
    fixture.report.busy_before = 0.5;
    write_report();
    make(1000, 500, 2000, 500);
    fixture.settings.seed = 1;
    fixture.settings.pin = true;
    fixture.report.busy_before = 0;
    fixture.report.shapes[0].commands[0].text = "ECHO";
    compare();
    assert_string_equal(fixture.report.baseline.remark,
                        "it was measured on a busy machine (50%); with other settings (seed, --pin); "
                        "it has nothing to compare with w");
    assert_int_equal(fixture.report.baseline.compared, 0);
    compare_report_clear(&fixture.report);
}

static void make_suspect(unsigned model)
{
    size_t i;

    for (i = 0; i < 3; i++)
        fixture.report.workloads[0].results[model].runs[i].suspect = true;
    fixture_judge(&fixture, &fixture.report.workloads[0]);
}

/* a is suspect now, b was then: neither is worse, nor better, for all that is known. */
static void what_is_suspect_is_not_compared(void **state)
{
    (void)state;
    make(1000, 500, 2000, 500);
    make_suspect(1);
    write_report();
    make(100, 5000, 200, 5000);
    make_suspect(0);
    compare();
    assert_int_equal(fixture.report.baseline.changed, 0);
    assert_int_equal(fixture.report.baseline.compared, 0);
    assert_int_equal(fixture.report.baseline.suspect, 2 * 5);
    assert_false(baseline_is_worse(&fixture.report));
    compare_report_clear(&fixture.report);
}

/* As many models and workloads as there may be, all of them better in all figures but the last one in one. */
static void more_changes_than_there_is_room_for_are_counted(void **state)
{
    unsigned i, j, k, pass;

    (void)state;
    for (pass = 0; pass < 2; pass++) {
        fixture_begin(&fixture, MODELS_MOST);
        for (i = 0; i < WORKLOADS_MOST; i++) {
            static char names[WORKLOADS_MOST][8];
            struct compare_workload *workload;

            snprintf(names[i], sizeof names[i], "w%u", i);
            workload = fixture_workload(&fixture, names[i], COUNT(ladder), ladder);
            for (j = 0; j < MODELS_MOST; j++) {
                bool last = i == WORKLOADS_MOST - 1 && j == MODELS_MOST - 1;

                for (k = 0; k < 3; k++)
                    fixture_run(workload, j, pass == 0 ? 1000 : 2000, pass == 0 || last ? 500 : 200,
                                pass == 0 ? 100
                                : last    ? 900
                                          : 50);
            }
            fixture_judge(&fixture, workload);
        }
        if (pass == 0)
            write_report();
    }
    compare();
    assert_int_equal(fixture.report.baseline.change_count, CHANGES_MOST);
    assert_int_equal(fixture.report.baseline.changed, 3 * MODELS_MOST * WORKLOADS_MOST - 1);
    assert_int_equal(fixture.report.baseline.worse, 1);
    assert_true(baseline_is_worse(&fixture.report)); /* though it is none of those that are listed */
    compare_report_clear(&fixture.report);
}

/* A pipe that nobody writes to is refused, not waited for. */
static void a_pipe_is_refused(void **state)
{
    struct baseline *baseline;
    struct error error;

    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    alarm(10); /* the old way: to wait for ever */
    assert_int_equal(baseline_load(&baseline, path, &error), -1);
    alarm(0);
    fixture_says(error.text, "no file");
}

static void what_is_no_report_is_refused(void **state)
{
#define REPORT(workloads) "{\"schema\": \"concur.compare/1\", \"workloads\": " workloads "}"
#define RESULT(result)    REPORT("[{\"name\": \"w\", \"command\": \"PING\", \"results\": [" result "]}]")
#define FIGURE(value)                                                                                        \
    RESULT("{\"model\": \"a\", \"repeats\": [], \"median\": {\"throughput_rps\": " value "}, \"range\": "    \
           "{}}")
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        "{",
        "\"\"",
        "[[[[",
        "{\"schema\": 1}",
        "{\"schema\": \"concur.load/1\"}",
        "{\"schema\": \"concur.compare/1\"}",
        REPORT("{}"),
        REPORT("[1]"),
        REPORT("[{}]"),
        REPORT("[{\"name\": \"w\"}]"),
        REPORT("[{\"name\": 1, \"command\": \"PING\", \"results\": []}]"),
        REPORT("[{\"name\": \"w\", \"command\": \"PING\", \"results\": {}}]"),
        RESULT("1"),
        RESULT("{}"),
        RESULT("{\"model\": \"a\", \"repeats\": []}"),
        RESULT("{\"model\": null, \"repeats\": []}"),
        FIGURE("1"),
        FIGURE("\"1\""),
        FIGURE("-1"),
        FIGURE("1e999"),
        FIGURE("{}"),
        RESULT("{\"model\": \"a\", \"repeats\": [null], \"median\": {}, \"range\": {}}"),
        RESULT("{\"model\": \"a\", \"repeats\": [{}], \"median\": {}, \"range\": {}}"),
        "{\"schema\": \"concur.compare/1\", \"schema\": \"concur.compare/1\", \"workloads\": []}",
    };
    struct baseline *baseline;
    struct error error;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        write_text(bad[i], strlen(bad[i]));
        error.text[0] = '\0';
        if (baseline_load(&baseline, path, &error) != -1 || baseline != NULL || error.text[0] == '\0')
            fail_msg("%s", bad[i]);
    }
    assert_int_equal(baseline_load(&baseline, "/nonexistent/file", &error), -1);
    assert_int_equal(baseline_load(&baseline, "/dev/zero", &error), -1);
    write_text(REPORT("[]"), strlen(REPORT("[]")));
    assert_int_equal(baseline_load(&baseline, path, &error), 0);
    baseline_free(&baseline);
}

static bool is_refused(json_t *root)
{
    struct baseline *baseline;
    struct error error;
    bool refused;

    assert_int_equal(json_dump_file(root, path, 0), 0);
    refused = baseline_load(&baseline, path, &error) != 0;
    baseline_free(&baseline);
    return refused;
}

/* The rest of the report is true; figures that no printer has room for, and repeats that were none. */
static void figures_and_repeats_that_cannot_be_are_refused(void **state)
{
    json_t *root, *result, *repeats;
    size_t i;

    (void)state;
    make(1000, 500, 2000, 500);
    write_report();
    root = json_load_file(path, 0, NULL);
    result =
        json_array_get(json_object_get(json_array_get(json_object_get(root, "workloads"), 0), "results"), 0);
    repeats = json_object_get(result, "repeats");
    assert_int_equal(json_array_size(repeats), 3);
    assert_false(is_refused(root));

    json_array_set_new(json_object_get(json_object_get(result, "range"), "throughput_rps"), 1,
                       json_real(1e300));
    assert_true(is_refused(root));
    json_array_set_new(json_object_get(json_object_get(result, "range"), "throughput_rps"), 1,
                       json_real(1e15));
    assert_false(is_refused(root));

    for (i = 3; i < REPEATS_MOST; i++)
        json_array_append(repeats, json_array_get(repeats, 0));
    assert_false(is_refused(root));
    json_array_append(repeats, json_array_get(repeats, 0));
    assert_true(is_refused(root));
    json_array_clear(repeats); /* and yet a median */
    assert_true(is_refused(root));
    json_array_append_new(repeats, json_null());
    assert_true(is_refused(root));
    json_decref(root);
}

/* Bytes of a true report, changed at random: refused or read, but nothing else. */
static void damaged_reports_do_no_harm(void **state)
{
    static char bytes[1 << 20];
    struct baseline *baseline;
    struct error error;
    size_t length, i;
    FILE *file;

    (void)state;
    make(1000, 500, 2000, 500);
    write_report();
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(length > 1000 && length < sizeof bytes);
    for (i = 0; i < 300; i++) {
        size_t at = unit_random_below(length);
        char before = bytes[at];

        bytes[at] = "0\"{}[],:-9en\\ \xff"[unit_random_below(15)];
        write_text(bytes, i % 3 == 0 ? at + 1 : length);
        make(1000, 500, 2000, 500);
        if (baseline_load(&baseline, path, &error) == 0)
            baseline_compare(baseline, &fixture.report);
        baseline_free(&baseline);
        compare_report_clear(&fixture.report);
        bytes[at] = before;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_again_is_no_change, begin, end),
        cmocka_unit_test_setup_teardown(what_changed_is_found_and_which_way, begin, end),
        cmocka_unit_test_setup_teardown(small_changes_are_noise, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_in_both_is_not_compared, begin, end),
        cmocka_unit_test_setup_teardown(another_machine_is_remarked, begin, end),
        cmocka_unit_test_setup_teardown(other_settings_are_remarked, begin, end),
        cmocka_unit_test_setup_teardown(what_differs_is_named, begin, end),
        cmocka_unit_test_setup_teardown(what_is_suspect_is_not_compared, begin, end),
        cmocka_unit_test_setup_teardown(more_changes_than_there_is_room_for_are_counted, begin, end),
        cmocka_unit_test_setup_teardown(a_pipe_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_report_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(figures_and_repeats_that_cannot_be_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(damaged_reports_do_no_harm, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
