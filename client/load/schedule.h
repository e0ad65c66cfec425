/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_SCHEDULE_H
#define CONCUR_CLIENT_LOAD_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_MILLION   UINT64_C(1000000) /* rates are in millionths of a request per second */
#define SCHEDULE_RATE_MOST (UINT64_C(10000000) * SCHEDULE_MILLION) /* ten million per second */

/* When an open loop means to send: the same for all threads. */
struct schedule_plan {
    uint64_t rate_millionths; /* of all threads together; 1 to SCHEDULE_RATE_MOST */
    bool poisson;             /* exponential gaps instead of even ones */
    uint64_t seed;            /* poisson */
    uint64_t ramp_ns;         /* the rate rises from nothing during this time; 0: it is there at once */
    uint64_t threads;
};

/* One thread's part of it: every `threads`-th request when gaps are even; when they are not, a stream of its own at its
 * part of the rate (streams of chance add up to one). Holds the place of the next request, and so is the queue of
 * those that are due as well: it takes no memory however late they are. Owned by its load thread. */
struct schedule {
    struct schedule_plan plan;
    uint64_t thread;
    uint64_t index; /* of the next request, among this thread's */

    /* even gaps: the linear time is steps / rate, kept as whole part and remainder */
    uint64_t whole_ns, part;
    uint64_t step_ns, step_part;

    unsigned __int128 gaps; /* poisson: the sum of gaps, in units of 2^-32 mean gaps */
};

/* The place of the first request of a thread. */
void schedule_begin(struct schedule *schedule, const struct schedule_plan *plan, uint64_t thread);

/* When the next request is meant to be sent, in nanoseconds since the start: for even gaps without ramp exactly
 * floor(number * 10^9 / rate), for ever. */
uint64_t schedule_due_ns(const struct schedule *schedule);

/* The number of the next request among those of all threads: what it is follows from that. */
uint64_t schedule_number(const struct schedule *schedule);

/* The next request has been taken. */
void schedule_advance(struct schedule *schedule);

/* How many requests this thread means to send before that time, wherever its place is: exact for even gaps without a
 * ramp, what is to be expected for others. Never falls as time goes on. */
uint64_t schedule_count_before(const struct schedule *schedule, uint64_t ns);

/* How many requests all threads together mean to send between two times: exact for even gaps but for the one at the
 * edges, what is to be expected for others. */
double schedule_expected(const struct schedule_plan *plan, uint64_t from_ns, uint64_t to_ns);

#endif
