/* SPDX-License-Identifier: Apache-2.0
 *
 * The lives of worker processes: there are as many as wanted, between `workers` and `max_workers`; one that dies is
 * replaced - at once, or after a pause that grows when replacements die young too; one that is stopped or hangs is killed
 * after a while; one that has had its share of requests retires. No time-out ever decides that a worker is dead before
 * waitpid does, because a stopped process may wake up.
 *
 * Everything here runs in the master's main thread. */
#include "daemon/backend/prefork_private.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#define TICK_MS           100
#define YOUNG_US          1000000 /* a worker that dies younger makes the next one wait */
#define BACKOFF_FIRST_US  100000
#define BACKOFF_MOST_US   10000000
#define YOUNG_DEATHS_MOST 5        /* before the first readiness: then the daemon gives up starting */
#define SURPLUS_US        10000000 /* how long more workers than wanted stay idle */

/* Workers that are there to stay. */
static unsigned count_staying(const struct prefork *prefork)
{
    unsigned count = 0, i;

    for (i = 0; i < prefork->entries; i++)
        count += prefork->workers[i].pid != 0 && !prefork->workers[i].leaving;
    return count;
}

/* How long to wait after one more that died young, or did not even start; it was tried at `started_us`. Those that had been
 * started before the last step fell to the same cause, and one cause is one step, however many it takes. */
static uint64_t died_young(struct prefork *prefork, uint64_t started_us)
{
    uint64_t pause;

    if (prefork->young_deaths != 0 && started_us < prefork->stepped_us)
        return prefork->pause_us;
    pause = BACKOFF_FIRST_US << (prefork->young_deaths < 10 ? prefork->young_deaths : 10);
    prefork->young_deaths++;
    prefork->stepped_us = clock_now_us();
    prefork->pause_us = pause < BACKOFF_MOST_US ? pause : BACKOFF_MOST_US;
    return prefork->pause_us;
}

static void start_failed(struct prefork *prefork, unsigned number, const char *reason)
{
    const struct backend_host *host = prefork->backend.host;
    uint64_t pause = died_young(prefork, clock_now_us());

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
    if (prefork_watch_control(prefork, worker) != 0)
        worker_process_kill(worker); /* memory is short; its end is handled like any other */
    log_event(EVENT_WORKER_STARTED, LOG_U(worker->number), LOG_U((uint64_t)worker->pid));
}

/* So many workers wait for entries that dead ones left, and there is no other. */
static void ask_for_entries(const struct prefork *prefork, unsigned missing)
{
    const struct backend_host *host = prefork->backend.host;
    unsigned i;

    for (i = 0; i < prefork->entries && missing > 0; i++) {
        if (prefork->workers[i].pid != 0)
            continue;
        host->process_wanted(host->context, prefork->workers[i].number);
        missing--;
    }
}

/* Starts what is missing, when it is time. */
void supervisor_keep_up(struct prefork *prefork, uint64_t now)
{
    const struct backend_host *host = prefork->backend.host;
    unsigned missing = prefork->wanted - count_staying(prefork), i;

    if (now < prefork->next_start_us || missing > prefork->wanted)
        return;
    /* In a drain only for those who were accepted and have nobody to serve them. */
    if (backend_is_retiring(&prefork->backend) &&
        (prefork->queue_first == NULL || missing != prefork->wanted))
        return;
    for (i = 0; i < prefork->entries && missing > 0; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (worker->pid != 0 || !host->process_reusable(host->context, worker->number))
            continue;
        start_worker(prefork, worker);
        missing--;
        if (now < prefork->next_start_us) /* that one failed */
            return;
    }
    ask_for_entries(prefork, missing);
}

/* Workers that are past their start, whatever became of them since. */
static unsigned count_started(const struct prefork *prefork)
{
    unsigned count = 0, i;

    for (i = 0; i < prefork->entries; i++)
        count += prefork->workers[i].pid != 0 && !prefork->workers[i].leaving &&
                 worker_process_state(&prefork->workers[i], prefork->backend.host) != PROCESS_STARTING;
    return count;
}

void supervisor_grow(struct prefork *prefork)
{
    unsigned started = count_started(prefork);
    uint64_t coming = prefork->wanted > started ? prefork->wanted - started : 0;

    /* Those on their way have room for the queue: it asks again for each connection that joins it. */
    if (coming * prefork->clients_most >=
            segment_get(&prefork_segment(prefork)->header->queued_connections) ||
        prefork->wanted >= prefork_config(prefork)->prefork.max_workers)
        return;
    prefork->wanted++;
    supervisor_keep_up(prefork, clock_now_us());
}

void supervisor_worker_ready(struct prefork *prefork, struct worker_process *worker)
{
    const struct backend_host *host = prefork->backend.host;
    unsigned ready = 0, i;

    worker_process_set_state(worker, host, PROCESS_READY);
    log_event(EVENT_WORKER_READY, LOG_U(worker->number), LOG_U((uint64_t)worker->pid),
              LOG_U((clock_now_us() - worker->started_us) / 1000u));
    for (i = 0; i < prefork->entries; i++)
        ready +=
            prefork->workers[i].pid != 0 && worker_process_state(&prefork->workers[i], host) == PROCESS_READY;
    if (!prefork->was_ready && ready >= prefork->wanted && !backend_is_retiring(&prefork->backend)) {
        prefork->was_ready = true;
        host->ready(host->context);
    }
}

static void log_lost_connection(const struct prefork *prefork, const struct connection_entry *entry)
{
    char address[CONNECTION_ADDRESS_BYTES + 1], certificate[CONNECTION_PEER_BYTES + 1];

    if (prefork_config(prefork)->log.access == LOG_ACCESS_OFF)
        return;
    log_event(
        EVENT_CONNECTION_CLOSED, LOG_U(segment_get(&entry->id)),
        LOG_S(shared_text_load(entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), address)),
        LOG_S(segment_listener(prefork->backend.host->process->segment, segment_get32(&entry->listener))),
        LOG_U(segment_get(&entry->commands)), LOG_U(segment_get(&entry->rx_bytes)),
        LOG_U(segment_get(&entry->tx_bytes)), LOG_U(clock_now_us() - segment_get(&entry->accepted_us)),
        LOG_S(close_reason_name(CLOSE_WORKER_DIED)), LOG_S(segment_tls_name(entry)),
        LOG_S(shared_text_load(entry->certificate, SHARED_TEXT_WORDS(CONNECTION_PEER_BYTES), certificate)));
}

/* HELD -> CLOSED: the kernel closed these with the process. Those that it returned are the master's again by now. */
static unsigned bury_connections(struct prefork *prefork, unsigned number)
{
    struct segment *segment = prefork_segment(prefork);
    struct connections *connections = prefork->backend.host->connections;
    unsigned count = 0, i;

    for (i = 0; i < segment->header->connections; i++) {
        struct connection_entry *entry = &segment->connections[i];

        if (atomic_load_explicit(&entry->state, memory_order_acquire) != CONNECTION_USED ||
            segment_get32(&entry->process) != number ||
            atomic_load_explicit(&connections->table[i].open, memory_order_relaxed) != 0)
            continue;
        segment_count_close(segment, number, CLOSE_WORKER_DIED);
        log_lost_connection(prefork, entry);
        if (atomic_load_explicit(&entry->tls, memory_order_relaxed) == CONNECTION_SHAKING)
            atomic_fetch_add_explicit(&segment->header->tls_handshake_failures, 1, memory_order_relaxed);
        atomic_store_explicit(&entry->state, CONNECTION_FREE, memory_order_release);
        count++;
    }
    segment_set(&segment->processes[number].closed, segment_get(&segment->processes[number].dispatched));
    return count;
}

static void log_end(const struct worker_process *worker, unsigned connections, unsigned redispatched,
                    uint64_t pause_us)
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

    if (now - worker->started_us < YOUNG_US)
        pause = died_young(prefork, worker->started_us);
    else
        prefork->young_deaths = 0;
    if (prefork->next_start_us < now + pause)
        prefork->next_start_us = now + pause;
    return pause;
}

static void ended(struct prefork *prefork, struct worker_process *worker)
{
    const struct backend_host *host = prefork->backend.host;
    unsigned number = worker->number, redispatched, connections;
    bool expected = worker->leaving && worker->status == 0;
    uint64_t pause;

    prefork_read_control(prefork, worker); /* what it said before it died still counts */
    redispatched = prefork_take_back(prefork, worker);
    connections = bury_connections(prefork, number);
    pause = expected ? 0 : back_off(prefork, worker);
    log_end(worker, connections, redispatched, pause);
    if (backend_is_retiring(&prefork->backend))
        prefork->joined++;
    else if (!worker->dismissed)
        segment_add(&prefork_segment(prefork)->header->worker_restarts, 1);
    segment_reclaim(prefork_segment(prefork), number);
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
            if (worker->stopped_us == 0)
                worker->state_before_stop = worker_process_state(worker, host);
            worker->stopped_us = clock_now_us();
            segment_reclaim(prefork_segment(prefork), worker->number);
            worker_process_set_state(worker, host, PROCESS_STOPPED);
            log_event(EVENT_WORKER_STOPPED, LOG_U(worker->number), LOG_U((uint64_t)worker->pid));
            break;
        case WORKER_CONTINUED:
            if (worker->stopped_us != 0) /* else its stop came and went unseen */
                worker_process_set_state(worker, host, worker->state_before_stop);
            worker->stopped_us = 0;
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
    supervisor_keep_up(prefork, clock_now_us());
    prefork_dispatch(prefork);
}

static void check_stuck(struct prefork *prefork, struct worker_process *worker, uint64_t now)
{
    uint64_t beat = worker_process_beat_us(worker, prefork->backend.host);
    uint64_t passed = now - prefork->ticked_us;

    if (beat != worker->last_beat_us) {
        worker->last_beat_us = beat;
        worker->silent_us = 0;
        return;
    }
    /* When the whole machine stood still, so did we: time that we slept through ourselves is held against nobody. */
    worker->silent_us += passed < 2 * TICK_MS * 1000u ? passed : 2 * TICK_MS * 1000u;
    if (worker->killed || worker->silent_us <= prefork_config(prefork)->prefork.stuck_timeout_us)
        return;
    log_event(EVENT_WORKER_STUCK, LOG_U(worker->number), LOG_U((uint64_t)worker->pid),
              LOG_U(worker->silent_us / 1000u));
    worker_process_kill(worker);
}

/* Has a worker give its connections back and end; false when it can't be told now. */
static bool retire(struct prefork *prefork, struct worker_process *worker)
{
    if (handover_send(worker->control, HANDOVER_RETIRE, NULL) != MESSAGE_OK)
        return false;
    worker->leaving = true;
    worker_process_set_state(worker, prefork->backend.host, PROCESS_RETIRING);
    log_event(EVENT_WORKER_RETIRING, LOG_U(worker->number), LOG_U((uint64_t)worker->pid),
              LOG_U(worker_process_requests(worker, prefork->backend.host)));
    return true;
}

/* One that retires may stay for long, for connections that can't be handed over: a successor has to have a place, which is
 * not that of a successor who has yet to be started. */
static bool has_spare_entry(const struct prefork *prefork)
{
    unsigned unused = 0, staying = count_staying(prefork), i;

    for (i = 0; i < prefork->entries; i++)
        unused += prefork->workers[i].pid == 0;
    return staying + unused > prefork->wanted;
}

/* After its share of requests; another takes its place at once. */
static void check_recycling(struct prefork *prefork, struct worker_process *worker)
{
    if (worker->requests_most != 0 && !worker->leaving && has_spare_entry(prefork) &&
        worker_process_requests(worker, prefork->backend.host) >= worker->requests_most)
        (void)retire(prefork, worker); /* or at the next tick */
}

/* Tells an idle worker to end. */
static void dismiss(struct prefork *prefork, struct worker_process *worker)
{
    if (handover_send(worker->control, HANDOVER_DRAIN, NULL) != MESSAGE_OK)
        return;
    worker->leaving = worker->dismissed = true;
    worker_process_set_state(worker, prefork->backend.host, PROCESS_RETIRING);
    prefork->wanted--;
}

/* The one with the fewest clients of those that are there to stay, or NULL. */
static struct worker_process *least_busy(struct prefork *prefork)
{
    const struct segment *segment = prefork_segment(prefork);
    struct worker_process *least = NULL;
    unsigned i;

    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (worker->pid != 0 && !worker->leaving && worker->stopped_us == 0 && !worker->killed &&
            (least == NULL || segment_process_clients(segment, worker->number) <
                                  segment_process_clients(segment, least->number)))
            least = worker;
    }
    return least;
}

void supervisor_adopt(struct prefork *prefork)
{
    unsigned least = (unsigned)prefork_config(prefork)->prefork.workers, i;
    unsigned fewer = prefork->workers_least > least ? prefork->workers_least - least : 0;

    for (; fewer > 0 && prefork->wanted > least; fewer--) {
        struct worker_process *worker = least_busy(prefork);

        if (worker == NULL || !retire(prefork, worker))
            break;                /* those that are too many are let go when they are idle */
        worker->dismissed = true; /* it gets no successor */
        prefork->wanted--;
    }
    if (prefork->wanted < least)
        prefork->wanted = least;
    prefork->workers_least = least;
    for (i = 0; i < prefork->entries; i++)
        worker_process_adopt(&prefork->workers[i], prefork->backend.host);
    supervisor_tell_generation(prefork, clock_now_us());
    supervisor_keep_up(prefork, clock_now_us());
}

void supervisor_tell_generation(struct prefork *prefork, uint64_t now)
{
    unsigned i;

    for (i = 0; i < prefork->entries; i++)
        if (prefork->workers[i].pid != 0) {
            worker_process_tell_tickets(&prefork->workers[i], prefork->backend.host);
            worker_process_tell_generation(&prefork->workers[i], prefork->backend.host, now);
        }
}

/* Keeps min_spare workers without a connection at hand, and lets go of those that have been too many for a while. */
static void adjust(struct prefork *prefork, uint64_t now)
{
    const struct config *config = prefork_config(prefork);
    struct worker_process *idle = NULL;
    unsigned spare = 0, i;

    for (i = 0; i < prefork->entries; i++) {
        struct worker_process *worker = &prefork->workers[i];

        if (prefork_has_room(prefork, worker) &&
            segment_process_clients(prefork_segment(prefork), worker->number) == 0) {
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
    supervisor_tell_generation(prefork, now);
    prefork->ticked_us = now;
    if (!backend_is_retiring(&prefork->backend) && prefork->was_ready)
        adjust(prefork, now);
    supervisor_keep_up(prefork, now);
    prefork_sweep_queue(prefork);
    prefork_dispatch(prefork);
}

int supervisor_start(struct prefork *prefork)
{
    struct event_base *base = prefork->backend.host->base;
    struct timeval interval = {.tv_usec = TICK_MS * 1000};

    prefork->tick = event_new(base, -1, EV_PERSIST, on_tick, prefork);
    prefork->child = evsignal_new(base, SIGCHLD, on_child, prefork);
    if (prefork->tick == NULL || prefork->child == NULL || event_add(prefork->tick, &interval) != 0)
        return -1;
    return event_add(prefork->child, NULL);
}

void supervisor_stop(struct prefork *prefork)
{
    if (prefork->tick != NULL)
        event_free(prefork->tick);
    if (prefork->child != NULL)
        event_free(prefork->child);
}

/* Looks after the workers' ends until there is none left or the time has come. */
void supervisor_wait(struct prefork *prefork, uint64_t until_us)
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
