/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_CALL_H
#define CONCUR_COMMAND_CALL_H

#include <stdatomic.h>

#include "daemon/command/command.h"
#include "daemon/command/throttle.h"
#include "daemon/command/worker.h"

/* The inside of a call, for the session that makes it and for the built-in families that show or change the state of
 * the server or the session. A family of somebody else's sees command.h alone. */

/* What the session keeps about its peer and lets commands change. Owner: the worker whose turn it is. */
struct client {
    struct connection_entry *entry; /* how everybody else sees it */
    uint64_t id;
    uint8_t protocol;          /* 2 or 3 */
    bool closing;              /* QUIT: close after this reply */
    bool authenticated;        /* as the user whose name the entry shows */
    uint32_t reviewed;         /* the generation that was last seen to have that user */
    uint16_t last_command;     /* 1 + index */
    struct throttle *throttle; /* its command's; NULL when that neither has nor wants a permit */
};

/* Whether it may do more than authenticate itself. */
static inline bool client_is_admitted(const struct client *client, const struct config *config)
{
    return client->authenticated || config->auth.allow_anonymous;
}

/* Makes it that user, whose name is at most CONNECTION_USER_BYTES long; or nobody in particular, with "". */
void client_become(struct client *client, const char *user);

/* What lives from a command's first call to its end. */
struct call_progress {
    uint64_t started_us;
    uint64_t deadline_us; /* limits.max_command_time, as it was when the command began */
    uint64_t wait_until_us;
    bool wakeable; /* somebody may end the wait */
    uint64_t state[4];
    void *memory;                  /* call_allocate's or call_keep's; let go of by the session */
    void (*release)(void *memory); /* how; NULL = free */
};

struct call {
    struct worker *worker;
    const struct command *command;
    const char *bytes; /* what the arguments' offsets refer to */
    const struct resp_arg *args;
    unsigned argc; /* the name included */
    struct reply reply;
    struct client *client;
    struct call_progress *progress;
    const _Atomic uint32_t *mark; /* not 0: the connection is to end */
};

/* The end of a command's time. */
uint64_t call_deadline(const struct call *call);

/* Frees what the command allocated; it is over. */
void call_progress_clear(struct call_progress *progress);

#endif
