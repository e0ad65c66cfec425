/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_CONN_H
#define CONCUR_CLIENT_LOAD_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/resp_scan.h"

struct load_worker;

enum conn_state {
    CONN_DOWN,       /* no descriptor; opened when retry_at_ns has come */
    CONN_CONNECTING, /* connect() is under way */
    CONN_GREETING,   /* AUTH was sent, its reply is awaited */
    CONN_READY,      /* waits for the start */
    CONN_BUSY,       /* requests are under way */
    CONN_SPENT /* no more requests for it; stays open, so that the server's memory can be seen, until the end
                */
};

/* One connection of a load. Owned by its load thread. */
struct load_conn {
    int fd; /* -1: none */
    enum conn_state state;
    bool settled;     /* its first attempt to connect has ended, well or not */
    bool wants_write; /* EPOLLOUT is asked for */
    unsigned greeted; /* replies to our greeting */
    unsigned awaited; /* replies to our requests */
    const char *out;  /* still to be written */
    size_t out_bytes;
    uint64_t sent_ns;     /* when the write of what is under way was issued */
    uint64_t since_ns;    /* when anything last went on: for the time-out */
    uint64_t retry_at_ns; /* CONN_DOWN */
    struct resp_scanner scanner;
};

/* Begins to connect. */
void conn_open(struct load_conn *conn, struct load_worker *worker);

/* Handles what epoll says about it. */
void conn_on_event(struct load_conn *conn, struct load_worker *worker, uint32_t events);

/* Sends the first requests, once the load has started. */
void conn_start(struct load_conn *conn, struct load_worker *worker);

/* Looks at the clock: reconnects, or gives up waiting. */
void conn_tick(struct load_conn *conn, struct load_worker *worker);

/* Closes the descriptor, whatever the state. */
void conn_close(struct load_conn *conn);

#endif
