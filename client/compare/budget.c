/* SPDX-License-Identifier: Apache-2.0
 *
 * What fits into the time that --quick has. What takes longer than it was reckoned to is not the runs, whose length is
 * given, but what is around them: daemons that start and end on a slow or busy machine. So that is measured as it goes
 * on, and reckoned with for what is still to come. When time gets short, repeats after the first are left out; when not
 * even the first ones of all workloads fit, their runs get shorter, all by the same share of what they can spare. No
 * workload and no model is ever left out for it. Pure functions, the main thread. */
#include "client/compare/budget.h"

#include <math.h>

/* How many times longer what is around a run takes than was reckoned. */
static double slowness(const struct budget *budget)
{
    return budget->reckoned_s > 0 ? fmax(1, budget->seen_s / budget->reckoned_s) : 1;
}

/* A round of runs that are so long. */
static double round_s(const struct budget *budget, unsigned slot, double run_s)
{
    const struct budget_slot *runs = &budget->slots[slot];

    return runs->models * (run_s + runs->overhead_s * slowness(budget));
}

double budget_first_s(const struct budget *budget, unsigned slot, double passed_s)
{
    const struct budget_slot *runs = &budget->slots[slot];
    double left_s = budget->most_s - passed_s, spare_s = 0;
    unsigned i;

    for (i = slot; i < budget->count; i++) {
        const struct budget_slot *one = &budget->slots[i];

        left_s -= round_s(budget, i, one->least_s);
        spare_s += one->models * (one->run_s - one->least_s);
    }
    if (left_s >= spare_s)
        return runs->run_s;
    return spare_s > 0 ? runs->least_s + (runs->run_s - runs->least_s) * fmax(0, left_s / spare_s)
                       : runs->least_s;
}

bool budget_has_time(const struct budget *budget, unsigned slot, double passed_s)
{
    double needed_s = round_s(budget, slot, budget->slots[slot].run_s);
    unsigned i;

    for (i = slot + 1; i < budget->count; i++)
        needed_s += round_s(budget, i, budget->slots[i].run_s);
    return passed_s + needed_s <= budget->most_s;
}

void budget_did(struct budget *budget, unsigned slot, double run_s, double took_s)
{
    budget->reckoned_s += budget->slots[slot].overhead_s;
    budget->seen_s += fmax(0, took_s - run_s);
}
