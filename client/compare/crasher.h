/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_CRASHER_H
#define CONCUR_CLIENT_COMPARE_CRASHER_H

#include "client/target.h"

/* The client that crashes whoever serves it, once a second, in a thread of its own beside the load; and measures how
 * long it takes until a new client is served again. */
struct crasher;

#define CRASHER_INTERVAL_US 1000000

/* An outage: from a crash until a new connection had its PONG. */
struct crasher_account {
    uint64_t crashes;      /* that happened */
    uint64_t recovered;    /* of them, those after which service returned before the end */
    uint64_t unrecovered;  /* those after which it did not: 0 or 1, as nobody crashes who does not serve */
    double outage_mean_us; /* see crasher_mean_us; 0: there was none */
    double outage_least_us, outage_most_us; /* of one; of what had not ended, what had passed of it */
    char trouble[160];                      /* why there were none: CRASH was refused; empty: no trouble */
};

/* Starts it: crashes come at `first_us` and every second after it, none later than `last_us` (clock_now_us). A moment
 * at which service has not returned yet is left out. `target` must stay. 0, or -1 with the reason. */
MUST_USE int crasher_start(struct crasher **crasher, const struct target *target, uint64_t first_us,
                           uint64_t last_us, struct error *error);

/* Ends it and tells what it has done; nulls the pointer, takes NULL. */
void crasher_stop(struct crasher **crasher, struct crasher_account *account);

/* The mean outage, of which `sum_us` was seen in all, when `recovered` of them came to an end. One that did not is in
 * the sum with the age that it had: the likeliest mean of durations of which some are known as lower bounds is the sum
 * of all by the number of those that ended (the estimator of censored exponential times). With none that ended it is
 * that age, a lower bound itself. Pure, any thread. */
double crasher_mean_us(double sum_us, uint64_t recovered);

#endif
