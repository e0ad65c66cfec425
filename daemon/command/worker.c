/* SPDX-License-Identifier: Apache-2.0
 *
 * Workers: a thread's place on the scoreboard and its scratch memory. Sessions borrow the scratch for their turn, which
 * is what keeps an idle connection below a kilobyte. Totals gather in the worker and are published once a turn, so that
 * a pipelined command costs no shared store. Runs in the worker's own thread. */
#include "daemon/command/worker.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"

void process_init(struct process *process, unsigned number, struct generations *generations,
                  struct segment *segment, struct log_queue *log, unsigned first_slot, unsigned slots)
{
    *process =
        (struct process){.number = number,
                         .generations = generations,
                         .segment = segment,
                         .log = log,
                         .first_slot = first_slot,
                         .slots = slots,
                         .counters = {.table = segment->counters,
                                      .capacity = segment->header->counters,
                                      .lock = segment->counters_lock,
                                      .guard = generations_current(generations)->config->counters.guard}};
}

/* Room for the arguments of the longest command. Not zeroed: pages that no request needs are never touched. */
static void make_room(struct worker *worker)
{
    unsigned wanted = (unsigned)worker->config->limits.max_args;
    struct resp_arg *args;

    if (wanted <= worker->args_room)
        return;
    args = malloc(wanted * sizeof *args);
    if (args == NULL)
        return; /* commands of a worker that has less stay shorter */
    free(worker->args);
    worker->args = args;
    worker->args_room = wanted;
}

/* Exchanges what it holds for the newest. */
static void adopt(struct worker *worker)
{
    struct generations *generations = worker->process->generations;
    const struct generation *old = worker->generation;

    worker->generation = generations_hold(generations);
    worker->config = worker->generation->config;
    make_room(worker);
    worker->limits = (struct resp_limits){.max_request = worker->config->limits.max_request,
                                          .max_args = (unsigned)worker->config->limits.max_args};
    if (worker->limits.max_args > worker->args_room)
        worker->limits.max_args = worker->args_room; /* memory was short when it was raised */
    if (old != NULL)
        generations_let_go(generations, old);
}

int worker_prepare(struct worker *worker, const struct process *process)
{
    *worker = (struct worker){.process = process, .read_room = WORKER_READ_ROOM};
    adopt(worker);
    if (worker->args != NULL)
        return 0;
    worker_clear(worker);
    return -1;
}

void worker_clear(struct worker *worker)
{
    buffer_free(&worker->in_spare);
    buffer_free(&worker->out_spare);
    free(worker->args);
    worker->args = NULL;
    if (worker->generation != NULL)
        generations_let_go(worker->process->generations, worker->generation);
    worker->generation = NULL;
}

/* A wait for the log (log.overflow = block) may be longer than any command: it is not hanging. */
static void on_log_wait(void *context)
{
    worker_touch(context);
}

void worker_enter(struct worker *worker, unsigned slot, bool shared, unsigned number)
{
    const struct process *process = worker->process;

    assert(slot < process->slots);
    worker->slot_number = process->first_slot + slot;
    worker->slot = &process->segment->slots[worker->slot_number];
    worker->slot_shared = shared;
    worker->number = number;
    worker->tid = (uint32_t)gettid();
    worker->now_us = clock_now_us();
    log_bind(log_queue_lane(process->log, worker->slot_number), number, shared);
    log_show_waits(on_log_wait, worker);
    atomic_store_explicit(&worker->slot->process, process->number, memory_order_relaxed);
    atomic_store_explicit(&worker->slot->tid, worker->tid, memory_order_relaxed);
    atomic_store_explicit(&worker->slot->beat_us, worker->now_us, memory_order_relaxed);
    atomic_store_explicit(&worker->slot->state, SLOT_IDLE, memory_order_relaxed);
}

void worker_leave(struct worker *worker)
{
    if (!worker->slot_shared)
        atomic_store_explicit(&worker->slot->state, SLOT_FREE, memory_order_relaxed);
    log_bind(NULL, 0, false);
}

void worker_touch(struct worker *worker)
{
    worker->now_us = clock_now_us();
    atomic_store_explicit(&worker->slot->beat_us, worker->now_us, memory_order_relaxed);
    if (worker->process->pulse == NULL || worker->now_us - worker->pulsed_us < WORKER_PULSE_US)
        return;
    worker->pulsed_us = worker->now_us;
    worker->process->pulse(worker->process);
}

void worker_begin(struct worker *worker, uint64_t connection)
{
    if (generations_moved(worker->process->generations, worker->generation))
        adopt(worker);
    worker_touch(worker);
    atomic_store_explicit(&worker->slot->connection, connection, memory_order_relaxed);
    atomic_store_explicit(&worker->slot->state, SLOT_BUSY, memory_order_relaxed);
}

static void add(const struct worker *worker, _Atomic uint64_t *total, uint64_t amount)
{
    if (worker->slot_shared)
        atomic_fetch_add_explicit(total, amount, memory_order_relaxed);
    else
        segment_add(total, amount);
}

void worker_count(const struct worker *worker, enum limit limit, uint64_t amount)
{
    add(worker, &worker->slot->limits[limit], amount);
}

static void publish(const struct worker *worker, _Atomic uint64_t *total, uint64_t *amount)
{
    if (*amount == 0)
        return;
    add(worker, total, *amount);
    *amount = 0;
}

void worker_end(struct worker *worker, enum slot_state state)
{
    publish(worker, &worker->slot->commands, &worker->tally.commands);
    publish(worker, &worker->slot->error_replies, &worker->tally.error_replies);
    publish(worker, &worker->slot->rx_bytes, &worker->tally.rx_bytes);
    publish(worker, &worker->slot->tx_bytes, &worker->tally.tx_bytes);
    atomic_store_explicit(&worker->slot->state, state, memory_order_relaxed);
}
