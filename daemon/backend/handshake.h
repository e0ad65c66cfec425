/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_HANDSHAKE_H
#define CONCUR_BACKEND_HANDSHAKE_H

#include "daemon/backend/connection.h"

/* The first part of a TLS connection's life, taken in turns by whichever worker has it (turn.c). */

enum handshake_next {
    HANDSHAKE_WAITS, /* for more bytes, or for room (stream_wants_room) */
    HANDSHAKE_DONE,  /* its stream is to be read and written from now on */
    HANDSHAKE_FAILED /* to be closed for session.reason, lingering if session.linger says so */
};

/* Goes on with it as far as that goes without waiting, with the certificate of the worker's generation. The worker whose turn
 * it is. */
enum handshake_next handshake_step(struct connections *connections, struct connection *connection,
                                   struct worker *worker);

#endif
