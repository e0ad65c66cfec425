/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_SUSPECT_H
#define CONCUR_CLIENT_LOAD_SUSPECT_H

#include "client/load/result.h"

/* What a load has seen of itself. */
struct suspect_facts {
    bool open_loop;
    double utilisation;   /* of the busiest load thread: CPU time by wall time */
    uint64_t due;         /* requests that the schedule meant to send */
    uint64_t own_missing; /* of them, not sent in time for a reason on our side: see suspect_own_missing */
    uint64_t send_lag_p99_ns, latency_p99_ns;
};

/* What one load thread has seen of itself. */
struct suspect_thread {
    double saturation;     /* share of the time that it ran or waited for a CPU; 0: not known */
    uint64_t missing;      /* requests not sent in time */
    uint64_t missing_free; /* of them, those that a connection was free for */
};

/* How many of a thread's missing requests are its own fault: those that a connection was free for, and all of them
 * when it had no time left to see which connections were. A server that keeps every connection waiting while we
 * have nothing to do is never our fault. */
uint64_t suspect_own_missing(const struct suspect_thread *thread);

/* Judges: sets limited_by_client (a closed loop that kept a thread busy all the time) or suspect (an open loop that we
 * could not keep up ourselves: more than one request in a hundred missing, or a send lag whose p99 is above 100 us
 * and a tenth of the latency's), and adds the reasons. No effects otherwise, no I/O. */
void suspect_judge(const struct suspect_facts *facts, struct load_result *result);

#endif
