/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_SERIES_H
#define CONCUR_CLIENT_LOAD_SERIES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "client/load/result.h"

#define SERIES_RING 4 /* seconds that a load thread may be ahead of the main thread */

/* One second of one load thread. */
struct series_slot {
    uint64_t sent, ok, error_replies, failed;
    struct histogram *latency;
    struct histogram *service; /* the same one where the two can't differ */
};

/* The seconds of one load thread. The thread writes the current one and, when it is over, publishes it; the
 * main thread takes it and cleans the slot for its next use. A load thread never waits: if the main thread
 * was kept from taking for some seconds, one of them becomes longer. */
struct series {
    /* set before start, then read only */
    struct series_slot ring[SERIES_RING];
    uint64_t origin_ns; /* set by the load thread when the measured part begins */
    uint64_t last;      /* number of the last second there will be */

    /* owner: the load thread */
    struct series_slot *slot; /* the current second's */
    uint64_t second;          /* its number */
    uint64_t ends_ns;         /* when it is over */

    _Atomic uint64_t published; /* seconds that are over: release with their figures, acquire when taken */
    _Atomic uint64_t taken;     /* of those, taken: release with a clean slot, acquire before its next use */
};

/* `both`: latency and service differ. 0, or -1 when memory is short; series_clear in any case. */
MUST_USE int series_begin(struct series *series, bool both);
void series_clear(struct series *series);

/* Load thread: seconds count from here; there will be `seconds` of them (0: nobody knows). */
void series_start(struct series *series, uint64_t origin_ns, uint64_t seconds);

/* Load thread: goes on to the second in which `now_ns` lies. Call it through series_at. */
void series_advance(struct series *series, uint64_t now_ns);

/* Load thread: where to count what happens now. */
static inline struct series_slot *series_at(struct series *series, uint64_t now_ns)
{
    if (__builtin_expect(now_ns >= series->ends_ns, 0))
        series_advance(series, now_ns);
    return series->slot;
}

/* Load thread: it has ended. */
void series_finish(struct series *series);

/* What the main thread makes of them: rows. */
struct timeline {
    struct load_second *rows;
    size_t count, capacity;
    struct histogram *latency, *service; /* of the second at hand */
    bool failed;                         /* memory was short: rows are missing */
};

/* 0, or -1 when memory is short; timeline_clear in any case. */
MUST_USE int timeline_begin(struct timeline *timeline);
void timeline_clear(struct timeline *timeline);

/* Main thread: makes rows of the seconds that all `count` threads have published; `ended`: the threads have
 * ended, take all that there is. */
void timeline_take(struct timeline *timeline, struct series *const *series, size_t count, bool ended);

/* Main thread: cuts the last row at the end of what was measured. */
void timeline_finish(struct timeline *timeline, double duration_s);

#endif
