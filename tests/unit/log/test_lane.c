/* SPDX-License-Identifier: Apache-2.0
 *
 * The lane, producer and reader together in one thread: every record arrives as it was put, at any place in
 * the ring, and every one that does not is counted and known by its number. */
#include "tests/unit/log/support.h"

#include "daemon/log/lane_wait.h"
#include "daemon/log/record.h"

#define SIZE LANE_SMALLEST

struct fixture {
    struct log_queue *queue;
    struct lane *lane;
    struct lane_writer writer;
    struct lane_reader reader;
    struct record_image image;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    fixture->queue = support_queue(2, SIZE);
    fixture->lane = log_queue_lane(fixture->queue, 1);
    fixture->writer = (struct lane_writer){.lane = fixture->lane, .size = SIZE};
    reader_init(&fixture->reader, fixture->lane, SIZE, 1);
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

/* A text of `length` that depends on `seed`. */
static const char *text_of(size_t length, uint64_t seed)
{
    static char text[LOG_TEXT_LONGEST + 1];

    for (size_t i = 0; i < length; i++)
        text[i] = (char)('a' + (seed + i * 7) % 26);
    text[length] = '\0';
    return text;
}

static enum lane_outcome put(struct fixture *fixture, uint64_t number, size_t length, bool urgent)
{
    const struct log_value values[] = {LOG_U(number), LOG_S("peer"), LOG_S(text_of(length, number))};

    record_encode(&fixture->image, schema_table(), EVENT_PROTOCOL_ERROR, (struct record_origin){.worker = 7},
                  1000 + number, values, 3);
    return lane_put(&fixture->writer, &fixture->image, urgent);
}

/* The next record, which must be whole; false when there is none. */
static bool take(struct fixture *fixture, struct record *record)
{
    enum reader_outcome outcome = reader_next(&fixture->reader, &fixture->image, record);

    assert_int_not_equal(outcome, READER_CORRUPT);
    if (outcome != READER_RECORD)
        return false;
    assert_int_equal(record->event, EVENT_PROTOCOL_ERROR);
    assert_int_equal(record->worker, 7);
    assert_int_equal(record->time_us, 1000 + record->values[0].u64);
    assert_int_equal(record->values[1].length, 4);
    assert_memory_equal(record->values[1].text, "peer", 4);
    assert_memory_equal(record->values[2].text, text_of(record->values[2].length, record->values[0].u64),
                        record->values[2].length);
    return true;
}

static uint64_t word(_Atomic uint64_t *counter)
{
    return atomic_load(counter);
}

static void records_survive_a_wrap_at_every_offset(void **state)
{
    struct fixture *fixture = *state;
    struct record record;

    for (uint64_t offset = 0; offset < SIZE; offset += RECORD_ALIGNMENT) {
        atomic_store(&fixture->lane->tail, offset);
        atomic_store(&fixture->lane->head, offset);
        fixture->lane->head_seen = fixture->reader.read = offset;
        for (size_t length = 0; length < 120; length += 13)
            assert_int_equal(put(fixture, offset + length, length, false), LANE_TAKEN);
        assert_int_equal(reader_look(&fixture->reader, 0), READER_RECORD);
        for (size_t length = 0; length < 120; length += 13) {
            assert_true(take(fixture, &record));
            assert_int_equal(record.values[0].u64, offset + length);
            assert_int_equal(record.values[2].length, length);
        }
        assert_false(take(fixture, &record));
        reader_release(&fixture->reader);
    }
    assert_int_equal(fixture->reader.gaps, 0);
}

static void a_long_text_is_cut_and_null_is_empty(void **state)
{
    struct fixture *fixture = *state;
    char text[LOG_TEXT_LONGEST + 100];
    struct record record;

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    record_encode(&fixture->image, schema_table(), EVENT_PROTOCOL_ERROR, (struct record_origin){.worker = 0},
                  0, (const struct log_value[]){LOG_U(1), LOG_S(NULL), LOG_S(text)}, 3);
    assert_int_equal(lane_put(&fixture->writer, &fixture->image, false), LANE_TAKEN);
    reader_look(&fixture->reader, 0);
    assert_int_equal(reader_next(&fixture->reader, &fixture->image, &record), READER_RECORD);
    assert_int_equal(record.values[1].length, 0);
    assert_int_equal(record.values[2].length, LOG_TEXT_LONGEST);
}

static void a_full_lane_keeps_an_eighth_for_the_urgent(void **state)
{
    struct fixture *fixture = *state;
    uint64_t ordinary = 0, urgent = 0;
    struct record record;

    while (put(fixture, ordinary, 8, false) != LANE_DROPPED)
        ordinary++;
    assert_true(word(&fixture->lane->tail) <= SIZE - SIZE / 8);
    while (put(fixture, ordinary + urgent, 8, true) != LANE_DROPPED)
        urgent++;
    assert_true(urgent >= SIZE / 8 / 72);
    assert_true(word(&fixture->lane->tail) <= SIZE);
    assert_int_equal(word(&fixture->lane->attempted), ordinary + urgent + 2);
    assert_int_equal(word(&fixture->lane->dropped), 2);

    reader_look(&fixture->reader, 5);
    for (uint64_t i = 0; i < ordinary + urgent; i++)
        assert_true(take(fixture, &record));
    assert_false(take(fixture, &record));
    reader_release(&fixture->reader);
    assert_int_equal(word(&fixture->lane->peak_bytes), word(&fixture->lane->tail));
    /* One was missing between the ordinary and the urgent, one behind the last. */
    assert_int_equal(fixture->reader.drops.count, 1);
    assert_int_equal(fixture->reader.drops.first_sequence, ordinary);
    assert_int_equal(reader_look(&fixture->reader, 5), READER_EMPTY);
    assert_int_equal(fixture->reader.drops.count, 2);
    assert_int_equal(fixture->reader.drops.last_sequence, ordinary + urgent + 1);
}

static void more_than_half_full_is_said(void **state)
{
    struct fixture *fixture = *state;
    enum lane_outcome outcome;

    do {
        outcome = put(fixture, 1, 8, false);
        assert_int_equal(outcome, word(&fixture->lane->tail) > SIZE / 2 ? LANE_FILLING : LANE_TAKEN);
    } while (outcome == LANE_TAKEN);
}

static void what_no_longer_fits_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct log_value values[8];
    char text[LOG_TEXT_LONGEST];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < 4; i++)
        values[i] = LOG_S(text);
    /* "started" has three texts: with two of them in the lane already, there is no room for more. */
    values[2] = LOG_U(1);
    values[3] = LOG_S(text);
    record_encode(&fixture->image, schema_table(), EVENT_STARTED, (struct record_origin){.worker = 0}, 0,
                  values, 4);
    while (lane_put(&fixture->writer, &fixture->image, true) != LANE_DROPPED)
        ;
    assert_int_equal(word(&fixture->lane->dropped), 1);
    assert_int_equal(word(&fixture->lane->attempted), 1 + SIZE / fixture->image.header.length);
}

/* Longer than the lane, longer than what it has for ordinary records: dropped, counted, and nothing is written. */
static void what_can_never_fit_is_dropped(void **state)
{
    static const struct {
        uint16_t length;
        bool urgent;
    } rows[] = {{SIZE + 8, true}, {SIZE + 8, false}, {SIZE - SIZE / 8 + 8, false}, {SIZE + SIZE / 2, false}};
    struct fixture *fixture = *state;

    assert_true(sizeof fixture->image >= SIZE + SIZE / 2);
    put(fixture, 1, 8, false);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t tail = word(&fixture->lane->tail), head;

        fixture->image.header.length = rows[i].length;
        assert_int_equal(lane_look(&fixture->writer, rows[i].length, rows[i].urgent, &head), LANE_HOPELESS);
        assert_int_equal(lane_put(&fixture->writer, &fixture->image, rows[i].urgent), LANE_DROPPED);
        assert_int_equal(word(&fixture->lane->dropped), i + 1);
        assert_int_equal(word(&fixture->lane->tail), tail);
    }
    assert_int_equal(word(&fixture->lane->attempted), 1 + sizeof rows / sizeof rows[0]);
}

/* Random sizes and random reading: attempted = read + dropped at every moment of rest, and the gaps say so
 * too. */
static void the_identity_holds_under_random_sizes(void **state)
{
    struct fixture *fixture = *state;
    uint64_t seed = 42, number = 0, last = 0, reads = 0;
    struct record record;

    for (unsigned round = 0; round < 5000; round++) {
        for (uint64_t i = support_random(&seed) % 40; i > 0; i--)
            put(fixture, ++number, support_random(&seed) % (LOG_TEXT_LONGEST + 1),
                support_random(&seed) % 5 == 0);
        reader_look(&fixture->reader, number);
        for (uint64_t i = support_random(&seed) % 20; i > 0 && take(fixture, &record); i--) {
            assert_true(record.values[0].u64 > last);
            last = record.values[0].u64;
            assert_int_equal(record.sequence, last - 1);
            reads++;
        }
        reader_release(&fixture->reader);
    }
    while (reader_look(&fixture->reader, number) == READER_RECORD)
        while (take(fixture, &record))
            reads++;
    assert_int_equal(word(&fixture->lane->attempted), number);
    assert_int_equal(fixture->reader.consumed, reads);
    assert_int_equal(number, reads + word(&fixture->lane->dropped));
    assert_int_equal(fixture->reader.gaps, word(&fixture->lane->dropped));
    assert_int_equal(fixture->reader.drops.count, word(&fixture->lane->dropped));
    assert_true(word(&fixture->lane->dropped) > 100); /* or this has shown nothing */
    assert_int_equal(reader_settle(&fixture->reader, number), 0);
}

/* Death between taking a number and anything else, behind drops and behind records. */
static void a_number_taken_by_the_dead_is_lost(void **state)
{
    struct fixture *fixture = *state;
    struct record record;

    put(fixture, 1, 8, false);
    while (put(fixture, 2, 300, false) != LANE_DROPPED)
        ;
    atomic_fetch_add(&fixture->lane->attempted, 1);
    reader_look(&fixture->reader, 0);
    while (take(fixture, &record))
        ;
    reader_release(&fixture->reader);
    assert_int_equal(reader_look(&fixture->reader, 0), READER_EMPTY);
    assert_int_equal(reader_settle(&fixture->reader, 0), 1);
    assert_int_equal(word(&fixture->lane->lost), 1);
    assert_int_equal(word(&fixture->lane->generation), 1);
    assert_int_equal(fixture->reader.drops.count, 1);

    /* The next owner goes on where the dead one was, and nothing counts twice. */
    assert_int_equal(put(fixture, 3, 8, false), LANE_TAKEN);
    assert_int_equal(reader_look(&fixture->reader, 0), READER_RECORD);
    assert_true(take(fixture, &record));
    assert_int_equal(fixture->reader.drops.count, 1);
    assert_int_equal(reader_settle(&fixture->reader, 0), 0);
}

static void what_is_discarded_is_reported_like_drops(void **state)
{
    struct fixture *fixture = *state;
    uint64_t kept = 0;

    while (put(fixture, kept, 8, false) != LANE_DROPPED)
        kept++;
    reader_discard(&fixture->reader, 99);
    assert_int_equal(word(&fixture->lane->discarded), kept);
    assert_int_equal(fixture->reader.drops.count, kept + 1);
    assert_int_equal(fixture->reader.drops.first_sequence, 0);
    assert_int_equal(fixture->reader.drops.last_sequence, kept);
    assert_int_equal(word(&fixture->lane->head), word(&fixture->lane->tail));
    assert_int_equal(reader_settle(&fixture->reader, 99), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_survive_a_wrap_at_every_offset, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_text_is_cut_and_null_is_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_lane_keeps_an_eighth_for_the_urgent, setup, teardown),
        cmocka_unit_test_setup_teardown(more_than_half_full_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(what_no_longer_fits_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(what_can_never_fit_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(the_identity_holds_under_random_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_number_taken_by_the_dead_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_discarded_is_reported_like_drops, setup, teardown),
    };

    return cmocka_run_group_tests_name("log/lane", tests, NULL, NULL);
}
