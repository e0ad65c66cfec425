/* SPDX-License-Identifier: Apache-2.0
 *
 * The producers' side: level filter, the calling thread's lane, and the way of one record into it. A thread
 * binds once and from then on finds everything a record needs in its own memory, so that a log call is a
 * clock read, a copy of raw values and two stores into a line that nobody else writes.
 *
 * Runs in every thread of master and workers. Locks: one per shared lane, in this process's own memory - in
 * the shared segment a dead process could hold it for the living. */
#include "daemon/log/log.h"

#include <assert.h>
#include <pthread.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/log/lane_wait.h"
#include "daemon/log/queue.h"
#include "daemon/log/record.h"

#define LANE_LOCKS     64
#define ALIVE_EVERY_US 100000 /* a tenth of a second: as often as a long command says so */

/* Lanes of equal index modulo LANE_LOCKS share a lock: they contend at times, which is all. Held for one
 * lane_put, never over a wait. */
static pthread_mutex_t lane_locks[LANE_LOCKS] = {[0 ... LANE_LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER};

/* relaxed, both: a change may take effect a record later */
static _Atomic uint64_t patience_us;
static _Atomic unsigned threshold = LOG_INFO;

/* owner: the thread */
static _Thread_local struct {
    struct lane_writer writer;
    struct log_queue *queue;
    const struct schema *table;
    pthread_mutex_t *lock; /* NULL: the lane is this thread's alone */
    struct record_origin origin;
    bool never_waits;
    void (*alive)(void *context); /* may be NULL */
    void *context;
} bound;

bool log_wants(enum log_event_id event)
{
    return schema_levels[event] >= atomic_load_explicit(&threshold, memory_order_relaxed);
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&threshold, (unsigned)level, memory_order_relaxed);
}

void log_set_patience(uint64_t wait_us)
{
    atomic_store_explicit(&patience_us, wait_us, memory_order_relaxed);
}

void log_adopt(const struct config *config)
{
    log_set_level((enum log_level)config->log.level);
    log_set_patience(config->log.overflow == LOG_OVERFLOW_BLOCK ? config->log.block_timeout_us : 0);
}

void log_never_wait(void)
{
    bound.never_waits = true;
}

void log_show_waits(void (*alive)(void *context), void *context)
{
    bound.alive = alive;
    bound.context = context;
}

void log_bind(struct lane *lane, unsigned worker, bool shared)
{
    unsigned count;
    bool sound;

    bound.writer.lane = lane;
    bound.alive = NULL;
    if (lane == NULL)
        return;
    assert(worker < LOG_WORKERS_MOST || worker == LOG_WORKER_NONE);
    bound.queue = queue_of(lane);
    sound = queue_geometry(bound.queue, &count, &bound.writer.size);
    assert(sound && lane->index < count && lane->size == bound.writer.size);
    bound.table = schema_table();
    bound.origin = (struct record_origin){.worker = worker, .tid = (uint32_t)gettid()};
    atomic_store_explicit(&lane->pid, (uint32_t)getpid(),
                          memory_order_relaxed); /* published with the first tail */
    bound.never_waits = false;
    bound.lock = shared ? &lane_locks[lane->index % LANE_LOCKS] : NULL;
}

static void lock(void)
{
    if (bound.lock != NULL)
        pthread_mutex_lock(bound.lock);
}

static void unlock(void)
{
    if (bound.lock != NULL)
        pthread_mutex_unlock(bound.lock);
}

static enum lane_outcome put(struct record_image *image, bool urgent)
{
    enum lane_outcome outcome;

    lock();
    outcome = lane_put(&bound.writer, image, urgent);
    unlock();
    return outcome;
}

/* A producer's wait for room. */
struct patience {
    uint64_t until_us;       /* 0: it has not begun */
    uint64_t began_at, head; /* where the lane's head was then, and when last looked at */
};

/* Puts the record when there is room, or when its time is over, or when waiting would be in vain: false when it is too
 * early. The lock is not held over a wait: those who share the lane wait side by side. */
static bool put_or_look(struct record_image *image, bool urgent, struct patience *patience,
                        enum lane_outcome *outcome)
{
    enum lane_prospect prospect;
    bool early;

    lock();
    prospect = lane_look(&bound.writer, image->header.length, urgent, &patience->head);
    early = prospect == LANE_FULL && (patience->until_us == 0 || clock_now_us() < patience->until_us);
    if (prospect == LANE_FULL && !early)
        lane_give_up(&bound.writer, patience->began_at, patience->head);
    if (!early)
        *outcome = lane_put(&bound.writer, image, urgent);
    unlock();
    return !early;
}

/* One sleep, no longer than a thread may be silent. */
static void await(uint64_t head, uint64_t wait_us, bool again)
{
    if (bound.alive != NULL && wait_us > ALIVE_EVERY_US)
        wait_us = ALIVE_EVERY_US;
    lane_await(&bound.writer, head, wait_us, again);
    if (bound.alive != NULL)
        bound.alive(bound.context);
}

static enum lane_outcome put_patiently(struct record_image *image, bool urgent, uint64_t wait_us)
{
    enum lane_outcome outcome = LANE_DROPPED;
    struct patience patience = {.until_us = 0};

    while (!put_or_look(image, urgent, &patience, &outcome)) {
        uint64_t now_us = clock_now_us();
        bool again = patience.until_us != 0;

        if (!again) {
            patience.until_us = clock_add(now_us, wait_us);
            patience.began_at = patience.head;
        }
        queue_poke(bound.queue);
        if (now_us < patience.until_us)
            await(patience.head, patience.until_us - now_us, again);
    }
    return outcome;
}

void log_put_at(uint64_t now_us, enum log_event_id event, const struct log_value *values, size_t count)
{
    struct record_image image;
    bool urgent = schema_levels[event] >= LOG_WARNING;
    uint64_t wait_us = atomic_load_explicit(&patience_us, memory_order_relaxed);
    enum lane_outcome outcome;

    assert(bound.writer.lane != NULL);
    record_encode(&image, bound.table, event, bound.origin, now_us, values, count);
    outcome =
        wait_us == 0 || bound.never_waits ? put(&image, urgent) : put_patiently(&image, urgent, wait_us);
    if (urgent || outcome != LANE_TAKEN)
        queue_poke(bound.queue);
    else
        queue_poke_asleep(bound.queue);
}

void log_put(enum log_event_id event, const struct log_value *values, size_t count)
{
    log_put_at(clock_now_us(), event, values, count);
}
