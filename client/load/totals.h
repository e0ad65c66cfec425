/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_TOTALS_H
#define CONCUR_CLIENT_LOAD_TOTALS_H

#include "client/load/plan.h"
#include "client/load/result.h"

/* What the counters that a load moves have stood at before it; for --verify. */
struct totals {
    int64_t before[MIX_COMMANDS_MOST]; /* of the counter of that command, where it has one */
};

/* Reads the counters of the plan's commands. 0, or -1 with the reason. Blocks. */
MUST_USE int totals_begin(struct totals *totals, const struct load_plan *plan, struct error *error);

/* Reads them again and compares: each must have moved by what was answered, and by no more than what was also sent.
 * `counts`: of each command, the warm-up's requests included. 0, or -1 with what is wrong. Blocks. */
MUST_USE int totals_check(const struct totals *totals, const struct load_plan *plan,
                          const struct load_counts *counts, struct error *error);

#endif
