/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_RUN_H
#define CONCUR_CLIENT_LOAD_RUN_H

#include "client/load/plan.h"
#include "client/load/result.h"

enum load_outcome {
    LOAD_RAN,
    LOAD_UNREACHABLE, /* not one connection, or not allowed in */
    LOAD_IMPOSSIBLE   /* no memory, threads or descriptors for it */
};

/* Runs the load: probes the server, starts the threads, waits for them or for TERM or INT, merges. Fills
 * plan->address. On LOAD_RAN the caller clears the result; else there is a reason. Blocks for the whole load; main
 * thread. One process may run many loads, one after the other. TERM and INT are blocked once there is something to
 * report, and stay so; result->interrupted, also of a load that did not run, says that one came and was taken. One
 * that came too late for that is pending. */
enum load_outcome load_run(struct load_plan *plan, struct load_result *result, struct error *error);

#endif
