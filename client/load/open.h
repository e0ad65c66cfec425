/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_OPEN_H
#define CONCUR_CLIENT_LOAD_OPEN_H

#include "client/load/conn.h"
#include "client/load/retry.h"
#include "client/load/schedule.h"

/* One load thread's side of an open loop. */
struct open_loop {
    struct schedule schedule; /* its place is the queue of what is due */
    uint64_t due_ns;   /* when the next request is meant to be sent; CLOCK_NEVER: there is none any more */
    uint64_t left;     /* requests that still count, where they are counted; else UINT64_MAX */
    int timer;         /* timerfd; -1: none */
    uint64_t armed_ns; /* what it is set to */

    struct load_conn *head, *tail; /* connections that may have room, those that have had it longest first */
    size_t room;                   /* connections that have it */
    uint64_t returned_ns;          /* when events were last fetched */
    uint64_t seen_ns;              /* since when the events at hand may have been there */
    bool starved;     /* they answer half, at least, of the connections with requests under way */
    size_t under_way; /* such connections */
    struct retries retries;

    uint64_t usual_ns; /* see lateness_free */

    /* replies that came while requests waited for a connection: for how long they kept one, but for our own doing */
    uint64_t served, served_ns;

    uint64_t last_due_ns, last_sent_ns, last_lag_ns; /* of the last request written */
    uint64_t missing;                                /* at the end: due, not written */
    uint64_t missing_own; /* of them, those that would have been, had we always been there */
};

/* 0, or -1 with the reason; open_clear in any case. The worker's epoll set is there. */
MUST_USE int open_begin(struct load_worker *worker, struct error *error);
void open_clear(struct load_worker *worker);

/* The load begins at worker->start_ns: the schedule too. By the load thread itself. */
void open_start(struct load_worker *worker);

/* Runs until the time is up, or all is sent and answered, or all is to stop. */
void open_run(struct load_worker *worker);

/* Looks at a connection after anything has happened to it: does it have room? */
void open_look(struct load_conn *conn, struct load_worker *worker);

/* Sends what is due, as far as there is room. */
void open_dispatch(struct load_worker *worker);

/* The reply to a request has been read. */
void open_note_reply(struct load_conn *conn, struct load_worker *worker, struct load_flight *flight);

/* The load has ended: counts what was due and never sent. */
void open_end(struct load_worker *worker);

#endif
