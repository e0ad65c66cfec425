/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_MERGE_H
#define CONCUR_CLIENT_LOAD_MERGE_H

#include "client/load/result.h"
#include "client/load/worker.h"

/* Load threads that have ended. */
struct merge {
    const struct load_plan *plan;
    const struct load_worker *workers;
    size_t count;
    uint64_t start_ns; /* of the load, warm-up included */
};

/* Counts, times, errors, duration and rates, and what it took of the client. `result` is as load_result_begin left
 * it. */
void merge_tallies(const struct merge *merge, struct load_result *result);

/* What the schedule meant to send during each of the result's rows. */
void merge_targets(const struct merge *merge, struct load_result *result);

/* Whether the result is to be trusted, from what each thread has seen of itself. */
void merge_judge(const struct merge *merge, struct load_result *result);

/* Adds up what became of each command's requests, the warm-up's included; `counts` has a place per command. */
void merge_all_counts(const struct merge *merge, struct load_counts *counts);

#endif
