/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is best at a workload, and why, in one sentence. All models that have a result are candidates, except those whose
 * requests failed, or of which a repeat could not be run at all, where others had no such trouble; then the workload's
 * ladder of figures is climbed: each figure keeps those who are not worse than its leader beyond noise, until one is
 * left or the ladder ends. Some things are never done silently: a throughput at which the client was the limit says
 * nothing about those who reached it, so it sends nobody away of them and the sentence says that it can't; who was sent
 * away and is better at something else is named; and a verdict on suspect runs is called one. Pure functions, any
 * thread. */
#include "client/compare/verdict.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/compare/outcome.h"

#define NOISY_TIMES 1.5 /* medians that far apart, of which nothing can be said: that is no "alike" */
#define BUT_TIMES   1.1 /* what is nearer to the best ones' figure is no "but" */
#define BUTS_MOST   2

/* --- the sentence ------------------------------------------------------------------------------------------------ */

struct sentence {
    char *text;
    size_t size, used;
};

static void say(struct sentence *sentence, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct sentence *sentence, const char *format, ...)
{
    va_list arguments;
    int length;

    if (sentence->used >= sentence->size)
        return;
    va_start(arguments, format);
    length = vsnprintf(sentence->text + sentence->used, sentence->size - sentence->used, format, arguments);
    va_end(arguments);
    sentence->used += length > 0 ? (size_t)length : 0;
}

static size_t count_of(const bool *set, unsigned count)
{
    size_t members = 0;
    unsigned i;

    for (i = 0; i < count; i++)
        members += set[i];
    return members;
}

static void say_names(struct sentence *sentence, const struct compare_workload *workload, const bool *set,
                      unsigned count)
{
    size_t left = count_of(set, count);
    const char *between = "";
    unsigned i;

    for (i = 0; i < count; i++) {
        if (!set[i])
            continue;
        say(sentence, "%s%s", between, workload->results[i].model->name);
        between = --left == 1 ? " and " : ", ";
    }
}

/* From the lowest median to the highest of a set; one text when they read alike. */
static void say_range(struct sentence *sentence, const struct compare_workload *workload, const bool *set,
                      unsigned count, enum figure figure)
{
    char low[FIGURE_TEXT_BYTES], high[FIGURE_TEXT_BYTES];
    double least = INFINITY, most = -INFINITY;
    unsigned i;

    for (i = 0; i < count; i++) {
        if (set[i]) {
            least = fmin(least, workload->results[i].spread[figure].median);
            most = fmax(most, workload->results[i].spread[figure].median);
        }
    }
    figure_text(figure, least, low);
    figure_text(figure, most, high);
    say(sentence, strcmp(low, high) != 0 ? "%s to %s" : "%s", low, high);
    if (figure_rows[figure].unit == UNIT_RATE)
        say(sentence, "/s");
}

/* --- climbing the ladder ----------------------------------------------------------------------------------------- */

struct climb {
    struct compare_workload *workload;
    unsigned count;
    bool among[MODELS_MOST];       /* those who are still candidates */
    bool began_among[MODELS_MOST]; /* those who were at first */
    struct sentence sentence;
    const char *before; /* what stands between two parts of the sentence */
    bool decided;
};

static bool all_know(const struct climb *climb, enum figure figure)
{
    unsigned i;

    for (i = 0; i < climb->count; i++) {
        if (climb->among[i] && climb->workload->results[i].spread[figure].count == 0)
            return false;
    }
    return true;
}

static unsigned leader_of(const struct climb *climb, enum figure figure)
{
    bool more = figure_rows[figure].more_is_better;
    double best = more ? -INFINITY : INFINITY;
    unsigned i, leader = 0;

    for (i = 0; i < climb->count; i++) {
        double median = climb->workload->results[i].spread[figure].median;

        if (climb->among[i] && (more ? median > best : median < best)) {
            best = median;
            leader = i;
        }
    }
    return leader;
}

/* Whoever was driven as fast as the client can has not shown what it can do. */
static bool is_unproved(const struct compare_result *result, enum figure figure)
{
    return figure == FIGURE_THROUGHPUT && result->limited_by_client;
}

/* Whether the medians of those that can't be told apart are far from each other all the same. */
static bool is_noisy(const struct climb *climb, const bool *kept, enum figure figure)
{
    double least = INFINITY, most = 0;
    unsigned i;

    for (i = 0; i < climb->count; i++) {
        if (kept[i]) {
            least = fmin(least, climb->workload->results[i].spread[figure].median);
            most = fmax(most, climb->workload->results[i].spread[figure].median);
        }
    }
    return most > least * NOISY_TIMES && most - least > figure_rows[figure].least_step;
}

static void say_step(struct climb *climb, enum figure figure, const bool *kept, const bool *left)
{
    struct sentence *sentence = &climb->sentence;
    const struct figure_row *row = &figure_rows[figure];

    say(sentence, "%s", climb->before);
    climb->before = "; ";
    if (count_of(left, climb->count) == 0) {
        bool noisy = is_noisy(climb, kept, figure);

        say(sentence, "no difference%s in %s (", noisy ? " beyond the noise" : "", row->words);
        say_range(sentence, climb->workload, kept, climb->count, figure);
        say(sentence, "%s)", noisy ? ": too noisy to tell" : "");
        climb->workload->verdict.noisy = climb->workload->verdict.noisy || noisy;
        return;
    }
    say_names(sentence, climb->workload, kept, climb->count);
    say(sentence, count_of(kept, climb->count) == 1 ? " %s, " : " lead in %s, ",
        count_of(kept, climb->count) == 1 ? row->best : row->words);
    say_range(sentence, climb->workload, kept, climb->count, figure);
    say(sentence, " against ");
    say_range(sentence, climb->workload, left, climb->count, figure);
}

static void say_unproved(struct climb *climb, const bool *kept, const bool *left)
{
    say(&climb->sentence, "%sthe client was the limit, so throughput can't tell ", climb->before);
    climb->before = "; ";
    if (count_of(left, climb->count) == 0)
        say(&climb->sentence, "them apart");
    else
        say_names(&climb->sentence, climb->workload, kept, climb->count);
    if (count_of(left, climb->count) > 0)
        say(&climb->sentence, " apart");
}

static bool is_clearly_worse(const struct climb *climb, unsigned model, unsigned leader, enum figure figure)
{
    const struct compare_result *results = climb->workload->results;

    return figure_is_better(figure, &results[leader].spread[figure], &results[model].spread[figure]) &&
           !is_unproved(&results[model], figure);
}

/* The median of the last one, down the ranks, that is not clearly worse than the leader. Whoever ranks between the two
 * stays as well, however near its repeats lie to each other: nobody is sent away for figures that are better than those
 * of one who stays. */
static double cut_at(const struct climb *climb, unsigned leader, enum figure figure)
{
    const struct compare_result *results = climb->workload->results;
    double cut = results[leader].spread[figure].median;
    unsigned i;

    for (i = 0; i < climb->count; i++) {
        double median = results[i].spread[figure].median;

        if (climb->among[i] && !is_clearly_worse(climb, i, leader, figure))
            cut = figure_rows[figure].more_is_better ? fmin(cut, median) : fmax(cut, median);
    }
    return cut;
}

static void climb_step(struct climb *climb, enum figure figure)
{
    bool kept[MODELS_MOST] = {false}, left[MODELS_MOST] = {false};
    const struct compare_result *results = climb->workload->results;
    bool unproved = false;
    unsigned i;
    double cut;

    if (!all_know(climb, figure))
        return;
    cut = cut_at(climb, leader_of(climb, figure), figure);
    for (i = 0; i < climb->count; i++) {
        double median = results[i].spread[figure].median;

        kept[i] = climb->among[i] && (figure_rows[figure].more_is_better ? median >= cut : median <= cut);
        left[i] = climb->among[i] && !kept[i];
        unproved = unproved || (kept[i] && is_unproved(&results[i], figure));
    }
    if (unproved && count_of(kept, climb->count) > 1)
        say_unproved(climb, kept, left);
    else
        say_step(climb, figure, kept, left);
    if (count_of(left, climb->count) > 0) {
        climb->workload->verdict.decided_by = figure;
        climb->decided = true;
    }
    memcpy(climb->among, kept, sizeof kept);
}

/* --- what speaks against it -------------------------------------------------------------------------------------- */

/* How one who was sent away is said to be better after all; NULL: such a figure is not held against the best. */
static const char *const but_words[FIGURES] = {
    [FIGURE_THROUGHPUT] = "serves more requests",
    [FIGURE_P99] = "has the shorter p99",
    [FIGURE_WATCHED_P99] = "has the shorter p99 of the fast ones",
    [FIGURE_CPU] = "takes less CPU per request",
};

/* Whether a workload asks for it: what others suffer is asked by the ladder alone. */
static bool counts_here(const struct workload *workload, enum figure figure)
{
    unsigned i;

    if (but_words[figure] == NULL || (figure == FIGURE_THROUGHPUT && workload->rate_rps > 0))
        return false;
    for (i = 0; i < workload->ladder_count; i++) {
        if (workload->ladder[i] == figure)
            return true;
    }
    return !workload->crashes && !(figure == FIGURE_P99 && workload->rate_rps > 0);
}

/* How many times better one who was sent away is than the best of the best; 1 when it is not, beyond noise. */
static double times_better(const struct climb *climb, unsigned model, enum figure figure)
{
    const struct compare_result *results = climb->workload->results;
    const struct spread *one = &results[model].spread[figure];
    double times = INFINITY;
    unsigned i;

    if (climb->among[model] || !climb->began_among[model] || results[model].suspect)
        return 1;
    for (i = 0; i < climb->count; i++) {
        const struct spread *best = &results[i].spread[figure];
        bool more = figure_rows[figure].more_is_better;

        if (!climb->among[i])
            continue;
        if (is_unproved(&results[i], figure) || !figure_is_better(figure, one, best))
            return 1;
        times = fmin(times, more ? one->median / best->median : best->median / one->median);
    }
    return times;
}

/* "; but pool has the shorter p99, 202 us against 774 us": the one who is best at it of those sent away. */
static bool say_but(struct climb *climb, enum figure figure)
{
    bool away[MODELS_MOST] = {false};
    double most = BUT_TIMES;
    unsigned i, who = climb->count;

    for (i = 0; i < climb->count; i++) {
        double times = times_better(climb, i, figure);

        if (times > most) {
            most = times;
            who = i;
        }
    }
    if (who == climb->count)
        return false;
    away[who] = true;
    say(&climb->sentence, "; but ");
    say_names(&climb->sentence, climb->workload, away, climb->count);
    say(&climb->sentence, " %s, ", but_words[figure]);
    say_range(&climb->sentence, climb->workload, away, climb->count, figure);
    say(&climb->sentence, " against ");
    say_range(&climb->sentence, climb->workload, climb->among, climb->count, figure);
    return true;
}

static void say_buts(struct climb *climb)
{
    static const enum figure figures[] = {FIGURE_WATCHED_P99, FIGURE_P99, FIGURE_THROUGHPUT, FIGURE_CPU};
    unsigned i, said = 0;

    for (i = 0; i < sizeof figures / sizeof figures[0] && climb->decided && said < BUTS_MOST; i++) {
        if (counts_here(climb->workload->workload, figures[i]))
            said += say_but(climb, figures[i]);
    }
}

/* --- the verdict ------------------------------------------------------------------------------------------------- */

/* Each by itself: how often it could not be run. */
static void say_unran(struct climb *climb)
{
    unsigned i;

    for (i = 0; i < climb->count; i++) {
        const struct compare_result *result = &climb->workload->results[i];

        if (result->state != COMPARE_DONE || result->ran == result->run_count)
            continue;
        say(&climb->sentence, "%s%s could not be run in %zu of %zu repeats", climb->before,
            result->model->name, result->run_count - result->ran, result->run_count);
        climb->before = "; ";
    }
}

static void say_failing(struct climb *climb)
{
    bool failing[MODELS_MOST] = {false};
    unsigned i;

    for (i = 0; i < climb->count; i++)
        failing[i] = climb->workload->results[i].state == COMPARE_DONE &&
                     outcome_is_failing(&climb->workload->results[i], climb->workload->workload->crashes);
    if (count_of(failing, climb->count) == 0)
        return;
    say(&climb->sentence, "%s", climb->before);
    say_names(&climb->sentence, climb->workload, failing, climb->count);
    say(&climb->sentence, " failed ");
    say_range(&climb->sentence, climb->workload, failing, climb->count, FIGURE_FAILED);
    say(&climb->sentence, " of the requests");
    climb->before = "; ";
}

static void say_unrecovered(struct climb *climb)
{
    bool gone[MODELS_MOST] = {false};
    unsigned i;
    size_t j;

    for (i = 0; i < climb->count; i++) {
        const struct compare_result *result = &climb->workload->results[i];

        for (j = 0; j < result->run_count && result->state == COMPARE_DONE; j++)
            gone[i] = gone[i] || result->runs[j].unrecovered > 0;
    }
    if (count_of(gone, climb->count) == 0)
        return;
    say(&climb->sentence, "%s", climb->before);
    say_names(&climb->sentence, climb->workload, gone, climb->count);
    say(&climb->sentence, "%s not back in service at the end",
        count_of(gone, climb->count) == 1 ? " was" : " were");
    climb->before = "; ";
}

/* Where it was ended early between two models. */
static void say_unreached(struct climb *climb)
{
    unsigned i, reached = 0;

    for (i = 0; i < climb->count; i++)
        reached += climb->workload->results[i].state != COMPARE_PENDING;
    if (reached == climb->count)
        return;
    say(&climb->sentence, "%sof the %u model%s reached", climb->before, reached, reached == 1 ? "" : "s");
    climb->before = "; ";
}

static void say_remarks(struct climb *climb)
{
    struct compare_verdict *verdict = &climb->workload->verdict;
    bool suspects[MODELS_MOST] = {false};
    unsigned i;

    say_unreached(climb);
    say_unran(climb);
    say_failing(climb);
    say_unrecovered(climb);
    for (i = 0; i < climb->count; i++)
        suspects[i] =
            climb->workload->results[i].state == COMPARE_DONE && climb->workload->results[i].suspect;
    verdict->suspect = count_of(suspects, climb->count) > 0;
    if (verdict->suspect) {
        say(&climb->sentence, "%sSUSPECT: the client was late in every run of ", climb->before);
        say_names(&climb->sentence, climb->workload, suspects, climb->count);
    }
}

void verdict_make(struct compare_workload *workload, unsigned count)
{
    struct compare_verdict *verdict = &workload->verdict;
    struct climb climb = {.workload = workload, .count = count, .before = ""};
    const struct workload *shape = workload->workload;
    unsigned i;

    *verdict = (struct compare_verdict){0};
    climb.sentence = (struct sentence){verdict->reason, sizeof verdict->reason, 0};
    if (outcome_candidates(workload, count, climb.among) == 0) {
        say(&climb.sentence, "there is no result");
        return;
    }
    if (count_of(climb.among, count) == 1) {
        say(&climb.sentence, "only ");
        say_names(&climb.sentence, workload, climb.among, count);
        say(&climb.sentence, " has a result to go by");
        climb.before = "; ";
    }
    memcpy(climb.began_among, climb.among, sizeof climb.among);
    for (i = 0; i < shape->ladder_count && count_of(climb.among, count) > 1; i++)
        climb_step(&climb, shape->ladder[i]);
    verdict->no_difference = !climb.decided && count_of(climb.among, count) > 1;
    say_buts(&climb);
    say_remarks(&climb);
    memcpy(verdict->best, climb.among, sizeof verdict->best);
    verdict->best_count = count_of(climb.among, count);
}
