/* SPDX-License-Identifier: Apache-2.0
 *
 * One recommendation out of many verdicts. For every workload and merit a model gets a factor: how many times worse
 * than the best it is there, 1 when it is not worse beyond noise, MERIT_WORST at most. Over the workloads those are
 * averaged as ratios must be (geometric mean); the merits' logarithms are weighed and added up, and the least sum is
 * recommended. A shape of the user's own counts as much as all other workloads together: it is what he came for. The
 * weights are an opinion, so every report tells them, and says for each other model what choosing it would cost and
 * bring.
 *
 * The best is the best of those who did the work: a daemon that refuses is faster than any that serves. Who failed a
 * workload is weighed as MERIT_WORST there, and told to have failed it, not to be four times slower. What was not
 * measured of one of two models is not weighed between these two. Pure functions, any thread. */
#include "client/compare/recommend.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/compare/verdict.h"

#define WORTH_TELLING 1.05   /* factors nearer to each other are not told */
#define LOSS_LEAST    0.5    /* requests lost per crash that count as none, so that ratios stay finite */
#define OUTAGE_LEAST  1000.0 /* the same for an outage, us */

const struct merit_row merit_rows[MERITS] = {
    [MERIT_SPEED] = {"speed", "speed", "slower", "faster", 3},
    [MERIT_TAIL] = {"tail", "tail latency", "longer in the tail", "shorter in the tail", 3},
    [MERIT_ISOLATION] = {"isolation", "isolation of crashes", "harder hit by a crash",
                         "better shielded from a crash", 2},
    [MERIT_MEMORY] = {"memory", "memory", "larger in memory", "smaller in memory", 1},
};

/* --- factors ----------------------------------------------------------------------------------------------------- */

/* What the others are measured by: the best of the candidates, a suspect one only when there is no other. NULL when
 * nobody has that figure. */
static const struct spread *yardstick(const struct compare_workload *workload, unsigned count,
                                      enum figure figure)
{
    bool among[MODELS_MOST], more = figure_rows[figure].more_is_better, best_suspect = false;
    const struct spread *best = NULL;
    unsigned i;

    verdict_candidates(workload, count, among);
    for (i = 0; i < count; i++) {
        const struct compare_result *result = &workload->results[i];
        const struct spread *one = &result->spread[figure];
        bool better = best == NULL || (more ? one->median > best->median : one->median < best->median);

        if (!among[i] || one->count == 0 || (best != NULL && result->suspect && !best_suspect))
            continue;
        if (better || (best_suspect && !result->suspect)) {
            best = one;
            best_suspect = result->suspect;
        }
    }
    return best;
}

/* A model's ratio to the best in one figure of one workload; NAN where it has no such figure. */
static double ratio_in(const struct compare_workload *workload, unsigned count, unsigned model,
                       enum figure figure, double least)
{
    const struct spread *mine = &workload->results[model].spread[figure];
    const struct spread *best = yardstick(workload, count, figure);
    bool more = figure_rows[figure].more_is_better;
    double a, b;

    if (best == NULL || mine->count == 0)
        return NAN;
    if (!figure_is_better(figure, best, mine))
        return 1;
    a = fmax(more ? best->median : mine->median, least);
    b = fmax(more ? mine->median : best->median, least);
    return fmin(fmax(a / b, 1), MERIT_WORST);
}

/* Whether throughput tells the models apart: not where the rate was given, the client was the limit, or all served
 * alike. */
static bool throughput_tells(const struct compare_workload *workload, unsigned count)
{
    bool tells = false, among[MODELS_MOST];
    unsigned i;

    if (workload->workload->rate_rps > 0)
        return false;
    verdict_candidates(workload, count, among);
    for (i = 0; i < count; i++) {
        if (!among[i])
            continue;
        if (workload->results[i].limited_by_client)
            return false;
        tells = tells || ratio_in(workload, count, i, FIGURE_THROUGHPUT, 0) > 1;
    }
    return tells;
}

/* Speed is what is served; where that tells nothing, what it costs the server: cores that others could use. */
static double speed_factor(const struct compare_workload *workload, unsigned count, unsigned model)
{
    enum figure figure = throughput_tells(workload, count) ? FIGURE_THROUGHPUT : FIGURE_CPU;

    return ratio_in(workload, count, model, figure, 0);
}

static double tail_factor(const struct compare_workload *workload, unsigned count, unsigned model)
{
    bool watched = workload->results[model].spread[FIGURE_WATCHED_P99].count > 0;

    return ratio_in(workload, count, model, watched ? FIGURE_WATCHED_P99 : FIGURE_P99, 0);
}

static double memory_factor(const struct compare_workload *workload, unsigned count, unsigned model)
{
    return ratio_in(workload, count, model, FIGURE_MEMORY, 0);
}

/* Who else fails, and for how long; only a crash shows that. */
static double isolation_factor(const struct compare_workload *workload, unsigned count, unsigned model)
{
    double lost = ratio_in(workload, count, model, FIGURE_LOST, LOSS_LEAST);
    double outage = ratio_in(workload, count, model, FIGURE_OUTAGE, OUTAGE_LEAST);

    if (isnan(lost) || isnan(outage)) /* half of it is better than nothing */
        return isnan(lost) ? outage : lost;
    return sqrt(lost * outage);
}

/* Whether it was tried there, and did not do the work: it could not be run, or not every time, or failed requests; and
 * others did better. */
static bool is_out(const struct compare_workload *workload, unsigned count, unsigned model)
{
    bool among[MODELS_MOST];

    if (workload->results[model].state != COMPARE_DONE)
        return workload->results[model].state == COMPARE_FAILED;
    verdict_candidates(workload, count, among);
    return !among[model];
}

static double factor_in(const struct compare_workload *workload, unsigned count, unsigned model,
                        enum merit merit)
{
    static double (*const factors[MERITS])(const struct compare_workload *, unsigned, unsigned) = {
        [MERIT_SPEED] = speed_factor,
        [MERIT_TAIL] = tail_factor,
        [MERIT_ISOLATION] = isolation_factor,
        [MERIT_MEMORY] = memory_factor,
    };

    if (workload->verdict.best_count == 0 || workload->workload->crashes != (merit == MERIT_ISOLATION) ||
        workload->results[model].state != COMPARE_DONE || is_out(workload, count, model))
        return NAN;
    return factors[merit](workload, count, model);
}

/* The same for the score: failing counts as the worst there is. */
static double weighed_in(const struct compare_workload *workload, unsigned count, unsigned model,
                         enum merit merit)
{
    if (workload->verdict.best_count > 0 && workload->workload->crashes == (merit == MERIT_ISOLATION) &&
        is_out(workload, count, model))
        return MERIT_WORST;
    return factor_in(workload, count, model, merit);
}

/* The geometric mean over all workloads; NAN when none tells. */
static double mean_of(const struct compare_report *report, unsigned model, enum merit merit,
                      double (*in)(const struct compare_workload *, unsigned, unsigned, enum merit))
{
    double own_sum = 0, own_count = 0, sum = 0, count = 0;
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        const struct compare_workload *workload = &report->workloads[i];
        double factor = in(workload, report->model_count, model, merit);
        bool own = workload->workload->own;

        if (isnan(factor))
            continue;
        *(own ? &own_sum : &sum) += log(factor);
        *(own ? &own_count : &count) += 1;
    }
    if (own_count > 0 && count > 0)
        return exp((own_sum / own_count + sum / count) / 2);
    return own_count + count > 0 ? exp((own_sum + sum) / (own_count + count)) : NAN;
}

/* --- the choice -------------------------------------------------------------------------------------------------- */

static void count_workloads(const struct compare_report *report, unsigned model,
                            struct compare_standing *standing)
{
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        const struct compare_workload *workload = &report->workloads[i];
        const struct compare_result *result = &workload->results[model];
        bool done = result->state == COMPARE_DONE, failed = result->state == COMPARE_FAILED;

        standing->best_in += workload->verdict.best[model];
        standing->tried_in += done || failed;
        standing->failed_in += failed || (done && verdict_is_troubled(result, workload->workload->crashes));
    }
}

/* The weighed mean of the logarithms, over the merits that both know; NAN when there are none. */
static double score_beside(const struct compare_standing *one, const struct compare_standing *other)
{
    double sum = 0, weights = 0;
    unsigned i;

    for (i = 0; i < MERITS; i++) {
        if (isnan(one->weighed[i]) || isnan(other->weighed[i]))
            continue;
        sum += merit_rows[i].weight * log(one->weighed[i]);
        weights += merit_rows[i].weight;
    }
    return weights > 0 ? sum / weights : NAN;
}

static void weigh(struct compare_report *report, unsigned model)
{
    struct compare_standing *standing = &report->recommendation.standings[model];
    unsigned i;

    for (i = 0; i < MERITS; i++) {
        standing->factor[i] = mean_of(report, model, (enum merit)i, factor_in);
        standing->weighed[i] = mean_of(report, model, (enum merit)i, weighed_in);
    }
    standing->score = score_beside(standing, standing);
    count_workloads(report, model, standing);
}

/* How many others are better than it, each over what is known of both. */
static unsigned losses_of(const struct compare_report *report, unsigned model)
{
    const struct compare_standing *standings = report->recommendation.standings;
    unsigned i, losses = 0;

    for (i = 0; i < report->model_count; i++)
        losses +=
            score_beside(&standings[i], &standings[model]) < score_beside(&standings[model], &standings[i]);
    return losses;
}

/* Who loses to the fewest; of those alike, the least score. Where all merits are known of all, that is the least score
 * at once. -1 when there is nothing to go by. */
static int choose(const struct compare_report *report)
{
    const struct compare_standing *standings = report->recommendation.standings;
    unsigned i, least = 0;
    int chosen = -1;

    for (i = 0; i < report->model_count; i++) {
        unsigned losses = losses_of(report, i);

        if (isnan(standings[i].score) ||
            (chosen >= 0 &&
             (losses > least || (losses == least && standings[i].score >= standings[chosen].score))))
            continue;
        chosen = (int)i;
        least = losses;
    }
    return chosen;
}

static void say(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends to a text of RESULT_TEXT_BYTES. */
static void say(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, RESULT_TEXT_BYTES - used, format, arguments);
    va_end(arguments);
}

/* "1.8 times slower, 1.2 times larger in memory": the merits in which `a` is worse than `b`, or those in which it is
 * better. False when there are none. */
static bool say_factors(char *text, const char *before, const double *a, const double *b, bool worse)
{
    const char *between = before;
    unsigned i;

    for (i = 0; i < MERITS; i++) {
        double ratio = worse ? a[i] / b[i] : b[i] / a[i];

        if (isnan(ratio) || ratio < WORTH_TELLING)
            continue;
        say(text, "%s%.*f times %s", between, ratio < 9.95 ? 1 : 0, ratio,
            worse ? merit_rows[i].worse : merit_rows[i].better);
        between = ", ";
    }
    return between != before;
}

/* What is known of the chosen one, and not of this. */
static void say_unmeasured(struct compare_standing *other, const struct compare_standing *chosen)
{
    unsigned i;

    for (i = 0; i < MERITS; i++) {
        if (isnan(other->factor[i]) && !isnan(chosen->factor[i]))
            say(other->words, "%s%s was not measured", other->words[0] != '\0' ? "; " : "",
                merit_rows[i].words);
    }
}

static void say_otherwise(struct compare_standing *other, const struct compare_standing *chosen)
{
    bool costs = other->failed_in > 0, brings;

    if (costs)
        say(other->words, "costs: failed %u of %u workloads", other->failed_in, other->tried_in);
    costs |= say_factors(other->words, costs ? ", " : "costs: ", other->factor, chosen->factor, true);
    brings =
        say_factors(other->words, costs ? "; brings: " : "brings: ", other->factor, chosen->factor, false);
    if (!costs && !brings)
        say(other->words, "makes no difference that was measured");
    say_unmeasured(other, chosen);
}

static void say_weights(char *text, const double *factors)
{
    const char *between = "";
    unsigned i;

    say(text, " (weighed: ");
    for (i = 0; i < MERITS; i++) {
        if (isnan(factors[i]))
            continue;
        say(text, "%s%s %.0f", between, merit_rows[i].words, merit_rows[i].weight);
        between = ", ";
    }
    say(text, ")");
}

static void say_choice(struct compare_report *report, unsigned chosen)
{
    struct compare_recommendation *out = &report->recommendation;
    const struct compare_standing *standing = &out->standings[chosen];
    char flaws[RESULT_TEXT_BYTES] = "";
    double ones[MERITS] = {1, 1, 1, 1};
    unsigned i, judged = 0;

    for (i = 0; i < report->workload_count; i++)
        judged += report->workloads[i].verdict.best_count > 0;
    if (standing->best_in > 0)
        say(out->reason,
            "%s is best, or level with the best, in %u of %u workloads, and the best compromise over all",
            out->model->name, standing->best_in, judged);
    else
        say(out->reason, "%s is the best compromise over all, without being the best in any one workload",
            out->model->name);
    say_weights(out->reason, standing->factor);
    if (say_factors(flaws, "", standing->factor, ones, true))
        say(out->reason, "; beside the best in each it is %s", flaws);
    if (standing->failed_in > 0)
        say(out->reason, "; it failed %u of %u workloads", standing->failed_in, standing->tried_in);
    if (isnan(standing->factor[MERIT_ISOLATION]))
        say(out->reason, "; what a crash does to the others was not measured");
}

void recommend(struct compare_report *report)
{
    struct compare_recommendation *out = &report->recommendation;
    unsigned i;
    int chosen;

    *out = (struct compare_recommendation){0};
    for (i = 0; i < report->model_count; i++)
        weigh(report, i);
    chosen = choose(report);
    if (chosen < 0 || report->model_count < 2) {
        snprintf(out->reason, sizeof out->reason, "%s",
                 chosen >= 0 ? "there is only one model to choose from" : "there is nothing to go by");
        return;
    }
    out->model = &report->models[chosen];
    say_choice(report, (unsigned)chosen);
    for (i = 0; i < report->model_count; i++) {
        if (i != (unsigned)chosen && !isnan(out->standings[i].score))
            say_otherwise(&out->standings[i], &out->standings[chosen]);
    }
}
