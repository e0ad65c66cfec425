/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_LOG_STORM_H
#define CONCUR_TESTS_LOG_STORM_H

/* A storm of SIGKILLs on producer processes in a tight loop, and what it found wrong. Every line in the file
 * checks itself; no record may be there twice or in parts; what was attempted is what was written, dropped
 * and lost, to the record. Nothing in here fails by itself: the tests say what must be found. */
#include "tests/unit/log/support.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#define STORM_LANES     2
#define STORM_LANE_SIZE (256u << 10) /* full now and then, not mostly: a drop has fewer places to die in */

struct storm {
    unsigned kills; /* how many producers are to die */
    /* what came of it */
    struct log_counts counts;
    uint64_t lines;            /* of producers, in the file */
    uint64_t wrong_lines;      /* other than their number demands, or out of turn */
    uint64_t reported_dropped; /* by the log itself */
    uint64_t reported_lost;
    uint64_t reported_corrupt;
};

static struct log_queue *storm_queue;
static struct logger *storm_logger;

/* A text whose length follows from the number; it costs the producer nothing, so that death meets it in the
 * log call. */
static inline const char *storm_text(uint64_t number)
{
    static const char letters[] =
        "the-quick-brown-fox-jumps-over-the-lazy-dog.the-quick-brown-fox-jumps-over-the-lazy-dog."
        "the-quick-brown-fox-jumps-over-the-lazy-dog.the-quick-brown-fox-jumps-over-the-lazy-dog.";

    return letters + number * 7 % sizeof letters;
}

/* A timer of the kernel's, so that death comes at any instruction and not where the parent finds time for it.
 */
static inline void storm_die_in(uint64_t us)
{
    struct sigevent death = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    struct itimerspec when = {.it_value = clock_timespec(us)};
    timer_t timer;

    if (timer_create(CLOCK_MONOTONIC, &death, &timer) != 0 || timer_settime(timer, 0, &when, NULL) != 0)
        _exit(1);
}

static inline void storm_produce(unsigned lane, unsigned life, uint64_t life_us)
{
    log_bind(log_queue_lane(storm_queue, lane), life, false);
    for (uint64_t number = 0;; number++) {
        if (number == 5) /* however slow the machine, every life begins */
            storm_die_in(life_us);
        log_event(EVENT_PROTOCOL_ERROR, LOG_U(number), LOG_S("storm"), LOG_S(storm_text(number)));
    }
}

/* One life: born, at work, killed at some instruction, buried. */
static inline void storm_live_and_die(unsigned lane, unsigned life, uint64_t *seed)
{
    uint64_t life_us = 20 + support_random(seed) % 300;
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0)
        storm_produce(lane, life, life_us);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    logger_lane_died(storm_logger, lane);
    support_wait_until(logger_lane_ready(storm_logger, lane));
}

/* Whether the line is, to the byte, what its number demands; per life the numbers only rise. */
static inline bool storm_line_right(const char *line, uint64_t life[STORM_LANES], uint64_t next[STORM_LANES])
{
    char expected[512];
    uintmax_t worker, pid, tid, number;
    const char *text;
    unsigned lane;

    if (sscanf(line, "ts=%*s level=notice event=protocol_error worker=%ju pid=%ju tid=%ju conn=%ju ", &worker,
               &pid, &tid, &number) != 4)
        return false;
    text = storm_text(number);
    snprintf(expected, sizeof expected,
             "Z level=notice event=protocol_error worker=%ju pid=%ju tid=%ju conn=%ju peer=storm reason=%s",
             worker, pid, pid, number, *text != '\0' ? text : "\"\"");
    lane = worker % STORM_LANES;
    if (strcmp(line + strlen("ts=2026-11-20T05:33:00.123456"), expected) != 0 || worker < life[lane] ||
        (worker == life[lane] && number < next[lane]))
        return false;
    life[lane] = worker;
    next[lane] = number + 1;
    return true;
}

static inline void storm_read(struct storm *storm, const char *text)
{
    uint64_t life[STORM_LANES] = {0}, next[STORM_LANES] = {0};

    storm->reported_dropped = support_sum(text, "log_dropped", "dropped");
    storm->reported_lost = support_sum(text, "log_lost", "lost");
    storm->reported_corrupt = support_count(text, " event=log_corrupt ");
    for (const char *line; (line = support_line(&text)) != NULL;) {
        if (strstr(line, " event=protocol_error ") == NULL)
            continue;
        storm->lines++;
        storm->wrong_lines += !storm_line_right(line, life, next);
    }
    log_queue_counts(storm_queue, &storm->counts);
}

/* Kills `storm->kills` producers and fills in the rest. */
static inline void storm_run(struct storm *storm)
{
    char target[160];
    struct config config = {.log = {.target = target, .flush_interval_us = 1000}};
    struct error error;
    uint64_t seed = storm->kills;
    char *text;

    snprintf(target, sizeof target, "file:%s", support_path("log"));
    storm_queue = support_queue(STORM_LANES, STORM_LANE_SIZE);
    storm_logger = logger_start(&config, storm_queue, &error);
    assert_non_null(storm_logger);
    for (unsigned life = 0; life < storm->kills; life++)
        storm_live_and_die(life % STORM_LANES, life, &seed);
    for (unsigned lane = 0; lane < STORM_LANES; lane++)
        assert_int_equal(atomic_load(&log_queue_lane(storm_queue, lane)->generation),
                         storm->kills / STORM_LANES);
    logger_stop(&storm_logger, &(struct logger_end){0}, 10000000);
    text = support_read(support_path("log"));
    storm_read(storm, text);
    free(text);
    support_queue_free(storm_queue);
    print_message(
        "%u kills: attempted %ju written %ju dropped %ju lost %ju; wrong lines %ju, corrupt lanes %ju\n",
        storm->kills, (uintmax_t)storm->counts.attempted, (uintmax_t)storm->counts.written,
        (uintmax_t)storm->counts.dropped, (uintmax_t)storm->counts.lost, (uintmax_t)storm->wrong_lines,
        (uintmax_t)storm->reported_corrupt);
}

#endif
