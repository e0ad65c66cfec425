/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_RETRY_H
#define CONCUR_CLIENT_LOAD_RETRY_H

#include <stddef.h>
#include <stdint.h>

struct load_conn;
struct load_worker;

#define RETRY_STEPS 4 /* of the pauses of an open loop: each is twice as long as the one before */

/* Open loop: connections that are down, by how long they pause, those first whose time comes first. Owned by the load
 * thread. All zeroes: there is none. */
struct retries {
    struct load_conn *head[RETRY_STEPS], *tail[RETRY_STEPS];
};

/* How long a connection is left alone after it was lost, or could not be opened: `attempts` have failed in a row. */
uint64_t retry_pause_ns(const struct load_worker *worker, unsigned attempts);

/* A connection is down: says when it is tried again, one attempt after the other further apart. */
void retry_later(struct load_conn *conn, struct load_worker *worker);

/* Open loop: when the next one is to be opened; CLOCK_NEVER: none is down. */
uint64_t retry_next_ns(const struct retries *retries);

/* Open loop: begins to open those whose time has come. Only so many at once: what has come in meanwhile is not to wait
 * for all of them. */
void retry_due(struct load_worker *worker);

#endif
