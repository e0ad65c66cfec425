/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_ROUNDS_H
#define CONCUR_CLIENT_COMPARE_ROUNDS_H

#include "client/compare/measure.h"
#include "client/compare/progress.h"

/* Runs every workload of the report against every model, repeats interleaved, and fills its results, summed up and
 * judged. An early end by a signal is in report->interrupted. 0, or -1 when memory is short. Blocks for all of it; main
 * thread. */
MUST_USE int rounds_run(struct measure *measure, struct compare_report *report, struct error *error);

/* Before anything is measured: whether the user's own command is one that is answered by more than error replies, tried
 * for a moment with the first model that can be run. 0, or -1 with the reply; a signal ends it, and report->interrupted
 * says so. Blocks; main thread. */
MUST_USE int rounds_probe(struct measure *measure, struct compare_report *report, struct error *error);

#endif
