/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LINK_H
#define CONCUR_CLIENT_LINK_H

#include "client/target.h"
#include "common/resp_encode.h"
#include "common/resp_reply.h"

/* A connection for those who ask one thing at a time: commands in, replies as trees out. One owner at a time.
 */
struct link;

enum link_event {
    LINK_REPLY,   /* a whole reply */
    LINK_WAITING, /* none yet: the time is up, or a part of it came (see link_arriving) */
    LINK_LOST     /* closed, broken or not RESP: only link_close is left */
};

#define LINK_FOREVER (-1)

/* Connects, and introduces itself as the target and `protocol` (0, 2 or 3) ask. 0, or -1 with the reason.
 * Blocks for at most a few seconds. */
MUST_USE int link_open(struct link **link, const struct target *target, uint64_t protocol,
                       struct error *error);

/* Closes and frees; nulls the pointer, takes NULL. */
void link_close(struct link **link);

/* For poll(): readable when link_read has something to do. */
int link_fd(const struct link *link);

/* Whether the other side has closed an idle link meanwhile. */
bool link_is_closed(struct link *link);

/* Whether it was lost because TLS failed: the server may want a certificate of ours, and says so only after the
 * handshake. */
bool link_has_failed_tls(const struct link *link);

/* Queues a command; link_flush sends all that is queued, in one write where possible, and blocks until it is
 * sent. 0, or -1 with the reason. */
MUST_USE int link_queue(struct link *link, const struct resp_word *words, size_t count, struct error *error);
MUST_USE int link_flush(struct link *link, struct error *error);

/* Waits up to `timeout_ms` for more of the next reply, which the caller clears. Push messages are passed
 * over. LINK_LOST comes with a reason; a signal handler that ran while it waited is one too ("interrupted").
 */
enum link_event link_read(struct link *link, int timeout_ms, struct resp_reply *reply, struct error *error);

/* The aggregate that is arriving, or NULL: see resp_reader_arriving. */
const struct resp_reply *link_arriving(const struct link *link);

/* One command and its whole reply, within `timeout_ms`. 0, or -1 with the reason; then close the link. */
MUST_USE int link_call(struct link *link, const struct resp_word *words, size_t count, int timeout_ms,
                       struct resp_reply *reply, struct error *error);

#endif
