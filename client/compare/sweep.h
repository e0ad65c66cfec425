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

/* Puts a point in its place by rate. False when there is no more room. */
bool sweep_insert(struct compare_sweep *sweep, const struct sweep_point *point);

/* Where the search for the SLO stands: the highest rate known to keep it below any that does not (0: none), and the
 * lowest that does not (INFINITY: all do). */
void sweep_bracket(const struct compare_sweep *sweep, double *keeps_rps, double *breaks_rps);

#endif
