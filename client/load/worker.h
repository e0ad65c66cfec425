/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_WORKER_H
#define CONCUR_CLIENT_LOAD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/load/conn.h"
#include "client/load/gate.h"
#include "client/load/plan.h"
#include "client/load/series.h"
#include "client/load/tally.h"

#define LOAD_READ_BYTES 65536 /* at most per read; one buffer for all connections of a thread */

/* The gate's phases, in the order in which it is opened. */
enum load_phase {
    LOAD_START = 1, /* all have connected: send */
    LOAD_FINISH     /* all have stopped: close */
};

/* What all load threads of a run share. */
struct load_shared {
    const struct load_plan *plan; /* read only */
    struct gate gate;
    uint64_t start_ns; /* when the load begins; set before the gate opens for it */
    /* atomic, relaxed: nothing else is ordered by them */
    _Atomic int64_t budget; /* requests that nobody has taken yet, when they are counted */
    atomic_bool stop;       /* end early */
};

/* One load thread and its connections. */
struct load_worker {
    /* set before start, then read only */
    struct load_shared *shared;
    const struct load_plan *plan;
    struct load_conn *conns;
    size_t count;
    pthread_t thread;

    /* owner: the load thread; the main thread reads them after it has ended */
    int epoll;
    char *input; /* LOAD_READ_BYTES */
    bool running;
    bool gave_up;     /* no reply came for too long */
    size_t unsettled; /* connections whose first attempt goes on */
    size_t live;      /* connections that are not spent */
    uint64_t now_ns;  /* the clock as last read */
    uint64_t last_reply_ns;
    uint64_t until_ns; /* when the time is up */
    uint64_t started_ns, ended_ns;
    uint64_t cpu_us;
    struct load_tally tally;
    struct series series; /* but for what the main thread takes */

    /* atomic, relaxed: for the progress line */
    _Atomic uint64_t replies;
    _Atomic uint64_t errors;
};

/* Prepares a worker with `count` connections; 0, or -1 with the reason. load_worker_clear in any case. */
MUST_USE int load_worker_begin(struct load_worker *worker, struct load_shared *shared, size_t count,
                               struct error *error);
void load_worker_clear(struct load_worker *worker);

/* The thread's body: connects, passes the gate, sends, passes the gate, closes. `argument` is a struct
 * load_worker. */
void *load_worker_run(void *argument);

/* Takes up to `wanted` requests out of the run's budget; 0 when it is spent. */
unsigned load_budget_take(struct load_shared *shared, unsigned wanted);

/* Whether there is anything left in it. */
bool load_budget_is_spent(struct load_shared *shared);

#endif
