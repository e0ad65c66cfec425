/* SPDX-License-Identifier: Apache-2.0
 *
 * When a result is not to be trusted: a table of what a load may have seen of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "client/load/suspect.h"

#define MS UINT64_C(1000000)

static const struct {
    const char *name;
    struct suspect_facts facts;
    bool suspect, limited;
    size_t reasons;
    const char *word; /* in the first */
} cases[] = {
    {"all is well", {true, 0.2, 10000, 0, 30000, 5 * MS, 0.2, 0, 10000 * MS}, false, false, 0, NULL},
    {"99 of 10,000 missing", {true, 0.2, 10000, 99, 0, MS, 0.2, 0, 10000 * MS}, false, false, 0, NULL},
    {"one in a hundred missing", {true, 0.2, 10000, 100, 0, MS, 0.2, 0, 10000 * MS}, false, false, 0, NULL},
    {"101 of 10,000 missing",
     {true, 0.2, 10000, 101, 0, MS, 0.2, 0, 10000 * MS},
     true,
     false,
     1,
     "101 of 10,000"},
    {"one of 199 missing", {true, 0.2, 199, 1, 0, MS, 0.2, 0, 10000 * MS}, false, false, 0, NULL},
    {"one of 99 missing", {true, 0.2, 99, 1, 0, MS, 0.2, 0, 10000 * MS}, true, false, 1, "1 of 99"},
    {"one of one missing", {true, 0.2, 1, 1, 0, MS, 0.2, 0, 10000 * MS}, true, false, 1, "1 of 1"},
    {"late by 100 us and no more",
     {true, 0.2, 100, 0, 100000, 200000, 0.2, 0, 10000 * MS},
     false,
     false,
     0,
     NULL},
    {"late by more", {true, 0.2, 100, 0, 100001, 1000000, 0.2, 0, 10000 * MS}, true, false, 1, "send lag"},
    {"late by a tenth and no more",
     {true, 0.2, 100, 0, 500000, 5 * MS, 0.2, 0, 10000 * MS},
     false,
     false,
     0,
     NULL},
    {"late by more than that",
     {true, 0.2, 100, 0, 500001, 5 * MS, 0.2, 0, 10000 * MS},
     true,
     false,
     1,
     "send lag"},
    {"late beside a stalled server",
     {true, 0.2, 100, 0, MS, 1000 * MS, 0.2, 0, 10000 * MS},
     false,
     false,
     0,
     NULL},
    {"late, and missing",
     {true, 0.2, 100, 50, 2 * MS, 3 * MS, 0.2, 0, 10000 * MS},
     true,
     false,
     2,
     "50 of 100"},
    {"busy in an open loop that keeps up",
     {true, 1.0, 100, 0, 0, MS, 1.0, 0, 10000 * MS},
     false,
     false,
     0,
     NULL},
    {"a closed loop", {false, 0.94, 0, 0, 0, MS, 0.94, 0, 10000 * MS}, false, false, 0, NULL},
    {"a busy closed loop",
     {false, 0.95, 0, 0, 0, MS, 0.95, 0, 10000 * MS},
     false,
     true,
     1,
     "busy all the time"},
    {"ran and waited for a CPU", {false, 0.3, 0, 0, 0, MS, 0.95, 0, 10000 * MS}, false, true, 1, "for 65%"},
    {"nearly", {false, 0.3, 0, 0, 0, MS, 0.94, 0, 10000 * MS}, false, false, 0, NULL},
    {"away for a hundredth", {false, 0.3, 0, 0, 0, MS, 0.3, 100 * MS, 10000 * MS}, false, false, 1, "100 ms"},
    {"away for more",
     {false, 0.3, 0, 0, 0, MS, 0.3, 101 * MS, 10000 * MS},
     false,
     true,
     1,
     "kept from its CPU"},
    {"all of it", {false, 0.3, 0, 0, 0, MS, 0.99, 5000 * MS, 10000 * MS}, false, true, 2, "for 69%"},
    {"away in an open loop: send lag",
     {true, 0.3, 100, 0, 0, MS, 0.99, 5000 * MS, 10000 * MS},
     false,
     false,
     0,
     NULL},
};

static void results_are_judged(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct load_result result = {0};

        suspect_judge(&cases[i].facts, &result);
        if (result.suspect != cases[i].suspect || result.limited_by_client != cases[i].limited ||
            result.reason_count != cases[i].reasons)
            fail_msg("%s: %d %d %zu", cases[i].name, result.suspect, result.limited_by_client,
                     result.reason_count);
        if (cases[i].word != NULL && strstr(result.reasons[0], cases[i].word) == NULL)
            fail_msg("%s: %s", cases[i].name, result.reasons[0]);
    }
}

/* Who waits for the server is not at fault, who has no time to look is. */
static void whose_fault_a_missing_request_is(void **state)
{
    (void)state;
    assert_int_equal(suspect_own_missing(0.94, 1000, 0), 0);
    assert_int_equal(suspect_own_missing(0.1, 1000, 7), 7);
    assert_int_equal(suspect_own_missing(0.1, 1000, 1001), 1000);
    assert_int_equal(suspect_own_missing(0.95, 1000, 7), 1000); /* busy all the time */
    assert_int_equal(suspect_own_missing(1.0, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_judged),
        cmocka_unit_test(whose_fault_a_missing_request_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
