/* SPDX-License-Identifier: Apache-2.0
 *
 * Pre-forked worker processes. The master accepts and hands each connection to the worker with the fewest; a worker runs
 * an inner backend and owns what it acknowledged (handover.h has the protocol). A worker that dies takes its own
 * connections with it and nothing else: what it had not acknowledged goes to another, and it is replaced - at once, or
 * after a pause that grows when replacements die young too. A worker that is stopped or hangs is killed after a while; no
 * time-out ever decides that it is dead before waitpid does, because a stopped process may wake up.
 *
 * Everything here runs in the master's main thread. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/backend/worker_process.h"

#define TICK_MS           100
#define YOUNG_US          1000000  /* a worker that dies younger makes the next one wait */
#define BACKOFF_FIRST_US  100000
#define BACKOFF_MOST_US   10000000
#define YOUNG_DEATHS_MOST 5        /* before the first readiness: then the daemon gives up starting */
#define SURPLUS_US        10000000 /* how long more workers than wanted stay idle */
#define KILL_GRACE_US     2000000  /* between asking to end and SIGKILL */

struct prefork {
    struct backend backend; /* first: a backend is a prefork */
    unsigned entries;       /* of `workers`: max_workers and as many for overlap */
    struct worker_process *workers;
    struct event *tick, *child;
    unsigned wanted; /* workers that there should be */
    unsigned young_deaths;
    uint64_t next_start_us;
    uint64_t surplus_since_us; /* 0 = none */
    bool was_ready;
    struct connection *queue_first, *queue_last; /* QUEUED, linked by `seat` */
};

static void on_control(evutil_socket_t fd, short what, void *context);
static void dispatch_queue(struct prefork *prefork);

static const struct config *config_of(const struct prefork *prefork)
{
    return prefork->backend.host->process->config;
}

static struct segment *segment_of(const struct prefork *prefork)
{
    return prefork->backend.host->process->segment;
}

/* --- the workers ---------------------------------------------------------------------------------------------------- */

/* Workers that are there to stay. */
static unsigned count_staying(const struct prefork *prefork)
{
    unsigned count = 0, i;

    for (i = 0; i < prefork->entries; i++)
        count += prefork->workers[i].pid != 0 && !prefork->workers[i].leaving;
    return count;
}

static void start_failed(struct prefork *prefork, unsigned number, const char *reason)
{
    const struct backend_host *host = prefork->backend.host;
    uint64_t pause = BACKOFF_FIRST_US << (prefork->young_deaths < 10 ? prefork->young_deaths : 10);

    if (pause > BACKOFF_MOST_US)
        pause = BACKOFF_MOST_US;
    prefork->young_deaths++;
    prefork->next_start_us = clock_now_us() + pause;
    log_event(EVENT_WORKER_FAILED, LOG_U(number), LOG_S(reason), LOG_U(pause / 1000u));
    if (!prefork->was_ready && prefork->young_deaths >= YOUNG_DEATHS_MOST)
        host->failed(host->context, reason);
}

static void start_worker(struct prefork *prefork, struct worker_process *worker)
{
    const struct backend_host *host = prefork->backend.host;
    struct error error;

    if (worker_process_start(worker, host, worker->number, &error) != 0) {
        start_failed(prefork, worker->number, error.text);
        return;
    }
    worker->control_event = event_new(host->base, worker->control, EV_READ | EV_PERSIST, on_control, prefork);
    if (worker->control_event == NULL || event_add(worker->control_event, NULL) != 0)
        worker_process_kill(worker); /* memory is short; its end is handled like any other */
    log_event(EVENT_WORKER_STARTED, LOG_U(worker->number), LOG_U((uint64_t)worker->pid));
}

/* Starts what is missing, when it is time. */
static void keep_up(struct prefork *prefork, uint64_t now)
{
    const struct backend_host *host = prefork->backend.host;
    unsigned missing = prefork->wanted - count_staying(prefork), i;

    if (backend_is_retiring(&prefork->backend) || now < prefork->next_start_us || missing > prefork->wanted)
        return;
    for (i = 0; i < prefork->entries && missing > 0; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (worker->pid != 0 || !host->process_reusable(host->context, worker->number))
            continue;
        start_worker(prefork, worker);
        missing--;
        if (now < prefork->next_start_us) /* that one failed */
            break;
    }
}

/* --- the queue ------------------------------------------------------------------------------------------------------ */

static void queue_changed(struct prefork *prefork, int by)
{
    segment_add(&segment_of(prefork)->header->queued_connections, (uint64_t)(int64_t)by);
}

static void enqueue(struct prefork *prefork, struct connection *connection, bool in_front)
{
    queue_changed(prefork, 1);
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

static bool has_room(const struct prefork *prefork, const struct worker_process *worker)
{
    uint64_t most = config_of(prefork)->prefork.clients_per_worker;

    return worker->pid != 0 && !worker->leaving && worker->stopped_us == 0 && !worker->killed &&
           worker_process_state(worker, prefork->backend.host) == PROCESS_READY &&
           worker->unacknowledged_count < HANDOVER_UNACKNOWLEDGED_MOST &&
           (most == 0 || segment_process_clients(segment_of(prefork), worker->number) < most);
}

/* The worker with the fewest connections; of those, the one that was given the fewest. */
static struct worker_process *choose(struct prefork *prefork)
{
    const struct segment *segment = segment_of(prefork);
    struct worker_process *best = NULL;
    uint64_t best_clients = 0, best_given = 0;
    unsigned i;

    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];
        uint64_t clients, given;

        if (!has_room(prefork, worker))
            continue;
        clients = segment_process_clients(segment, worker->number);
        given = segment_get(&segment->processes[worker->number].dispatched);
        if (best == NULL || clients < best_clients || (clients == best_clients && given < best_given)) {
            best = worker;
            best_clients = clients;
            best_given = given;
        }
    }
    return best;
}

/* QUEUED -> SENT. False when the socket takes no more now. */
static bool send_to(struct prefork *prefork, struct worker_process *worker, struct connection *connection)
{
    struct segment *segment = segment_of(prefork);

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
            atomic_store_explicit(&segment_of(prefork)->processes[prefork->workers[i].number].wants_room, 1,
                                  memory_order_seq_cst); /* pairs with the closer's: one of us sees the other */
    if (prefork->wanted < config_of(prefork)->prefork.max_workers) {
        prefork->wanted++;
        keep_up(prefork, clock_now_us());
    }
}

static void dispatch_queue(struct prefork *prefork)
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
        if (worker == NULL || !send_to(prefork, worker, prefork->queue_first))
            return;
        dequeue(prefork);
    }
}

static enum backend_submitted prefork_submit(struct backend *backend, struct connection *connection)
{
    struct prefork *prefork = (struct prefork *)backend;

    enqueue(prefork, connection, false);
    dispatch_queue(prefork);
    return BACKEND_TAKEN;
}

/* --- messages from workers ------------------------------------------------------------------------------------------ */

/* SENT -> HELD: the worker has it, our copy goes. */
static void acknowledged(struct prefork *prefork, struct worker_process *worker, uint32_t index)
{
    struct connections *connections = prefork->backend.host->connections;

    if (worker_process_settled(worker, index))
        close(connection_detach(connections, &connections->table[index]));
}

static void all_ready(struct prefork *prefork, struct worker_process *worker)
{
    const struct backend_host *host = prefork->backend.host;
    unsigned ready = 0, i;

    worker_process_set_state(worker, host, PROCESS_READY);
    log_event(EVENT_WORKER_READY, LOG_U(worker->number), LOG_U((uint64_t)worker->pid),
              LOG_U((clock_now_us() - worker->started_us) / 1000u));
    for (i = 0; i < prefork->entries; i++)
        ready += prefork->workers[i].pid != 0 &&
                 worker_process_state(&prefork->workers[i], host) == PROCESS_READY;
    if (!prefork->was_ready && ready >= prefork->wanted) {
        prefork->was_ready = true;
        host->ready(host->context);
    }
}

static void handle(struct prefork *prefork, struct worker_process *worker, const struct handover *message,
                   int fds[MESSAGE_FDS])
{
    struct connection *connection;

    switch (message->kind) {
    case HANDOVER_READY:
        all_ready(prefork, worker);
        break;
    case HANDOVER_ACKNOWLEDGED:
        acknowledged(prefork, worker, message->index);
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
static bool read_control(struct prefork *prefork, struct worker_process *worker)
{
    struct handover message;
    int fds[MESSAGE_FDS];

    for (;;) {
        switch (handover_receive(worker->control, &message, fds)) {
        case MESSAGE_OK:
            handle(prefork, worker, &message, fds);
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
        if (!read_control(prefork, worker)) {
            event_del(worker->control_event);
            worker_process_kill(worker);
        }
    }
    dispatch_queue(prefork);
}

/* --- the end of a worker -------------------------------------------------------------------------------------------- */

/* SENT -> QUEUED: it never touched these. */
static unsigned take_back(struct prefork *prefork, struct worker_process *worker)
{
    struct connections *connections = prefork->backend.host->connections;
    unsigned count = worker->unacknowledged_count;

    while (worker->unacknowledged_count != 0) {
        uint32_t index = worker->unacknowledged[--worker->unacknowledged_count];

        segment_set32(&segment_of(prefork)->connections[index].process, 0);
        enqueue(prefork, &connections->table[index], true);
    }
    segment_add(&segment_of(prefork)->header->redispatched, count);
    return count;
}

static void log_lost_connection(const struct prefork *prefork, const struct connection_entry *entry)
{
    char address[CONNECTION_ADDRESS_BYTES + 1];

    if (config_of(prefork)->log.access == LOG_ACCESS_OFF)
        return;
    log_event(EVENT_CONNECTION_CLOSED, LOG_U(segment_get(&entry->id)),
              LOG_S(shared_text_load(entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), address)),
              LOG_U(segment_get32(&entry->listener)), LOG_U(segment_get(&entry->commands)),
              LOG_U(segment_get(&entry->rx_bytes)), LOG_U(segment_get(&entry->tx_bytes)),
              LOG_U(clock_now_us() - segment_get(&entry->accepted_us)), LOG_S(close_reason_name(CLOSE_WORKER_DIED)));
}

/* HELD -> CLOSED: the kernel closed these with the process. Those that it returned are the master's again by now. */
static unsigned bury_connections(struct prefork *prefork, unsigned number)
{
    struct segment *segment = segment_of(prefork);
    struct connections *connections = prefork->backend.host->connections;
    unsigned count = 0, i;

    for (i = 0; i < segment->header->connections; i++) {
        struct connection_entry *entry = &segment->connections[i];

        if (atomic_load_explicit(&entry->state, memory_order_acquire) != CONNECTION_USED ||
            segment_get32(&entry->process) != number ||
            atomic_load_explicit(&connections->table[i].open, memory_order_relaxed) != 0)
            continue;
        log_lost_connection(prefork, entry);
        atomic_store_explicit(&entry->state, CONNECTION_FREE, memory_order_release);
        count++;
    }
    segment_set(&segment->processes[number].closed, segment_get(&segment->processes[number].dispatched));
    return count;
}

static void log_end(const struct worker_process *worker, unsigned connections, unsigned redispatched, uint64_t pause_us)
{
    int code = WIFEXITED(worker->status) ? WEXITSTATUS(worker->status) : 0;
    int by_signal = WIFSIGNALED(worker->status) ? WTERMSIG(worker->status) : 0;

    if (worker->leaving && code == 0 && by_signal == 0)
        log_event(EVENT_WORKER_EXITED, LOG_U(worker->number), LOG_U((uint64_t)worker->pid), LOG_S("retired"));
    else
        log_event(EVENT_WORKER_DIED, LOG_U(worker->number), LOG_U((uint64_t)worker->pid), LOG_I(code),
                  LOG_I(by_signal), LOG_U(connections), LOG_U(redispatched), LOG_U(pause_us / 1000u));
}

/* When the next worker may start, now that this one is dead. */
static uint64_t back_off(struct prefork *prefork, const struct worker_process *worker)
{
    uint64_t now = clock_now_us(), pause = 0;

    if (now - worker->started_us < YOUNG_US) {
        pause = BACKOFF_FIRST_US << (prefork->young_deaths < 10 ? prefork->young_deaths : 10);
        if (pause > BACKOFF_MOST_US)
            pause = BACKOFF_MOST_US;
        prefork->young_deaths++;
    } else
        prefork->young_deaths = 0;
    prefork->next_start_us = now + pause;
    return pause;
}

static void ended(struct prefork *prefork, struct worker_process *worker)
{
    const struct backend_host *host = prefork->backend.host;
    unsigned number = worker->number, redispatched, connections;
    bool expected = worker->leaving && worker->status == 0;
    uint64_t pause;

    read_control(prefork, worker); /* what it said before it died still counts */
    redispatched = take_back(prefork, worker);
    connections = bury_connections(prefork, number);
    pause = expected ? 0 : back_off(prefork, worker);
    log_end(worker, connections, redispatched, pause);
    if (!backend_is_retiring(&prefork->backend))
        segment_add(&segment_of(prefork)->header->worker_restarts, 1);
    worker_process_clear(worker, host);
    host->process_ended(host->context, number);
    if (!prefork->was_ready && prefork->young_deaths >= YOUNG_DEATHS_MOST)
        host->failed(host->context, "worker processes die before they are ready");
}

static void look_at(struct prefork *prefork, struct worker_process *worker)
{
    const struct backend_host *host = prefork->backend.host;

    for (;;) {
        switch (worker_process_look(worker)) {
        case WORKER_RUNS:
            return;
        case WORKER_ENDED:
            ended(prefork, worker);
            return;
        case WORKER_STOPPED:
            worker->stopped_us = clock_now_us();
            worker_process_set_state(worker, host, PROCESS_STOPPED);
            log_event(EVENT_WORKER_STOPPED, LOG_U(worker->number), LOG_U((uint64_t)worker->pid));
            break;
        case WORKER_CONTINUED:
            worker->stopped_us = 0;
            worker_process_set_state(worker, host, PROCESS_READY);
            log_event(EVENT_WORKER_CONTINUED, LOG_U(worker->number), LOG_U((uint64_t)worker->pid));
            break;
        }
    }
}

static void on_child(evutil_socket_t signal_number, short what, void *context)
{
    struct prefork *prefork = context;
    unsigned i;

    (void)signal_number;
    (void)what;
    for (i = 0; i < prefork->entries; i++)
        if (prefork->workers[i].pid != 0)
            look_at(prefork, &prefork->workers[i]);
    keep_up(prefork, clock_now_us());
    dispatch_queue(prefork);
}

/* --- ticks ---------------------------------------------------------------------------------------------------------- */

static void check_stuck(struct prefork *prefork, struct worker_process *worker, uint64_t now)
{
    uint64_t patience = config_of(prefork)->prefork.stuck_timeout_us;
    uint64_t silent = worker->stopped_us != 0 ? now - worker->stopped_us
                                              : worker_process_silent_us(worker, prefork->backend.host, now);

    if (worker->killed || silent <= patience)
        return;
    log_event(EVENT_WORKER_STUCK, LOG_U(worker->number), LOG_U((uint64_t)worker->pid), LOG_U(silent / 1000u));
    worker_process_kill(worker);
}

/* After its share of requests a worker gives its connections back and ends; another takes its place at once. */
static void check_recycling(struct prefork *prefork, struct worker_process *worker)
{
    uint64_t requests;

    if (worker->requests_most == 0 || worker->leaving)
        return;
    requests = worker_process_requests(worker, prefork->backend.host);
    if (requests < worker->requests_most || handover_send(worker->control, HANDOVER_RETIRE, NULL) != MESSAGE_OK)
        return;
    worker->leaving = true;
    worker_process_set_state(worker, prefork->backend.host, PROCESS_RETIRING);
    log_event(EVENT_WORKER_RETIRING, LOG_U(worker->number), LOG_U((uint64_t)worker->pid), LOG_U(requests));
}

/* Tells an idle worker to end. */
static void dismiss(struct prefork *prefork, struct worker_process *worker)
{
    if (handover_send(worker->control, HANDOVER_DRAIN, NULL) != MESSAGE_OK)
        return;
    worker->leaving = true;
    worker_process_set_state(worker, prefork->backend.host, PROCESS_RETIRING);
    prefork->wanted--;
}

/* Keeps min_spare workers without a connection at hand, and lets go of those that have been too many for a while. */
static void adjust(struct prefork *prefork, uint64_t now)
{
    const struct config *config = config_of(prefork);
    struct worker_process *idle = NULL;
    unsigned spare = 0, i;

    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (has_room(prefork, worker) && segment_process_clients(segment_of(prefork), worker->number) == 0) {
            spare++;
            idle = worker;
        }
    }
    if (spare < config->prefork.min_spare && prefork->wanted < config->prefork.max_workers &&
        count_staying(prefork) == prefork->wanted)
        prefork->wanted++;
    if (prefork->wanted <= config->prefork.workers || spare <= config->prefork.min_spare) {
        prefork->surplus_since_us = 0;
        return;
    }
    if (prefork->surplus_since_us == 0)
        prefork->surplus_since_us = now;
    if (now - prefork->surplus_since_us > SURPLUS_US && idle != NULL) {
        prefork->surplus_since_us = 0;
        dismiss(prefork, idle);
    }
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct prefork *prefork = context;
    uint64_t now = clock_now_us();
    unsigned i;

    (void)fd;
    (void)what;
    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (worker->pid == 0)
            continue;
        check_stuck(prefork, worker, now);
        if (!backend_is_retiring(&prefork->backend))
            check_recycling(prefork, worker);
    }
    if (!backend_is_retiring(&prefork->backend) && prefork->was_ready)
        adjust(prefork, now);
    keep_up(prefork, now);
    dispatch_queue(prefork);
}

/* --- the backend's interface ---------------------------------------------------------------------------------------- */

static void prefork_free(struct prefork *prefork)
{
    if (prefork->tick != NULL)
        event_free(prefork->tick);
    if (prefork->child != NULL)
        event_free(prefork->child);
    free(prefork->workers);
    free(prefork);
}

static struct backend *prefork_start(const struct backend_host *host, struct error *error)
{
    struct timeval interval = {.tv_usec = TICK_MS * 1000};
    struct prefork *prefork = calloc(1, sizeof *prefork);
    unsigned i;

    if (prefork == NULL) {
        error_set(error, "no memory for the prefork backend");
        return NULL;
    }
    prefork->backend.operations = &backend_prefork;
    prefork->backend.host = host;
    prefork->entries = host->process->segment->header->processes - 1;
    prefork->wanted = (unsigned)host->process->config->prefork.workers;
    prefork->workers = calloc(prefork->entries, sizeof *prefork->workers);
    prefork->tick = event_new(host->base, -1, EV_PERSIST, on_tick, prefork);
    prefork->child = evsignal_new(host->base, SIGCHLD, on_child, prefork);
    if (prefork->workers == NULL || prefork->tick == NULL || prefork->child == NULL ||
        event_add(prefork->tick, &interval) != 0 || event_add(prefork->child, NULL) != 0) {
        error_set(error, "no memory for %u worker processes", prefork->entries);
        prefork_free(prefork);
        return NULL;
    }
    for (i = 0; i < prefork->entries; i++)
        prefork->workers[i] = (struct worker_process){.number = i + 1, .control = -1};
    keep_up(prefork, clock_now_us());
    return &prefork->backend;
}

static unsigned prefork_connections(const struct backend *backend)
{
    return (unsigned)segment_clients(backend->host->process->segment);
}

/* What no worker has yet is given back; workers are told once. */
static void prefork_retire(struct backend *backend)
{
    struct prefork *prefork = (struct prefork *)backend;
    unsigned i;

    dispatch_queue(prefork);
    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (worker->pid == 0 || worker->told_drain)
            continue;
        worker->told_drain = handover_send(worker->control, HANDOVER_DRAIN, NULL) == MESSAGE_OK;
        worker->leaving = true;
    }
    while (prefork->queue_first != NULL)
        backend->host->release(backend->host->context, dequeue(prefork));
}

static void prefork_cut(struct backend *backend)
{
    struct prefork *prefork = (struct prefork *)backend;
    unsigned i;

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

/* Looks after the workers' ends until there is none left or the time has come. */
static void wait_for_ends(struct prefork *prefork, uint64_t until_us)
{
    struct timespec pause = clock_timespec(2000);
    unsigned left, i;

    do {
        left = 0;
        for (i = 0; i < prefork->entries; i++) {
            if (prefork->workers[i].pid != 0)
                look_at(prefork, &prefork->workers[i]);
            left += prefork->workers[i].pid != 0;
        }
        if (left != 0)
            nanosleep(&pause, NULL);
    } while (left != 0 && clock_now_us() < until_us);
}

static unsigned prefork_stop(struct backend *backend, uint64_t until_us)
{
    struct prefork *prefork = (struct prefork *)backend;
    uint64_t grace = clock_now_us() + KILL_GRACE_US;
    unsigned killed = 0, i;

    atomic_store_explicit(&backend->retiring, true, memory_order_relaxed);
    prefork_retire(backend);
    wait_for_ends(prefork, until_us < grace ? until_us : grace);
    for (i = 0; i < prefork->entries; i++) {
        if (prefork->workers[i].pid == 0)
            continue;
        worker_process_kill(&prefork->workers[i]);
        killed++;
    }
    wait_for_ends(prefork, CLOCK_NEVER);
    log_event(EVENT_JOINED, LOG_S("worker processes"), LOG_U(prefork->entries), LOG_U(killed));
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
    .cut = prefork_cut,
    .stop = prefork_stop,
};
