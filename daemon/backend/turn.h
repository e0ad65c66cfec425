/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_TURN_H
#define CONCUR_BACKEND_TURN_H

#include "daemon/backend/connection.h"

/* One turn of a connection on a worker: send what is pending, read once if the session wants input, run its requests,
 * send the replies in one write. Every backend is a way of calling this at the right moment. */

enum turn_next {
    TURN_READ,  /* call again when it is readable */
    TURN_WRITE, /* call again when it is writable */
    TURN_AGAIN, /* call again after the others had their turn */
    TURN_WAIT,  /* call again at session_wake_us, or when it is gone */
    TURN_CLOSE  /* close it, for session.reason */
};

/* Whether the one read may wait, which only a blocking socket does. */
enum turn_patience { TURN_PATIENT, TURN_NOW };

enum turn_next turn_take(struct connections *connections, struct connection *connection,
                         struct worker *worker, enum turn_patience patience);

/* Retiring, after a turn that ended in TURN_READ: whether the connection may be released. Not before everything that had
 * arrived when this was asked first is answered; until then it takes turns as after TURN_AGAIN. */
bool turn_was_last(struct connection *connection);

#endif
