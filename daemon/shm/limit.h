/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SHM_LIMIT_H
#define CONCUR_SHM_LIMIT_H

/* What workers count of the limits, each in its own slot (segment.h): how often one was met, under the name that INFO shows.
 * Limits that end a connection are counted as that end's reason (close_reason.h), those of the master by the master. */
#define LIMITS(LIMIT)                                                                                        \
    LIMIT(LIMIT_MAX_REQUEST, "limit_max_request")             /* requests that were too large */             \
    LIMIT(LIMIT_MAX_ARGS, "limit_max_args")                   /* and with too many arguments */              \
    LIMIT(LIMIT_BEFORE_AUTH, "limit_before_auth")             /* both, of clients not yet authenticated */   \
    LIMIT(LIMIT_REQUESTS_PER_TURN, "limit_requests_per_turn") /* turns that ended with more to do */         \
    LIMIT(LIMIT_MAX_COMMAND_TIME, "limit_max_command_time")   /* commands that were cut */                   \
    LIMIT(LIMIT_DISABLED, "limit_commands_disable")           /* commands that were refused */               \
    LIMIT(LIMIT_CPU_WAITS, "cpu_commands_waits")              /* commands that waited for others to end */   \
    LIMIT(LIMIT_CPU_WAITED_US, "cpu_commands_waited_us")      /* and for how long */

enum limit {
#define LIMIT_ID(id, name) id,
    LIMITS(LIMIT_ID)
#undef LIMIT_ID
        LIMIT_COUNT
};

#endif
