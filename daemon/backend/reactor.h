/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_REACTOR_H
#define CONCUR_BACKEND_REACTOR_H

#include "daemon/backend/backend_private.h"

/* One libevent loop and the connections that stay with it: on a thread of its own, or as a guest on the host's main
 * loop, so that a worker process needs one thread only. Everything that comes from outside - new connections, retiring,
 * stopping - goes through an inbox and an eventfd; the loop itself is touched by its own thread only and needs no locks
 * of libevent's. */
struct reactor;

/* Starts one as worker `number` (0-based) of the backend's process, as a guest on `guest_of` unless that is NULL. NULL
 * with the reason. Main thread. */
struct reactor *reactor_start(struct backend *backend, unsigned number, struct event_base *guest_of,
                              struct error *error);

/* Hands it a connection. Any thread, does not block. */
void reactor_submit(struct reactor *reactor, struct connection *connection);

/* Connections given to it and not closed or released yet. Any thread. */
unsigned reactor_load(const struct reactor *reactor);

/* Has it look at the backend's `retiring`. Any thread, does not block. */
void reactor_nudge(struct reactor *reactor);

/* Ends its thread, waiting until `until_us` at most, and frees it. 0, or -1 when the thread hangs and the reactor is
 * abandoned. Main thread. */
int reactor_stop(struct reactor **reactor, uint64_t until_us);

#endif
