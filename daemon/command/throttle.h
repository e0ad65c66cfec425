/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_THROTTLE_H
#define CONCUR_COMMAND_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/shm/permits.h"

/* limits.cpu_commands: how many commands use the CPU at once, over all threads and processes. The session asks for each
 * command that is flagged COMMAND_CPU; a handler that does so for a part of its time asks itself. In the worker that runs
 * the command. */

struct call;

/* Where a client's command stands with it, from the time that it asks to its end; nobody else has one of these. */
struct throttle {
    struct permit permit;
    struct permits *permits; /* whose */
    uint64_t since_us;       /* monotonic: when it began to wait; 0 = it does not */
    uint64_t counted_us;     /* until when its wait is counted */
    uint64_t ahead;          /* how many were before it then */
};

/* Whether the command may begin. False when it has to wait, with the time of the next attempt set by call_wait: it is to
 * answer COMMAND_WAIT, and to ask again when it is called again. */
MUST_USE bool throttle_begin(struct call *call);

/* It uses the CPU no longer. */
void throttle_end(struct call *call);

/* The command is cut while it may be waiting: that wait counts, too. */
void throttle_cut(struct call *call);

/* The command is over, however that came. Nulls the pointer, takes NULL. */
void throttle_forget(struct throttle **throttle);

#endif
