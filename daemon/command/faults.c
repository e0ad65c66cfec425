/* SPDX-License-Identifier: Apache-2.0
 *
 * The faults family: the two ways to die that a server must be built for, on demand. Refused by the session unless
 * [faults] enable = yes. Runs in workers. */
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "daemon/command/call.h"
#include "daemon/command/families.h"

#define HANG_LONGEST_MS 3600000

/* As a wild pointer would: the process is gone at once, nothing is flushed, no handler of ours runs. */
static enum command_result run_crash(struct call *call)
{
    (void)call;
    abort();
}

/* Keeps its thread without ever asking whether to stop: what a dead lock or an endless loop looks like from outside. */
static enum command_result run_hang(struct call *call)
{
    struct timespec pause;
    int64_t ms;

    if (call_integer(call, 0, 0, HANG_LONGEST_MS, &ms) != 0)
        return COMMAND_DONE;
    pause = clock_timespec((uint64_t)ms * 1000u);
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, &pause) != 0)
        ;
    reply_simple(call_reply(call), "OK");
    return COMMAND_DONE;
}

static const struct command commands[] = {
    {"crash", "", "End the process that serves this, at once. For experiments.", run_crash, 0, 0,
     COMMAND_FAULT},
    {"hang", "ms", "Keep the thread, deaf to everything, for 0 to 3600000 ms. For experiments.", run_hang, 1,
     1, COMMAND_FAULT | COMMAND_WAITS},
};

FAMILY(faults, commands);
