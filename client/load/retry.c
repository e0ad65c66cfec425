/* SPDX-License-Identifier: Apache-2.0
 *
 * When a connection that was lost is tried again. Requests of an open loop that find no connection wait, and all that
 * we wait before we connect is in the latency that we then tell of the server: so it is a millisecond at first, by
 * the timer and not by a tick, and eight at most. A server that is down must not keep us busy: the longest pause is
 * such that a thread makes ten attempts in a millisecond at most, however many connections it has. Attempts are
 * counted until a good reply comes; whoever takes connections only to close them is not stormed either. In a closed
 * loop the pause is in no latency, and is ten times as long.
 *
 * Pauses are of few lengths, and each has a queue of its own, in which the time of the first one comes first. Runs in
 * the load thread. */
#include "client/load/retry.h"

#include "client/load/conn.h"
#include "client/load/worker.h"
#include "common/clock.h"

#define OPEN_PAUSE_NS    1000000
#define ATTEMPT_LEAST_NS 100000 /* of the longest pause for each connection of the thread */
#define AT_ONCE          64
#define CLOSED_PAUSE_NS  10000000
#define CLOSED_DOUBLED   4 /* times at most */

static unsigned step_of(unsigned attempts)
{
    return attempts < RETRY_STEPS ? attempts : RETRY_STEPS - 1;
}

uint64_t retry_pause_ns(const struct load_worker *worker, unsigned attempts)
{
    uint64_t pause_ns = (uint64_t)OPEN_PAUSE_NS << step_of(attempts);
    uint64_t least_ns = attempts + 1 < RETRY_STEPS ? 0 : worker->count * ATTEMPT_LEAST_NS;

    if (!load_plan_is_open(worker->plan))
        return (uint64_t)CLOSED_PAUSE_NS << (attempts < CLOSED_DOUBLED ? attempts : CLOSED_DOUBLED);
    return pause_ns > least_ns ? pause_ns : least_ns;
}

static void enqueue(struct retries *retries, unsigned step, struct load_conn *conn)
{
    conn->next_down = NULL;
    if (retries->head[step] == NULL)
        retries->head[step] = conn;
    else
        retries->tail[step]->next_down = conn;
    retries->tail[step] = conn;
}

void retry_later(struct load_conn *conn, struct load_worker *worker)
{
    conn->retry_at_ns = worker->now_ns + retry_pause_ns(worker, conn->attempts);
    if (load_plan_is_open(worker->plan))
        enqueue(&worker->open.retries, step_of(conn->attempts), conn);
    conn->attempts++;
}

/* The queue whose first one's time comes first; RETRY_STEPS: all are empty. */
static unsigned first_queue(const struct retries *retries)
{
    unsigned first = RETRY_STEPS, i;

    for (i = 0; i < RETRY_STEPS; i++) {
        if (retries->head[i] != NULL &&
            (first == RETRY_STEPS || retries->head[i]->retry_at_ns < retries->head[first]->retry_at_ns))
            first = i;
    }
    return first;
}

uint64_t retry_next_ns(const struct retries *retries)
{
    unsigned first = first_queue(retries);

    return first < RETRY_STEPS ? retries->head[first]->retry_at_ns : CLOCK_NEVER;
}

void retry_due(struct load_worker *worker)
{
    struct retries *retries = &worker->open.retries;
    unsigned i;

    for (i = 0; i < AT_ONCE && retry_next_ns(retries) <= worker->now_ns; i++) {
        unsigned first = first_queue(retries);
        struct load_conn *conn = retries->head[first];

        retries->head[first] = conn->next_down;
        if (worker->now_ns - conn->retry_at_ns >= LATENESS_LEAST_NS)
            conn->ready.late_ns += worker->now_ns - conn->retry_at_ns;
        conn_open(conn, worker);
    }
}
