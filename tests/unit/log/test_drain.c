/* SPDX-License-Identifier: Apache-2.0
 *
 * What the log says about what is missing from it. The time that the drain sees is the tests' own. */
#include "tests/unit/log/support.h"

#include "daemon/log/drain.h"

#define LANES     2
#define LANE_SIZE (1u << 20) /* holds more small records than a batch does lines */

static struct log_queue *queue;
static struct drain drain;

static int setup(void **state)
{
    struct error error;

    (void)state;
    queue = support_queue(LANES, LANE_SIZE);
    log_set_level(LOG_INFO);
    return drain_init(&drain, queue, LOG_FORMAT_LOGFMT, ENVELOPE_NONE, &error);
}

static int teardown(void **state)
{
    (void)state;
    log_bind(NULL, 0, false);
    log_set_level(LOG_INFO);
    drain_free(&drain);
    drain = (struct drain){0};
    support_queue_free(queue);
    return 0;
}

static uint64_t dropped(unsigned lane)
{
    return atomic_load(&log_queue_lane(queue, lane)->dropped);
}

/* The lane's producer is faster than the log: it logs until `drops` more are dropped. */
static void flood(unsigned lane, uint64_t drops)
{
    uint64_t until = dropped(lane) + drops;

    log_bind(log_queue_lane(queue, lane), lane, false);
    while (dropped(lane) < until)
        log_event(EVENT_WORKER_READY, LOG_U(1), LOG_U(2), LOG_U(3));
}

/* What the batch holds, which a sink takes; the caller frees it. */
static char *take_batch(void)
{
    const char *unsent;
    size_t length = batch_unsent(&drain.batch, &unsent);
    char *text = strndup(unsent, length);

    assert_non_null(text);
    batch_sent(&drain.batch, length);
    drain_written(&drain);
    return text;
}

/* The lines of a batch that no sink took counted as dropped, and no report said so; what the reports among them had said
 * was said no more. */
static void what_is_forgotten_is_reported(void **state)
{
    struct lane *lane = log_queue_lane(queue, 0);
    struct log_counts counts;
    char *text;

    (void)state;
    flood(0, 10);
    while (!drain_fill(&drain, 1000000))
        free(take_batch());
    free(take_batch());
    assert_true(drain_fill(&drain, 1000000)); /* finds the ten behind the last record */
    text = take_batch();
    assert_int_equal(support_sum(text, "log_dropped", "dropped"), 10);
    free(text);
    for (unsigned i = 0; i < 5; i++)
        log_event(EVENT_WORKER_READY, LOG_U(1), LOG_U(2), LOG_U(3));
    atomic_fetch_add(&lane->attempted, 1); /* in the making */
    flood(1, 7);
    while (drain_waiting(&drain, 2500000)) { /* the report of those seven ends up somewhere in between */
        drain_fill(&drain, 2500000);
        drain_forget_batch(&drain);
    }
    assert_true(drain_settle(&drain, 0, 2500000));
    drain_hurry(&drain);
    assert_true(drain_fill(&drain, 2500000));
    drain_forget_batch(&drain); /* with the report of what is lost */
    assert_true(drain_fill(&drain, 2500000));
    text = take_batch();
    log_queue_counts(queue, &counts);
    assert_int_equal(support_count(text, " event=log_dropped pid=0 tid=0 lane=0 dropped=5 "), 1);
    assert_int_equal(support_count(text, " event=log_lost pid=0 tid=0 lane=0 lost=1"), 1);
    assert_int_equal(support_sum(text, "log_dropped", "dropped"), counts.dropped - 10);
    assert_true(counts.dropped > 10 + 5 + 7);
    free(text);
}

/* No pass ever comes to an end, and still each lane's drops are reported, once a second. */
static void drops_that_go_on_are_reported_meanwhile(void **state)
{
    size_t reports[LANES] = {0};

    (void)state;
    for (uint64_t now_us = 1000000; now_us < 6000000; now_us += 100000) {
        char *text;

        flood(0, 10);
        flood(1, 10);
        assert_false(drain_fill(&drain, now_us));
        text = take_batch();
        reports[0] += support_count(text, " event=log_dropped pid=0 tid=0 lane=0 ");
        reports[1] += support_count(text, " event=log_dropped pid=0 tid=0 lane=1 ");
        free(text);
    }
    for (unsigned i = 0; i < LANES; i++)
        assert_true(reports[i] >= 2 && reports[i] <= 5);
}

static void reports_add_up_to_the_drops(void **state)
{
    uint64_t reported = 0;
    size_t length = 1;

    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        char *text;

        flood(0, 100);
        drain_fill(&drain, 1000000 + i);
        text = take_batch();
        reported += support_sum(text, "log_dropped", "dropped");
        free(text);
    }
    drain_hurry(&drain);
    while (length != 0) { /* drops behind the last record are found by a pass that reads nothing */
        char *text;

        drain_fill(&drain, 1000100);
        text = take_batch();
        length = strlen(text);
        reported += support_sum(text, "log_dropped", "dropped");
        free(text);
    }
    assert_int_equal(reported, 2000);
    assert_int_equal(dropped(0), 2000);
}

static void what_is_missing_is_said_whatever_the_level(void **state)
{
    const char *line;
    char *text;

    (void)state;
    flood(0, 10);
    log_set_level(LOG_ERROR);
    reader_discard(&drain.lanes[0].reader, 1000);
    atomic_fetch_add(&log_queue_lane(queue, 0)->attempted, 1);
    assert_true(drain_settle(&drain, 0, 1000));
    assert_true(drain_fill(&drain, 1000));
    text = take_batch();
    assert_int_equal(support_count(text, " level=warning event=log_dropped "), 1);
    assert_int_equal(support_count(text, " level=warning event=log_lost "), 1);
    line = strstr(text, " event=log_lost ");
    assert_non_null(strstr(line, " lost=1\n"));
    free(text);
}

/* The moments of a report read like those of every line. */
static void drops_lie_between_two_times(void **state)
{
    char first[32], last[32];
    const char *line;
    char *text;

    (void)state;
    flood(0, 10);
    do {
        drain_fill(&drain, clock_now_us());
        text = take_batch();
        line = strstr(text, " event=log_dropped ");
        if (line == NULL)
            free(text);
    } while (line == NULL);
    assert_int_equal(sscanf(strstr(line, " first="), " first=%27s last=%27s", first, last), 2);
    assert_int_equal(strlen(first), strlen("2026-11-20T05:33:00.123456Z"));
    assert_int_equal(strlen(last), strlen(first));
    assert_true(first[10] == 'T' && first[26] == 'Z' && last[10] == 'T' && last[26] == 'Z');
    assert_true(strcmp(first, last) <= 0);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_forgotten_is_reported), TEST(drops_that_go_on_are_reported_meanwhile),
        TEST(reports_add_up_to_the_drops),   TEST(what_is_missing_is_said_whatever_the_level),
        TEST(drops_lie_between_two_times),
    };

    return cmocka_run_group_tests_name("log/drain", tests, NULL, NULL);
}
