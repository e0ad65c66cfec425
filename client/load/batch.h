/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_BATCH_H
#define CONCUR_CLIENT_LOAD_BATCH_H

#include "client/load/conn.h"

/* Requests that are all alike, sent and timed as a batch: the closed loop with one fixed command. */

/* Sends the next batch, or spends the connection. */
void batch_send(struct load_conn *conn, struct load_worker *worker);

/* Takes replies that have been read. */
void batch_take(struct load_conn *conn, struct load_worker *worker, const char *bytes, size_t length);

/* What is under way has failed. */
void batch_lose(struct load_conn *conn, struct load_worker *worker);

/* The load has ended: what is under way stays unfinished. */
void batch_end(struct load_conn *conn, struct load_worker *worker);

#endif
