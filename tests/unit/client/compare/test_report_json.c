/* SPDX-License-Identifier: Apache-2.0
 *
 * The report for programs: whole or not at all, whenever memory ends; and texts that are no UTF-8. Runs in the test's one
 * thread. */
#include "tests/unit/client/compare/fixture.h"

#include <jansson.h>
#include <unistd.h>

#include "client/compare/recommend.h"
#include "client/compare/report.h"

static const enum figure ladder[] = {FIGURE_THROUGHPUT, FIGURE_P99};

static struct fixture fixture;
static char path[] = "/tmp/test_report_json.XXXXXX";
static size_t asked;    /* allocations of jansson's */
static size_t fails_at; /* the one of them that fails; 0: none */

static void *allocate(size_t size)
{
    return ++asked == fails_at ? NULL : malloc(size);
}

static int begin(void **state)
{
    struct compare_workload *workload;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    fixture_begin(&fixture, 2);
    workload = fixture_workload(&fixture, "w", COUNT(ladder), ladder);
    fixture_runs(workload, 0, 1000, 500, 10);
    fixture_runs(workload, 1, 2000, 500, 10);
    fixture_judge(&fixture, workload);
    recommend(&fixture.report);
    return 0;
}

static int end(void **state)
{
    (void)state;
    json_set_alloc_funcs(malloc, free);
    compare_report_clear(&fixture.report);
    unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    return 0;
}

/* While that allocation fails. The report's bytes, for the caller to free; NULL: there is none. */
static char *write_failing_at(size_t allocation)
{
    static char bytes[1 << 18];
    struct error error;
    size_t length;
    FILE *file;
    int status;

    unlink(path);
    asked = 0;
    fails_at = allocation;
    json_set_alloc_funcs(allocate, free);
    status = compare_report_json(&fixture.report, path, &error);
    json_set_alloc_funcs(malloc, free);
    assert_int_equal(access(path, F_OK), status);
    if (status != 0) {
        fixture_says(error.text, "out of memory");
        return NULL;
    }
    file = fopen(path, "r");
    assert_non_null(file);
    length = fread(bytes, 1, sizeof bytes - 1, file);
    assert_int_equal(fclose(file), 0);
    return strndup(bytes, length);
}

/* A report that lacks what there was no memory for would be read as one of a program that does not know it. */
static void it_is_written_whole_or_not_at_all(void **state)
{
    char *whole = write_failing_at(0);
    size_t allocations = asked, i;

    (void)state;
    assert_non_null(whole);
    assert_true(allocations > 300);
    for (i = 1; i <= allocations; i++) {
        char *written = write_failing_at(i);

        if (written != NULL)
            assert_string_equal(written, whole);
        free(written);
    }
    free(whole);
}

static void what_is_no_utf8_is_shown_as_such(void **state)
{
    json_error_t why;
    json_t *root;

    (void)state;
    fixture.report.shapes[0].commands[0].text = "ECHO \xff\xfe";
    free(write_failing_at(0));
    root = json_load_file(path, 0, &why);
    assert_non_null(root);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(json_object_get(root, "workloads"), 0), "command")),
        "ECHO ??");
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_written_whole_or_not_at_all, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_utf8_is_shown_as_such, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
