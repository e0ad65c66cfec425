/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_CONN_H
#define CONCUR_CLIENT_LOAD_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/load/lateness.h"
#include "client/load/tally.h"
#include "common/buffer.h"
#include "common/resp_scan.h"
#include "common/tls.h"

struct load_flight;
struct load_worker;

enum conn_state {
    CONN_DOWN,       /* no descriptor; opened when retry_at_ns has come */
    CONN_CONNECTING, /* connect() is under way */
    CONN_SHAKING,    /* the handshake of TLS is */
    CONN_GREETING,   /* AUTH was sent, its reply is awaited */
    CONN_READY,      /* nothing is under way on it */
    CONN_BUSY,       /* requests are under way */
    CONN_SPENT /* no more requests for it; stays open, so that the server's memory can be seen, until the end
                */
};

/* One connection of a load. Owned by its load thread. */
struct load_conn {
    int fd;          /* -1: none */
    struct tls *tls; /* NULL: plain, or not connected yet */
    enum conn_state state;
    bool settled;      /* its first attempt to connect has ended, well or not */
    bool wants_write;  /* EPOLLOUT is asked for */
    unsigned attempts; /* to connect that failed, in a row; open loop: that brought no good reply */
    unsigned greeted;  /* replies to our greeting */
    unsigned awaited;  /* replies to our requests */
    const char *out;   /* still to be written: a greeting or a batch */
    size_t out_bytes;
    uint64_t sent_ns;     /* not tracked: when the write of what is under way was issued */
    uint64_t since_ns;    /* when anything last went on: for the time-out */
    uint64_t retry_at_ns; /* CONN_DOWN */
    struct resp_scanner scanner;

    /* where each request is followed by itself: see flight.h */
    struct load_flight *flights; /* a ring with as many places as the pipeline has */
    unsigned first;              /* place of the request that the next reply is for */
    unsigned unwritten;          /* requests, the last ones, that are in `pending` alone */
    struct buffer pending;       /* still to be written, behind `out` */
    struct buffer partial;       /* verify: of a reply that came in parts */
    uint64_t asked;              /* requests since it was opened */
    uint64_t due_ns; /* closed loop: since when its next requests are meant to be sent; 0: since now */

    /* open loop: see open.h */
    struct lateness ready;       /* the places that have not been used since it was opened */
    bool roomy;                  /* it could take a request */
    bool under_way;              /* it is counted as one with requests under way */
    bool queued;                 /* it stands in the queue of those that may have room */
    bool dirty;                  /* it has been given requests that are not written yet */
    struct load_conn *next;      /* in the queue */
    struct load_conn *next_down; /* see retry.h */
};

/* Begins to connect. */
void conn_open(struct load_conn *conn, struct load_worker *worker);

/* Handles what epoll says about it. */
void conn_on_event(struct load_conn *conn, struct load_worker *worker, uint32_t events);

/* Sends the first requests, once the load has started. */
void conn_start(struct load_conn *conn, struct load_worker *worker);

/* Looks at the clock: gives up waiting or, in a closed loop, reconnects. */
void conn_tick(struct load_conn *conn, struct load_worker *worker);

/* Closes the descriptor, whatever the state. */
void conn_close(struct load_conn *conn);

/* Closes it and frees what it has. */
void conn_clear(struct load_conn *conn);

/* For batch.c, flight.c and open.c: */

/* Writes what there is to write, as far as the kernel takes it; may fail the connection. */
void conn_write(struct load_conn *conn, struct load_worker *worker);

/* Is of no more use: what was under way on it has failed; another attempt is made after a pause. */
void conn_fail(struct load_conn *conn, struct load_worker *worker, enum load_error error);

/* Gets no more requests. */
void conn_spend(struct load_conn *conn, struct load_worker *worker);

/* Is closed on purpose and opened anew at once. */
void conn_reopen(struct load_conn *conn, struct load_worker *worker);

#endif
