/* SPDX-License-Identifier: Apache-2.0
 *
 * Producers killed at any instruction leave whole records and exact counts. CONCURD_KILLS in the environment says how
 * many die (2,000; `make check-long` kills 20,000). Every sixth or so dies between taking a number and publishing it:
 * a storm that met none of them there has shown nothing. Not for the thread sanitizer, which does not follow forks of
 * a process with threads. */
#include "tests/unit/log/storm.h"

#define KILLS 2000

static void killed_producers_leave_whole_records_and_exact_counts(void **state)
{
    const char *wanted = getenv("CONCURD_KILLS");
    struct storm storm = {.kills =
                              wanted != NULL ? (unsigned)atoi(wanted) / STORM_LANES * STORM_LANES : KILLS};

    (void)state;
    storm_run(&storm);
    assert_int_equal(storm.wrong_lines, 0);
    assert_int_equal(storm.reported_corrupt, 0);
    assert_int_equal(storm.lines, storm.counts.written);
    assert_int_equal(storm.counts.attempted, storm.counts.written + storm.counts.dropped + storm.counts.lost);
    assert_int_equal(storm.reported_dropped, storm.counts.dropped);
    assert_int_equal(storm.reported_lost, storm.counts.lost);
    assert_true(storm.counts.lost > 0 && storm.counts.lost <= storm.kills);
    assert_true(storm.counts.attempted >= 5 * storm.kills);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_producers_leave_whole_records_and_exact_counts),
    };

#if defined(__SANITIZE_THREAD__)
    return 77; /* skipped, in automake's words */
#endif
    return cmocka_run_group_tests_name("log/kill", tests, support_make_directory, support_remove_directory);
}
