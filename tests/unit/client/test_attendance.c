/* SPDX-License-Identifier: Apache-2.0
 *
 * What a thread knows of its own times: what it spent, and when it was away. One thread. */
#include "tests/unit/unit.h"

#include <time.h>
#include <unistd.h>

#include "client/load/attendance.h"

#define MS UINT64_C(1000000)

static void gaps_add_up_and_short_ones_are_none(void **state)
{
    struct attendance attendance = {.schedstat = -1};

    (void)state;
    attendance_look(&attendance, 500 * MS, 400 * MS); /* early */
    attendance_look(&attendance, 500 * MS, 500 * MS + ATTENDANCE_GAP_NS - 1);
    assert_int_equal(attendance.away_ns, 0);
    attendance_look(&attendance, 500 * MS, 500 * MS + ATTENDANCE_GAP_NS);
    attendance_look(&attendance, 1000 * MS, 3000 * MS);
    assert_int_equal(attendance.away_ns, ATTENDANCE_GAP_NS + 2000 * MS);
    attendance_begin(&attendance);
    assert_int_equal(attendance.away_ns, 0); /* what lies before is not measured */
}

static void what_is_spent_from_here_to_there(void **state)
{
    struct attendance attendance;
    uint64_t until_ns;

    (void)state;
    attendance_open(&attendance);
    for (until_ns = clock_now_ns() + 20 * MS; clock_now_ns() < until_ns;)
        ;
    attendance_begin(&attendance);
    attendance_end(&attendance);
    assert_true(attendance.cpu_ns < 20 * MS); /* and not what came before */
    attendance_begin(&attendance);
    until_ns = clock_now_ns() + 50 * MS;
    while (clock_now_ns() < until_ns)
        ;
    attendance_end(&attendance);
    assert_true(attendance.cpu_ns > 0);
    if (attendance.schedstat >= 0) /* it ran, or was to run, all the time */
        assert_true(attendance.cpu_ns + attendance.waited_ns > 40 * MS);
    attendance_close(&attendance);
    attendance_close(&attendance);
}

/* A kernel that does not tell: nothing is made up. */
static void what_nobody_tells_is_nothing(void **state)
{
    struct attendance attendance = {.schedstat = -1};
    uint64_t waited_ns = 7;
    int ends[2];

    (void)state;
    assert_false(attendance_waited(&attendance, &waited_ns));
    attendance_begin(&attendance);
    attendance_end(&attendance);
    assert_int_equal(attendance.waited_ns, 0);
    assert_int_equal(pipe(ends), 0);
    attendance.schedstat = ends[0]; /* can't be read at a place: fails */
    assert_false(attendance_waited(&attendance, &waited_ns));
    attendance.waited_ns = 5 * MS; /* it could be read when it began, and not any more */
    attendance_end(&attendance);
    assert_int_equal(attendance.waited_ns, 0);
    assert_int_equal(waited_ns, 7);
    attendance_close(&attendance);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_add_up_and_short_ones_are_none),
        cmocka_unit_test(what_is_spent_from_here_to_there),
        cmocka_unit_test(what_nobody_tells_is_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
