/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_FLIGHT_H
#define CONCUR_CLIENT_LOAD_FLIGHT_H

#include "client/load/conn.h"

/* Requests that are followed one by one, from the moment they were meant to be sent: wherever they differ from each
 * other, or that moment is not the write. */
struct load_flight {
    uint64_t due_ns;  /* when it was meant to be sent */
    uint64_t sent_ns; /* when it was written */
    uint64_t number;  /* what it is follows from that */
    uint64_t command;
    struct lateness
        room; /* open loop: of its place in the ring, and so passed on to whoever takes that next */
};

/* The one under way before which there are `index` others. */
struct load_flight *flight_at(const struct load_conn *conn, const struct load_worker *worker, unsigned index);

/* Closed loop: sends the next batch, or opens the connection anew for it, or spends the connection. */
void flight_send(struct load_conn *conn, struct load_worker *worker);

/* Puts one more request at the end of what is to be written; there must be room. */
void flight_add(struct load_conn *conn, struct load_worker *worker, uint64_t due_ns, uint64_t number);

/* They are being written now: at worker->now_ns. Then conn_write. */
void flight_mark_written(struct load_conn *conn, struct load_worker *worker);

/* Takes replies that have been read. */
void flight_take(struct load_conn *conn, struct load_worker *worker, const char *bytes, size_t length);

/* What is under way has failed. */
void flight_lose(struct load_conn *conn, struct load_worker *worker);

/* The load has ended: what is under way stays unfinished. */
void flight_end(struct load_conn *conn, struct load_worker *worker);

/* Whether the connection has had all the requests that it may have before it is opened anew. */
bool flight_is_worn(const struct load_conn *conn, const struct load_worker *worker);

#endif
