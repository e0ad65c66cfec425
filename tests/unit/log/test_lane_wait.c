/* SPDX-License-Identifier: Apache-2.0
 *
 * log.overflow = block: a producer waits for room, but not for ever, and never twice for a log thread that
 * reads nothing. The tests are the log thread. */
#include "tests/unit/log/support.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "daemon/log/lane_wait.h"

#define LANE_SIZE 4096u
#define SHORT_US  50000u
#define LONG_US   20000000u

static struct log_queue *queue;
static struct lane *lane;
static struct lane_reader reader;

static int setup(void **state)
{
    (void)state;
    queue = support_queue(2, LANE_SIZE);
    lane = log_queue_lane(queue, 0);
    reader_init(&reader, lane, LANE_SIZE, 0);
    log_set_patience(SHORT_US);
    log_bind(lane, 1, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_bind(NULL, 0, false);
    log_set_patience(0);
    support_queue_free(queue);
    return 0;
}

static void log_number(uint64_t number)
{
    log_event(EVENT_WORKER_READY, LOG_U(number), LOG_U(0), LOG_U(0));
}

static void log_warning(void)
{
    log_event(EVENT_WARNING, LOG_S("low"));
}

static struct log_counts counts(void)
{
    struct log_counts now;

    log_queue_counts(queue, &now);
    return now;
}

/* Takes everything that is there; answers how many records. */
static unsigned take_all(void)
{
    struct record_image image;
    struct record record;
    unsigned taken = 0;

    reader_look(&reader, 0);
    while (reader_next(&reader, &image, &record) == READER_RECORD)
        taken++;
    reader_release(&reader);
    return taken;
}

/* Logs until a record is dropped; answers how many were before. */
static unsigned fill(void)
{
    unsigned logged = 0;

    while (counts().dropped == 0)
        log_number(logged++);
    return logged - 1;
}

static void a_wait_ends_when_its_time_is_over(void **state)
{
    uint64_t began = clock_now_us();

    (void)state;
    assert_true(fill() > 10);
    assert_true(clock_now_us() - began >= SHORT_US);
    assert_int_equal(counts().waits, 1);
    assert_int_equal(counts().dropped, 1);
}

static void count_sign(void *context)
{
    ++*(unsigned *)context;
}

/* A thread in a long wait was taken for one that hangs. */
static void who_waits_shows_that_it_lives(void **state)
{
    unsigned signs = 0;

    (void)state;
    log_set_patience(350000);
    log_show_waits(count_sign, &signs);
    fill();
    assert_in_range(signs, 3, 20);
    assert_int_equal(counts().waits, 1);
    log_bind(lane, 1, false);
    log_number(0);
    assert_in_range(signs, 3, 20);
}

static void nobody_waits_twice_in_vain(void **state)
{
    uint64_t began;

    (void)state;
    fill();
    log_set_patience(LONG_US);
    began = clock_now_us();
    for (unsigned i = 0; i < 1000; i++)
        log_number(i);
    assert_true(clock_now_us() - began < LONG_US);
    assert_int_equal(counts().waits, 1);
    assert_int_equal(counts().dropped, 1001);
}

static void after_a_look_of_the_consumer_there_is_patience_again(void **state)
{
    (void)state;
    fill();
    assert_true(take_all() > 10);
    for (unsigned i = 0; counts().dropped < 2; i++)
        log_number(i);
    assert_int_equal(counts().waits, 2);
    assert_int_equal(counts().attempted, counts().dropped + reader.consumed + take_all());
}

static void warnings_have_room_of_their_own(void **state)
{
    (void)state;
    fill();
    for (unsigned i = 0; i < 4; i++)
        log_warning();
    assert_int_equal(counts().dropped, 1);
    assert_int_equal(counts().waits, 1);
}

static void who_never_waits_drops_at_once(void **state)
{
    (void)state;
    log_set_patience(LONG_US);
    log_never_wait();
    fill();
    assert_int_equal(counts().waits, 0);
    log_bind(lane, 1, false); /* binding again forgets it */
    log_set_patience(1);
    log_number(0);
    assert_int_equal(counts().waits, 1);
}

static void room_that_is_there_is_not_waited_for(void **state)
{
    static char text[LOG_TEXT_LONGEST + 1];

    (void)state;
    memset(text, 'x', LOG_TEXT_LONGEST);
    log_set_patience(LONG_US);
    for (unsigned i = 0; i < 6; i++) { /* a lane holds no six of them, but each alone */
        log_event(EVENT_STARTED, LOG_S(text), LOG_S(text), LOG_U(0), LOG_S(text));
        take_all();
    }
    assert_int_equal(counts().waits, 0);
}

static void *log_many(void *argument)
{
    log_bind(lane, 2, true);
    for (unsigned i = 0; i < 5000; i++)
        log_number(i);
    return argument;
}

/* Nothing is lost to a consumer that comes, however little room there is. */
static void waiting_loses_nothing(void **state)
{
    pthread_t threads[3];
    unsigned taken = 0;

    (void)state;
    log_set_patience(LONG_US);
    for (size_t i = 0; i < (sizeof threads / sizeof threads[0]); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, NULL), 0);
    support_wait_until(counts().waits > 0); /* on a busy machine we might else always be quicker than they */
    while (taken < 15000)
        taken += take_all();
    for (size_t i = 0; i < (sizeof threads / sizeof threads[0]); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(counts().attempted, 15000);
    assert_int_equal(counts().dropped, 0);
}

static void *log_one(void *argument)
{
    log_bind(lane, 2, true);
    log_number(0);
    return argument;
}

static void *log_large(void *argument)
{
    static char text[LOG_TEXT_LONGEST + 1];

    memset(text, 'x', LOG_TEXT_LONGEST);
    log_bind(lane, 2, true);
    log_event(EVENT_STARTED, LOG_S(text), LOG_S(text), LOG_U(0), LOG_S(text));
    return argument;
}

/* A log thread that reads, but not enough for a large record, has not stopped reading. */
static void a_wait_during_which_something_was_read_is_not_in_vain(void **state)
{
    struct record_image image;
    struct record record;
    pthread_t thread;

    (void)state;
    log_set_patience(0);
    fill();
    log_set_patience(400000);
    assert_int_equal(pthread_create(&thread, NULL, log_large, NULL), 0);
    support_wait_until(counts().waits == 1);
    reader_look(&reader, 0);
    assert_int_equal(reader_next(&reader, &image, &record), READER_RECORD);
    reader_release(&reader);
    pthread_join(thread, NULL);
    assert_int_equal(counts().dropped, 2);
    assert_int_equal(atomic_load(&lane->given_up), 0);
}

/* Threads that share a lane wait side by side, not one after the other. */
static void sharers_wait_together(void **state)
{
    pthread_t threads[8];
    uint64_t began, patience_us = 400000;

    (void)state;
    fill();
    take_all();
    log_set_patience(0);
    for (unsigned i = 0; counts().dropped < 2; i++)
        log_number(i);
    log_set_patience(patience_us);
    began = clock_now_us();
    for (size_t i = 0; i < (sizeof threads / sizeof threads[0]); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_one, NULL), 0);
    for (size_t i = 0; i < (sizeof threads / sizeof threads[0]); i++)
        pthread_join(threads[i], NULL);
    assert_true(clock_now_us() - began >= patience_us);
    assert_true(clock_now_us() - began < (sizeof threads / sizeof threads[0]) * patience_us);
    assert_int_equal(counts().dropped, 2 + (sizeof threads / sizeof threads[0]));
}

/* The word is a futex between processes, and a process that is killed in its sleep attempted nothing. */
static void a_process_killed_while_it_waits_leaves_no_trace(void **state)
{
    uint64_t attempted;
    int status;
    pid_t pid;

    (void)state;
    fill();
    take_all();
    log_set_patience(0);
    for (unsigned i = 0; counts().dropped < 2; i++)
        log_number(i);
    attempted = counts().attempted;
    log_set_patience(LONG_US);
    pid = fork();
    if (pid == 0) {
        log_number(1);
        _exit(0);
    }
    support_wait_until(counts().waits == 2);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(counts().attempted, attempted);
    take_all();
    assert_int_equal(atomic_load(&lane->waiting), 0);
    assert_int_equal(reader_settle(&reader, 0), 0);
}

static void a_process_is_woken(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    fill();
    take_all();
    log_set_patience(0);
    for (unsigned i = 0; counts().dropped < 2; i++)
        log_number(i);
    log_set_patience(LONG_US);
    pid = fork();
    if (pid == 0) {
        log_number(1);
        _exit(counts().dropped == 2 ? 0 : 1);
    }
    support_wait_until(counts().waits == 2);
    take_all();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(take_all(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_wait_ends_when_its_time_is_over),
        TEST(who_waits_shows_that_it_lives),
        TEST(nobody_waits_twice_in_vain),
        TEST(after_a_look_of_the_consumer_there_is_patience_again),
        TEST(warnings_have_room_of_their_own),
        TEST(who_never_waits_drops_at_once),
        TEST(room_that_is_there_is_not_waited_for),
        TEST(waiting_loses_nothing),
        TEST(a_wait_during_which_something_was_read_is_not_in_vain),
        TEST(sharers_wait_together),
        TEST(a_process_killed_while_it_waits_leaves_no_trace),
        TEST(a_process_is_woken),
    };

    return cmocka_run_group_tests_name("log/lane_wait", tests, NULL, NULL);
}
