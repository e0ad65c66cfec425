/* SPDX-License-Identifier: Apache-2.0
 *
 * How much others are at work. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <math.h>

#include "client/compare/busy.h"

static void reads_the_first_line(void **state)
{
    struct busy_ticks ticks = busy_read("cpu  10 20 30 400 50 6 7 8 999 999\ncpu0 1 2 3 4 5 6 7 8 0 0\n");

    (void)state;
    assert_int_equal(ticks.all, 531);
    assert_int_equal(ticks.idle, 450);
    assert_int_equal(busy_read("").all, 0);
    assert_int_equal(busy_read("intr 5").all, 0);
    assert_int_equal(busy_read("cpu 1 2 3").all, 0);
}

static void this_machine_is_at_work_for_some_share(void **state)
{
    double share = busy_share();

    (void)state;
    assert_true(isnan(share) || (share >= 0 && share <= 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_first_line),
        cmocka_unit_test(this_machine_is_at_work_for_some_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
