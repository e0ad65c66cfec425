/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_HANDOVER_H
#define CONCUR_BACKEND_HANDOVER_H

#include <stdint.h>

#include "common/error.h"
#include "common/tls_tickets.h"
#include "daemon/backend/connection.h"
#include "daemon/sys/message.h"

/* The protocol between the master and its workers, over one SEQPACKET pair each. A connection's way, and who owns its
 * descriptor in each state:
 *
 *   QUEUED    the master alone: no worker has room yet
 *   SENT      the master's copy and, in the socket or received, the worker's; the worker must not touch the stream
 *             before it has acknowledged. The worker dies: the master's copy is sent to another (-> QUEUED).
 *   HELD      the worker alone: it acknowledged and the master closed its copy. The worker dies: the connection ends.
 *   RETURNED  in the socket to the master; the worker sent it when it had left all epoll sets, and closes its copy without
 *             touching the stream again. The worker dies: the message is still there and is read first (-> QUEUED).
 *   CLOSED    nobody; the entry in the segment is free.
 *
 * An acknowledgement that was written is read even when its writer is dead: a master looks at a dead worker's socket
 * before it decides which connections were SENT. So exactly one process ever reads from a connection. tests/model holds
 * a model of this that is checked over all interleavings. */

enum handover_kind {
    /* worker to master */
    HANDOVER_READY = 1,    /* the worker can serve */
    HANDOVER_ACKNOWLEDGED, /* SENT -> HELD */
    HANDOVER_RETURNED, /* HELD -> RETURNED, with the descriptor, and one of unread input when there is any */
    HANDOVER_REFUSED,  /* SENT -> QUEUED: no descriptor was left for it */
    HANDOVER_ROOM,     /* a connection ended, and the master had asked to be told */
    /* master to worker */
    HANDOVER_SENT,       /* QUEUED -> SENT, with the same descriptors */
    HANDOVER_DRAIN,      /* close at request boundaries, then end */
    HANDOVER_RETIRE,     /* return connections at request boundaries, then end */
    HANDOVER_CUT,        /* end what still runs */
    HANDOVER_GENERATION, /* go on with another generation: its snapshot's descriptor, its number as `id` */
    HANDOVER_TICKETS,    /* the keys of TLS sessions from now on; before the first connection */
    HANDOVER_KINDS
};

/* A connection that is RETURNED when the master has no descriptor left is lost, as one is that is accepted then. */

struct handover {
    uint32_t kind;  /* enum handover_kind */
    uint32_t index; /* of the connection, where there is one */
    uint64_t id;    /* the connection's, checked against its entry: a stale index is refused */
    struct tls_ticket_keys tickets; /* HANDOVER_TICKETS alone; else it is not sent, and holds nothing */
};

/* Connections that may be SENT to one worker at once: a stopped worker receives no more than these, and their
 * acknowledgements always fit its socket (a default pair holds 278 messages with a descriptor each). */
#define HANDOVER_UNACKNOWLEDGED_MOST 32

/* The descriptors that a worker inherits. */
enum { HANDOVER_CONTROL_FD = 3, HANDOVER_SEGMENT_FD = 4, HANDOVER_GENERATION_FD = 5 };

/* Sends a message without descriptors. */
MUST_USE enum message_result handover_send(int socket, enum handover_kind kind,
                                           const struct connection *connection);

/* Sends the connection itself, HANDOVER_SENT or HANDOVER_RETURNED, with its unread input. The caller's copy of the
 * descriptor stays open. */
MUST_USE enum message_result handover_send_connection(int socket, enum handover_kind kind,
                                                      const struct connection *connection);

/* Sends HANDOVER_GENERATION. The caller's copy of the descriptor stays open. */
MUST_USE enum message_result handover_send_generation(int socket, int snapshot, uint32_t number);

/* Sends HANDOVER_TICKETS. */
MUST_USE enum message_result handover_send_tickets(int socket, const struct tls_ticket_keys *tickets);

/* Sends HANDOVER_REFUSED for a connection that was never opened here. */
MUST_USE enum message_result handover_refuse(int socket, const struct handover *sent);

/* What arrived. `fds` and STRIPPED as in message_receive. ERROR also for a message that makes no sense. */
MUST_USE enum message_result handover_receive(int socket, struct handover *message, int fds[MESSAGE_FDS]);

/* Opens a connection that arrived in `message` with `fds`, taking over what session state the entry and the second
 * descriptor carry; closes that one. NULL when it makes no sense: then both descriptors are closed. */
struct connection *handover_open(struct connections *connections, const struct handover *message,
                                 int fds[MESSAGE_FDS]);

#endif
