/* SPDX-License-Identifier: Apache-2.0
 *
 * Thread per client: the simplest server there is. Each connection has a thread of its own that blocks in read; threads
 * whose client left are cached, up to a number, and take the next one. The scoreboard and the log have a bounded set of
 * slots that these threads share.
 *
 * A blocked thread is taken out of its read by a signal (sys/thread.h). A signal that comes just before the read is lost,
 * so retiring kicks again at every tick until the thread has let go. Client threads run everything but submit, retire and
 * stop, which are the main thread's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "daemon/backend/backend_private.h"
#include "daemon/backend/turn.h"
#include "daemon/sys/thread.h"

#define READ_ROOM 2048 /* each thread has a buffer of its own: small until a request needs more */

struct client_thread {
    struct thread_backend *owner;
    pthread_t thread;
    unsigned number;
    pthread_cond_t given;
    pthread_t self;       /* the same, for those who may be faster than whoever started it; the thread's */
    struct worker worker; /* owner: the thread, once it runs */
    /* lock: owner->lock */
    struct connection *connection; /* what it serves; NULL while cached */
    bool dismissed;                /* from the cache: to end */
    bool exited;
    struct client_thread *next, *previous; /* all threads */
    struct client_thread *next_idle;
};

struct thread_backend {
    struct backend backend; /* first: a backend is a thread_backend */
    /* lock: lock */
    pthread_mutex_t lock;
    struct client_thread *all, *idle;
    unsigned threads, idle_count;
    unsigned exited; /* of `threads`, those to be joined */
    bool stopping;
    /* owner: main thread */
    unsigned started;
};

static void kick(void *context, struct connection *connection)
{
    (void)connection;
    pthread_kill(((struct client_thread *)context)->self, THREAD_KICK);
}

/* Sleeps until somebody completes what the command waits for. The kick that says so is kept back until it sleeps. */
static void wait_for_kick(struct client_thread *self, struct connection *connection)
{
    uint64_t until = session_wake_us(&connection->session);
    sigset_t before;

    thread_kick_hold(&before);
    if (connection_sleep(connection, kick, self))
        connection->gone = stream_sleep_kicked(&connection->stream, until, &before) == STREAM_ERROR;
    thread_kick_resume(&before);
}

/* Waits until the connection's command may go on. */
static void wait_for(struct client_thread *self, struct connection *connection)
{
    uint64_t until = session_wake_us(&connection->session);

    if (session_is_wakeable(&connection->session))
        wait_for_kick(self, connection);
    else
        connection->gone = stream_sleep(&connection->stream, until) == STREAM_ERROR;
}

/* Serves one connection to its end, or until it is released. */
static void serve(struct client_thread *self, struct connection *connection)
{
    struct thread_backend *owner = self->owner;
    struct worker *worker = &self->worker;
    const struct backend_host *host = owner->backend.host;
    enum turn_parting parting = PARTING_OWES;

    for (;;) {
        bool retiring = backend_is_retiring(&owner->backend);
        bool hastes = retiring && !connection->lingering && parting != PARTING_AWAITS;

        switch (turn_take(host->connections, connection, worker, hastes ? TURN_NOW : TURN_PATIENT)) {
        case TURN_READ:
            if (!retiring || connection->lingering)
                break;
            parting = turn_part(host->connections, connection);
            if (parting !=
                PARTING_NOW) /* one that is awaited waits in its next read, until it is kicked again */
                break;
            host->release(host->context, connection);
            return;
        case TURN_WRITE:
            stream_wait_writable(&connection->stream);
            break;
        case TURN_AGAIN:
            break;
        case TURN_WAIT:
            wait_for(self, connection);
            break;
        case TURN_CLOSE:
            connection_close(host->connections, connection, connection->session.reason);
            return;
        }
    }
}

/* Waits in the cache for the next connection; NULL when the thread should end. */
static struct connection *next_connection(struct client_thread *self)
{
    struct thread_backend *owner = self->owner;
    struct connection *connection;

    pthread_mutex_lock(&owner->lock);
    if (self->connection == NULL && !owner->stopping &&
        owner->idle_count < self->worker.config->thread.cached_threads) {
        self->next_idle = owner->idle;
        owner->idle = self;
        owner->idle_count++;
        while (self->connection == NULL && !owner->stopping && !self->dismissed)
            pthread_cond_wait(&self->given, &owner->lock);
    }
    connection = self->connection;
    if (connection == NULL) {
        self->exited = true;
        owner->exited++;
    }
    pthread_mutex_unlock(&owner->lock);
    return connection;
}

static void let_go(struct client_thread *self)
{
    pthread_mutex_lock(&self->owner->lock);
    self->connection = NULL;
    pthread_mutex_unlock(&self->owner->lock);
}

static void *client_main(void *argument)
{
    struct client_thread *self = argument;
    const struct process *process = self->owner->backend.host->process;
    struct connection *connection;

    self->self = pthread_self();
    thread_kick_allow();
    worker_enter(&self->worker, 1 + self->number % (process->slots - 1), true, self->number);
    while ((connection = next_connection(self)) != NULL) {
        serve(self, connection);
        let_go(self);
    }
    worker_leave(&self->worker);
    return NULL;
}

static void client_thread_free(struct client_thread *thread)
{
    pthread_cond_destroy(&thread->given);
    worker_clear(&thread->worker);
    free(thread);
}

static void unlink_thread(struct thread_backend *owner, struct client_thread *thread)
{
    if (thread->previous != NULL)
        thread->previous->next = thread->next;
    else
        owner->all = thread->next;
    if (thread->next != NULL)
        thread->next->previous = thread->previous;
    owner->threads--;
    owner->exited--;
}

/* Joins threads that have ended since; they are past their last lock, so this does not wait. Answers how many are left. */
static unsigned reap(struct thread_backend *owner)
{
    struct client_thread *thread, *next;
    unsigned left;

    pthread_mutex_lock(&owner->lock);
    for (thread = owner->exited != 0 ? owner->all : NULL; thread != NULL; thread = next) {
        next = thread->next;
        if (!thread->exited)
            continue;
        unlink_thread(owner, thread);
        pthread_mutex_unlock(&owner->lock);
        pthread_join(thread->thread, NULL);
        client_thread_free(thread);
        pthread_mutex_lock(&owner->lock);
    }
    left = owner->threads;
    pthread_mutex_unlock(&owner->lock);
    return left;
}

/* Gives the connection to a cached thread; false when there is none. */
static bool give_to_cached(struct thread_backend *owner, struct connection *connection)
{
    struct client_thread *thread;

    pthread_mutex_lock(&owner->lock);
    thread = owner->idle;
    if (thread != NULL) {
        owner->idle = thread->next_idle;
        owner->idle_count--;
        thread->connection = connection;
        pthread_cond_signal(&thread->given);
    }
    pthread_mutex_unlock(&owner->lock);
    return thread != NULL;
}

static void link_thread(struct thread_backend *owner, struct client_thread *thread)
{
    pthread_mutex_lock(&owner->lock);
    thread->next = owner->all;
    if (owner->all != NULL)
        owner->all->previous = thread;
    owner->all = thread;
    owner->threads++;
    pthread_mutex_unlock(&owner->lock);
}

static struct client_thread *client_thread_new(struct thread_backend *owner, struct connection *connection)
{
    struct client_thread *thread = calloc(1, sizeof *thread);

    if (thread == NULL || worker_prepare(&thread->worker, owner->backend.host->process) != 0) {
        free(thread);
        return NULL;
    }
    thread->owner = owner;
    thread->connection = connection;
    thread->number = 1 + owner->started++ % (LOG_WORKERS_MOST - 1);
    thread->worker.read_room = READ_ROOM;
    pthread_cond_init(&thread->given, NULL);
    return thread;
}

static enum backend_submitted start_client_thread(struct thread_backend *owner, struct connection *connection)
{
    struct client_thread *thread = client_thread_new(owner, connection);
    int failed = ENOMEM;

    if (thread != NULL)
        failed = thread_start(&thread->thread, "client",
                              process_config(owner->backend.host->process)->thread.stack_size, client_main,
                              thread);
    if (failed == 0) {
        link_thread(owner, thread);
        return BACKEND_TAKEN;
    }
    log_event(EVENT_THREAD_FAILED, LOG_S("a client thread"), LOG_I(failed));
    if (thread != NULL)
        client_thread_free(thread);
    return BACKEND_REFUSED;
}

static enum backend_submitted thread_submit(struct backend *backend, struct connection *connection)
{
    struct thread_backend *owner = (struct thread_backend *)backend;
    enum backend_submitted result = BACKEND_TAKEN;

    if (stream_set_blocking(&connection->stream, true) != 0)
        return BACKEND_REFUSED;
    if (!give_to_cached(owner, connection))
        result = start_client_thread(owner, connection);
    backend_show_workers(backend, reap(owner));
    return result;
}

static struct backend *thread_backend_start(const struct backend_host *host, struct error *error)
{
    struct thread_backend *owner = calloc(1, sizeof *owner);

    if (owner == NULL) {
        error_set(error, "no memory for the thread backend");
        return NULL;
    }
    owner->backend.operations = &backend_thread;
    owner->backend.host = host;
    pthread_mutex_init(&owner->lock, NULL);
    thread_kick_prepare();
    host->ready(host->context);
    return &owner->backend;
}

static void thread_retire(struct backend *backend)
{
    struct thread_backend *owner = (struct thread_backend *)backend;
    struct client_thread *thread;

    pthread_mutex_lock(&owner->lock);
    for (thread = owner->all; thread != NULL; thread = thread->next)
        if (!thread->exited && thread->connection != NULL)
            pthread_kill(thread->thread, THREAD_KICK);
    pthread_mutex_unlock(&owner->lock);
}

/* Fewer threads may be cached than are. */
static void thread_adopt(struct backend *backend)
{
    struct thread_backend *owner = (struct thread_backend *)backend;
    uint64_t most = process_config(backend->host->process)->thread.cached_threads;

    pthread_mutex_lock(&owner->lock);
    while (owner->idle_count > most) {
        struct client_thread *thread = owner->idle;

        owner->idle = thread->next_idle;
        owner->idle_count--;
        thread->dismissed = true;
        pthread_cond_signal(&thread->given);
    }
    pthread_mutex_unlock(&owner->lock);
}

static void wake_cached(struct thread_backend *owner)
{
    struct client_thread *thread;

    pthread_mutex_lock(&owner->lock);
    owner->stopping = true;
    for (thread = owner->idle; thread != NULL; thread = thread->next_idle)
        pthread_cond_signal(&thread->given);
    pthread_mutex_unlock(&owner->lock);
}

static unsigned thread_stop(struct backend *backend, uint64_t until_us)
{
    struct thread_backend *owner = (struct thread_backend *)backend;
    struct client_thread *thread, *next;
    unsigned joined = 0, abandoned = 0;

    wake_cached(owner);
    /* Nobody else walks or changes the list any more: submitting and stopping are both this thread's. */
    for (thread = owner->all; thread != NULL; thread = next) {
        next = thread->next;
        if (thread_join(thread->thread, until_us) != 0) {
            abandoned++;
            continue;
        }
        joined++;
        client_thread_free(thread);
    }
    log_event(EVENT_JOINED, LOG_S("client threads"), LOG_U(joined), LOG_U(0), LOG_U(abandoned));
    backend_show_workers(backend, 0);
    if (abandoned == 0) {
        pthread_mutex_destroy(&owner->lock);
        free(owner);
    }
    return abandoned;
}

static unsigned thread_workers(const struct config *config)
{
    (void)config;
    return CONFIG_THREAD_SLOTS; /* more than cores, so that they seldom meet */
}

const struct backend_operations backend_thread = {
    .mode = MODE_THREAD,
    .workers = thread_workers,
    .start = thread_backend_start,
    .submit = thread_submit,
    .retire = thread_retire,
    .connections = backend_local_connections,
    .adopt = thread_adopt,
    .cut = backend_local_cut,
    .stop = thread_stop,
};
