/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions of --fail-if: what they say, when they are true, and what is no condition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "client/load/threshold.h"

static struct load_result result;

/* 1,000 requests: 980 of 1 ms, 15 of 10 ms, 5 of 100 ms, the service a tenth of that; 10 errors in 20 s. */
static int set_up(void **state)
{
    static const struct {
        uint64_t ms, times;
    } latencies[] = {{1, 980}, {10, 15}, {100, 5}};
    size_t i;

    (void)state;
    if (load_result_begin(&result, 1) != 0)
        return -1;
    for (i = 0; i < 3; i++) {
        histogram_record(result.times.latency, latencies[i].ms * 1000000, latencies[i].times);
        histogram_record(result.times.service, latencies[i].ms * 100000, latencies[i].times);
    }
    result.counts = (struct load_counts){.sent = 1010, .ok = 1000, .error_replies = 4, .failed = 6};
    result.errors[LOAD_ERROR_REPLY] = 4;
    result.errors[LOAD_RESET] = 2;
    result.achieved_rps = 2500;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    load_result_clear(&result);
    return 0;
}

static void conditions_are_true_or_not(void **state)
{
    static const struct {
        const char *text;
        bool hit;
        const char *why; /* a part */
    } cases[] = {
        {"p50>5ms", false, NULL},
        {"p50>999us", true, "it is 1.0"},
        {"p99>5ms", true, "p99>5ms: it is 10.0 ms"},
        {"p99>12ms", false, NULL},
        {"p99<12ms", true, "it is 10.0 ms"},
        {"p99.9>90ms", true, NULL},
        {"p99.99>0.09s", true, NULL},
        {"p90>1.5ms", false, NULL},
        {"max>100ms", false, NULL},
        {"max>=100ms", true, "max>=100ms: it is 100 ms"},
        {"max<=100ms", true, NULL},
        {"max<100ms", false, NULL},
        {"mean>1.62ms", true, NULL}, /* 1.63 ms */
        {"mean>1.64ms", false, NULL},
        {"latency_p99>5ms", true, NULL},
        {"service_p99>5ms", false, NULL},
        {"service_max>=10ms", true, NULL},
        {"errors>0", true, "errors>0: it is 10"},
        {"errors>10", false, NULL},
        {"errors>=10", true, NULL},
        {"errors>0.9%", true, "it is 0.99%"},
        {"errors>1%", false, NULL},
        {"throughput<2501", true, "it is 2,500"},
        {"throughput<2.5k", false, NULL},
        {"throughput<=2.5k", true, NULL},
        {"throughput<0.01M", true, NULL},
        {"send_lag_p50>1s", true, "no reply came"}, /* there are none */
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct thresholds thresholds = {0};
        struct error error = {""};
        char why[LOAD_REASON_TEXT_BYTES] = "";

        if (threshold_add(&thresholds, cases[i].text, &error) != 0)
            fail_msg("%s: %s", cases[i].text, error.text);
        if (threshold_is_hit(&thresholds.all[0], &result, why, sizeof why) != cases[i].hit ||
            (cases[i].why != NULL && strstr(why, cases[i].why) == NULL))
            fail_msg("%s: '%s'", cases[i].text, why);
    }
}

static void several_stand_in_one_text(void **state)
{
    struct thresholds thresholds = {0};
    struct error error;

    (void)state;
    assert_int_equal(threshold_add(&thresholds, "p99>5ms,errors>0,throughput<1k", &error), 0);
    assert_int_equal(threshold_add(&thresholds, "max>1s", &error), 0);
    assert_int_equal(thresholds.count, 4);
    assert_string_equal(thresholds.all[1].text, "errors>0");
}

static void nonsense_is_refused(void **state)
{
    static const char figure[] = "no such figure", operator[] = "belongs behind";
    static const struct {
        const char *text, *error;
    } cases[] = {{"", figure}, {"p98>1ms", figure}, {">1ms", figure},
                 {"p99,", operator}, {"service_errors>1", figure}, {"latency_throughput>1", figure},
                  {"p99", operator},
                   {"p99=1ms", operator},
                    {"p99==1ms", operator},
                     {"p99=>1ms", operator},
                      {
                          "p99>>1ms",
                          operator},
                          {"p99>", "'p99>': p99 is compared with something like 5ms"},
                          {"p99>5", "something like 5ms"},
                          {"p99>5%", "something like 5ms"},
                          {"p99>ms", "something like 5ms"},
                          {"p99>-5ms", "something like 5ms"},
                          {"p99>5 ms", "something like 5ms"},
                          {"p99>1.2345678ms", "something like 5ms"},
                          {"p99>99999999999999999999s", "something like 5ms"},
                          {"errors>1ms", "something like 0 or 0.1%"},
                          {"errors>1.%", "something like 0 or 0.1%"},
                          {"throughput<1%", "something like 20k"},
                          {"p99>1ms,", figure},
                          {"p99>1ms,,errors>0", figure},
                          {"p99>1ms errors>0", "something like 5ms"},
                     };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct thresholds thresholds = {0};
        struct error error = {""};

        if (threshold_add(&thresholds, cases[i].text, &error) != -1 ||
            strstr(error.text, cases[i].error) == NULL)
            fail_msg("'%s' says: %s", cases[i].text, error.text);
        assert_memory_equal(error.text, "--fail-if: ", 11);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_true_or_not),
        cmocka_unit_test(several_stand_in_one_text),
        cmocka_unit_test(nonsense_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
