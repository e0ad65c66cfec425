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
#include <stdio.h>
#include <string.h>

#include "client/compare/advice.h"
#include "client/compare/outcome.h"

#define CLOSE        1.1    /* scores that many times apart and less are close */
#define LOSS_LEAST   0.5    /* requests lost per crash that count as none, so that ratios stay finite */
#define OUTAGE_LEAST 1000.0 /* the same for an outage, us */

const struct merit_row merit_rows[MERITS] = {
    [MERIT_SPEED] = {"speed", "speed", 3},
    [MERIT_TAIL] = {"tail", "tail latency", 3},
    [MERIT_ISOLATION] = {"isolation", "isolation of crashes", 2},
    [MERIT_MEMORY] = {"memory", "memory", 1},
};

/* --- factors ----------------------------------------------------------------------------------------------------- */

const struct spread *recommend_yardstick(const struct compare_workload *workload, unsigned count,
                                         enum figure figure)
{
    bool among[MODELS_MOST], more = figure_rows[figure].more_is_better, best_suspect = false;
    const struct spread *best = NULL;
    unsigned i;

    outcome_candidates(workload, count, among);
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

/* A model's ratio to the best in one figure of one workload, uncapped; NAN where it has no such figure. */
static double times_in(const struct compare_workload *workload, unsigned count, unsigned model,
                       enum figure figure, double least)
{
    const struct spread *mine = &workload->results[model].spread[figure];
    const struct spread *best = recommend_yardstick(workload, count, figure);
    bool more = figure_rows[figure].more_is_better;
    double a, b;

    if (best == NULL || mine->count == 0)
        return NAN;
    if (!figure_is_better(figure, best, mine))
        return 1;
    a = fmax(more ? best->median : mine->median, least);
    b = fmax(more ? mine->median : best->median, least);
    return fmax(a / b, 1);
}

static double ratio_in(const struct compare_workload *workload, unsigned count, unsigned model,
                       enum figure figure, double least)
{
    double times = times_in(workload, count, model, figure, least);

    return isnan(times) ? times : fmin(times, MERIT_WORST);
}

/* Whether throughput tells the models apart: not where the rate was given, the client was the limit, or all served
 * alike. */
static bool throughput_tells(const struct compare_workload *workload, unsigned count)
{
    bool tells = false, among[MODELS_MOST];
    unsigned i;

    if (workload->workload->rate_rps > 0)
        return false;
    outcome_candidates(workload, count, among);
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
static enum figure speed_figure(const struct compare_workload *workload, unsigned count)
{
    return throughput_tells(workload, count) ? FIGURE_THROUGHPUT : FIGURE_CPU;
}

static enum figure tail_figure(const struct compare_workload *workload, unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        if (workload->results[i].spread[FIGURE_WATCHED_P99].count > 0)
            return FIGURE_WATCHED_P99;
    }
    return FIGURE_P99;
}

static double speed_factor(const struct compare_workload *workload, unsigned count, unsigned model)
{
    return ratio_in(workload, count, model, speed_figure(workload, count), 0);
}

static double tail_factor(const struct compare_workload *workload, unsigned count, unsigned model)
{
    return ratio_in(workload, count, model, tail_figure(workload, count), 0);
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
    outcome_candidates(workload, count, among);
    return !among[model];
}

bool recommend_counts(const struct compare_workload *workload, unsigned count, unsigned model)
{
    return workload->verdict.best_count > 0 && workload->results[model].state == COMPARE_DONE &&
           !is_out(workload, count, model);
}

bool recommend_goes_by(const struct compare_workload *workload, unsigned count, enum merit merit,
                       enum figure figure)
{
    if (workload->workload->crashes)
        return merit == MERIT_ISOLATION && (figure == FIGURE_LOST || figure == FIGURE_OUTAGE);
    return (merit == MERIT_SPEED && figure == speed_figure(workload, count)) ||
           (merit == MERIT_TAIL && figure == tail_figure(workload, count)) ||
           (merit == MERIT_MEMORY && figure == FIGURE_MEMORY);
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

    if (workload->workload->crashes != (merit == MERIT_ISOLATION) ||
        !recommend_counts(workload, count, model))
        return NAN;
    return factors[merit](workload, count, model);
}

/* Whether a ratio in it was cut to MERIT_WORST. */
static bool is_cut_in(const struct compare_workload *workload, unsigned count, unsigned model,
                      enum merit merit)
{
    unsigned i;

    if (!recommend_counts(workload, count, model))
        return false;
    for (i = 0; i < FIGURES; i++) {
        double least = i == FIGURE_LOST ? LOSS_LEAST : i == FIGURE_OUTAGE ? OUTAGE_LEAST : 0;

        if (recommend_goes_by(workload, count, merit, (enum figure)i) &&
            times_in(workload, count, model, (enum figure)i, least) > MERIT_WORST)
            return true;
    }
    return false;
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

void recommend_mean_add(struct recommend_mean *mean, bool own, double ratio)
{
    *(own ? &mean->own_sum : &mean->sum) += log(ratio);
    *(own ? &mean->own_count : &mean->count) += 1;
}

double recommend_mean_of(const struct recommend_mean *mean)
{
    double count = mean->own_count + mean->count;

    if (mean->own_count > 0 && mean->count > 0)
        return exp((mean->own_sum / mean->own_count + mean->sum / mean->count) / 2);
    return count > 0 ? exp((mean->own_sum + mean->sum) / count) : NAN;
}

/* The geometric mean over all workloads; NAN when none tells. */
static double mean_of(const struct compare_report *report, unsigned model, enum merit merit,
                      double (*in)(const struct compare_workload *, unsigned, unsigned, enum merit))
{
    struct recommend_mean mean = {0};
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        const struct compare_workload *workload = &report->workloads[i];
        double factor = in(workload, report->model_count, model, merit);

        if (!isnan(factor))
            recommend_mean_add(&mean, workload->workload->own, factor);
    }
    return recommend_mean_of(&mean);
}

static bool is_cut(const struct compare_report *report, unsigned model, enum merit merit)
{
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        if (is_cut_in(&report->workloads[i], report->model_count, model, merit))
            return true;
    }
    return false;
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
        standing->failed_in += failed || (done && outcome_is_troubled(result, workload->workload->crashes));
    }
}

double recommend_score_beside(const struct compare_standing *one, const struct compare_standing *other)
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
        standing->at_least[i] = is_cut(report, model, (enum merit)i);
    }
    standing->score = recommend_score_beside(standing, standing);
    count_workloads(report, model, standing);
}

/* How many others are better than it, each over what is known of both. */
static unsigned losses_of(const struct compare_report *report, unsigned model)
{
    const struct compare_standing *standings = report->recommendation.standings;
    unsigned i, losses = 0;

    for (i = 0; i < report->model_count; i++)
        losses += recommend_score_beside(&standings[i], &standings[model]) <
                  recommend_score_beside(&standings[model], &standings[i]);
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

static bool has_result(const struct compare_report *report, unsigned model)
{
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        if (report->workloads[i].results[model].state == COMPARE_DONE)
            return true;
    }
    return false;
}

/* Why there is nothing to choose; NULL: there is. One that ran beside others that did not has beaten nobody. */
static const char *no_choice(const struct compare_report *report, int chosen)
{
    unsigned i, models = 0;

    if (chosen < 0)
        return "there is nothing to go by";
    if (report->model_count < 2)
        return "there is only one model to choose from";
    for (i = 0; i < report->model_count; i++)
        models += has_result(report, i);
    return models < 2 ? "only one model has a result" : NULL;
}

void recommend(struct compare_report *report)
{
    struct compare_recommendation *out = &report->recommendation;
    const char *why;
    unsigned i;
    int chosen;

    *out = (struct compare_recommendation){0};
    for (i = 0; i < report->model_count; i++)
        weigh(report, i);
    chosen = choose(report);
    why = no_choice(report, chosen);
    if (why != NULL) {
        snprintf(out->reason, sizeof out->reason, "%s", why);
        return;
    }
    out->model = &report->models[chosen];
    advise(report, (unsigned)chosen);
}
