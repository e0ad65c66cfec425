/* SPDX-License-Identifier: Apache-2.0
 *
 * The log's target and format changed while it is written: every record is in one place, whole and once, or counted as
 * dropped. The producers are the test's threads. */
#include "tests/unit/log/support.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/log/change.h"

#define LANES     4
#define LANE_SIZE 262144
#define STOP_US   5000000

static struct log_queue *queue;
static struct logger *logger;
static char target[2][160];         /* two files */
static struct config now_in_effect; /* what the log was told last */

static int setup(void **state)
{
    int i;

    (void)state;
    queue = support_queue(LANES, LANE_SIZE);
    for (i = 0; i < 2; i++) {
        snprintf(target[i], sizeof target[i], "file:%s", support_path(i == 0 ? "a" : "b"));
        unlink(target[i] + 5);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_bind(NULL, 0, false);
    support_queue_free(queue);
    return 0;
}

static void start(char *where)
{
    struct error error = {""};

    now_in_effect = (struct config){.log = {.target = where, .flush_interval_us = 1000}};
    logger = logger_start(&now_in_effect, queue, &error);
    if (logger == NULL)
        fail_msg("%s", error.text);
    log_bind(log_queue_lane(queue, 0), 0, false);
}

static void change_to(char *where, int format)
{
    struct config next = {.log = {.target = where, .format = format, .flush_interval_us = 1000}};
    struct log_change *change;
    struct error error = {""};

    change = log_change_prepare(&now_in_effect, &next, &error);
    if (change == NULL)
        fail_msg("%s", error.text);
    logger_change(logger, &change);
    assert_null(change);
    now_in_effect = next;
}

static void log_numbers(uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++)
        log_event(EVENT_WORKER_READY, LOG_U(i), LOG_U(0), LOG_U(0));
}

static struct log_counts counts(void)
{
    struct log_counts all;

    log_queue_counts(queue, &all);
    return all;
}

static void stop(void)
{
    struct log_counts all;

    logger_stop(&logger, &(struct logger_end){0}, STOP_US);
    all = counts();
    assert_int_equal(all.attempted, all.written + all.dropped + all.lost);
    assert_int_equal(all.depth_bytes, 0);
}

static size_t count_in(int file, const char *word)
{
    char *text = support_read(target[file] + 5);
    size_t count = support_count(text, word);

    free(text);
    return count;
}

static void lines_go_where_they_are_to_go_from_then_on(void **state)
{
    (void)state;
    start(target[0]);
    log_numbers(0, 100);
    support_wait_until(counts().written == 100);
    change_to(target[1], LOG_FORMAT_LOGFMT);
    support_wait_until(access(target[1] + 5, F_OK) == 0 && count_in(1, " event=reopened ") == 1);
    log_numbers(100, 50);
    stop();
    assert_int_equal(count_in(0, " event=worker_ready "), 100);
    assert_int_equal(count_in(1, " event=worker_ready "), 50);
    assert_int_equal(count_in(0, ""), 100); /* and not a line else */
    assert_int_equal(count_in(1, " event=drained "), 1);
}

static void the_format_changes_between_two_lines(void **state)
{
    (void)state;
    start(target[0]);
    log_numbers(0, 100);
    support_wait_until(counts().written == 100);
    change_to(target[0], LOG_FORMAT_JSON);
    log_numbers(100, 50);
    stop();
    assert_int_equal(count_in(0, " event=worker_ready worker=0 "), 100);
    assert_int_equal(count_in(0, "\"event\":\"worker_ready\",\"worker\":0,"), 50);
    assert_int_equal(count_in(0, "\"event\":\"drained\""), 1);
}

#define STORM_RECORDS 100000

static void *storm(void *argument)
{
    unsigned lane = 1 + (unsigned)(uintptr_t)argument;

    log_bind(log_queue_lane(queue, lane), lane, false);
    log_numbers((uint64_t)(uintptr_t)argument * STORM_RECORDS, STORM_RECORDS);
    return NULL;
}

/* Two files in turn, two formats in turn, while three threads log: nothing twice, nothing unaccounted for. */
static void changes_in_a_storm_lose_nothing(void **state)
{
    pthread_t threads[3];
    size_t lines, i;

    (void)state;
    start(target[0]);
    for (i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, storm, (void *)(uintptr_t)i), 0);
    for (i = 1; i <= 200; i++) {
        change_to(target[i % 2], i % 4 < 2 ? LOG_FORMAT_LOGFMT : LOG_FORMAT_JSON);
        if (i % 8 == 0)
            logger_reopen(logger);
        if (i % 3 == 0)
            sched_yield();
    }
    for (i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    change_to(target[0], LOG_FORMAT_LOGFMT);
    stop();
    lines = count_in(0, "worker_ready") + count_in(1, "worker_ready");
    assert_int_equal(counts().attempted, 3 * STORM_RECORDS);
    assert_int_equal(lines, counts().written);
    assert_int_equal(count_in(0, " event=drained ") + count_in(1, " event=drained "), 1);
}

/* A pipe that nobody reads is what another target is the cure for: what it did not take goes along. */
static void what_a_blocked_stream_has_not_taken_goes_along(void **state)
{
    char fifo[160], bytes[65536];
    uint64_t through;
    ssize_t got;
    int reader;

    (void)state;
    snprintf(fifo, sizeof fifo, "file:%s", support_path("fifo"));
    assert_int_equal(mkfifo(fifo + 5, 0600), 0);
    reader = open(fifo + 5, O_RDONLY | O_NONBLOCK);
    start(fifo);
    log_numbers(0, 1500);
    support_wait_until(counts().written > 300 && atomic_load(&queue->consumer) == QUEUE_DEAF);
    change_to(target[0], LOG_FORMAT_LOGFMT);
    log_numbers(1500, 10);
    stop();
    assert_int_equal(counts().dropped, 0);
    for (through = 0; (got = read(reader, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < got; i++)
            through += bytes[i] == '\n';
    assert_int_equal(through + count_in(0, " event=worker_ready "), 1510);
    assert_true(through > 300);
    close(reader);
    unlink(fifo + 5);
}

/* To a sink of another kind it can't: what there is no time for is counted. */
static void another_kind_of_sink_costs_what_the_old_one_never_took(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char fifo[160], where[160];
    int reader, manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    uint64_t before;

    (void)state;
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", support_path("syslog"));
    assert_int_equal(bind(manager, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(where, sizeof where, "syslog:%s", address.sun_path);
    snprintf(fifo, sizeof fifo, "file:%s", support_path("fifo"));
    assert_int_equal(mkfifo(fifo + 5, 0600), 0);
    reader = open(fifo + 5, O_RDONLY | O_NONBLOCK);
    start(fifo);
    log_numbers(0, 1000);
    support_wait_until(counts().written > 300 && atomic_load(&queue->consumer) == QUEUE_DEAF);
    before = counts().written;
    change_to(where, LOG_FORMAT_LOGFMT);
    support_wait_until(counts().dropped > 0);
    stop();
    assert_true(before + counts().dropped <= 1000);
    close(reader);
    close(manager);
    unlink(fifo + 5);
    unlink(address.sun_path);
}

static void a_target_that_cannot_be_opened_changes_nothing(void **state)
{
    struct config next = {
        .log = {.target = (char *)(uintptr_t) "file:/nowhere/at/all", .flush_interval_us = 1}};
    struct error error;

    (void)state;
    start(target[0]);
    assert_null(log_change_prepare(&now_in_effect, &next, &error));
    assert_string_equal(error.text, "log.target = file:/nowhere/at/all: No such file or directory");
    log_numbers(0, 10);
    stop();
    assert_int_equal(count_in(0, " event=worker_ready "), 10);
}

/* Of two that the thread has not taken the later counts, with the earlier one's target. */
static void changes_that_were_not_taken_become_one(void **state)
{
    (void)state;
    start(target[0]);
    change_to(target[1], LOG_FORMAT_LOGFMT);
    change_to(target[1], LOG_FORMAT_JSON);
    log_numbers(0, 10);
    stop();
    assert_int_equal(count_in(1, "\"event\":\"drained\""), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_go_where_they_are_to_go_from_then_on),
        TEST(the_format_changes_between_two_lines),
        TEST(changes_in_a_storm_lose_nothing),
        TEST(what_a_blocked_stream_has_not_taken_goes_along),
        TEST(another_kind_of_sink_costs_what_the_old_one_never_took),
        TEST(a_target_that_cannot_be_opened_changes_nothing),
        TEST(changes_that_were_not_taken_become_one),
    };

    return cmocka_run_group_tests_name("log/change", tests, support_make_directory, support_remove_directory);
}
