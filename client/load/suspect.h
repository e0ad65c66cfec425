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
    double
        busy; /* of the busiest load thread: CPU time and the time in which it waited for a CPU, by wall time */
    uint64_t away_ns; /* how long a load thread did not come to look at its connections when it meant to */
    uint64_t wall_ns; /* how long all that took */
};

/* What one load thread has seen of itself. */
struct suspect_thread {
    double utilisation;    /* CPU time by wall time */
    uint64_t sent;         /* requests */
    uint64_t missing;      /* more of them, not sent in time */
    uint64_t missing_free; /* of the missing, those that a connection was free for */

    /* while some were missing: for how long connections had requests under way, and for how long of that the reply was
     * there already and the thread did not come to read it */
    uint64_t held_ns, sat_ns;
};

/* How many of a thread's missing requests are its own fault. Those that a connection was free for, to begin with. The
 * others waited for one: they are its own fault if it was busy all the time, or if connections would have been free
 * in time had it read replies at once - what was sent, by the part of the time that connections truly waited for the
 * server, makes 99% of what was due. A server that keeps every connection waiting is never our fault. */
uint64_t suspect_own_missing(const struct suspect_thread *thread);

/* Judges: sets limited_by_client (a closed loop one of whose threads ran, or waited for a CPU, all the time, or was
 * away for more than a hundredth of it) or suspect (an open loop that we could not keep up ourselves: more than one
 * request in a hundred missing, or a send lag whose p99 is above 100 us and a tenth of the latency's), and adds the
 * reasons; one too for a thread that was away for less. No effects otherwise, no I/O. */
void suspect_judge(const struct suspect_facts *facts, struct load_result *result);

#endif
