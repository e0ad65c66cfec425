/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_RUN_H
#define CONCUR_CLIENT_LOAD_RUN_H

#include "client/load/cost.h"
#include "client/load/plan.h"
#include "client/load/tally.h"

/* What came out of a load. */
struct load_result {
    struct load_tally tally;
    double duration_s; /* from the first thread's start to the last one's end */
    double client_cpu_us_per_request;
    double client_utilisation; /* of the busiest load thread: CPU time by wall time */
    bool limited_by_client;
    bool interrupted; /* by a signal */
    bool gave_up;     /* no reply came for too long */
    struct cost cost;
};

enum load_outcome {
    LOAD_RAN,
    LOAD_UNREACHABLE, /* not one connection, or not allowed in */
    LOAD_IMPOSSIBLE   /* no memory, threads or descriptors for it */
};

/* Runs the load: probes the server, starts the threads, waits for them or for TERM or INT, merges. Fills
 * plan->address. On LOAD_RAN the caller clears the result; else there is a reason. Blocks for the whole load;
 * main thread. */
enum load_outcome load_run(struct load_plan *plan, struct load_result *result, struct error *error);

void load_result_clear(struct load_result *result);

#endif
