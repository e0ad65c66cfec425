/* SPDX-License-Identifier: Apache-2.0
 *
 * Absences of a load thread: their sum between two times, and what is forgotten. One thread. */
#include "tests/unit/unit.h"

#include "client/load/absence.h"

#define MS 1000000u

static void who_was_always_there_missed_nothing(void **state)
{
    struct absences absences = {0};

    (void)state;
    assert_int_equal(absences_between(&absences, 0, UINT64_MAX), 0);
}

static void absences_add_up_where_they_overlap(void **state)
{
    struct absences absences = {0};

    (void)state;
    absences_add(&absences, 10 * MS, 20 * MS);
    absences_look(&absences, 20 * MS, false);
    absences_add(&absences, 30 * MS, 35 * MS);
    assert_int_equal(absences_between(&absences, 0, 100 * MS), 15 * MS);
    assert_int_equal(absences_between(&absences, 12 * MS, 100 * MS), 13 * MS); /* from within the first */
    assert_int_equal(absences_between(&absences, 12 * MS, 32 * MS), 10 * MS);  /* to within the second */
    assert_int_equal(absences_between(&absences, 13 * MS, 14 * MS), 1 * MS);
    assert_int_equal(absences_between(&absences, 20 * MS, 30 * MS), 0); /* between the two */
    assert_int_equal(absences_between(&absences, 35 * MS, 90 * MS), 0);
    assert_int_equal(absences_between(&absences, 0, 10 * MS), 0);
}

static void what_is_short_counts_for_nothing(void **state)
{
    struct absences absences = {0};

    (void)state;
    absences_add(&absences, 5, 5 + ABSENCE_LEAST_NS - 1);
    absences_add(&absences, 10 * MS, 9 * MS); /* came early */
    assert_int_equal(absences_between(&absences, 0, 100 * MS), 0);
    absences_add(&absences, 20 * MS, 20 * MS + ABSENCE_LEAST_NS);
    assert_int_equal(absences_between(&absences, 0, 100 * MS), ABSENCE_LEAST_NS);
}

static void the_oldest_are_forgotten(void **state)
{
    struct absences absences = {0};
    uint64_t i;

    (void)state;
    for (i = 0; i < ABSENCES_KEPT + 3; i++) {
        absences_look(&absences, i * 10 * MS, false);
        absences_add(&absences, i * 10 * MS, i * 10 * MS + 2 * MS);
    }
    assert_int_equal(absences_between(&absences, 0, UINT64_MAX), ABSENCES_KEPT * 2 * MS);
    assert_int_equal(absences_between(&absences, 30 * MS, UINT64_MAX), ABSENCES_KEPT * 2 * MS);
    assert_int_equal(absences_between(&absences, 40 * MS, UINT64_MAX), (ABSENCES_KEPT - 1) * 2 * MS);
}

/* The server keeps all connections, and only then are we away: it makes no difference. */
static void who_waits_for_the_server_does_not_wait_for_us(void **state)
{
    struct absences absences = {0};

    (void)state;
    absences_look(&absences, 10 * MS, false);
    absences_look(&absences, 20 * MS, true);
    absences_add(&absences, 21 * MS, 40 * MS);
    absences_look(&absences, 40 * MS, true);
    assert_int_equal(absences_between(&absences, 0, 100 * MS), 0);
    absences_look(&absences, 50 * MS, false); /* all is sent */
    absences_add(&absences, 60 * MS, 70 * MS);
    assert_int_equal(absences_between(&absences, 0, 100 * MS), 10 * MS);
}

static void a_queue_of_ours_stays_ours_while_we_are_mostly_away(void **state)
{
    struct absences absences = {0};

    (void)state;
    absences_add(&absences, 10 * MS, 30 * MS);
    absences_look(&absences, 31 * MS, true);
    absences_add(&absences, 35 * MS, 50 * MS); /* 35 of 40 */
    absences_look(&absences, 51 * MS, true);
    assert_int_equal(absences_between(&absences, 0, 100 * MS), 35 * MS);
    absences_add(&absences, 98 * MS,
                 100 * MS); /* 37 of 90: a server with room would have drained it meanwhile */
    absences_add(&absences, 101 * MS, 200 * MS);
    absences_look(&absences, 201 * MS, true);
    assert_int_equal(absences_between(&absences, 0, 300 * MS), 35 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_always_there_missed_nothing),
        cmocka_unit_test(absences_add_up_where_they_overlap),
        cmocka_unit_test(what_is_short_counts_for_nothing),
        cmocka_unit_test(the_oldest_are_forgotten),
        cmocka_unit_test(who_waits_for_the_server_does_not_wait_for_us),
        cmocka_unit_test(a_queue_of_ours_stays_ours_while_we_are_mostly_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
