/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_WORKER_H
#define CONCUR_CLIENT_LOAD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "client/load/attendance.h"
#include "client/load/conn.h"
#include "client/load/gate.h"
#include "client/load/open.h"
#include "client/load/plan.h"
#include "client/load/series.h"

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
    _Atomic int64_t budget; /* closed loop: requests that nobody has taken yet, when they are counted */
    atomic_bool stop;       /* end early */
};

/* One load thread and its connections. */
struct load_worker {
    /* set before start, then read only */
    struct load_shared *shared;
    const struct load_plan *plan;
    struct load_conn *conns;
    struct load_flight *flights; /* of all connections, where requests are tracked */
    size_t count;
    uint64_t index; /* among the load threads */
    pthread_t thread;

    /* owner: the load thread; the main thread reads them after it has ended */
    int epoll;
    char *input; /* LOAD_READ_BYTES */
    bool running;
    bool gave_up;     /* no reply came for too long */
    bool no_memory;   /* and so the load is none */
    size_t unsettled; /* connections whose first attempt goes on */
    size_t live;      /* connections that are not spent */
    size_t begun;     /* connections that have been let in: all but during a ramp */
    uint64_t now_ns;  /* the clock as last read */
    uint64_t tick_ns; /* when all connections are looked at next */
    uint64_t last_reply_ns;
    uint64_t quiet_ns;   /* since when we have been waiting for a reply in vain */
    uint64_t start_ns;   /* when the load begins */
    uint64_t measure_ns; /* when what is measured begins: behind the warm-up */
    uint64_t until_ns;   /* when the time is up */
    uint64_t ended_ns;
    bool measuring;
    struct attendance attendance; /* while measuring */
    uint64_t drawn;               /* closed loop: requests that were numbered here */
    uint64_t number_step;         /* between the numbers of a batch */
    struct load_tally tally;
    struct load_tally warm;       /* of the warm-up, where there is one */
    struct series series;         /* but for what the main thread takes */
    struct series_slot warm_slot; /* the warm-up's second: nobody looks at it */
    struct open_loop open;
    struct tls_session *session; /* the last that can be resumed, or NULL */
    uint64_t handshakes, resumed;

    /* atomic, relaxed: for the progress line */
    _Atomic uint64_t replies;
    _Atomic uint64_t errors;
};

/* Prepares a worker with `count` connections; 0, or -1 with the reason. load_worker_clear in any case. */
MUST_USE int load_worker_begin(struct load_worker *worker, struct load_shared *shared, uint64_t index,
                               size_t count, struct error *error);
void load_worker_clear(struct load_worker *worker);

/* The thread: connects, passes the gate, loads, passes the gate, closes. `argument` is the worker. */
void *load_worker_run(void *argument);

/* Closed loop: takes up to `wanted` requests; 0 when there are none left. `number` receives the first one's, the
 * others follow by worker->number_step. */
unsigned load_budget_take(struct load_worker *worker, unsigned wanted, uint64_t *number);

/* Whether all counted requests are taken. */
bool load_budget_is_spent(struct load_shared *shared);

/* Whether the load thread is to end early. */
bool load_worker_is_stopped(const struct load_worker *worker);

/* Looks after what the clock brings about: a second is over, the warm-up is, a connection has waited too long. */
void load_worker_tick(struct load_worker *worker);

/* Where to count what became of a request that was meant to be sent then: the warm-up has its own tally. */
static inline struct load_tally *load_worker_tally(struct load_worker *worker, uint64_t due_ns)
{
    return __builtin_expect(due_ns < worker->measure_ns, 0) ? &worker->warm : &worker->tally;
}

/* The same in the current second. */
static inline struct series_slot *load_worker_slot(struct load_worker *worker, uint64_t due_ns)
{
    return __builtin_expect(due_ns < worker->measure_ns, 0) ? &worker->warm_slot
                                                            : series_at(&worker->series, worker->now_ns);
}

/* Adds to a figure that the main thread looks at. Load thread. */
static inline void load_worker_show(_Atomic uint64_t *figure, uint64_t more)
{
    atomic_store_explicit(figure, atomic_load_explicit(figure, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

#endif
