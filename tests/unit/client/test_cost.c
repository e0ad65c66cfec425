/* SPDX-License-Identifier: Apache-2.0
 *
 * A server's cost out of its INFO: known only where both samples say it. Runs in the test's one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "client/load/cost.h"

static struct cost_sample read_text(const char *text)
{
    struct cost_sample sample;

    cost_read_info(text, strlen(text), &sample);
    return sample;
}

static const char full[] =
    "# Server\r\nversion:1\r\nmode:prefork\r\n\r\n# Cost\r\ncpu_user_us:1000\r\ncpu_sys_us:500\r\n"
    "voluntary_switches:7\r\ninvoluntary_switches:3\r\nrss_bytes:4096\r\n";

static void reads_what_is_there(void **state)
{
    struct cost_sample sample = read_text(full);

    (void)state;
    assert_string_equal(sample.mode, "prefork");
    assert_true(sample.has_cpu && sample.has_switches && sample.has_rss);
    assert_int_equal(sample.cpu_us, 1500);
    assert_int_equal(sample.switches, 10);
    assert_int_equal(sample.rss_bytes, 4096);
}

static void knows_what_is_missing(void **state)
{
    struct cost_sample sample =
        read_text("redis_mode:standalone\r\nused_cpu_user:0.5\r\ncpu_user_us:1\r\nrss_bytes:x\r\n");

    (void)state;
    assert_true(sample.reached);
    assert_string_equal(sample.mode, "");
    assert_false(sample.has_cpu); /* half of it is none */
    assert_false(sample.has_rss);
    sample = read_text("");
    assert_true(sample.reached && !sample.has_cpu && !sample.has_switches);
}

static void what_a_server_calls_itself_is_no_order_to_a_terminal(void **state)
{
    (void)state;
    assert_string_equal(read_text("mode:\x1b[2J\xff\r\n").mode, "?[2J?");
}

static void shares_the_difference_out(void **state)
{
    struct cost_sample before = read_text(full);
    struct cost_sample after =
        read_text("mode:prefork\ncpu_user_us:2000\ncpu_sys_us:1500\nvoluntary_switches:20\n"
                  "involuntary_switches:15\nrss_bytes:8192");
    struct cost cost;

    (void)state;
    cost_between(&before, &after, 100, &cost);
    assert_true(cost.has_cpu && cost.cpu_us_per_request == 20.0);
    assert_true(cost.has_switches && cost.switches_per_request == 0.25);
    assert_true(cost.has_rss && cost.rss_bytes == 8192);
    assert_string_equal(cost.mode, "prefork");
    cost_between(&before, &after, 0, &cost);
    assert_false(cost.has_cpu || cost.has_switches);
    assert_true(cost.has_rss);
}

static void a_restarted_server_is_not_cheap(void **state)
{
    struct cost_sample before = read_text(full);
    struct cost_sample after = read_text("mode:prefork\ncpu_user_us:10\ncpu_sys_us:5\n"), gone = {0};
    struct cost cost;

    (void)state;
    cost_between(&before, &after, 100, &cost);
    assert_false(cost.has_cpu || cost.has_switches || cost.has_rss);
    cost_between(&before, &gone, 100, &cost);
    assert_false(cost.has_cpu || cost.has_switches || cost.has_rss);
    assert_string_equal(cost.mode, "prefork");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_there),
        cmocka_unit_test(knows_what_is_missing),
        cmocka_unit_test(what_a_server_calls_itself_is_no_order_to_a_terminal),
        cmocka_unit_test(shares_the_difference_out),
        cmocka_unit_test(a_restarted_server_is_not_cheap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
