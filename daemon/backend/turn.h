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

/* Retiring, after a turn that ended in TURN_READ: what becomes of the connection. */
enum turn_parting {
    PARTING_NOW, /* release it */
    PARTING_OWES, /* something had arrived when this was asked first and is not answered: as after TURN_AGAIN */
    PARTING_AWAITS /* its first request is on its way, or it is to stay: as after TURN_READ, and a turn whenever the host
                    * insists */
};

enum turn_parting turn_part(const struct connections *connections, struct connection *connection);

/* How long after it was accepted, and after the drain began, a client may take to send its first request: more than a
 * round trip across the world, less than anybody minds at the end of a daemon. */
#define TURN_YOUNG_US 250000

/* Whether somebody who has said nothing yet has that time still, in a drain that began at `draining_us`. */
static inline bool turn_is_young(uint64_t accepted_us, uint64_t draining_us, uint64_t now_us)
{
    uint64_t since = accepted_us > draining_us ? accepted_us : draining_us;

    return since - accepted_us < TURN_YOUNG_US && now_us < since + TURN_YOUNG_US;
}

#endif
