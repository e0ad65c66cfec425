/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_PREFORK_PRIVATE_H
#define CONCUR_BACKEND_PREFORK_PRIVATE_H

#include "common/clock.h"
#include "daemon/backend/worker_process.h"

/* The prefork backend's inside, for its two files: prefork.c hands connections out, supervisor.c looks after the worker
 * processes. Owner of all of it: the master's main thread. */

struct event;

struct prefork {
    struct backend backend; /* first: a backend is a prefork */
    unsigned entries;       /* of `workers`: max_workers and as many for overlap */
    struct worker_process *workers;
    struct event *tick, *child;
    uint64_t ticked_us;     /* when the supervisor looked last */
    unsigned workers_least; /* prefork.workers, as it was when `wanted` was made from it */
    unsigned wanted;        /* workers that there should be */
    uint64_t clients_most;  /* of one worker: what it is allowed, and has descriptors for */
    unsigned young_deaths;  /* steps of the back-off */
    uint64_t stepped_us;    /* when the last of them was taken, */
    uint64_t pause_us;      /* and how long it waits */
    unsigned joined;        /* workers that ended, one way or the other, since it retires */
    uint64_t next_start_us;
    uint64_t surplus_since_us; /* 0 = none */
    bool was_ready;
    struct connection *queue_first, *queue_last; /* QUEUED, linked by `seat` */
};

static inline const struct config *prefork_config(const struct prefork *prefork)
{
    return process_config(prefork->backend.host->process);
}

static inline struct segment *prefork_segment(const struct prefork *prefork)
{
    return prefork->backend.host->process->segment;
}

/* --- prefork.c ------------------------------------------------------------------------------------------------------ */

/* Reads everything that a worker has sent. False when its end of the socket is gone. */
bool prefork_read_control(struct prefork *prefork, struct worker_process *worker);

/* Has the main loop do so whenever there is something. 0, or -1 when memory is short. */
MUST_USE int prefork_watch_control(struct prefork *prefork, struct worker_process *worker);

/* SENT -> QUEUED for all that an ended worker had not acknowledged: it never touched them. Answers how many. */
unsigned prefork_take_back(struct prefork *prefork, struct worker_process *worker);

/* Hands out what is queued, as far as there is room. */
void prefork_dispatch(struct prefork *prefork);

/* Lets go of those in the queue whose peer is gone: they keep a place that others could have. */
void prefork_sweep_queue(struct prefork *prefork);

/* Whether a worker may be given another connection. */
bool prefork_has_room(const struct prefork *prefork, const struct worker_process *worker);

/* --- supervisor.c --------------------------------------------------------------------------------------------------- */

/* Has the main loop look after the workers: SIGCHLD, and ten times a second. 0, or -1 when memory is short. */
MUST_USE int supervisor_start(struct prefork *prefork);
void supervisor_stop(struct prefork *prefork);

/* Starts the workers that are missing, when it is time. */
void supervisor_keep_up(struct prefork *prefork, uint64_t now_us);

/* Another generation is in effect: as many workers as that says; and each is told, those at least that have taken over
 * the last that they were told. What is not told now is told at a later tick. */
void supervisor_adopt(struct prefork *prefork);
void supervisor_tell_generation(struct prefork *prefork, uint64_t now_us);

/* Nobody has room: one more worker, if there may be. */
void supervisor_grow(struct prefork *prefork);

/* A worker says that it can serve. */
void supervisor_worker_ready(struct prefork *prefork, struct worker_process *worker);

/* Looks after the workers' ends until there is none left or the time has come. Blocks. */
void supervisor_wait(struct prefork *prefork, uint64_t until_us);

#endif
