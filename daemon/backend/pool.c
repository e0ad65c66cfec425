/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread pool: N threads around one epoll set in which every connection is armed for one event at a time. Whichever
 * thread is free takes the next request of any connection, so no request waits behind a busy loop, and a connection
 * without a request is parked in the kernel and costs no thread.
 *
 * Turns. More running threads than cores only cost context switches, so `pool.turns` of them have a seat; only who is
 * seated asks the epoll set for work. A command that is going to wait stands up first and lets somebody else sit down;
 * when its wait is over it does not run on - that would be one thread too many - but arms its connection for writing,
 * which is possible at once, and the next seated thread goes on with it. So the limit is exact, in arrival order, and
 * costs the request path nothing.
 *
 * `hold` keeps two threads from one connection: retiring arms connections that may be in a turn, and whoever comes second
 * leaves it alone; the first arms it again at its turn's end. All threads here but the main one are pool threads;
 * the main thread submits, retires and stops. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/backend/backend_private.h"
#include "daemon/backend/turn.h"
#include "daemon/sys/thread.h"

/* Who has a connection (connection->hold). */
enum hold {
    HOLD_NOBODY,  /* parked */
    HOLD_TURN,    /* a thread is at it, for as long as a turn takes */
    HOLD_PARKING, /* that thread is arming it */
    HOLD_ARRIVED, /* and has already missed the event: it goes on itself instead of parking */
};

struct pool_thread {
    struct pool *pool;
    pthread_t thread;
    unsigned number;
    struct worker worker; /* owner: the thread, once it runs */
};

struct pool {
    struct backend backend; /* first: a backend is a pool */
    /* set before start, then read only */
    int epoll;
    int stop_fd;  /* readable for ever once the pool stops: takes seated threads out of epoll_wait */
    int nudge_fd; /* a semaphore: takes so many of them out once */
    unsigned thread_count;
    struct pool_thread *threads;
    /* lock: seats_lock */
    pthread_mutex_t seats_lock;
    pthread_cond_t seat_free;
    unsigned turns; /* how many seats there are */
    int seats;      /* how many of them are free; negative while too many are taken since there are fewer */
    bool stopping;
    /* atomic: written under the lock */
    _Atomic bool crowded; /* seats are negative: who has finished a turn stands up */
};

/* Takes a seat; false when the pool stops. */
static bool sit_down(struct pool *pool)
{
    bool seated;

    pthread_mutex_lock(&pool->seats_lock);
    while (pool->seats <= 0 && !pool->stopping)
        pthread_cond_wait(&pool->seat_free, &pool->seats_lock);
    seated = !pool->stopping;
    if (seated)
        pool->seats--;
    pthread_mutex_unlock(&pool->seats_lock);
    return seated;
}

/* With the lock. */
static void show_crowded(struct pool *pool)
{
    atomic_store_explicit(&pool->crowded, pool->seats < 0, memory_order_relaxed);
}

static void stand_up(struct pool *pool)
{
    pthread_mutex_lock(&pool->seats_lock);
    pool->seats++;
    show_crowded(pool);
    pthread_cond_signal(&pool->seat_free);
    pthread_mutex_unlock(&pool->seats_lock);
}

/* Parks the connection until one of `events`; from here on another thread may have it. False when an event came before
 * we had let go of it: then it is still ours, and not armed. */
static bool park(struct pool *pool, struct connection *connection, uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLONESHOT, .data.ptr = connection};
    uint32_t hold = HOLD_PARKING;

    atomic_store_explicit(&connection->hold, HOLD_PARKING, memory_order_relaxed);
    epoll_ctl(pool->epoll, EPOLL_CTL_MOD, connection->stream.fd, &event);
    /* release pairs with the acquire in get_hold: the next thread sees what this turn did */
    if (atomic_compare_exchange_strong_explicit(&connection->hold, &hold, HOLD_NOBODY, memory_order_release,
                                                memory_order_relaxed))
        return true;
    atomic_store_explicit(&connection->hold, HOLD_TURN, memory_order_relaxed);
    return false;
}

/* Takes hold of a connection that has an event. False when somebody is at it, who will arm it again or go on with it. That
 * a relaxed look is recent enough rests on the kernel: its epoll lock orders the arming before the event that it gave. */
static bool get_hold(struct connection *connection)
{
    uint32_t hold = HOLD_NOBODY;

    for (;;) {
        uint32_t wanted = hold == HOLD_PARKING ? HOLD_ARRIVED : HOLD_TURN;

        if (hold == HOLD_TURN || hold == HOLD_ARRIVED)
            return false;
        if (atomic_compare_exchange_weak_explicit(&connection->hold, &hold, wanted, memory_order_acquire,
                                                  memory_order_relaxed))
            return wanted == HOLD_TURN;
    }
}

/* Out of the set before the descriptor is closed: the set follows the open description, which may have a copy. The hold
 * stays: a thread that comes late with an event from retiring must find it taken. */
static void leave(struct pool *pool, struct connection *connection)
{
    epoll_ctl(pool->epoll, EPOLL_CTL_DEL, connection->stream.fd, NULL);
}

static void end(struct pool *pool, struct connection *connection)
{
    leave(pool, connection);
    connection_close(pool->backend.host->connections, connection, connection->session.reason);
}

/* Sleeps for a command, without a seat. */
static void wait_for(struct pool *pool, struct connection *connection)
{
    uint64_t until = session_wake_us(&connection->session);

    stand_up(pool);
    connection->gone = stream_sleep(&connection->stream, until) == STREAM_ERROR;
    /* One that is gone would never become writable; the error that it has is an event as well. Who missed the event has
     * no seat to go on with: it arms again. */
    while (!park(pool, connection, EPOLLOUT))
        ;
}

/* Under the connection's guard. One in a turn is armed for nothing worse than a turn that finds nothing to do. */
static void arm_for_turn(void *context, struct connection *connection)
{
    struct pool *pool = context;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLONESHOT, .data.ptr = connection};

    epoll_ctl(pool->epoll, EPOLL_CTL_MOD, connection->stream.fd, &event);
}

/* Parks a connection whose command somebody else completes, so that no thread waits for that: only being woken or the
 * connection's end makes an event, and when the time is over the sweeper wakes it. Under the guard, so that being woken
 * comes either before, and it is armed for a turn, or after it is parked. Answers whether it is. */
static bool doze(struct pool *pool, struct connection *connection)
{
    uint64_t until = session_wake_us(&connection->session);
    bool parked;

    connection_arm(pool->backend.host->connections, connection, until, CLOSE_NONE);
    connection_lock(connection);
    parked = park(pool, connection,
                  connection_sleep_guarded(connection, arm_for_turn, pool) ? 0 : EPOLLIN | EPOLLOUT);
    connection_unlock(connection);
    return parked;
}

/* What ended the doze may have been the connection's end, which would be reported for ever. */
static void look_whether_gone(struct connection *connection)
{
    if (connection->want == SESSION_WAIT && session_is_wakeable(&connection->session))
        connection->gone = stream_sleep(&connection->stream, 0) == STREAM_ERROR;
}

static void release(struct pool *pool, struct connection *connection)
{
    leave(pool, connection);
    pool->backend.host->release(pool->backend.host->context, connection);
}

/* Retiring, at a request boundary. Answers whether this thread still holds the connection. */
static bool part(struct pool *pool, struct connection *connection)
{
    switch (turn_part(pool->backend.host->connections, connection)) {
    case PARTING_OWES:
        return !park(pool, connection, EPOLLIN | EPOLLOUT);
    case PARTING_AWAITS:
        return !park(pool, connection, EPOLLIN);
    case PARTING_NOW:
        release(pool, connection);
        break;
    }
    return false;
}

/* One turn of a connection that this thread holds, and what comes after it. Answers whether it still holds it. */
static bool take_turn(struct pool *pool, struct connection *connection, struct worker *worker, bool *seated)
{
    look_whether_gone(connection);
    switch (turn_take(pool->backend.host->connections, connection, worker, TURN_NOW)) {
    case TURN_READ:
        if (!backend_is_retiring(&pool->backend) || connection->lingering)
            return !park(pool, connection, EPOLLIN);
        return part(pool, connection);
    case TURN_WRITE:
        return !park(pool, connection, EPOLLOUT);
    case TURN_AGAIN:
        return !park(pool, connection, EPOLLIN | EPOLLOUT);
    case TURN_WAIT:
        if (session_is_wakeable(&connection->session))
            return !doze(pool, connection);
        wait_for(pool, connection);
        *seated = false;
        return false;
    case TURN_CLOSE:
        end(pool, connection);
        return false;
    }
    return false;
}

/* Takes a connection that has an event as far as it goes. Answers whether the thread still has its seat. */
static bool take(struct pool *pool, struct connection *connection, struct worker *worker)
{
    bool seated = true;

    if (!get_hold(connection))
        return true;
    while (take_turn(pool, connection, worker, &seated))
        ;
    return seated;
}

/* For one seated thread each: whether to stand up. */
static void take_nudge(struct pool *pool)
{
    uint64_t one;

    if (read(pool->nudge_fd, &one, sizeof one) < 0) {
        /* another thread took it */
    }
}

static void nudge(struct pool *pool, uint64_t count)
{
    if (write(pool->nudge_fd, &count, sizeof count) < 0) {
        /* it is readable enough already */
    }
}

/* Takes one request after the other until the seat or the pool is given up. */
static void serve_seated(struct pool *pool, struct worker *worker)
{
    struct epoll_event event;
    int got;

    for (;;) {
        got = epoll_wait(pool->epoll, &event, 1, -1);
        if (got <= 0)
            continue; /* EINTR: a debugger, a stop and continue */
        if (event.data.ptr == NULL) {
            stand_up(pool);
            return;
        }
        if (event.data.ptr == pool)
            take_nudge(pool);
        else if (!take(pool, event.data.ptr, worker))
            return;
        if (atomic_load_explicit(&pool->crowded, memory_order_relaxed)) {
            stand_up(pool);
            return;
        }
    }
}

static void *pool_main(void *argument)
{
    struct pool_thread *self = argument;

    worker_enter(&self->worker, 1 + self->number, false,
                 self->pool->backend.host->process->first_slot + 1 + self->number);
    while (sit_down(self->pool))
        serve_seated(self->pool, &self->worker);
    worker_leave(&self->worker);
    return NULL;
}

static unsigned pool_workers(const struct config *config)
{
    return (unsigned)config->pool.threads;
}

static void stop_asking(struct pool *pool)
{
    uint64_t one = 1;

    pthread_mutex_lock(&pool->seats_lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->seat_free);
    pthread_mutex_unlock(&pool->seats_lock);
    if (write(pool->stop_fd, &one, sizeof one) < 0) {
        /* it is readable already */
    }
}

static void pool_free(struct pool *pool)
{
    unsigned i;

    for (i = 0; i < pool->thread_count; i++)
        worker_clear(&pool->threads[i].worker);
    if (pool->epoll >= 0)
        close(pool->epoll);
    if (pool->stop_fd >= 0)
        close(pool->stop_fd);
    if (pool->nudge_fd >= 0)
        close(pool->nudge_fd);
    pthread_cond_destroy(&pool->seat_free);
    pthread_mutex_destroy(&pool->seats_lock);
    free(pool->threads);
    free(pool);
}

static unsigned pool_stop(struct backend *backend, uint64_t until_us)
{
    struct pool *pool = (struct pool *)backend;
    unsigned abandoned = 0, i;

    stop_asking(pool);
    for (i = 0; i < pool->thread_count; i++)
        if (thread_join(pool->threads[i].thread, until_us) != 0)
            abandoned++;
    log_event(EVENT_JOINED, LOG_S("pool threads"), LOG_U(pool->thread_count - abandoned), LOG_U(0),
              LOG_U(abandoned));
    backend_show_workers(backend, 0);
    if (abandoned == 0)
        pool_free(pool);
    return abandoned;
}

static int start_threads(struct pool *pool, unsigned count, struct error *error)
{
    char name[16];
    int failed;

    for (; pool->thread_count < count; pool->thread_count++) {
        struct pool_thread *thread = &pool->threads[pool->thread_count];

        *thread = (struct pool_thread){.pool = pool, .number = pool->thread_count};
        snprintf(name, sizeof name, "pool-%u", pool->thread_count);
        failed = worker_prepare(&thread->worker, pool->backend.host->process);
        failed = failed != 0 ? ENOMEM : thread_start(&thread->thread, name, 0, pool_main, thread);
        if (failed != 0) {
            worker_clear(&thread->worker);
            errno = failed;
            return error_errno(error, "starting pool thread %u of %u", pool->thread_count + 1, count);
        }
    }
    return 0;
}

static unsigned turns_of(const struct config *config, unsigned threads)
{
    return config->pool.turns == 0 || config->pool.turns > threads ? threads : (unsigned)config->pool.turns;
}

/* Seats are added at once; taken away as those who have them end a turn, or had nothing to do. */
static void pool_adopt(struct backend *backend)
{
    struct pool *pool = (struct pool *)backend;
    unsigned turns = turns_of(process_config(backend->host->process), pool->thread_count);

    pthread_mutex_lock(&pool->seats_lock);
    pool->seats += (int)turns - (int)pool->turns;
    pool->turns = turns;
    show_crowded(pool);
    if (pool->seats < 0)
        nudge(pool, (uint64_t)-pool->seats);
    pthread_cond_broadcast(&pool->seat_free);
    pthread_mutex_unlock(&pool->seats_lock);
}

static struct backend *pool_start(const struct backend_host *host, struct error *error)
{
    const struct config *config = process_config(host->process);
    unsigned count = host->process->slots - 1;
    struct pool *pool = calloc(1, sizeof *pool);
    struct epoll_event stop = {.events = EPOLLIN}, nudged = {.events = EPOLLIN, .data.ptr = pool};
    struct backend *backend;

    if (pool == NULL || (pool->threads = calloc(count, sizeof *pool->threads)) == NULL) {
        free(pool);
        error_set(error, "no memory for a pool of %u threads", count);
        return NULL;
    }
    backend = &pool->backend;
    backend->operations = &backend_pool;
    backend->host = host;
    pthread_mutex_init(&pool->seats_lock, NULL);
    pthread_cond_init(&pool->seat_free, NULL);
    pool->turns = turns_of(config, count);
    pool->seats = (int)pool->turns;
    pool->epoll = epoll_create1(EPOLL_CLOEXEC);
    pool->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pool->nudge_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    if (pool->epoll < 0 || pool->stop_fd < 0 || pool->nudge_fd < 0 ||
        epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->stop_fd, &stop) != 0 ||
        epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->nudge_fd, &nudged) != 0) {
        error_errno(error, "making the pool's epoll set");
        pool_free(pool);
        return NULL;
    }
    if (start_threads(pool, count, error) != 0) {
        backend_stop(&backend, CLOCK_NEVER);
        return NULL;
    }
    backend_show_workers(backend, count);
    host->ready(host->context);
    return backend;
}

static enum backend_submitted pool_submit(struct backend *backend, struct connection *connection)
{
    struct pool *pool = (struct pool *)backend;
    /* One that comes with unread input, or without all of it, must run before it reads: it is writable, so it is ready at
     * once. */
    uint32_t events = connection->want == SESSION_READ && !connection->gone ? EPOLLIN : EPOLLOUT;
    struct epoll_event event = {.events = events | EPOLLONESHOT, .data.ptr = connection};

    atomic_store_explicit(&connection->hold, HOLD_NOBODY, memory_order_release);
    return epoll_ctl(pool->epoll, EPOLL_CTL_ADD, connection->stream.fd, &event) == 0 ? BACKEND_TAKEN
                                                                                     : BACKEND_REFUSED;
}

/* Wakes every parked connection by arming it for writing. One in a turn, or closed and opened again meanwhile, is armed
 * for nothing worse than a turn that finds nothing to do. */
static void pool_retire(struct backend *backend)
{
    struct pool *pool = (struct pool *)backend;
    struct connections *connections = backend->host->connections;
    unsigned i;

    for (i = 0; i < connections->capacity; i++) {
        struct connection *connection = &connections->table[i];

        if (atomic_load_explicit(&connection->open, memory_order_acquire) == 0 ||
            atomic_load_explicit(&connection->hold, memory_order_relaxed) != HOLD_NOBODY)
            continue;
        connection_lock(connection);
        if (atomic_load_explicit(&connection->open, memory_order_relaxed) != 0)
            arm_for_turn(pool, connection);
        connection_unlock(connection);
    }
}

const struct backend_operations backend_pool = {
    .mode = MODE_POOL,
    .workers = pool_workers,
    .start = pool_start,
    .submit = pool_submit,
    .retire = pool_retire,
    .connections = backend_local_connections,
    .adopt = pool_adopt,
    .cut = backend_local_cut,
    .stop = pool_stop,
};
