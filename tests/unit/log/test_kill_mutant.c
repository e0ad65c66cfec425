/* SPDX-License-Identifier: Apache-2.0
 *
 * The storm of kills finds what it is there to find: here a producer claims its room first, by moving the
 * tail, and writes the record after, which leaves holes wherever it is killed in between. The lane below
 * takes the place of the daemon's in this program. */
#define lane_put lane_put_as_it_is
#include "daemon/log/lane.c" /* NOLINT(bugprone-suspicious-include) */
#undef lane_put

#include "tests/unit/log/storm.h"

#define KILLS 200

enum lane_outcome lane_put(const struct lane_writer *writer, struct record_image *image, bool urgent);

enum lane_outcome lane_put(const struct lane_writer *writer, struct record_image *image, bool urgent)
{
    struct lane *lane = writer->lane;
    uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed), length = image->header.length;

    image->header.sequence = atomic_fetch_add_explicit(&lane->attempted, 1, memory_order_relaxed);
    if (lane_used(lane, tail, length, urgent ? writer->size : writer->size / 8 * 7) + length >
        writer->size / 8 * 7)
        return lane_drop(lane);
    atomic_store_explicit(&lane->tail, tail + length, memory_order_release);
    ring_copy_in(lane->ring, writer->size, tail, image, length);
    return LANE_TAKEN;
}

static void a_claim_before_the_record_is_caught(void **state)
{
    struct storm storm = {.kills = KILLS};

    (void)state;
    storm_run(&storm);
    assert_true(storm.reported_corrupt + storm.wrong_lines != 0);
    /* And still nothing is claimed that is not so. */
    assert_int_equal(storm.lines, storm.counts.written);
    assert_int_equal(storm.counts.attempted, storm.counts.written + storm.counts.dropped + storm.counts.lost);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_claim_before_the_record_is_caught),
    };

    (void)lane_put_as_it_is;
#if defined(__SANITIZE_THREAD__)
    return 77; /* skipped, in automake's words */
#endif
    return cmocka_run_group_tests_name("log/kill_mutant", tests, support_make_directory,
                                       support_remove_directory);
}
