/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_SUSPECT_H
#define CONCUR_CLIENT_LOAD_SUSPECT_H

#include "client/load/result.h"

/* What a load has seen of itself. */
struct suspect_facts {
    bool open_loop;
    double utilisation;   /* of the busiest load thread: CPU time by wall time */
    uint64_t due;         /* requests that the schedule meant to send */
    uint64_t own_missing; /* of them, not sent in time for a reason on our side */
    uint64_t send_lag_p99_ns, latency_p99_ns;
    double
        busy; /* of the busiest load thread: CPU time and the time in which it waited for a CPU, by wall time */
    uint64_t away_ns; /* how long a load thread did not come to look at its connections when it meant to */
    uint64_t wall_ns; /* how long all that took */
};

/* How many of a load thread's missing requests are its own fault, which was busy for such a part of the time (CPU time
 * by wall time): those that it would have sent, had it always been there, and all if it was busy all the time. A
 * server that keeps every connection waiting is never our fault. */
uint64_t suspect_own_missing(double utilisation, uint64_t missing, uint64_t missing_own);

/* Judges: sets limited_by_client (a closed loop one of whose threads ran, or waited for a CPU, all the time, or was
 * away for more than a hundredth of it) or suspect (an open loop that we could not keep up ourselves: more than one
 * request in a hundred missing, or a send lag whose p99 is above 100 us and a tenth of the latency's), and adds the
 * reasons; one too for a thread that was away for less. No effects otherwise, no I/O. */
void suspect_judge(const struct suspect_facts *facts, struct load_result *result);

#endif
