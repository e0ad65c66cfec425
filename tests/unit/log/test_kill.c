/* SPDX-License-Identifier: Apache-2.0
 *
 * A storm of SIGKILLs on producer processes in a tight loop. Every line in the file checks itself, no record
 * is there twice or in parts, and what was attempted is what was written, dropped and lost, to the record.
 * Not for the thread sanitizer, which does not follow forks of a process with threads. */
#include "tests/unit/log/support.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define LANES     2
#define LANE_SIZE (256u << 10) /* full now and then, not mostly: a drop has fewer places to die in */
#define KILLS     300

static struct log_queue *queue;
static struct logger *logger;

/* A text whose length follows from the number; it costs the producer nothing, so that death meets it in the
 * log call. */
static const char *text_of(uint64_t number)
{
    static const char letters[] =
        "the-quick-brown-fox-jumps-over-the-lazy-dog.the-quick-brown-fox-jumps-over-the-lazy-dog."
        "the-quick-brown-fox-jumps-over-the-lazy-dog.the-quick-brown-fox-jumps-over-the-lazy-dog.";

    return letters + number * 7 % sizeof letters;
}

/* A timer of the kernel's, so that death comes at any instruction and not where the parent finds time for it.
 */
static void die_in(uint64_t us)
{
    struct sigevent death = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec when = {.it_value = clock_timespec(us)};
    timer_t timer;

    if (timer_create(CLOCK_MONOTONIC, &death, &timer) != 0 || timer_settime(timer, 0, &when, NULL) != 0)
        _exit(1);
}

static void produce(unsigned lane, unsigned life, uint64_t life_us)
{
    log_bind(log_queue_lane(queue, lane), life, false);
    for (uint64_t number = 0;; number++) {
        if (number == 5) /* however slow the machine, every life begins */
            die_in(life_us);
        log_event(EVENT_PROTOCOL_ERROR, LOG_U(number), LOG_S("storm"), LOG_S(text_of(number)));
    }
}

/* One life: born, at work, killed at some instruction, buried. */
static void live_and_die(unsigned lane, unsigned life, uint64_t *seed)
{
    uint64_t life_us = 20 + support_random(seed) % 300;
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        produce(lane, life, life_us);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    logger_lane_died(logger, lane);
    support_wait_until(logger_lane_ready(logger, lane));
}

/* The line is, to the byte, what its number demands; per life the numbers only rise. */
static void check_line(const char *line, uint64_t *life, uint64_t *next)
{
    char expected[512];
    uint64_t number = support_number(line, "conn"), worker = support_number(line, "worker");
    uint64_t pid = support_number(line, "pid");
    const char *text = text_of(number);

    snprintf(expected, sizeof expected,
             "Z level=notice event=protocol_error worker=%ju pid=%ju tid=%ju conn=%ju peer=storm reason=%s",
             (uintmax_t)worker, (uintmax_t)pid, (uintmax_t)pid, (uintmax_t)number, *text != '\0' ? text : "\"\"");
    assert_string_equal(line + strlen("ts=2026-11-20T05:33:00.123456"), expected);
    assert_true(worker >= *life);
    if (worker != *life)
        *next = 0;
    assert_true(number >= *next);
    *life = worker;
    *next = number + 1;
}

static void check_file(const char *text)
{
    uint64_t lines = 0, life[LANES] = {0}, next[LANES] = {0};
    const char *at = text;
    struct log_counts all;

    for (const char *line; (line = support_line(&at)) != NULL;) {
        if (strstr(line, " event=protocol_error ") != NULL) {
            unsigned lane = support_number(line, "worker") % LANES;

            check_line(line, &life[lane], &next[lane]);
            lines++;
        }
    }
    log_queue_counts(queue, &all);
    assert_int_equal(lines, all.written);
    assert_int_equal(all.attempted, all.written + all.dropped + all.lost);
    assert_int_equal(support_sum(text, "log_dropped", "dropped"), all.dropped);
    assert_int_equal(support_sum(text, "log_lost", "lost"), all.lost);
    assert_true(all.lost <= KILLS && all.attempted >= 5 * KILLS);
    print_message("attempted %ju written %ju dropped %ju lost %ju\n", (uintmax_t)all.attempted,
                  (uintmax_t)all.written, (uintmax_t)all.dropped, (uintmax_t)all.lost);
}

static void killed_producers_leave_whole_records_and_exact_counts(void **state)
{
    char target[160];
    struct config config = {.log = {.target = target, .flush_interval_us = 1000}};
    struct error error;
    uint64_t seed = 300;
    char *text;

    (void)state;
    snprintf(target, sizeof target, "file:%s", support_path("log"));
    queue = support_queue(LANES, LANE_SIZE);
    logger = logger_start(&config, queue, &error);
    assert_non_null(logger);
    for (unsigned life = 0; life < KILLS; life++)
        live_and_die(life % LANES, life, &seed);
    for (unsigned lane = 0; lane < LANES; lane++)
        assert_int_equal(atomic_load(&log_queue_lane(queue, lane)->generation), KILLS / LANES);
    logger_stop(&logger, 0, 0, 10000000);
    text = support_read(support_path("log"));
    check_file(text);
    free(text);
    support_queue_free(queue);
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
