/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_WORKER_H
#define CONCUR_COMMAND_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/resp_request.h"
#include "daemon/config/generation.h"
#include "daemon/log/log.h"
#include "daemon/shm/counters.h"
#include "daemon/shm/segment.h"

/* What all workers of one process have in common. Set before any of them starts, then read only. */
struct authentication;

struct process {
    unsigned number;                 /* its entry in the segment: 0 = the master */
    struct generations *generations; /* what may change; the rest of this may not */
    struct segment *segment;
    struct counters counters;
    struct log_queue *log;
    unsigned first_slot, slots;            /* its share of the scoreboard; lane i belongs to slot i */
    struct authentication *authentication; /* thread-safe; NULL where nobody can authenticate */
    /* Told every WORKER_PULSE_US by a worker in a long command, where commands run on the main thread that would
     * otherwise show that the process lives; else NULL. */
    void (*pulse)(const struct process *process);
    /* Ends the wait of the command on connection `index`, if that is still connection `id`: what waker_wake does. Any
     * thread; NULL where nothing ever waits for somebody. */
    void (*wake)(void *context, uint32_t index, uint64_t id);
    void *wake_context;
};

/* Whoever runs commands: one thread with its slot, its scratch memory and its clock. Used by that thread alone. */
struct worker {
    /* set before start */
    const struct process *process;
    unsigned slot_number;
    struct slot *slot;
    bool slot_shared; /* client threads of `thread` mode share slots: totals are added atomically */
    unsigned number;  /* what WHOAMI and the log call it */
    uint32_t tid;
    size_t read_room; /* bytes that a read asks for */
    /* owner: the worker's thread; exchanged between turns alone, so that a turn sees one configuration */
    const struct generation *generation;
    const struct config *config; /* its */
    struct resp_arg *args;
    unsigned args_room;        /* how many there are */
    struct resp_limits limits; /* its, but never more arguments than there is room for */
    uint64_t pulsed_us;
    uint64_t now_us; /* read once a turn, and after commands that take time */
    struct buffer in_spare,
        out_spare; /* lent to the session whose turn it is, so that idle ones own nothing */
    struct {
        uint64_t commands, error_replies, rx_bytes, tx_bytes;
    } tally; /* of this turn, published at its end */
};

/* The configuration in effect, for the process's main thread alone; workers have their own (worker->config). */
static inline const struct config *process_config(const struct process *process)
{
    return generations_current(process->generations)->config;
}

/* Fills in a process whose segment holds an initialised log queue and whose share of slots is [first, first + count). */
void process_init(struct process *process, unsigned number, struct generations *generations,
                  struct segment *segment, struct log_queue *log, unsigned first_slot, unsigned slots);

/* A limit was met: so often, or for so long. */
void worker_count(const struct worker *worker, enum limit limit, uint64_t amount);

#define WORKER_PULSE_US  100000
#define WORKER_READ_ROOM 16384 /* where one buffer serves many connections */

/* Gives a worker what it needs, so that becoming one can't fail: call it before its thread is started. 0, or -1 when memory
 * is short. worker_clear frees it all; for a worker that has left, or never entered. */
MUST_USE int worker_prepare(struct worker *worker, const struct process *process);
void worker_clear(struct worker *worker);

/* Makes the calling thread that worker: takes slot `slot` of the process's share (0-based), binds the thread to its lane.
 * worker_leave undoes it, in the same thread. */
void worker_enter(struct worker *worker, unsigned slot, bool shared, unsigned number);
void worker_leave(struct worker *worker);

/* The beginning and the end of a turn: takes over the newest generation, reads the clock and shows up as busy; publishes the tally and shows up as idle
 * (or as waiting, for a thread that sleeps in a command). */
void worker_begin(struct worker *worker, uint64_t connection);
void worker_end(struct worker *worker, enum slot_state state);

/* Reads the clock again: after something that took time. Counts as a sign of life. */
void worker_touch(struct worker *worker);

#endif
