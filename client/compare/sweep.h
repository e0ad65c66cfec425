/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_SWEEP_H
#define CONCUR_CLIENT_COMPARE_SWEEP_H

#include "client/compare/measure.h"

/* Whether the report has a workload that can be offered at rising rates: one in a closed loop. Else the reason. */
MUST_USE int sweep_check(const struct compare_report *report, struct error *error);

/* Offers the first such workload to every model at rising rates, and with an SLO looks for the highest rate that keeps
 * it; after rounds_run, whose throughputs set the scale. Fills report->sweeps. 0, or -1 when memory is short. Blocks for
 * all of it; main thread. */
MUST_USE int sweep_run(struct measure *measure, struct compare_report *report, struct error *error);

/* A rate that only suspect tries broke is tried again so often. */
#define SWEEP_RETRIES    2
#define SWEEP_TRIES_MOST (REPEATS_MOST + SWEEP_RETRIES)

/* What the repeats at one rate have in common. All zeroes: none yet. */
struct sweep_tries {
    double achieved[SWEEP_TRIES_MOST], p50[SWEEP_TRIES_MOST], p99[SWEEP_TRIES_MOST], p999[SWEEP_TRIES_MOST];
    size_t made;      /* tries */
    size_t ran, kept; /* of them: that ran; of those: within the SLO */
    size_t late;      /* suspect, and not within the SLO: they tell nothing */
    size_t count;     /* figures in the arrays */
    bool of_clean;    /* those are of tries that are not suspect; else there was none but suspect ones */
    char trouble[RESULT_TEXT_BYTES];
};

/* Adds a repeat; one that could not be run keeps nothing, and counts. */
void sweep_add_try(struct sweep_tries *tries, const struct compare_run *run);

/* What they come to; there is at least one with figures. Rearranges them. */
struct sweep_point sweep_point_of(struct sweep_tries *tries, double rate_rps);

/* Puts a point in its place by rate. False when there is no more room. */
bool sweep_insert(struct compare_sweep *sweep, const struct sweep_point *point);

/* Whether nothing but suspect tries speaks against the SLO, and none for it: worth another. */
bool sweep_is_unclear(const struct sweep_tries *tries);

/* Where the search for the SLO stands: the highest rate known to keep it below any that is known not to (0: none), and
 * the lowest above that which does not, or is unclear (INFINITY: all do). */
void sweep_bracket(const struct compare_sweep *sweep, double *keeps_rps, double *breaks_rps);

/* What the curve says of the SLO: fills slo_rps, or_more, unclear and the reason. */
void sweep_conclude(struct compare_sweep *sweep);

#endif
