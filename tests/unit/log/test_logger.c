/* SPDX-License-Identifier: Apache-2.0
 *
 * The log thread at work, with producers as threads: everything that was logged is in the file or counted. */
#include "tests/unit/log/support.h"

#include <pthread.h>
#include <signal.h>

#define LANES     4
#define LANE_SIZE 65536
#define STOP_US   10000000u

static struct log_queue *queue;
static struct logger *logger;

static int setup(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    queue = support_queue(LANES, LANE_SIZE);
    log_set_level(LOG_INFO);
    log_bind(log_queue_lane(queue, 0), 0, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_bind(NULL, 0, false);
    unlink(support_path("log"));
    munmap(queue, log_queue_bytes(LANES, LANE_SIZE));
    return 0;
}

static void start_on(char *target)
{
    struct config config = {.log = {.target = target, .flush_interval_us = 5000}};
    struct error error = {{0}};

    logger = logger_start(&config, queue, &error);
    if (logger == NULL)
        fail_msg("%s", error.text);
}

static void start(void)
{
    char target[160];

    snprintf(target, sizeof target, "file:%s", support_path("log"));
    start_on(target);
}

static char *stop(void)
{
    logger_stop(&logger, &(struct logger_end){.uptime_us = 5000000, .connections = 17}, STOP_US);
    assert_null(logger);
    logger_stop(&logger, NULL, 0); /* takes NULL */
    return support_read(support_path("log"));
}

static struct log_counts counts(void)
{
    struct log_counts now;

    log_queue_counts(queue, &now);
    return now;
}

static void log_number(uint64_t number)
{
    log_event(EVENT_WORKER_READY, LOG_U(number), LOG_U(number * 3), LOG_U(0));
}

/* What the file says is what the counts say, to the record. */
static void expect_identity(const char *text)
{
    struct log_counts all = counts();
    const char *drained = strstr(text, " event=drained ");

    assert_int_equal(all.attempted, all.written + all.dropped + all.lost);
    assert_int_equal(all.depth_bytes, 0);
    assert_int_equal(support_sum(text, "log_lost", "lost"), all.lost);
    assert_non_null(drained);
    assert_int_equal(support_number(drained, "log_attempted"), all.attempted);
    assert_int_equal(support_number(drained, "log_written"), all.written);
    assert_int_equal(support_number(drained, "log_dropped"), all.dropped);
    assert_int_equal(support_number(drained, "log_lost"), all.lost);
    assert_int_equal(strcspn(drained, "\n") + 1, strlen(drained)); /* it is the last line */
}

static void stopping_writes_everything(void **state)
{
    char *text;

    (void)state;
    start();
    for (uint64_t i = 0; i < 500; i++)
        log_number(i);
    text = stop();
    assert_int_equal(support_count(text, " event=worker_ready "), 500);
    assert_int_equal(counts().written, 500);
    assert_non_null(strstr(text, " log_unsettled=0 uptime_ms=5000 connections=17 abandoned=0\n"));
    expect_identity(text);
    free(text);
}

/* A thread that was left behind may be about to publish the number it took: that is not lost, and said so. */
static void what_an_abandoned_thread_has_in_hand_is_not_called_lost(void **state)
{
    char *text;

    (void)state;
    start();
    log_number(1);
    atomic_fetch_add(&log_queue_lane(queue, 1)->attempted, 1);
    logger_stop(&logger, &(struct logger_end){.abandoned = 1}, STOP_US);
    text = support_read(support_path("log"));
    assert_int_equal(support_sum(text, "drained", "log_attempted"), 2);
    assert_int_equal(support_sum(text, "drained", "log_written"), 1);
    assert_int_equal(support_sum(text, "drained", "log_lost"), 0);
    assert_int_equal(support_sum(text, "drained", "log_unsettled"), 1);
    assert_int_equal(support_sum(text, "drained", "abandoned"), 1);
    assert_int_equal(support_count(text, " event=log_lost "), 0);
    assert_int_equal(atomic_load(&log_queue_lane(queue, 1)->generation), 0);
    free(text);
}

static void what_was_logged_before_the_start_is_written(void **state)
{
    char *text;

    (void)state;
    log_number(1);
    start();
    text = stop();
    assert_int_equal(support_count(text, " event=worker_ready "), 1);
    expect_identity(text);
    free(text);
}

static void a_bad_target_is_refused(void **state)
{
    struct config config = {.log = {.target = (char *)(uintptr_t) "carrier-pigeon"}};
    struct error error;

    (void)state;
    assert_null(logger_start(&config, queue, &error));
    assert_string_equal(error.text, "log.target 'carrier-pigeon' is not known");
}

/* After idleness the first record is written at once, not at the end of a long sleep. */
static void the_first_record_after_idleness_is_prompt(void **state)
{
    uint64_t began;
    char *text;

    (void)state;
    start();
    support_wait_until(atomic_load(&queue->consumer) == QUEUE_ASLEEP);
    began = clock_now_us();
    log_number(1);
    support_wait_until(counts().written == 1);
    assert_true(clock_now_us() - began < 500000);
    text = stop();
    expect_identity(text);
    free(text);
}

#define SHARERS        4
#define SHARED_RECORDS 20000

static void *share_lane(void *argument)
{
    uint64_t base = (uint64_t)(uintptr_t)argument * SHARED_RECORDS;

    log_bind(log_queue_lane(queue, 1), (unsigned)(uintptr_t)argument, true);
    for (uint64_t i = 0; i < SHARED_RECORDS; i++)
        log_number(base + i);
    return NULL;
}

/* Each written number once, per worker in order; each missing one counted and within a reported gap. */
static void check_numbers(const char *text, unsigned workers)
{
    uint64_t next[SHARERS] = {0}, seen = 0;

    for (const char *line; (line = support_line(&text)) != NULL;) {
        uint64_t worker, number;

        if (strstr(line, " event=worker_ready ") == NULL)
            continue;
        worker = support_number(line, "worker");
        number = support_number(line, "process");

        assert_true(worker < workers);
        assert_int_equal(number / SHARED_RECORDS, worker);
        assert_true(number % SHARED_RECORDS >= next[worker]);
        next[worker] = number % SHARED_RECORDS + 1;
        assert_int_equal(support_number(line, "worker_pid"), number * 3);
        seen++;
    }
    assert_int_equal(seen, counts().written);
}

static void threads_share_a_lane(void **state)
{
    pthread_t threads[SHARERS];
    char *text;

    (void)state;
    start();
    for (uintptr_t i = 0; i < SHARERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, share_lane, (void *)i), 0);
    for (size_t i = 0; i < SHARERS; i++)
        pthread_join(threads[i], NULL);
    text = stop();
    assert_int_equal(counts().attempted, SHARERS * SHARED_RECORDS);
    assert_int_equal(counts().lost, 0);
    check_numbers(text, SHARERS);
    assert_int_equal(support_sum(text, "log_dropped", "dropped"), counts().dropped);
    expect_identity(text);
    free(text);
}

static void *own_lane(void *argument)
{
    log_bind(log_queue_lane(queue, 1 + (unsigned)(uintptr_t)argument), (unsigned)(uintptr_t)argument, false);
    for (uint64_t i = 0; i < SHARED_RECORDS; i++)
        log_number((uint64_t)(uintptr_t)argument * SHARED_RECORDS + i);
    return NULL;
}

static void threads_with_lanes_of_their_own(void **state)
{
    pthread_t threads[3];
    char *text;

    (void)state;
    start();
    for (uintptr_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, own_lane, (void *)i), 0);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    text = stop();
    assert_int_equal(counts().attempted, 3 * SHARED_RECORDS);
    check_numbers(text, 3);
    assert_int_equal(support_sum(text, "log_dropped", "dropped"), counts().dropped);
    expect_identity(text);
    free(text);
}

/* A number that is missing in the file lies in a gap that the log reports: its numbers are the lane's own. */
static void drops_are_the_gaps(void **state)
{
    uint64_t next = 0, missing = 0, reported = 0;
    const char *at;
    char *text;

    (void)state;
    start();
    log_bind(log_queue_lane(queue, 1), 1, false);
    for (uint64_t i = 0; counts().dropped < 5000; i++)
        log_number(i);
    log_number(counts().attempted);
    at = text = stop();
    for (const char *line; (line = support_line(&at)) != NULL;) {
        if (strstr(line, " event=worker_ready ") != NULL) {
            missing += support_number(line, "process") - next;
            next = support_number(line, "process") + 1;
        } else if (strstr(line, " event=log_dropped ") != NULL) {
            reported += support_number(line, "dropped");
            assert_true(support_number(line, "last_sequence") - support_number(line, "first_sequence") + 1 >=
                        support_number(line, "dropped"));
        }
    }
    assert_int_equal(missing + counts().attempted - next, counts().dropped);
    assert_int_equal(reported, counts().dropped);
    expect_identity(text);
    free(text);
}

/* A disk that fills up and is freed: service goes on, the drops are counted, reported and the rest is whole.
 */
static void a_full_disk_drops_and_recovers(void **state)
{
    int saved = support_stderr_into(support_path("stderr"));
    char *text;

    (void)state;
    support_limit_file(5000);
    start();
    for (uint64_t i = 0; counts().dropped < 1000 || !support_stderr_told(); i++)
        log_number(i);
    support_limit_file(RLIM_INFINITY);
    support_wait_until(counts().depth_bytes == 0);
    log_number(1);
    text = stop();
    support_stderr_back(saved);
    assert_int_equal(support_count(text, "ts="), support_count(text, ""));
    assert_int_equal(support_count(text, " event=worker_ready "), counts().written);
    assert_int_equal(support_count(text, " event=sink_failed "), 1);
    assert_int_equal(support_count(text, " event=sink_recovered "), 1);
    assert_int_equal(support_sum(text, "log_dropped", "dropped"), counts().dropped);
    expect_identity(text);
    free(text);
    text = support_read(support_path("stderr"));
    assert_int_equal(support_count(text, " event=sink_failed "), 1);
    free(text);
}

/* Where stderr is the journal's stream, the line about the failure has a priority like any other there. */
static void the_failure_told_to_the_journals_stream_has_a_priority(void **state)
{
    int saved = support_stderr_into(support_path("stderr"));
    struct stat status;
    char name[64], *text;

    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    setenv("JOURNAL_STREAM", name, 1);
    start_on((char *)(uintptr_t) "file:/dev/full");
    log_number(1);
    support_wait_until(support_stderr_told());
    logger_stop(&logger, &(struct logger_end){0}, 1000);
    unsetenv("JOURNAL_STREAM");
    support_stderr_back(saved);
    text = support_read(support_path("stderr"));
    assert_memory_equal(text, "<3>ts=", 6);
    free(text);
}

/* A sink that never takes anything: stopping ends in time, and what could not be written counts as dropped.
 */
static void stopping_gives_up_in_time(void **state)
{
    uint64_t began = clock_now_us();
    int ends[2], saved_stderr = dup(STDERR_FILENO);

    (void)state;
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    start_on((char *)(uintptr_t) "stderr");
    for (uint64_t i = 0; i < 5000; i++)
        log_number(i);
    logger_stop(&logger, &(struct logger_end){0}, 300000);
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(ends[0]);
    assert_true(clock_now_us() - began < 5000000);
    assert_int_equal(counts().attempted, 5000);
    assert_int_equal(counts().attempted, counts().written + counts().dropped);
    assert_true(counts().written > 100 && counts().dropped > 100);
}

/* The file that stderr was says what the counts say. */
static void expect_drained(const char *text)
{
    const char *drained = strstr(text, " event=drained ");

    assert_non_null(drained);
    assert_int_equal(support_number(drained, "log_attempted"), counts().attempted);
    assert_int_equal(support_number(drained, "log_written"), counts().written);
    assert_int_equal(support_number(drained, "log_dropped"), counts().dropped);
    assert_int_equal(counts().attempted, counts().written + counts().dropped);
}

static void expect_counts_on_stderr(void)
{
    char *text = support_read(support_path("stderr"));

    expect_drained(text);
    free(text);
}

/* A disk that had been full for hours cost each stop the whole of its patience, and the counts were nowhere. */
static void a_sink_that_has_failed_for_long_is_given_little_time(void **state)
{
    int saved = support_stderr_into(support_path("stderr"));
    uint64_t began = clock_now_us();

    (void)state;
    start_on((char *)(uintptr_t) "file:/dev/full");
    log_number(1);
    support_wait_until(support_stderr_told());
    support_wait_until(clock_now_us() > began + 1200000);
    began = clock_now_us();
    logger_stop(&logger, &(struct logger_end){0}, STOP_US);
    support_stderr_back(saved);
    assert_true(clock_now_us() - began < STOP_US / 2);
    assert_int_equal(counts().dropped, 1);
    expect_counts_on_stderr();
}

static bool in_a_hurry(void)
{
    return true;
}

/* Nothing but the time-out ended the wait for the sink. */
static void a_hurry_ends_the_wait_for_the_sink(void **state)
{
    int saved = support_stderr_into(support_path("stderr"));
    uint64_t began;

    (void)state;
    start_on((char *)(uintptr_t) "file:/dev/full");
    log_number(1);
    began = clock_now_us();
    logger_stop(&logger, &(struct logger_end){.hurried = in_a_hurry}, STOP_US);
    support_stderr_back(saved);
    assert_true(clock_now_us() - began < 900000); /* and it has not failed for long */
    expect_counts_on_stderr();
}

static void reopening_is_logged_in_the_new_file(void **state)
{
    char old[128];
    char *text;

    (void)state;
    snprintf(old, sizeof old, "%s", support_path("log.1"));
    start();
    for (uint64_t i = 0; i < 100; i++)
        log_number(i);
    assert_int_equal(rename(support_path("log"), old), 0);
    logger_reopen(logger);
    support_wait_until(access(support_path("log"), F_OK) == 0);
    for (uint64_t i = 0; i < 100; i++)
        log_number(i);
    text = stop();
    assert_int_equal(support_count(text, " event=reopened "), 1);
    expect_identity(text);
    free(text);
    assert_int_equal(counts().written, 200);
}

static void a_corrupt_lane_is_closed_and_the_others_go_on(void **state)
{
    struct lane *lane = log_queue_lane(queue, 2);
    char *text;

    (void)state;
    start();
    atomic_store(&lane->attempted, 3);
    atomic_store(&lane->tail, 40000);
    log_event(EVENT_WARNING, LOG_S("hurry"));
    support_wait_until(counts().written == 1);
    logger_lane_died(logger, 2);
    support_wait_until(logger_lane_ready(logger, 2));
    assert_int_equal(atomic_load(&lane->generation), 1);
    log_bind(lane, 9, false);
    log_number(77);
    text = stop();
    assert_int_equal(support_count(text, " lane=2 offset=0"), 1);
    assert_int_equal(support_count(text, " lane=2 lost=3"), 1);
    assert_int_equal(support_count(text, " process=77 "), 1);
    expect_identity(text);
    free(text);
}

/* While the disk is full, a dead worker's lane is given back all the same. */
static void a_dead_lane_does_not_wait_for_a_full_disk(void **state)
{
    int saved = support_stderr_into(support_path("stderr"));

    (void)state;
    start_on((char *)(uintptr_t) "file:/dev/full");
    log_bind(log_queue_lane(queue, 1), 1, false);
    for (uint64_t i = 0; counts().dropped == 0; i++)
        log_number(i);
    atomic_fetch_add(&log_queue_lane(queue, 1)->attempted, 1);
    logger_lane_died(logger, 1);
    logger_lane_wanted(logger, 1);
    support_wait_until(logger_lane_ready(logger, 1));
    assert_int_equal(counts().depth_bytes, 0);
    assert_int_equal(counts().lost, 1);
    logger_stop(&logger, &(struct logger_end){0}, 1000);
    support_stderr_back(saved);
    assert_int_equal(counts().attempted, counts().written + counts().dropped + counts().lost);
}

/* A worker dies while the disk is full for a moment: what it logged last - why it died, perhaps - is written, although
 * its successor wants the lane. */
static void a_brief_failure_keeps_a_dead_workers_records(void **state)
{
    int saved = support_stderr_into(support_path("stderr"));
    uint64_t until_us;
    char *text;

    (void)state;
    support_limit_file(5000);
    start();
    for (uint64_t i = 0; i < 100; i++)
        log_number(i);
    support_wait_until(support_stderr_told());
    log_bind(log_queue_lane(queue, 1), 1, false);
    for (uint64_t i = 0; i < 10; i++)
        log_number(i);
    logger_lane_died(logger, 1);
    logger_lane_wanted(logger, 1);
    until_us = clock_now_us() + 300000;
    while (clock_now_us() < until_us)
        assert_false(logger_lane_ready(logger, 1));
    support_limit_file(RLIM_INFINITY);
    support_wait_until(logger_lane_ready(logger, 1));
    text = stop();
    support_stderr_back(saved);
    assert_int_equal(counts().written, 110);
    assert_int_equal(counts().dropped, 0);
    expect_identity(text);
    free(text);
}

static _Atomic bool read_fast, read_on;

/* Little of what a lane holds each ten milliseconds, then whatever comes. */
static void *read_slowly(void *argument)
{
    int fd = *(int *)argument;
    char bytes[4096];

    while (atomic_load(&read_on)) {
        ssize_t got = read(fd, bytes, atomic_load(&read_fast) ? sizeof bytes : LANE_SIZE / 500);

        if (!atomic_load(&read_fast) || got <= 0)
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return NULL;
}

/* A dead worker's lane waited until a reader that never stopped, and so never failed, had read it all: minutes. */
static void a_dead_lane_does_not_wait_for_a_slow_reader(void **state)
{
    char target[160];
    uint64_t began;
    pthread_t reader;
    int fd;

    (void)state;
    assert_int_equal(mkfifo(support_path("log"), 0600), 0);
    fd = open(support_path("log"), O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    atomic_store(&read_fast, false);
    atomic_store(&read_on, true);
    assert_int_equal(pthread_create(&reader, NULL, read_slowly, &fd), 0);
    snprintf(target, sizeof target, "file:%s", support_path("log"));
    start_on(target);
    for (unsigned lane = 0; lane < 3; lane++) {
        uint64_t before = counts().dropped;

        log_bind(log_queue_lane(queue, lane), lane, false);
        while (counts().dropped < before + 1000)
            log_number(lane);
    }
    began = clock_now_us();
    logger_lane_died(logger, 2);
    support_wait_until(!logger_lane_ready(logger, 2));
    support_wait_until((logger_lane_wanted(logger, 2), logger_lane_ready(logger, 2)));
    assert_true(clock_now_us() - began >= 900000 && clock_now_us() - began < 3000000);
    assert_true(atomic_load(&log_queue_lane(queue, 2)->discarded) > 500);
    atomic_store(&read_fast, true);
    logger_stop(&logger, &(struct logger_end){0}, STOP_US);
    atomic_store(&read_on, false);
    pthread_join(reader, NULL);
    close(fd);
    assert_int_equal(counts().attempted, counts().written + counts().dropped + counts().lost);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stopping_writes_everything),
        TEST(what_an_abandoned_thread_has_in_hand_is_not_called_lost),
        TEST(what_was_logged_before_the_start_is_written),
        TEST(a_bad_target_is_refused),
        TEST(the_first_record_after_idleness_is_prompt),
        TEST(threads_share_a_lane),
        TEST(threads_with_lanes_of_their_own),
        TEST(drops_are_the_gaps),
        TEST(a_full_disk_drops_and_recovers),
        TEST(the_failure_told_to_the_journals_stream_has_a_priority),
        TEST(stopping_gives_up_in_time),
        TEST(a_sink_that_has_failed_for_long_is_given_little_time),
        TEST(a_hurry_ends_the_wait_for_the_sink),
        TEST(reopening_is_logged_in_the_new_file),
        TEST(a_corrupt_lane_is_closed_and_the_others_go_on),
        TEST(a_dead_lane_does_not_wait_for_a_full_disk),
        TEST(a_brief_failure_keeps_a_dead_workers_records),
        TEST(a_dead_lane_does_not_wait_for_a_slow_reader),
    };

    return cmocka_run_group_tests_name("log/logger", tests, support_make_directory, support_remove_directory);
}
