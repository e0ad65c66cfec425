/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_DEAD_LANES_H
#define CONCUR_LOG_DEAD_LANES_H

#include <stdbool.h>

#include "common/error.h"
#include "daemon/log/drain.h"

/* Lanes whose producers died, until they are read to their end and may have another owner. */
struct dead_lanes {
    /* set by dead_lanes_init, then read only */
    unsigned count; /* of all lanes */

    /* atomic: set by the main thread, looked at by the log thread when it was called */
    _Atomic unsigned dying;        /* how many there are */
    _Atomic unsigned char *states; /* of all lanes */

    /* owner: the log thread */
    uint64_t *wanted_us; /* since when it has known that a successor can't do without; 0: it does not */
};

/* 0, or -1 when memory is short. dead_lanes_free takes one of all zeroes. */
MUST_USE int dead_lanes_init(struct dead_lanes *dead, unsigned lanes);
void dead_lanes_free(struct dead_lanes *dead);

/* waitpid has proved that the lane's producer stores no more; whether the lane has been read since; and that it is
 * wanted now, answering whether it still is to be waited for. Any thread; the log thread is to be called after the first
 * and the last. */
void dead_lanes_add(struct dead_lanes *dead, unsigned lane);
bool dead_lanes_ready(const struct dead_lanes *dead, unsigned lane);
bool dead_lanes_want(struct dead_lanes *dead, unsigned lane);

/* Makes ready what has been read to its end. What was wanted for DEAD_LANES_PATIENCE_US is not read any more but counts
 * as dropped. The log thread. */
#define DEAD_LANES_PATIENCE_US 1000000u
void dead_lanes_bury(struct dead_lanes *dead, struct drain *drain, uint64_t now_us);

#endif
