/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_CRASHER_H
#define CONCUR_CLIENT_COMPARE_CRASHER_H

#include "client/target.h"

/* The client that crashes whoever serves it, once a second, in a thread of its own beside the load; and measures how
 * long it takes until a new client is served again. */
struct crasher;

#define CRASHER_INTERVAL_US 1000000

struct crasher_account {
    uint64_t crashes;      /* that happened */
    uint64_t recovered;    /* of them, those after which service returned before the end */
    double outage_mean_us; /* of those: from the crash until a new connection had its PONG */
    double outage_longest_us;
    char trouble[160]; /* why there were none: CRASH was refused; empty: no trouble */
};

/* Starts it: the first crash comes `first_us` from now. `target` must stay. 0, or -1 with the reason. */
MUST_USE int crasher_start(struct crasher **crasher, const struct target *target, uint64_t first_us,
                           struct error *error);

/* Ends it and tells what it has done; nulls the pointer, takes NULL. */
void crasher_stop(struct crasher **crasher, struct crasher_account *account);

#endif
