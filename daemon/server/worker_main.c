/* SPDX-License-Identifier: Apache-2.0
 *
 * A prefork worker process: an inner backend, fed by the master over the control socket. It reads no file but the
 * generation that it inherits, heeds no signal - they are sent to the whole group, and what is to happen is the master's
 * to say - and ends when the control socket does. Its main thread runs this; the inner backend has threads of its own. */
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/backend/handover.h"
#include "daemon/backend/loop.h"
#include "daemon/command/authentication.h"
#include "daemon/server/server.h"
#include "daemon/server/server_private.h"
#include "daemon/sys/snapshot.h"
#include "daemon/sys/usage.h"

#define MESSAGES_AT_ONCE 64
#define STOP_PATIENCE_US 1000000

struct worker_server {
    struct generations *generations;
    struct tls_tickets *tickets;
    struct segment *segment;
    struct process process;
    struct connections *connections;
    struct event_base *base;
    struct event *control, *tick;
    int tick_fd; /* a timerfd: while libevent has no timers of its own, a turn of the loop computes no time-out */
    struct backend_host host;
    struct backend *backend;
    bool ending;            /* told to drain or to retire */
    _Atomic bool returning; /* connections go back to the master; read by the backend's threads */
    int status;
};

static struct process_entry *entry_of(const struct worker_server *worker)
{
    return &worker->segment->processes[worker->process.number];
}

/* The master is gone, or no longer speaks our language: there is nobody to work for. */
static void orphaned(void)
{
    _exit(1);
}

/* Sends from any thread; a full socket is waited for, the master reads it all the time. */
static void send_patiently(enum handover_kind kind, const struct connection *connection, bool with_descriptor)
{
    struct pollfd room = {.fd = HANDOVER_CONTROL_FD, .events = POLLOUT};
    enum message_result result;

    for (;;) {
        result = with_descriptor ? handover_send_connection(HANDOVER_CONTROL_FD, kind, connection)
                                 : handover_send(HANDOVER_CONTROL_FD, kind, connection);
        if (result == MESSAGE_OK)
            return;
        if (result != MESSAGE_AGAIN)
            orphaned();
        poll(&room, 1, 10); /* too many descriptors in flight is not reported as writable: look again */
    }
}

/* A connection ended: if the master waits for room, it is told. */
static void on_closed(void *context)
{
    struct worker_server *worker = context;
    _Atomic uint32_t *wants = &entry_of(worker)->wants_room;

    /* seq_cst pairs with the master's: it asked, then looked; we closed, then look */
    if (atomic_load_explicit(wants, memory_order_seq_cst) != 0 &&
        atomic_exchange_explicit(wants, 0, memory_order_seq_cst) != 0)
        send_patiently(HANDOVER_ROOM, NULL, false);
}

/* The inner backend gives a connection back, out of its epoll set already. */
static void on_release(void *context, struct connection *connection)
{
    struct worker_server *worker = context;

    if (!atomic_load_explicit(&worker->returning, memory_order_relaxed) || connection->stream.tls != NULL) {
        connection_close(worker->connections, connection, CLOSE_DRAIN);
        return;
    }
    atomic_fetch_add_explicit(&entry_of(worker)->closed, 1, memory_order_seq_cst);
    send_patiently(HANDOVER_RETURNED, connection, true);
    close(connection_detach(worker->connections, connection));
}

static void on_ready(void *context)
{
    (void)context;
    send_patiently(HANDOVER_READY, NULL, false);
}

static void on_failed(void *context, const char *reason)
{
    struct worker_server *worker = context;

    log_event(EVENT_ERROR, LOG_S(reason));
    worker->status = 1;
    event_base_loopbreak(worker->base);
}

/* SENT -> HELD: acknowledged before anything touches the stream. */
static void receive_connection(struct worker_server *worker, const struct handover *message,
                               int fds[MESSAGE_FDS])
{
    struct connection *connection = handover_open(worker->connections, message, fds);

    if (connection == NULL)
        return;
    send_patiently(HANDOVER_ACKNOWLEDGED, connection, false);
    if (backend_submit(worker->backend, connection) == BACKEND_TAKEN)
        return;
    if (!connection->tls)
        stream_say(connection->stream.fd, BACKEND_REFUSAL);
    connection_close(worker->connections, connection, CLOSE_MEMORY);
}

/* One step of the way out: insists on retiring, and leaves when nothing is left. */
static void end_if_done(struct worker_server *worker)
{
    backend_retire(worker->backend);
    if (backend_connections(worker->backend) == 0)
        event_base_loopbreak(worker->base);
}

/* The generation in a snapshot, which stays the caller's; NULL with the reason. */
static struct generation *read_generation(const struct worker_server *worker, int snapshot,
                                          struct error *error)
{
    struct buffer bytes = {0}, problems = {0};
    struct generation *generation = NULL;

    if (snapshot_read(snapshot, GENERATION_MOST, &bytes, error) == 0) {
        generation = generation_read(buffer_head(&bytes), buffer_length(&bytes), usage_cores(),
                                     worker->tickets, &problems);
        if (generation == NULL)
            error_set(error, "the master's configuration is wrong: %.*s", (int)buffer_length(&problems),
                      buffer_length(&problems) != 0 ? buffer_head(&problems) : "");
    }
    buffer_free(&problems);
    generation_wipe(&bytes);
    return generation;
}

/* Another generation is in effect in the master. What can't be read - memory or descriptors are short - is told again. */
static void adopt_generation(struct worker_server *worker, int snapshot)
{
    struct error error;
    struct generation *next = read_generation(worker, snapshot, &error);

    if (next == NULL) {
        log_event(EVENT_ERROR, LOG_S(error.text));
        return;
    }
    if (next->number <= generations_current(worker->generations)->number) { /* told twice */
        generation_free(&next);
        return;
    }
    generations_publish(worker->generations, next);
    log_adopt(next->config);
    command_adopt(next->config);
    connections_adopt(worker->connections);
    backend_adopt(worker->backend);
    segment_set32(&entry_of(worker)->generation, next->number);
    log_event(EVENT_ADOPTED, LOG_U(worker->process.number), LOG_U(next->number));
}

/* What is over at a request boundary goes back to the master, but for what it can't go on with: that has the time of a drain. */
static void leave(struct worker_server *worker, bool returning)
{
    uint64_t patience = process_config(&worker->process)->server.drain_timeout_us;

    connections_keep(worker->connections, returning ? clock_add(clock_now_us(), patience) : 0);
    atomic_store_explicit(&worker->returning, returning, memory_order_relaxed);
    worker->ending = true;
    end_if_done(worker);
}

static void handle(struct worker_server *worker, const struct handover *message, int fds[MESSAGE_FDS])
{
    switch (message->kind) {
    case HANDOVER_SENT:
        receive_connection(worker, message, fds);
        break;
    case HANDOVER_RETIRE:
    case HANDOVER_DRAIN:
        leave(worker, message->kind == HANDOVER_RETIRE);
        break;
    case HANDOVER_TICKETS:
        tls_tickets_set(worker->tickets, &message->tickets);
        break;
    case HANDOVER_CUT:
        worker->ending = true;
        end_if_done(worker);
        backend_cut(worker->backend);
        break;
    case HANDOVER_GENERATION:
        adopt_generation(worker, fds[0]);
        close(fds[0]);
        break;
    default:
        break;
    }
}

static void on_control(evutil_socket_t fd, short what, void *context)
{
    struct worker_server *worker = context;
    struct handover message;
    int fds[MESSAGE_FDS], i;

    (void)what;
    for (i = 0; i < MESSAGES_AT_ONCE; i++) {
        switch (handover_receive(fd, &message, fds)) {
        case MESSAGE_OK:
            handle(worker, &message, fds);
            if (message.kind == HANDOVER_TICKETS)
                explicit_bzero(&message, sizeof message);
            break;
        case MESSAGE_STRIPPED:
            if (message.kind == HANDOVER_SENT && handover_refuse(HANDOVER_CONTROL_FD, &message) != MESSAGE_OK)
                orphaned(); /* its acknowledgements always fit: HANDOVER_UNACKNOWLEDGED_MOST */
            break;
        case MESSAGE_AGAIN:
            return;
        default:
            orphaned();
        }
    }
}

/* Ten times a second: a sign of life, our figures, overdue connections, and whether all is done. */
static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct worker_server *worker = context;
    uint64_t expirations;

    (void)what;
    if (read(fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
        return;
    sampler_publish(worker->segment, worker->process.number);
    connections_sweep(worker->connections, clock_now_us());
    if (worker->ending)
        end_if_done(worker);
}

/* Signals that the cgroup and the terminal send to everybody: what they mean is the master's to decide. It has us started
 * with these blocked; those that came meanwhile are gone when they are ignored. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE};
    sigset_t none;
    size_t i;

    for (i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        signal(ignored[i], SIG_IGN);
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static int attach(struct worker_server *worker, unsigned number, struct error *error)
{
    struct log_queue *queue;
    struct generation *first;
    struct backend_share share;
    int type = 0;
    socklen_t length = sizeof type;

    if (getsockopt(HANDOVER_CONTROL_FD, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_SEQPACKET)
        return error_set(error, "descriptor %d is no control socket", HANDOVER_CONTROL_FD);
    worker->segment = segment_attach(HANDOVER_SEGMENT_FD, error);
    worker->tickets = tls_tickets_new();
    if (worker->tickets == NULL)
        return error_set(error, "no memory for the keys of TLS sessions");
    first = worker->segment != NULL ? read_generation(worker, HANDOVER_GENERATION_FD, error) : NULL;
    if (first == NULL)
        return -1;
    worker->generations = generations_new(first);
    if (worker->generations == NULL)
        return error_set(error, "no memory for the configuration");
    if (number == 0 || number >= worker->segment->header->processes)
        return error_set(error, "there is no worker %u", number);
    prctl(PR_SET_NAME,
          "concurd-worker"); /* executed through a descriptor, it would be called by its number */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != (pid_t)worker->segment->header->master_pid)
        return error_set(error, "the master is gone");
    share = backend_share(first->config, number);
    if (share.first + share.count > worker->segment->header->slots)
        return error_set(error, "the inherited configuration and segment do not belong together");
    queue = log_queue_attach(worker->segment->log, worker->segment->header->log_bytes);
    if (queue == NULL)
        return error_set(error, "the inherited log queue is damaged");
    process_init(&worker->process, number, worker->generations, worker->segment, queue, share.first,
                 share.count);
    log_adopt(first->config);
    segment_set32(&entry_of(worker)->generation, first->number);
    log_bind(log_queue_lane(queue, share.first), share.first, false);
    return 0;
}

static int make_loop(struct worker_server *worker, struct error *error)
{
    struct itimerspec interval = {.it_interval = clock_timespec(SAMPLE_MS * 1000u),
                                  .it_value = clock_timespec(SAMPLE_MS * 1000u)};

    worker->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (worker->tick_fd < 0 || timerfd_settime(worker->tick_fd, 0, &interval, NULL) != 0)
        return error_errno(error, "making a worker's timer");
    worker->connections = connections_new(&worker->process);
    worker->base = loop_new();
    if (worker->connections == NULL || worker->base == NULL)
        return error_set(error, "no memory for a worker");
    worker->connections->closed = on_closed;
    worker->connections->context = worker;
    worker->control = event_new(worker->base, HANDOVER_CONTROL_FD, EV_READ | EV_PERSIST, on_control, worker);
    worker->tick = event_new(worker->base, worker->tick_fd, EV_READ | EV_PERSIST, on_tick, worker);
    if (worker->control == NULL || worker->tick == NULL || event_add(worker->control, NULL) != 0 ||
        event_add(worker->tick, NULL) != 0)
        return error_set(error, "no memory for a worker's loop");
    return 0;
}

/* A reactor as a guest on our main loop keeps us from our tick while it runs a long command. */
static void on_pulse(const struct process *process)
{
    sampler_publish(process->segment, process->number);
}

static int start(struct worker_server *worker, struct error *error)
{
    worker->process.pulse = on_pulse;
    worker->process.authentication = authentication_new(worker->segment);
    if (worker->process.authentication == NULL)
        return error_set(error, "no memory for a worker");
    worker->process.wake = connections_wake;
    worker->process.wake_context = worker->connections;
    worker->host = (struct backend_host){.process = &worker->process,
                                         .connections = worker->connections,
                                         .base = worker->base,
                                         .lends_main_thread = true,
                                         .context = worker,
                                         .release = on_release,
                                         .ready = on_ready,
                                         .failed = on_failed,
                                         .generation_fd = -1,
                                         .program_fd = -1};
    usage_raise_files(worker->segment->header->connections + 64);
    sampler_publish(worker->segment, worker->process.number);
    worker->backend = backend_start(process_config(&worker->process)->prefork.inner, &worker->host, error);
    return worker->backend != NULL ? 0 : -1;
}

int server_run_worker(unsigned number)
{
    static struct worker_server worker; /* static: abandoned threads may outlive this function */
    struct error error;

    ignore_signals();
    if (attach(&worker, number, &error) != 0) {
        fprintf(stderr, "concurd: worker %u: %s\n", number, error.text);
        return 1;
    }
    if (command_set_up(process_config(&worker.process), &error) != 0 || make_loop(&worker, &error) != 0 ||
        start(&worker, &error) != 0) {
        log_event(EVENT_ERROR, LOG_S(error.text));
        return 1;
    }
    if (event_base_dispatch(worker.base) < 0)
        worker.status = 1;
    if (backend_stop(&worker.backend, clock_add(clock_now_us(), STOP_PATIENCE_US)) != 0)
        _exit(worker.status); /* threads hang: no destructor may take anything from under them */
    if (authentication_stop(&worker.process.authentication, clock_add(clock_now_us(), STOP_PATIENCE_US)) != 0)
        _exit(worker.status);
    event_free(worker.control);
    event_free(worker.tick);
    close(worker.tick_fd);
    event_base_free(worker.base);
    connections_free(&worker.connections);
    generations_free(&worker.generations);
    tls_tickets_free(&worker.tickets);
    segment_close(&worker.segment);
    return worker.status;
}
