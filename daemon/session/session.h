/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SESSION_SESSION_H
#define CONCUR_SESSION_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "daemon/command/call.h"
#include "daemon/shm/close_reason.h"

/* The protocol state of one connection: bytes in, replies out, no input or output of its own. Whoever runs it puts
 * received bytes into `in`, calls session_run in a worker, sends what is in `out`, and does what the answer says. The
 * same for blocking threads, reactors, TLS, tests and fuzzers. Owner: the worker whose turn it is; `mark` is for all. */

enum session_want {
    SESSION_READ,  /* more input, when it comes; session_deadline says by when */
    SESSION_FLUSH, /* send what is in `out`, then run again */
    SESSION_AGAIN, /* there is more to do, but it is others' turn first */
    SESSION_WAIT,  /* run again at session_wake_us, reading nothing meanwhile */
    SESSION_CLOSE  /* send what is in `out`, then close as `reason` and `linger` say */
};

struct session {
    struct buffer in, out;
    struct client client;
    /* the command under way, when `row` is not NULL */
    const struct command_row *row;
    struct call_progress progress;
    struct resp_arg *held; /* its arguments; offsets from the head of `in` */
    unsigned held_argc;
    size_t held_length; /* what the request takes of `in` */
    bool streamed;      /* part of its reply is out of our hands */
    size_t replied;     /* bytes that its earlier calls wrote */
    bool woken;         /* its wait is over, whatever its time: set by whoever runs the session */
    /* the connection */
    bool ended;  /* the peer sends no more */
    bool linger; /* an error reply should still arrive: close in the lingering way */
    enum close_reason reason;
    size_t need;                 /* bytes of `in` below which parsing is in vain */
    uint64_t request_started_us; /* when the incomplete request in `in` began; 0 = there is none */
    uint64_t commands;
    /* atomic: set once by anybody who wants the connection to end (enum close_reason); read at every chance */
    _Atomic uint32_t mark;
};

/* A fresh session for the connection that `entry` shows. */
void session_init(struct session *session, struct connection_entry *entry);

/* Frees what the session owns. */
void session_free(struct session *session);

/* Runs requests in `in` and writes replies into `out`, within the limits of the worker's configuration. The worker's
 * turn must have begun. Never blocks but where a command does. */
enum session_want session_run(struct session *session, struct worker *worker);

/* The peer will send no more: what is there is answered, then the answer is SESSION_CLOSE. */
void session_end_input(struct session *session);

/* SESSION_WAIT: when to run it again, monotonic; and whether somebody may end the wait before that. */
uint64_t session_wake_us(const struct session *session);

static inline bool session_is_wakeable(const struct session *session)
{
    return session->row != NULL && session->progress.wakeable;
}

/* SESSION_READ: when the wait for input must end, and why; CLOSE_IDLE with CLOCK_NEVER between two requests, which is for
 * the sweeper to end. */
uint64_t session_deadline_us(const struct session *session, const struct worker *worker,
                             enum close_reason *why);

/* Whether it stands between two requests with everything sent, so that somebody else can go on with it. */
static inline bool session_at_boundary(const struct session *session)
{
    return session->row == NULL && buffer_length(&session->out) == 0;
}

/* Asks for the connection's end; the first reason stays. Any thread. Answers whether this call was the first. */
bool session_mark(struct session *session, enum close_reason reason);

static inline enum close_reason session_marked(const struct session *session)
{
    return (enum close_reason)atomic_load_explicit(&session->mark, memory_order_relaxed);
}

#endif
