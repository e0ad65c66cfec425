/* SPDX-License-Identifier: Apache-2.0
 *
 * Pre-forked worker processes. The master accepts and hands each connection to the worker with the fewest; a worker runs
 * an inner backend and owns what it acknowledged (handover.h has the protocol). A worker that dies takes its own
 * connections with it and nothing else: what it had not acknowledged goes to another, and supervisor.c replaces it.
 *
 * Everything here runs in the master's main thread. */
#include "daemon/backend/prefork_private.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/sys/usage.h"

#define KILL_GRACE_US 2000000 /* between asking workers to end and SIGKILL */
#define FULL_US       100000  /* before a worker without descriptors is tried again */
#define WORKER_FILES  32      /* descriptors that a worker needs beside those of its clients */
#define THREAD_FILES                                                                                         \
    4 /* and each of its inner threads: a reactor's epoll set, eventfd and timerfd, and one to spare */

static void on_control(evutil_socket_t fd, short what, void *context);

static void queue_changed(struct prefork *prefork, int by)
{
    segment_add(&prefork_segment(prefork)->header->queued_connections, (uint64_t)(int64_t)by);
}

static void enqueue(struct prefork *prefork, struct connection *connection, bool in_front)
{
    queue_changed(prefork, 1);
    /* Waiting for us is not being idle: the worker that it comes to looks at that. */
    connection_arm(prefork->backend.host->connections, connection, CLOCK_NEVER, CLOSE_NONE);
    connection_set_idle(connection, false);
    connection->seat = in_front ? prefork->queue_first : NULL;
    if (prefork->queue_first == NULL || in_front) {
        if (prefork->queue_first == NULL)
            prefork->queue_last = connection;
        prefork->queue_first = connection;
        return;
    }
    prefork->queue_last->seat = connection;
    prefork->queue_last = connection;
}

static struct connection *dequeue(struct prefork *prefork)
{
    struct connection *connection = prefork->queue_first;

    queue_changed(prefork, -1);
    prefork->queue_first = connection->seat;
    if (prefork->queue_first == NULL)
        prefork->queue_last = NULL;
    connection->seat = NULL;
    return connection;
}

void prefork_sweep_queue(struct prefork *prefork)
{
    struct connections *connections = prefork->backend.host->connections;
    uint64_t left = segment_get(&prefork_segment(prefork)->header->queued_connections);

    while (left-- > 0) {
        struct connection *connection = dequeue(prefork);
        enum close_reason marked = session_marked(&connection->session);

        if (stream_is_over(&connection->stream))
            connection_close(connections, connection, marked != CLOSE_NONE ? marked : CLOSE_PEER);
        else
            enqueue(prefork, connection, false);
    }
}

bool prefork_has_room(const struct prefork *prefork, const struct worker_process *worker)
{
    return worker->pid != 0 && !worker->leaving && worker->stopped_us == 0 && !worker->killed &&
           worker_process_state(worker, prefork->backend.host) == PROCESS_READY &&
           worker->unacknowledged_count < HANDOVER_UNACKNOWLEDGED_MOST &&
           worker->full_until_us < clock_now_us() &&
           segment_process_clients(prefork_segment(prefork), worker->number) < prefork->clients_most;
}

/* Whether `a` is to be given a connection before `b`: one that answers before one that is busy with something that does
 * not let go of it; then the one with the fewest connections; of those, the one that was given the fewest. */
static bool is_better(const struct segment *segment, const struct worker_process *a,
                      const struct worker_process *b, uint64_t now)
{
    uint64_t a_clients = segment_process_clients(segment, a->number);
    uint64_t b_clients = segment_process_clients(segment, b->number);

    if (worker_process_is_slow(a, now) != worker_process_is_slow(b, now))
        return worker_process_is_slow(b, now);
    if (a_clients != b_clients)
        return a_clients < b_clients;
    return segment_get(&segment->processes[a->number].dispatched) <
           segment_get(&segment->processes[b->number].dispatched);
}

/* Whoever connects after a reload is shown its certificate, so a worker that has yet to hear of that is not for them. */
static bool suits(const struct prefork *prefork, const struct worker_process *worker)
{
    return !prefork->queue_first->tls || worker_process_is_current(worker, prefork->backend.host);
}

/* For the first in the queue. */
static struct worker_process *choose(struct prefork *prefork)
{
    const struct segment *segment = prefork_segment(prefork);
    struct worker_process *best = NULL;
    uint64_t now = clock_now_us();
    unsigned i;

    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (prefork_has_room(prefork, worker) && suits(prefork, worker) &&
            (best == NULL || is_better(segment, worker, best, now)))
            best = worker;
    }
    return best;
}

/* QUEUED -> SENT. False when the socket takes no more now. */
static bool send_to(struct prefork *prefork, struct worker_process *worker, struct connection *connection)
{
    struct segment *segment = prefork_segment(prefork);

    segment_set32(&segment->connections[connection->index].process, worker->number);
    if (handover_send_connection(worker->control, HANDOVER_SENT, connection) != MESSAGE_OK)
        return false;
    segment_add(&segment->processes[worker->number].dispatched, 1);
    worker_process_sent(worker, connection->index);
    return true;
}

/* Nobody has room: every worker is to say when that changes. */
static void ask_for_room(struct prefork *prefork)
{
    unsigned i;

    for (i = 0; i < prefork->entries; i++)
        if (prefork->workers[i].pid != 0)
            atomic_store_explicit(
                &prefork_segment(prefork)->processes[prefork->workers[i].number].wants_room, 1,
                memory_order_seq_cst); /* pairs with the closer's: one of us sees the other */
    supervisor_grow(prefork);
}

void prefork_dispatch(struct prefork *prefork)
{
    struct worker_process *worker;
    bool asked = false;

    while (prefork->queue_first != NULL) {
        worker = choose(prefork);
        if (worker == NULL && !asked) {
            ask_for_room(prefork);
            asked = true;
            continue;
        }
        if (worker == NULL)
            return;
        if (send_to(prefork, worker, prefork->queue_first))
            dequeue(prefork);
        else /* its socket is full: others may have room meanwhile */
            worker->full_until_us = clock_now_us() + FULL_US;
    }
}

static enum backend_submitted prefork_submit(struct backend *backend, struct connection *connection)
{
    struct prefork *prefork = (struct prefork *)backend;

    enqueue(prefork, connection, false);
    prefork_dispatch(prefork);
    return BACKEND_TAKEN;
}

/* SENT -> QUEUED: it never touched these. */
unsigned prefork_take_back(struct prefork *prefork, struct worker_process *worker)
{
    struct connections *connections = prefork->backend.host->connections;
    unsigned count = worker->unacknowledged_count;

    while (worker->unacknowledged_count != 0) {
        uint32_t index = worker->unacknowledged[--worker->unacknowledged_count];

        segment_set32(&prefork_segment(prefork)->connections[index].process, 0);
        enqueue(prefork, &connections->table[index], true);
    }
    segment_add(&prefork_segment(prefork)->header->redispatched, count);
    return count;
}

/* SENT -> HELD: the worker has it, our copy goes. */
static void acknowledged(struct prefork *prefork, struct worker_process *worker, uint32_t index)
{
    struct connections *connections = prefork->backend.host->connections;

    if (worker_process_settled(worker, index))
        close(connection_detach(connections, &connections->table[index]));
}

/* SENT -> QUEUED: it has no descriptors left, and gets no more for a while. */
static void refused(struct prefork *prefork, struct worker_process *worker, uint32_t index)
{
    struct connections *connections = prefork->backend.host->connections;

    worker->full_until_us = clock_now_us() + FULL_US;
    if (!worker_process_settled(worker, index))
        return;
    atomic_fetch_add_explicit(&prefork_segment(prefork)->processes[worker->number].closed, 1,
                              memory_order_relaxed);
    enqueue(prefork, &connections->table[index], true);
}

/* RETURNED, and lost on the way: nobody has its descriptor any more. */
static void lost(struct prefork *prefork, const struct handover *message)
{
    struct segment *segment = prefork_segment(prefork);

    if (message->kind != HANDOVER_RETURNED || message->index >= segment->header->connections ||
        segment_get(&segment->connections[message->index].id) != message->id)
        return;
    log_event(EVENT_WARNING, LOG_S("a connection that a worker gave back is lost: no descriptors are left"));
    atomic_store_explicit(&segment->connections[message->index].state, CONNECTION_FREE, memory_order_release);
}

static void handle(struct prefork *prefork, struct worker_process *worker, const struct handover *message,
                   int fds[MESSAGE_FDS])
{
    struct connection *connection;

    switch (message->kind) {
    case HANDOVER_READY:
        supervisor_worker_ready(prefork, worker);
        break;
    case HANDOVER_ACKNOWLEDGED:
        acknowledged(prefork, worker, message->index);
        break;
    case HANDOVER_REFUSED:
        refused(prefork, worker, message->index);
        break;
    case HANDOVER_RETURNED:
        connection = handover_open(prefork->backend.host->connections, message, fds);
        if (connection != NULL)
            enqueue(prefork, connection, false);
        break;
    default: /* HANDOVER_ROOM: the queue is looked at anyway */
        break;
    }
}

/* Reads everything that the worker has sent. False when its end of the socket is gone. */
bool prefork_read_control(struct prefork *prefork, struct worker_process *worker)
{
    struct handover message;
    int fds[MESSAGE_FDS];

    for (;;) {
        switch (handover_receive(worker->control, &message, fds)) {
        case MESSAGE_OK:
            handle(prefork, worker, &message, fds);
            break;
        case MESSAGE_STRIPPED:
            lost(prefork, &message);
            break;
        case MESSAGE_AGAIN:
            return true;
        default:
            return false;
        }
    }
}

static void on_control(evutil_socket_t fd, short what, void *context)
{
    struct prefork *prefork = context;
    unsigned i;

    (void)what;
    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (worker->pid == 0 || worker->control != fd)
            continue;
        /* A closed socket means that it is dying; SIGCHLD brings the rest. Should it live on, it is of no use. */
        if (!prefork_read_control(prefork, worker)) {
            event_del(worker->control_event);
            worker_process_kill(worker);
        }
    }
    prefork_dispatch(prefork);
}

int prefork_watch_control(struct prefork *prefork, struct worker_process *worker)
{
    worker->control_event =
        event_new(prefork->backend.host->base, worker->control, EV_READ | EV_PERSIST, on_control, prefork);
    return worker->control_event != NULL ? event_add(worker->control_event, NULL) : -1;
}

static void prefork_free(struct prefork *prefork)
{
    supervisor_stop(prefork);
    free(prefork->workers);
    free(prefork);
}

/* A descriptor that finds no room in a worker is lost on its way, so more are never sent. Workers inherit our limit. */
static uint64_t files_most(const struct config *config)
{
    uint64_t needed = WORKER_FILES + THREAD_FILES * config->prefork.inner_threads;
    uint64_t files = usage_raise_files(0);

    return files > 2 * needed ? files - needed : needed;
}

static uint64_t clients_most(const struct config *config)
{
    uint64_t most = files_most(config);

    return config->prefork.clients_per_worker != 0 && config->prefork.clients_per_worker < most
               ? config->prefork.clients_per_worker
               : most;
}

static struct backend *prefork_start(const struct backend_host *host, struct error *error)
{
    struct prefork *prefork = calloc(1, sizeof *prefork);
    unsigned i;

    if (prefork == NULL) {
        error_set(error, "no memory for the prefork backend");
        return NULL;
    }
    prefork->backend.operations = &backend_prefork;
    prefork->backend.host = host;
    prefork->entries = host->process->segment->header->processes - 1;
    prefork->wanted = prefork->workers_least = (unsigned)process_config(host->process)->prefork.workers;
    prefork->clients_most = clients_most(process_config(host->process));
    prefork->workers = calloc(prefork->entries, sizeof *prefork->workers);
    if (prefork->workers == NULL || supervisor_start(prefork) != 0) {
        error_set(error, "no memory for %u worker processes", prefork->entries);
        prefork_free(prefork);
        return NULL;
    }
    for (i = 0; i < prefork->entries; i++)
        prefork->workers[i] = (struct worker_process){.number = i + 1, .control = -1};
    supervisor_keep_up(prefork, clock_now_us());
    return &prefork->backend;
}

static void prefork_adopt(struct backend *backend)
{
    struct prefork *prefork = (struct prefork *)backend;

    if (backend_is_retiring(backend))
        return;
    prefork->clients_most = clients_most(prefork_config(prefork));
    supervisor_adopt(prefork);
    prefork_dispatch(prefork);
}

static unsigned prefork_connections(const struct backend *backend)
{
    return (unsigned)segment_clients(backend->host->process->segment);
}

/* Whether a connection in the queue can be sent to somebody soon: a worker is only slow to acknowledge, is starting, or
 * will be started. */
static bool room_is_coming(const struct prefork *prefork)
{
    unsigned staying = 0, i;

    for (i = 0; i < prefork->entries; i++) {
        const struct worker_process *worker = &prefork->workers[i];

        if (worker->pid == 0 || worker->leaving)
            continue;
        staying++;
        if (worker->stopped_us == 0 && !worker->killed &&
            (worker->unacknowledged_count != 0 ||
             worker_process_state(worker, prefork->backend.host) == PROCESS_STARTING))
            return true;
    }
    return staying == 0;
}

static void tell_workers_to_drain(struct prefork *prefork)
{
    unsigned i;

    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (worker->pid == 0 || worker->told_drain)
            continue;
        worker->told_drain = handover_send(worker->control, HANDOVER_DRAIN, NULL) == MESSAGE_OK;
        worker->leaving = true;
    }
}

static void release_queue(struct prefork *prefork)
{
    const struct backend_host *host = prefork->backend.host;

    while (prefork->queue_first != NULL)
        host->release(host->context, dequeue(prefork));
}

/* Whoever was accepted has a last look at its input coming to it, in a worker: the queue goes out first, whatever a
 * worker is allowed otherwise; then workers are told, once. Only what nobody can take is released from here. */
static void prefork_retire(struct backend *backend)
{
    struct prefork *prefork = (struct prefork *)backend;

    prefork->clients_most = files_most(prefork_config(prefork));
    prefork_dispatch(prefork);
    if (prefork->queue_first != NULL && room_is_coming(prefork))
        return;
    tell_workers_to_drain(prefork);
    release_queue(prefork);
}

static void prefork_cut(struct backend *backend)
{
    struct prefork *prefork = (struct prefork *)backend;
    unsigned i;

    tell_workers_to_drain(prefork);
    release_queue(prefork);

    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (worker->pid == 0)
            continue;
        if (worker->stopped_us != 0)
            worker_process_kill(worker);
        else if (!worker->told_cut)
            worker->told_cut = handover_send(worker->control, HANDOVER_CUT, NULL) == MESSAGE_OK;
    }
}

static unsigned prefork_stop(struct backend *backend, uint64_t until_us)
{
    struct prefork *prefork = (struct prefork *)backend;
    uint64_t grace = clock_now_us() + KILL_GRACE_US;
    unsigned killed = 0, i;

    atomic_store_explicit(&backend->retiring, true, memory_order_relaxed);
    tell_workers_to_drain(prefork);
    release_queue(prefork);
    supervisor_wait(prefork, until_us < grace ? until_us : grace);
    for (i = 0; i < prefork->entries; i++) {
        if (prefork->workers[i].pid == 0)
            continue;
        worker_process_kill(&prefork->workers[i]);
        killed++;
    }
    supervisor_wait(prefork, CLOCK_NEVER);
    release_queue(prefork); /* a worker's last words may have given connections back */
    log_event(EVENT_JOINED, LOG_S("worker processes"), LOG_U(prefork->joined - killed), LOG_U(killed),
              LOG_U(0));
    prefork_free(prefork);
    return 0;
}

static unsigned prefork_workers(const struct config *config)
{
    (void)config;
    return 0;
}

const struct backend_operations backend_prefork = {
    .mode = MODE_PREFORK,
    .workers = prefork_workers,
    .start = prefork_start,
    .submit = prefork_submit,
    .retire = prefork_retire,
    .connections = prefork_connections,
    .adopt = prefork_adopt,
    .cut = prefork_cut,
    .stop = prefork_stop,
};
