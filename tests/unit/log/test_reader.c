/* SPDX-License-Identifier: Apache-2.0
 *
 * A lane that a process gone wild has written to. Whatever is in it, reading it neither crashes nor loops;
 * what can be recognised as wrong closes the lane, once, and the end of its owner opens it again. */
#include "tests/unit/log/support.h"

#define SIZE LANE_SMALLEST

struct fixture {
    struct log_queue *queue;
    struct lane *lane;
    struct lane_reader reader;
    struct record_image image;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    fixture->queue = support_queue(1, SIZE);
    fixture->lane = log_queue_lane(fixture->queue, 0);
    reader_init(&fixture->reader, fixture->lane, SIZE, 0);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    support_queue_free(fixture->queue);
    free(fixture);
    return 0;
}

static void put(struct fixture *fixture, const char *reason)
{
    const struct lane_writer writer = {.lane = fixture->lane, .size = SIZE};

    record_encode(&fixture->image, schema_table(), EVENT_PROTOCOL_ERROR, (struct record_origin){.worker = 3},
                  1000, (const struct log_value[]){LOG_U(1), LOG_S("peer"), LOG_S(reason)}, 3);
    lane_put(&writer, &fixture->image, false);
}

static struct record_header *header(struct fixture *fixture)
{
    return (struct record_header *)(void *)fixture->lane->ring;
}

/* The lane answers "corrupt" exactly once, is empty from then on, and comes back when its owner is gone. */
static void expect_corrupt(struct fixture *fixture)
{
    struct record record;

    assert_int_equal(reader_look(&fixture->reader, 0), READER_RECORD);
    assert_int_equal(reader_next(&fixture->reader, &fixture->image, &record), READER_CORRUPT);
    assert_int_equal(reader_next(&fixture->reader, &fixture->image, &record), READER_EMPTY);
    assert_int_equal(reader_look(&fixture->reader, 0), READER_EMPTY);
    reader_settle(&fixture->reader, 0);
    put(fixture, "again");
    assert_int_equal(reader_look(&fixture->reader, 0), READER_RECORD);
    assert_int_equal(reader_next(&fixture->reader, &fixture->image, &record), READER_RECORD);
    assert_memory_equal(record.values[2].text, "again", 5);
    assert_int_equal(atomic_load(&fixture->lane->generation), 1);
}

#define CORRUPTION(name, damage)                                                                             \
    static void name(void **state)                                                                           \
    {                                                                                                        \
        struct fixture *fixture = *state;                                                                    \
        put(fixture, "reason");                                                                              \
        damage;                                                                                              \
        expect_corrupt(fixture);                                                                             \
    }

CORRUPTION(a_length_of_nothing, header(fixture)->length = 0)
CORRUPTION(a_length_shorter_than_a_header, header(fixture)->length = 24)
CORRUPTION(a_length_beyond_the_tail, header(fixture)->length += 8)
CORRUPTION(a_length_beyond_all_bounds, header(fixture)->length = UINT16_MAX - 7)
CORRUPTION(an_odd_length, header(fixture)->length -= 1)
CORRUPTION(a_payload_longer_than_the_record, header(fixture)->payload = header(fixture)->length)
CORRUPTION(a_payload_much_shorter, header(fixture)->payload = 0)
CORRUPTION(an_unknown_kind, header(fixture)->kind = LOG_EVENT_COUNT)
CORRUPTION(a_kind_with_other_fields, header(fixture)->kind = EVENT_DRAINING)
CORRUPTION(a_level_that_is_not_its_kinds, header(fixture)->level++)
CORRUPTION(an_impossible_worker, header(fixture)->worker = LOG_WORKERS_MOST)
CORRUPTION(a_number_never_taken, header(fixture)->sequence = 1)
CORRUPTION(a_number_from_the_past, header(fixture)->sequence = UINT64_MAX)
CORRUPTION(a_text_longer_than_the_payload, fixture->lane->ring[sizeof(struct record_header) + 8] = 200)
CORRUPTION(a_text_shorter_than_it_was, fixture->lane->ring[sizeof(struct record_header) + 8] = 3)
CORRUPTION(a_tail_off_the_alignment, atomic_fetch_add(&fixture->lane->tail, 4))
CORRUPTION(a_tail_beyond_the_ring, atomic_fetch_add(&fixture->lane->tail, SIZE))
CORRUPTION(a_tail_far_away, atomic_store(&fixture->lane->tail, UINT64_MAX - 7))

static void a_tail_that_went_back(void **state)
{
    struct fixture *fixture = *state;
    struct record record;

    put(fixture, "reason");
    reader_look(&fixture->reader, 0);
    assert_int_equal(reader_next(&fixture->reader, &fixture->image, &record), READER_RECORD);
    atomic_fetch_sub(&fixture->lane->tail, 8);
    expect_corrupt(fixture);
}

static void damage_somewhere(struct fixture *fixture, uint64_t *seed)
{
    uint64_t random = support_random(seed);
    unsigned char *target = random % 2 == 0 ? fixture->lane->ring : (unsigned char *)&fixture->lane->tail;
    size_t length = random % 2 == 0 ? SIZE : 4 * sizeof(uint64_t);

    for (uint64_t i = 1 + (random >> 8) % 8; i > 0; i--)
        target[support_random(seed) % length] = (unsigned char)support_random(seed);
}

/* Reads to the end, giving up - and failing - long after any sound reader would have stopped. */
static void read_all(struct fixture *fixture)
{
    struct record record;

    if (reader_look(&fixture->reader, 0) != READER_RECORD)
        return;
    for (size_t i = 0; i <= SIZE / sizeof(struct record_header); i++) {
        if (reader_next(&fixture->reader, &fixture->image, &record) != READER_RECORD) {
            reader_release(&fixture->reader);
            return;
        }
        for (size_t field = 0; field < 3; field++)
            if (schema_table()[record.event].fields[field].kind == LOG_VALUE_TEXT)
                assert_true(record.values[field].length <= LOG_TEXT_LONGEST);
    }
    fail_msg("reading does not come to an end");
}

static void random_damage_neither_crashes_nor_loops(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = 20261120, closed = 0;

    for (unsigned round = 0; round < 20000; round++) {
        for (uint64_t i = support_random(&seed) % 30; i > 0; i--)
            put(fixture, &"some reason of some length"[support_random(&seed) % 20]);
        damage_somewhere(fixture, &seed);
        read_all(fixture);
        read_all(fixture);
        closed += fixture->reader.closed;
        if (fixture->reader.closed || round % 7 == 0)
            reader_settle(&fixture->reader, 0);
    }
    assert_true(closed > 1000); /* or this has shown nothing */
}

/* Nothing but noise, in the words as well. */
/* What a dead process left in the producer's own words is nothing for its successor to rely on. */
static void the_next_owner_finds_the_head_where_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct record record;

    put(fixture, "one");
    assert_int_equal(reader_look(&fixture->reader, 0), READER_RECORD);
    assert_int_equal(reader_next(&fixture->reader, &fixture->image, &record), READER_RECORD);
    reader_release(&fixture->reader);
    fixture->lane->head_seen = 1u << 20; /* beyond the tail: everything would seem free */
    assert_int_equal(reader_settle(&fixture->reader, 0), 0);
    assert_int_equal(fixture->lane->head_seen, atomic_load(&fixture->lane->head));
}

static void noise_is_refused(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = 7;

    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < SIZE; i++)
            fixture->lane->ring[i] = (unsigned char)support_random(&seed);
        atomic_store(&fixture->lane->tail, support_random(&seed) % (2 * SIZE) / 8 * 8);
        atomic_store(&fixture->lane->attempted, support_random(&seed));
        atomic_store(&fixture->lane->dropped, support_random(&seed));
        read_all(fixture);
        read_all(fixture);
        reader_discard(&fixture->reader, 0);
        reader_settle(&fixture->reader, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_length_of_nothing),
        TEST(a_length_shorter_than_a_header),
        TEST(a_length_beyond_the_tail),
        TEST(a_length_beyond_all_bounds),
        TEST(an_odd_length),
        TEST(a_payload_longer_than_the_record),
        TEST(a_payload_much_shorter),
        TEST(an_unknown_kind),
        TEST(a_kind_with_other_fields),
        TEST(a_level_that_is_not_its_kinds),
        TEST(an_impossible_worker),
        TEST(a_number_never_taken),
        TEST(a_number_from_the_past),
        TEST(a_text_longer_than_the_payload),
        TEST(a_text_shorter_than_it_was),
        TEST(a_tail_off_the_alignment),
        TEST(a_tail_beyond_the_ring),
        TEST(a_tail_far_away),
        TEST(a_tail_that_went_back),
        TEST(random_damage_neither_crashes_nor_loops),
        TEST(the_next_owner_finds_the_head_where_it_is),
        TEST(noise_is_refused),
    };

    return cmocka_run_group_tests_name("log/reader", tests, NULL, NULL);
}
