/* SPDX-License-Identifier: Apache-2.0
 *
 * The log thread: the one consumer of the queue and the one writer of the log. Each turn of its loop does
 * what it was asked for, offers to the sink what is left of the last batch, and when that is gone fills the
 * next one from the lanes. It never waits for the sink: while that takes nothing the lanes fill up and their
 * producers drop, counted.
 *
 * How it sleeps. While anything is being logged, it looks every flush_interval, and sooner only when a
 * producer pokes it. After IDLE_US without a record it says ASLEEP, sleeps one more interval, looks again -
 * by then the stores of all who had not yet seen the word are there - and then sleeps until the first record
 * pokes it, or SLEEP_MOST_US at most. An idle daemon's log thread wakes twice in a second and an interval,
 * from either sleep. While the sink takes nothing it is deaf to producers: they could only wake it to find the
 * sink as full as before.
 *
 * It is the last thread to go: logger_stop has it write everything, then the final counts. Requests come from
 * the main thread in atomics, each followed by queue_call. The thread takes no signals, SIGPIPE neither. */
#include "daemon/log/logger.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "common/clock.h"
#include "daemon/log/change.h"
#include "daemon/log/dead_lanes.h"
#include "daemon/log/drain.h"
#include "daemon/log/last_line.h"
#include "daemon/log/sink.h"

#define IDLE_US            250000u
#define SLEEP_MOST_US      QUEUE_UNSEEN_US
#define CHANGE_PATIENCE_US 1000000u
#define STOP_GRACE_US      100000u /* beyond logger_stop's time-out, for a thread that is on its way out */

#define DEAD_SINK_US 1000000u /* one that has failed for longer is not given more than this at the end */
#define HURRY_US     50000u   /* how often logger_stop asks whether to wait on */

enum pass_outcome {
    PASS_IDLE,    /* nothing was there */
    PASS_DONE,    /* everything that was there is written */
    PASS_MORE,    /* there is more */
    PASS_BLOCKED, /* the sink takes nothing now */
};

struct logger {
    /* set by logger_start, then read only */
    struct log_queue *queue;
    pthread_t thread;

    /* owner: the main thread */
    int style; /* enum log_format, as it was asked for last */

    /* owner: the log thread */
    uint64_t flush_interval_us;
    struct log_change *due; /* taken, and waiting for the old sink */
    struct drain drain;
    struct sink *sink;
    uint64_t busy_us; /* when there last was something to write */
    bool began_stopping;
    bool said_drained; /* the last line is in the batch */
    bool has_reopened; /* well or not, and not yet said */
    int reopen_error;  /* errno of that; 0: well */

    /* atomic: set by others before queue_call, taken by the log thread behind queue_awake */
    _Atomic bool reopen, stopping;
    struct dead_lanes dead;              /* says itself who touches what */
    _Atomic(struct log_change *) change; /* owned by whoever exchanges it */

    /* set by logger_stop before `stopping` */
    struct logger_end end;

    /* atomic: when to give up; CLOCK_NEVER until logger_stop, then only ever earlier, by either thread */
    _Atomic uint64_t stop_at_us;

    /* lock: lock */
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool has_ended;
};

/* A file that can't be written says so on stderr at once, and there and in itself when it works again. */
static void tell_failure(struct logger *logger, const struct sink_failure *failure)
{
    const struct log_value values[] = {LOG_S(sink_target(logger->sink)), LOG_I(failure->error)};

    sink_last_resort(logger->sink, &logger->drain.format, EVENT_SINK_FAILED, failure->since_us, values, 2);
}

static void tell_recovery(struct logger *logger, const struct sink_failure *failure, uint64_t held_bytes,
                          uint64_t now_us)
{
    const struct log_value failed[] = {LOG_S(sink_target(logger->sink)), LOG_I(failure->error)};
    const struct log_value recovered[] = {
        LOG_S(sink_target(logger->sink)),
        LOG_U((failure->until_us - failure->since_us) / 1000),
        LOG_U(held_bytes),
    };

    /* The batch has just been emptied: there is room. */
    drain_say(&logger->drain, EVENT_SINK_FAILED, failure->since_us, failed, 2);
    drain_say(&logger->drain, EVENT_SINK_RECOVERED, now_us, recovered, 3);
    sink_last_resort(logger->sink, &logger->drain.format, EVENT_SINK_RECOVERED, now_us, recovered, 3);
}

/* Offers the batch to the sink. Whether it is empty now, but for news about the sink itself. */
static bool flush(struct logger *logger, uint64_t now_us)
{
    struct drain *drain = &logger->drain;
    struct log_counts counts;
    struct sink_failure failure;
    const char *text;
    uint64_t held = batch_unsent(&drain->batch, &text);
    bool flushed = sink_flush(logger->sink, &drain->batch, now_us);

    drain_written(drain);
    switch (sink_news(logger->sink, &failure)) {
    case SINK_NO_NEWS:
        break;
    case SINK_HAS_FAILED:
        tell_failure(logger, &failure);
        break;
    case SINK_HAS_RECOVERED:
        log_queue_counts(logger->queue, &counts);
        tell_recovery(logger, &failure, held + counts.depth_bytes, now_us);
        break;
    }
    return flushed;
}

/* At once, whatever the batch holds: a sink that takes nothing is what another file may be the cure for. What
 * came of it is said when there is room. */
static void do_reopen(struct logger *logger, uint64_t now_us)
{
    if (!sink_reopens(logger->sink))
        return;
    logger->reopen_error = sink_reopen(logger->sink, &logger->drain.batch, now_us) == 0 ? 0 : errno;
    logger->has_reopened = true;
}

static void say_reopened(struct logger *logger, uint64_t now_us)
{
    const struct log_value values[] = {LOG_S(sink_target(logger->sink)), LOG_I(logger->reopen_error)};
    bool well = logger->reopen_error == 0;

    if (logger->has_reopened)
        logger->has_reopened = !drain_say(&logger->drain, well ? EVENT_REOPENED : EVENT_REOPEN_FAILED, now_us,
                                          values, well ? 1 : 2);
}

static enum pass_outcome pass(struct logger *logger, uint64_t now_us)
{
    struct drain *drain = &logger->drain;
    const char *text;
    bool all;

    if (now_us < sink_retry_us(logger->sink) || !flush(logger, now_us))
        return PASS_BLOCKED;
    if (logger->said_drained)
        return PASS_IDLE; /* nothing comes behind the last line */
    say_reopened(logger, now_us);
    all = drain_fill(drain, now_us);
    if (batch_unsent(&drain->batch, &text) == 0)
        return PASS_IDLE;
    logger->busy_us = now_us;
    if (!flush(logger, now_us))
        return PASS_BLOCKED;
    return all && batch_unsent(&drain->batch, &text) == 0 ? PASS_DONE : PASS_MORE;
}

static void do_change(struct logger *logger, uint64_t now_us)
{
    bool moves = logger->due->sink != NULL;

    if (!log_change_apply(logger->due, &logger->sink, &logger->drain, now_us))
        return;
    logger->flush_interval_us = logger->due->flush_interval_us;
    if (moves) {
        logger->has_reopened = true;
        logger->reopen_error = 0;
    }
    log_change_free(&logger->due);
}

static void serve_requests(struct logger *logger, uint64_t now_us)
{
    log_change_collect(&logger->change, &logger->due);
    if (logger->due != NULL)
        do_change(logger, now_us);
    if (atomic_exchange_explicit(&logger->reopen, false, memory_order_relaxed))
        do_reopen(logger, now_us);
    dead_lanes_bury(&logger->dead, &logger->drain, now_us);
}

/* While the sink takes nothing: until it is worth another try, or until it is time to give up. */
static void rest_deaf(struct logger *logger, uint64_t now_us)
{
    uint64_t until_us = sink_retry_us(logger->sink);
    uint64_t stop_at_us = atomic_load_explicit(&logger->stop_at_us, memory_order_relaxed);

    if (logger->due != NULL && logger->due->until_us < until_us)
        until_us = logger->due->until_us;
    if (stop_at_us < until_us)
        until_us = stop_at_us;
    if (until_us > now_us)
        queue_sleep(logger->queue, QUEUE_DEAF, until_us - now_us);
}

static void rest(struct logger *logger, enum pass_outcome outcome, uint64_t now_us)
{
    if (outcome == PASS_MORE)
        return;
    if (outcome == PASS_BLOCKED) {
        rest_deaf(logger, now_us);
        return;
    }
    if (now_us - logger->busy_us < IDLE_US) {
        queue_sleep(logger->queue, QUEUE_DOZING, logger->flush_interval_us);
        return;
    }
    if (queue_sleep(logger->queue, QUEUE_ASLEEP, logger->flush_interval_us) &&
        !drain_waiting(&logger->drain, clock_now_us()))
        queue_sleep(logger->queue, QUEUE_ASLEEP, SLEEP_MOST_US);
}

/* Nobody logs any more: what has not arrived by now never will. Abandoned threads may be anywhere, also between
 * taking a number and publishing: with any of them nothing is known to be lost. */
static void settle_all(struct logger *logger, uint64_t now_us)
{
    for (unsigned i = 0; i < logger->drain.lane_count && logger->end.abandoned == 0; i++)
        drain_settle(&logger->drain, i, now_us);
    drain_hurry(&logger->drain);
    drain_fill(&logger->drain, now_us);
}

/* The time to stop has come and the sink still takes nothing: what is left counts as dropped. One last try to
 * say so, unless that would end up in the middle of a line; else stderr has the counts. */
static void give_up(struct logger *logger, uint64_t now_us)
{
    struct drain *drain = &logger->drain;
    bool fresh = batch_partial(&drain->batch) == 0;

    drain_forget_batch(drain);
    for (unsigned i = 0; i < drain->lane_count; i++)
        drain_discard(drain, i, now_us);
    settle_all(logger, now_us);
    if (fresh && !logger->said_drained && last_line_say(drain, &logger->end, now_us) &&
        sink_flush(logger->sink, &drain->batch, now_us))
        return;
    last_line_tell(logger->sink, &drain->format, logger->queue, &logger->end, now_us);
}

static void stop_by(struct logger *logger, uint64_t time_us)
{
    uint64_t until_us = atomic_load_explicit(&logger->stop_at_us, memory_order_relaxed);

    while (time_us < until_us &&
           !atomic_compare_exchange_weak_explicit(&logger->stop_at_us, &until_us, time_us,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

/* The first pass since it is to stop is ahead: the sink gets another try at once, and little time when it has failed for
 * long. */
static void begin_stopping(struct logger *logger, uint64_t now_us)
{
    logger->began_stopping = true;
    sink_hurry(logger->sink, now_us);
    if (sink_failing_us(logger->sink, now_us) > DEAD_SINK_US)
        stop_by(logger, clock_add(now_us, DEAD_SINK_US));
}

/* While stopping, after each pass: whether the thread may end. It goes on without a rest until everything is
 * written, the last line too, or the time is up. */
static bool finish(struct logger *logger, enum pass_outcome *outcome, uint64_t now_us)
{
    const char *text;

    if (logger->said_drained && batch_unsent(&logger->drain.batch, &text) == 0)
        return true;
    if (now_us >= atomic_load_explicit(&logger->stop_at_us, memory_order_relaxed)) {
        give_up(logger, now_us);
        return true;
    }
    if (*outcome == PASS_IDLE) {
        settle_all(logger, now_us);
        logger->said_drained = last_line_say(&logger->drain, &logger->end, now_us);
    }
    if (*outcome != PASS_BLOCKED)
        *outcome = PASS_MORE;
    return false;
}

static void *run(void *argument)
{
    struct logger *logger = argument;
    enum pass_outcome outcome;
    uint64_t now_us;
    bool stopping;

    format_identify(&logger->drain.format);
    for (;;) {
        queue_awake(logger->queue);
        now_us = clock_now_us();
        serve_requests(logger, now_us);
        /* Looked at before the pass: only one that began after the last record can say that nothing is left.
         * acquire: pairs with the release in logger_stop */
        stopping = atomic_load_explicit(&logger->stopping, memory_order_acquire);
        if (stopping && !logger->began_stopping)
            begin_stopping(logger, now_us);
        outcome = pass(logger, now_us);
        if (stopping && finish(logger, &outcome, now_us))
            break;
        rest(logger, outcome, now_us);
    }
    pthread_mutex_lock(&logger->lock);
    logger->has_ended = true;
    pthread_cond_signal(&logger->ended);
    pthread_mutex_unlock(&logger->lock);
    return NULL;
}

static void logger_free(struct logger *logger)
{
    log_change_collect(&logger->change, &logger->due);
    log_change_free(&logger->due);
    sink_close(&logger->sink);
    drain_free(&logger->drain);
    dead_lanes_free(&logger->dead);
    pthread_cond_destroy(&logger->ended);
    pthread_mutex_destroy(&logger->lock);
    free(logger);
}

static struct logger *logger_new(struct log_queue *queue, uint64_t flush_interval_us)
{
    struct logger *logger = calloc(1, sizeof *logger);
    pthread_condattr_t monotonic;

    if (logger == NULL)
        return NULL;
    logger->queue = queue;
    logger->flush_interval_us = flush_interval_us;
    logger->busy_us = clock_now_us();
    atomic_init(&logger->stop_at_us, CLOCK_NEVER);
    pthread_mutex_init(&logger->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&logger->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return logger;
}

/* With every signal blocked, so that handlers run elsewhere. */
static int start_thread(struct logger *logger)
{
    sigset_t all, before;
    int result;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    result = pthread_create(&logger->thread, NULL, run, logger);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result == 0)
        pthread_setname_np(logger->thread, "log");
    return result;
}

struct logger *logger_start(const struct config *config, struct log_queue *queue, struct error *error)
{
    struct logger *logger = logger_new(queue, config->log.flush_interval_us);
    int result;

    if (logger == NULL) {
        error_set(error, "not enough memory for the log");
        return NULL;
    }
    logger->style = config->log.format;
    logger->sink = sink_open(config->log.target, error);
    if (logger->sink == NULL)
        goto failed;
    if (drain_init(&logger->drain, queue, config->log.format, sink_envelope(logger->sink), error) != 0)
        goto failed;
    if (dead_lanes_init(&logger->dead, logger->drain.lane_count) != 0) {
        error_set(error, "not enough memory for the log");
        goto failed;
    }
    result = start_thread(logger);
    if (result != 0) {
        errno = result;
        error_errno(error, "the log thread");
        goto failed;
    }
    return logger;

failed:
    logger_free(logger);
    return NULL;
}

void logger_change(struct logger *logger, struct log_change **change)
{
    logger->style = (*change)->style;
    log_change_offer(&logger->change, change, clock_now_us() + CHANGE_PATIENCE_US);
    queue_call(logger->queue);
}

void logger_reopen(struct logger *logger)
{
    atomic_store_explicit(&logger->reopen, true, memory_order_relaxed);
    queue_call(logger->queue);
}

void logger_lane_died(struct logger *logger, unsigned lane)
{
    dead_lanes_add(&logger->dead, lane);
    queue_call(logger->queue);
}

bool logger_lane_ready(struct logger *logger, unsigned lane)
{
    return dead_lanes_ready(&logger->dead, lane);
}

void logger_lane_wanted(struct logger *logger, unsigned lane)
{
    if (dead_lanes_want(&logger->dead, lane))
        queue_call(logger->queue);
}

/* Whether the thread has ended, waiting for that until then. */
static bool await_end(struct logger *logger, uint64_t until_us)
{
    struct timespec until = clock_timespec(until_us);
    bool ended;

    pthread_mutex_lock(&logger->lock);
    while (!logger->has_ended && pthread_cond_timedwait(&logger->ended, &logger->lock, &until) == 0)
        ;
    ended = logger->has_ended;
    pthread_mutex_unlock(&logger->lock);
    return ended;
}

/* Whether the thread ended in time, which may become less while it is waited for. */
static bool wait_for_end(struct logger *logger)
{
    uint64_t now_us;

    while (!await_end(logger, clock_add(clock_now_us(), HURRY_US))) {
        now_us = clock_now_us();
        if (now_us >=
            clock_add(atomic_load_explicit(&logger->stop_at_us, memory_order_relaxed), STOP_GRACE_US))
            return false;
        if (logger->end.hurried == NULL || !logger->end.hurried())
            continue;
        stop_by(logger, now_us);
        queue_call(logger->queue);
    }
    return true;
}

void logger_stop(struct logger **logger, const struct logger_end *end, uint64_t timeout_us)
{
    struct logger *stopped = *logger;

    if (stopped == NULL)
        return;
    *logger = NULL;
    stopped->end = *end;
    stop_by(stopped, clock_add(clock_now_us(), timeout_us));
    /* release: pairs with the acquire in run */
    atomic_store_explicit(&stopped->stopping, true, memory_order_release);
    queue_call(stopped->queue);
    if (!wait_for_end(stopped)) {
        /* It hangs in a system call (a terminal that was stopped, a dead file server) and still uses all of
         * this. */
        last_line_tell_for(stopped->sink, stopped->style, stopped->queue, &stopped->end);
        pthread_detach(stopped->thread);
        return;
    }
    pthread_join(stopped->thread, NULL);
    logger_free(stopped);
}
