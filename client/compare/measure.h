/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_MEASURE_H
#define CONCUR_CLIENT_COMPARE_MEASURE_H

#include <limits.h>
#include <sched.h>

#include "client/compare/credentials.h"
#include "client/compare/result.h"

/* What all runs of a comparison share. */
struct measure {
    const struct compare_settings *settings;
    char program[PATH_MAX];         /* concurd; empty: nobody needs it */
    bool pinned;                    /* --pin */
    struct target private_daemon;   /* where its port is not said: how to speak to one */
    struct credentials credentials; /* where that is TLS */
    cpu_set_t server_cores;         /* then: those for the daemons; ours are the others */
    double
        floor_bytes[MODELS_MOST]; /* resident memory of each model's smallest idle daemon; 0: not known yet */
    void (*on_time)(void *context); /* called about once a second during a run, or NULL */
    void *context;
};

/* Finds concurd when a model needs one, makes it a certificate when it is to speak TLS, and takes our share of the cores.
 * 0, or -1 with the reason; measure_end in any case. */
MUST_USE int measure_begin(struct measure *measure, const struct compare_settings *settings,
                           const struct model *models, unsigned count, struct error *error);

/* Gives up what it took; takes one that was never begun and is all zeros. */
void measure_end(struct measure *measure);

/* Whether it makes sense at all; else the reason. */
bool measure_makes_sense(const struct measure *measure, const struct model *model,
                         const struct workload *workload, struct error *why);

/* Runs one workload once against one model (number `index` of the report) for `duration_us`, with a daemon of its own
 * unless it is elsewhere. What goes wrong is in `run`, too. True unless a signal ended it early: then the run counts
 * for nothing. Blocks; main thread. */
bool measure_run(struct measure *measure, const struct model *model, unsigned index,
                 const struct workload *workload, uint64_t duration_us, struct compare_run *run);

#endif
