/* SPDX-License-Identifier: Apache-2.0
 *
 * The recommendation in words: why this one, by what weights, what is wrong with it and how sure it is; and of every
 * other one what choosing it instead would cost and bring. Pure functions, any thread. */
#include "client/compare/advice.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/compare/price.h"
#include "client/compare/recommend.h"

#define CLOSE 1.1 /* scores that many times apart and less are close */

static void say(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends to a text of RESULT_LINE_BYTES. */
static void say(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, RESULT_LINE_BYTES - used, format, arguments);
    va_end(arguments);
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

static void say_otherwise(struct compare_report *report, unsigned index, unsigned chosen)
{
    struct compare_standing *other = &report->recommendation.standings[index];
    bool costs = other->failed_in > 0, brings;

    if (costs)
        say(other->words, "costs: failed %u of %u workloads", other->failed_in, other->tried_in);
    costs |= price_say(other->words, costs ? ", " : "costs: ", report, index, chosen, false);
    brings = price_say(other->words, costs ? "; brings: " : "brings: ", report, index, chosen, true);
    if (!costs && !brings)
        say(other->words, "makes no difference beyond noise");
    say_unmeasured(other, &report->recommendation.standings[chosen]);
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

/* The one workload that was judged; NULL when there are more. */
static const struct compare_workload *only_judged(const struct compare_report *report)
{
    const struct compare_workload *only = NULL;
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        if (report->workloads[i].verdict.best_count == 0)
            continue;
        if (only != NULL)
            return NULL;
        only = &report->workloads[i];
    }
    return only;
}

/* With one workload there is nothing to compromise over; where its verdict names another, that is said. */
static void say_only(struct compare_report *report, const struct compare_workload *only, unsigned chosen)
{
    struct compare_recommendation *out = &report->recommendation;
    const struct compare_verdict *verdict = &only->verdict;
    const char *between = "";
    unsigned i;

    if (verdict->best[chosen]) {
        say(out->reason, "%s is %s in %s", out->model->name,
            verdict->best_count == 1 ? "best" : "level with the best", only->workload->title);
        return;
    }
    say(out->reason, "all merits weighed, %s is ahead, though by %s alone it is not: ", out->model->name,
        figure_rows[verdict->decided_by].words);
    for (i = 0; i < report->model_count; i++) {
        if (verdict->best[i]) {
            say(out->reason, "%s%s", between, report->models[i].name);
            between = ", ";
        }
    }
    say(out->reason, " %s", verdict->best_count == 1 ? "is" : "are");
}

static void say_best_in(struct compare_report *report, unsigned chosen)
{
    struct compare_recommendation *out = &report->recommendation;
    const struct compare_workload *only = only_judged(report);
    unsigned i, judged = 0;

    for (i = 0; i < report->workload_count; i++)
        judged += report->workloads[i].verdict.best_count > 0;
    if (only != NULL)
        say_only(report, only, chosen);
    else if (out->standings[chosen].best_in > 0)
        say(out->reason,
            "%s is best, or level with the best, in %u of %u workloads, and the best compromise over all",
            out->model->name, out->standings[chosen].best_in, judged);
    else
        say(out->reason, "%s is the best compromise over all, without being the best in any one workload",
            out->model->name);
}

/* Those who come near it, over what is known of both. */
static void say_close(struct compare_report *report, unsigned chosen)
{
    struct compare_recommendation *out = &report->recommendation;
    const char *before = "; close: ";
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        double apart = exp(recommend_score_beside(&out->standings[i], &out->standings[chosen]) -
                           recommend_score_beside(&out->standings[chosen], &out->standings[i]));

        if (i == chosen || !(apart < CLOSE))
            continue;
        say(out->reason, "%s%s within %.0f%%", before, report->models[i].name,
            fmax(1, ceil(fabs(apart - 1) * 100)));
        before = ", ";
    }
}

static void say_doubts(struct compare_report *report)
{
    struct compare_recommendation *out = &report->recommendation;
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        if (!report->workloads[i].verdict.suspect)
            continue;
        say(out->reason, "%s%s",
            out->doubtful ? ", " : "; rests on suspect runs: ", report->workloads[i].workload->name);
        out->doubtful = true;
    }
}

static void say_choice(struct compare_report *report, unsigned chosen)
{
    struct compare_recommendation *out = &report->recommendation;
    const struct compare_standing *standing = &out->standings[chosen];

    say_best_in(report, chosen);
    say_weights(out->reason, standing->factor);
    price_say(out->reason, "; beside the best in each: ", report, chosen, PRICE_BESIDE_BEST, false);
    if (standing->failed_in > 0)
        say(out->reason, "; it failed %u of %u workloads", standing->failed_in, standing->tried_in);
    say_close(report, chosen);
    say_doubts(report);
    if (isnan(standing->factor[MERIT_ISOLATION]))
        say(out->reason, "; what a crash does to the others was not measured");
}

void advise(struct compare_report *report, unsigned chosen)
{
    const struct compare_standing *standings = report->recommendation.standings;
    unsigned i;

    say_choice(report, chosen);
    for (i = 0; i < report->model_count; i++) {
        if (i != chosen && !isnan(standings[i].score))
            say_otherwise(report, i, chosen);
    }
}
