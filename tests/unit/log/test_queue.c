/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue's header: its shape is believed only when it is right, and waking is paid for by one producer at
 * most. */
#include "tests/unit/log/support.h"

#include <pthread.h>

static struct log_queue *queue;

static int setup(void **state)
{
    (void)state;
    queue = support_queue(3, 5000);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    munmap(queue, log_queue_bytes(3, 5000));
    log_bind(NULL, 0, false);
    return 0;
}

static uint32_t consumer(void)
{
    return atomic_load(&queue->consumer);
}

static void a_size_is_rounded_to_a_power_of_two(void **state)
{
    (void)state;
    assert_int_equal(lane_round(0), LANE_SMALLEST);
    assert_int_equal(lane_round(LANE_SMALLEST + 1), 2 * LANE_SMALLEST);
    assert_int_equal(lane_round(1u << 20), 1u << 20);
    assert_int_equal(lane_round(SIZE_MAX), LANE_LARGEST);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(log_queue_lane(queue, i)->size, 8192);
        assert_int_equal(log_queue_lane(queue, i)->index, i);
        assert_ptr_equal(queue_of(log_queue_lane(queue, i)), queue);
    }
}

static void only_a_sound_header_is_attached_to(void **state)
{
    size_t bytes = log_queue_bytes(3, 5000);

    (void)state;
    assert_ptr_equal(log_queue_attach(queue, bytes), queue);
    assert_null(log_queue_attach(queue, bytes - 1));
    assert_null(log_queue_attach(queue, 10));
    assert_null(log_queue_attach((char *)queue + 8, bytes));
    queue->lane_count = 2;
    assert_null(log_queue_attach(queue, bytes));
    queue->lane_count = 3;
    queue->lane_size *= 2;
    assert_null(log_queue_attach(queue, 2 * bytes));
    queue->lane_size /= 2;
    queue->magic++;
    assert_null(log_queue_attach(queue, bytes));
}

static void a_damaged_header_counts_nothing(void **state)
{
    struct log_counts counts;

    (void)state;
    queue->lane_count = UINT64_MAX;
    log_queue_counts(queue, &counts);
    assert_int_equal(counts.attempted, 0);
    queue->lane_count = 3;
}

static void a_poke_wakes_who_sleeps_and_no_one_else(void **state)
{
    static const struct {
        enum queue_consumer before, after;
        unsigned wakeups;
    } rows[] = {
        {QUEUE_AWAKE, QUEUE_POKED, 0},  {QUEUE_POKED, QUEUE_POKED, 0},  {QUEUE_CALLED, QUEUE_CALLED, 0},
        {QUEUE_DOZING, QUEUE_POKED, 1}, {QUEUE_ASLEEP, QUEUE_POKED, 1}, {QUEUE_DEAF, QUEUE_DEAF, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        atomic_store(&queue->wakeups, 0);
        atomic_store(&queue->consumer, rows[i].before);
        queue_poke(queue);
        assert_int_equal(consumer(), rows[i].after);
        assert_int_equal(atomic_load(&queue->wakeups), rows[i].wakeups);
    }
}

static void sleep_ends_with_its_time_or_a_poke(void **state)
{
    (void)state;
    assert_true(queue_sleep(queue, QUEUE_DOZING, 1000));
    assert_int_equal(consumer(), QUEUE_DOZING);
    queue_poke(queue);
    assert_false(queue_sleep(queue, QUEUE_DOZING, 100000000)); /* or this test takes very long */
    assert_true(queue_sleep(queue, QUEUE_DEAF, 1000));
    queue_call(queue);
    assert_false(queue_sleep(queue, QUEUE_DEAF, 100000000));
    queue_awake(queue);
    assert_int_equal(consumer(), QUEUE_AWAKE);
}

static void *poke_and_die(void *argument)
{
    support_wait_until(atomic_load(&queue->consumer) == QUEUE_DOZING);
    atomic_store(&queue->consumer, QUEUE_POKED); /* killed before the system call */
    return argument;
}

/* However long the flush interval is. */
static void a_poke_whose_producer_died_is_found_within_a_second(void **state)
{
    uint64_t began = clock_now_us();
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, poke_and_die, NULL), 0);
    assert_false(queue_sleep(queue, QUEUE_DOZING, 10000000));
    assert_true(clock_now_us() - began < 5000000);
    pthread_join(thread, NULL);
}

static void *sleep_long(void *argument)
{
    bool *timed_out = argument;

    *timed_out = queue_sleep(queue, QUEUE_ASLEEP, 100000000);
    return NULL;
}

static void an_ordinary_record_wakes_only_who_is_asleep(void **state)
{
    bool timed_out = true;
    pthread_t thread;

    (void)state;
    log_bind(log_queue_lane(queue, 0), 0, false);
    atomic_store(&queue->consumer, QUEUE_DOZING);
    log_event(EVENT_WORKER_STARTED, LOG_U(1), LOG_U(2));
    assert_int_equal(consumer(), QUEUE_DOZING);
    log_event(EVENT_WARNING, LOG_S("urgent"));
    assert_int_equal(consumer(), QUEUE_POKED);
    queue_awake(queue);
    assert_int_equal(pthread_create(&thread, NULL, sleep_long, &timed_out), 0);
    support_wait_until(consumer() == QUEUE_ASLEEP);
    log_event(EVENT_WORKER_STARTED, LOG_U(1), LOG_U(2));
    pthread_join(thread, NULL);
    assert_false(timed_out);
}

static void a_filling_lane_hurries_the_consumer(void **state)
{
    struct lane *lane = log_queue_lane(queue, 1);

    (void)state;
    log_bind(lane, 0, false);
    atomic_store(&queue->consumer, QUEUE_DOZING);
    while (atomic_load(&lane->tail) <= lane->size / 2) {
        assert_int_equal(consumer(), QUEUE_DOZING);
        log_event(EVENT_WORKER_STARTED, LOG_U(1), LOG_U(2));
    }
    assert_int_equal(consumer(), QUEUE_POKED);
    assert_int_equal(atomic_load(&queue->wakeups), 1);
}

static void the_level_filters(void **state)
{
    struct log_counts counts;

    (void)state;
    log_bind(log_queue_lane(queue, 0), 0, false);
    log_set_level(LOG_ERROR);
    assert_false(log_wants(EVENT_WARNING));
    assert_true(log_wants(EVENT_ERROR));
    assert_true(log_wants(EVENT_READY));
    log_event(EVENT_WARNING, LOG_S("not wanted"));
    log_event(EVENT_READY, LOG_S("127.0.0.1:1"), LOG_S("pool"), LOG_S("no"));
    log_set_level(LOG_INFO);
    assert_false(log_wants(EVENT_CONNECTION_OPENED));
    log_event_at(7, EVENT_WORKER_STARTED, LOG_U(1), LOG_U(2));
    log_queue_counts(queue, &counts);
    assert_int_equal(counts.attempted, 2);
    assert_int_equal(counts.depth, 2);
    assert_true(counts.depth_bytes > 0 && counts.depth_bytes == counts.peak_bytes);
}

/* The depth was of all lanes together and the peak of one, so that it could be less than the depth. */
static void depth_and_peak_are_of_all_lanes_and_of_one(void **state)
{
    struct log_counts one, two;
    struct lane_reader reader;

    (void)state;
    log_bind(log_queue_lane(queue, 0), 0, false);
    log_event(EVENT_WARNING, LOG_S("in one lane"));
    log_queue_counts(queue, &one);
    assert_int_equal(one.lanes, 3);
    assert_int_equal(one.lane_bytes, 8192);
    assert_int_equal(one.lane_depth_bytes, one.depth_bytes);
    log_bind(log_queue_lane(queue, 1), 1, false);
    log_event(EVENT_WARNING, LOG_S("in one lane"));
    log_event(EVENT_WARNING, LOG_S("in one lane"));
    log_queue_counts(queue, &two);
    assert_int_equal(two.depth, 3);
    assert_int_equal(two.depth_bytes, 3 * one.depth_bytes);
    assert_int_equal(two.peak_bytes, 3 * one.depth_bytes);
    assert_int_equal(two.lane_depth_bytes, 2 * one.depth_bytes);
    assert_int_equal(two.lane_peak_bytes, 2 * one.depth_bytes);
    queue_note_depth(queue, two.peak_bytes);
    reader_init(&reader, log_queue_lane(queue, 1), 8192, 1);
    assert_int_equal(reader_depth(&reader), 2 * one.depth_bytes);
    reader_discard(&reader, 0);
    assert_int_equal(reader_depth(&reader), 0);
    log_queue_counts(queue, &two);
    assert_int_equal(two.depth, 1); /* the others count as dropped */
    assert_int_equal(two.attempted, two.dropped + two.depth);
    assert_int_equal(two.depth_bytes, one.depth_bytes);
    assert_int_equal(two.lane_depth_bytes, one.depth_bytes);
    assert_int_equal(two.peak_bytes, 3 * one.depth_bytes);
    assert_int_equal(two.lane_peak_bytes, 2 * one.depth_bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_size_is_rounded_to_a_power_of_two),
        TEST(only_a_sound_header_is_attached_to),
        TEST(a_damaged_header_counts_nothing),
        TEST(a_poke_wakes_who_sleeps_and_no_one_else),
        TEST(sleep_ends_with_its_time_or_a_poke),
        TEST(an_ordinary_record_wakes_only_who_is_asleep),
        TEST(a_poke_whose_producer_died_is_found_within_a_second),
        TEST(an_ordinary_record_wakes_only_who_is_asleep),
        TEST(a_filling_lane_hurries_the_consumer),
        TEST(the_level_filters),
        TEST(depth_and_peak_are_of_all_lanes_and_of_one),
    };

    return cmocka_run_group_tests_name("log/queue", tests, NULL, NULL);
}
