/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_BUDGET_H
#define CONCUR_CLIENT_COMPARE_BUDGET_H

#include <stdbool.h>

#include "client/compare/workload.h"

/* The runs of one workload. */
struct budget_slot {
    unsigned models;   /* runs of a round */
    double run_s;      /* as long as each should be */
    double least_s;    /* as short as it may be: shorter shows nothing */
    double overhead_s; /* what comes on top of a run, as it was reckoned */
};

/* The time that a comparison may take, and how it is shared out. Owner: main thread. */
struct budget {
    double most_s; /* for all of it; INFINITY: as long as it takes */
    struct budget_slot slots[WORKLOADS_MOST];
    unsigned count;
    double reckoned_s, seen_s; /* overhead of the runs that were done */
};

/* How long the runs of a workload's first round are to be, after `passed_s` of the time: as planned, or shorter when
 * else there were no time for the first round of those that follow. */
double budget_first_s(const struct budget *budget, unsigned slot, double passed_s);

/* Whether there is time for one more round of a workload, and after that for the first rounds of those that follow. */
bool budget_has_time(const struct budget *budget, unsigned slot, double passed_s);

/* A run of `run_s` took `took_s` with all around it. */
void budget_did(struct budget *budget, unsigned slot, double run_s, double took_s);

#endif
