/* SPDX-License-Identifier: Apache-2.0
 *
 * What the repeats of one workload with one model come to: the spread of every figure, and whether the model is in the
 * running at all. Nothing that went wrong is forgotten in it: a repeat that could not be run has no figures, and still
 * counts. Pure functions, any thread. */
#include "client/compare/outcome.h"

#include <math.h>
#include <string.h>

#define TROUBLED_SHARE 0.001 /* of the requests */

/* What one run alone knows of its figure: what is counted has an error of its own, however quiet the machine. */
static struct spread spread_of_run(const struct compare_run *run, enum figure figure)
{
    double value = run->value[figure], all = (double)(run->ok + run->error_replies + run->failed);

    if (figure == FIGURE_FAILED && all > 0 && !isnan(value))
        return spread_of_count(value * all, 1 / all);
    if (figure == FIGURE_LOST && run->crashes > 0 && !isnan(value))
        return spread_of_count(value * (double)run->crashes, 1 / (double)run->crashes);
    if (figure == FIGURE_OUTAGE && run->crashes > 0 && !isnan(value))
        return spread_of_mean(value, run->outage_least_us, run->outage_most_us, run->crashes);
    return spread_of(&value, 1);
}

static void spread_figure(struct compare_result *result, enum figure figure)
{
    const struct compare_run *last = NULL;
    double values[REPEATS_MOST];
    size_t i, count = 0;

    for (i = 0; i < result->run_count && count < REPEATS_MOST; i++) {
        const struct compare_run *run = &result->runs[i];

        if (run->ran && (!run->suspect || result->suspect)) {
            values[count++] = run->value[figure];
            last = run;
        }
    }
    result->spread[figure] = count == 1 ? spread_of_run(last, figure) : spread_of(values, count);
}

void outcome_sum_up(struct compare_result *result)
{
    size_t ran = 0, suspect = 0, limited = 0, i;

    for (i = 0; i < result->run_count; i++) {
        const struct compare_run *run = &result->runs[i];

        ran += run->ran;
        suspect += run->ran && run->suspect;
        limited += run->ran && run->limited_by_client;
        if (!run->ran && result->why[0] == '\0')
            memcpy(result->why, run->trouble, sizeof result->why);
    }
    if (result->run_count > 0)
        result->state = ran > 0 ? COMPARE_DONE : COMPARE_FAILED;
    result->ran = ran;
    result->suspect_runs = suspect;
    result->suspect = ran > 0 && suspect == ran;
    result->limited_by_client = limited * 2 > ran;
    for (i = 0; i < FIGURES; i++)
        spread_figure(result, (enum figure)i);
}

bool outcome_is_failing(const struct compare_result *result, bool crashes)
{
    const struct spread *failed = &result->spread[FIGURE_FAILED];

    return !crashes && failed->count > 0 && failed->median > TROUBLED_SHARE;
}

bool outcome_is_troubled(const struct compare_result *result, bool crashes)
{
    return result->ran < result->run_count || outcome_is_failing(result, crashes);
}

size_t outcome_candidates(const struct compare_workload *workload, unsigned count, bool *among)
{
    bool crashes = workload->workload->crashes;
    size_t untroubled = 0, done = 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        const struct compare_result *result = &workload->results[i];

        among[i] = result->state == COMPARE_DONE && !outcome_is_troubled(result, crashes);
        untroubled += among[i];
    }
    for (i = 0; i < count && untroubled == 0; i++) {
        among[i] = workload->results[i].state == COMPARE_DONE;
        done += among[i];
    }
    return untroubled + done;
}
