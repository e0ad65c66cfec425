/* SPDX-License-Identifier: Apache-2.0
 *
 * A map's tasks: ranges, results in order whatever the order they come in, and who did them. Runs in the
 * test's one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/task.h"

static char four[] = "4", mode[] = "mode", pool[] = "pool", tid[] = "tid", connection[] = "connection";
static char no_such[] = "ERR no such thing";

static const struct resp_reply number = {.type = RESP_INTEGER, .integer = 49};
static const struct resp_reply text = {.type = RESP_BULK, .text = four, .length = 1};
static const struct resp_reply failure = {.type = RESP_ERROR, .text = no_such, .length = 17};

static void ranges(void **state)
{
    static const struct {
        const char *range;
        int64_t first;
        size_t count;
    } good[] = {{"0..9", 0, 10},
                {"-3..2", -3, 6},
                {"5..5", 5, 1},
                {"9223372036854775807..9223372036854775807", INT64_MAX, 1}};
    static const char *const bad[] = {"",
                                      "5",
                                      "..",
                                      "1..",
                                      "..2",
                                      "1...2",
                                      "a..b",
                                      "1..2x",
                                      "2..1",
                                      "1..1000001",
                                      "-9223372036854775808..9223372036854775807"};
    struct tasks tasks;
    struct error error;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(tasks_begin(&tasks, good[i].range, &error), 0);
        assert_true(tasks.first == good[i].first && tasks.count == good[i].count);
        tasks_clear(&tasks);
    }
    for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(tasks_begin(&tasks, bad[i], &error), -1);
        tasks_clear(&tasks);
    }
}

static void assert_shown(struct tasks *tasks, const char *expected)
{
    struct buffer out = {0};

    assert_int_equal(tasks_show(tasks, &out), 0);
    assert_int_equal(buffer_append(&out, "", 1), 0);
    assert_string_equal(buffer_head(&out), expected);
    buffer_free(&out);
}

static void results_are_shown_in_order(void **state)
{
    struct tasks tasks;
    struct error error;

    (void)state;
    assert_int_equal(tasks_begin(&tasks, "1..4", &error), 0);
    assert_int_equal(tasks_answer(&tasks, 2, &text), 0);
    assert_shown(&tasks, "");
    assert_int_equal(tasks_answer(&tasks, 0, &number), 0);
    assert_shown(&tasks, "49\n");
    assert_int_equal(tasks_answer(&tasks, 1, &failure), 0);
    assert_shown(&tasks, "(error) ERR no such thing\n4\n");
    assert_int_equal(tasks_lose(&tasks, 3, "gone"), 0);
    assert_shown(&tasks, "(lost) gone\n");
    assert_int_equal(tasks.failed, 2);
    assert_int_equal(tasks.shown, 4);
    tasks_clear(&tasks);
}

static void who_did_it(void **state)
{
    struct resp_reply fields[] = {{.type = RESP_BULK, .text = connection, .length = 10},
                                  {.type = RESP_INTEGER, .integer = 1},
                                  {.type = RESP_BULK, .text = tid, .length = 3},
                                  {.type = RESP_INTEGER, .integer = 815},
                                  {.type = RESP_BULK, .text = mode, .length = 4},
                                  {.type = RESP_BULK, .text = pool, .length = 4}};
    const struct resp_reply whoami = {.type = RESP_ARRAY, .elements = fields, .count = 6};
    struct tasks tasks;
    struct error error;

    (void)state;
    assert_int_equal(tasks_begin(&tasks, "-7..-6", &error), 0);
    who_describe(&whoami, tasks.all[0].who);
    assert_int_equal(tasks_answer(&tasks, 0, &number), 0);
    who_describe(&failure, tasks.all[1].who);
    assert_int_equal(tasks_answer(&tasks, 1, &number), 0);
    assert_shown(&tasks, "-7 -> 49  (pool, tid 815)\n-6 -> 49  (unknown)\n");
    tasks_clear(&tasks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ranges), cmocka_unit_test(results_are_shown_in_order),
                                       cmocka_unit_test(who_did_it)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
