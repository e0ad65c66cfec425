/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of all runs. Repeats are interleaved - A B C A B C - so that a machine that is slower for half a minute is
 * slower for all models, and the range of a model's repeats has the machine's noise in it, too. Every run of a workload
 * has the same seed, and so the same requests in the same order at the same moments.
 *
 * With --quick the runs are as short as two minutes ask for; and should the machine be slower than was reckoned, repeats
 * are left out, and runs made shorter, as budget.c says. The report tells what was cut. Runs in the main thread. */
#include "client/compare/rounds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/compare/budget.h"
#include "client/compare/outcome.h"
#include "client/compare/verdict.h"
#include "common/clock.h"

#define OVERHEAD_S      0.4 /* of a run: a daemon's start and end, connecting, INFO twice, warm-up */
#define OVERHEAD_IDLE_S 0.5 /* for every thousand idle connections */

#define PROBE_US 50000

#define QUICK_MOST_S    110.0 /* what --quick has time for */
#define QUICK_SWEEP_S   55.0  /* less when there are rates to be tried afterwards */
#define QUICK_RESERVE_S 5.0   /* of that, not planned for */
#define QUICK_LEAST_S   0.25  /* of a run */
#define QUICK_LONGEST_S 2.0

/* What is planned for a workload, and what of it was done. */
struct slot {
    uint64_t repeats;
    double planned_s;  /* one run, with all around it */
    double shortest_s; /* of the runs that were done, without */
};

struct rounds {
    struct measure *measure;
    struct compare_report *report;
    struct compare_progress progress;
    struct slot slots[WORKLOADS_MOST];
    struct budget budget;
};

/* --- how long everything takes ------------------------------------------------------------------------------------ */

static bool is_left_out(const struct compare_result *result)
{
    return result->state == COMPARE_LEFT_OUT;
}

static unsigned models_of(const struct rounds *rounds, unsigned workload)
{
    unsigned i, models = 0;

    for (i = 0; i < rounds->report->model_count; i++)
        models += !is_left_out(&rounds->report->workloads[workload].results[i]);
    return models;
}

static double overhead_s(const struct workload *workload)
{
    return OVERHEAD_S + OVERHEAD_IDLE_S * (double)workload->idle / 1000;
}

/* With --quick what takes longer is repeated less. */
static uint64_t repeats_of(const struct compare_settings *settings, const struct workload *workload)
{
    uint64_t most = settings->repeats;

    if (settings->quick && (workload->least_us > 0 || workload->idle > 0))
        most = workload->crashes ? 1 : 2;
    return settings->repeats < most ? settings->repeats : most;
}

/* As long as the time allows, shared out evenly over the runs that may be of any length. */
static double quick_run_s(const struct rounds *rounds)
{
    double left_s = rounds->budget.most_s - QUICK_RESERVE_S, flexible = 0, run_s;
    unsigned i;

    for (i = 0; i < rounds->report->workload_count; i++) {
        const struct workload *workload = rounds->report->workloads[i].workload;
        double runs = (double)(repeats_of(rounds->report->settings, workload) * models_of(rounds, i));

        left_s -= runs * (overhead_s(workload) + (double)workload->least_us / 1e6);
        if (workload->least_us == 0)
            flexible += runs;
    }
    run_s = flexible > 0 ? left_s / flexible : QUICK_LEAST_S;
    if (run_s < QUICK_LEAST_S)
        return QUICK_LEAST_S;
    return run_s < QUICK_LONGEST_S ? run_s : QUICK_LONGEST_S;
}

static double most_s(const struct compare_settings *settings)
{
    if (!settings->quick)
        return INFINITY;
    return settings->rate_sweep ? QUICK_SWEEP_S : QUICK_MOST_S;
}

static void plan_slot(struct rounds *rounds, unsigned index, double run_s)
{
    const struct workload *workload = rounds->report->workloads[index].workload;
    double least_s = workload->least_us > 0 ? (double)workload->least_us / 2e6 : QUICK_LEAST_S;
    struct slot *slot = &rounds->slots[index];
    struct budget_slot runs = {.models = models_of(rounds, index), .overhead_s = overhead_s(workload)};

    runs.run_s = fmax(run_s, (double)workload->least_us / 1e6);
    runs.least_s = fmin(runs.run_s, least_s);
    slot->repeats = repeats_of(rounds->report->settings, workload);
    slot->planned_s = runs.run_s + runs.overhead_s;
    slot->shortest_s = runs.run_s;
    rounds->budget.slots[index] = runs;
    rounds->report->workloads[index].duration_us = (uint64_t)(runs.run_s * 1e6);
    rounds->report->workloads[index].repeats = slot->repeats;
}

/* Fills the slots; answers the seconds for all. */
static double plan_slots(struct rounds *rounds)
{
    const struct compare_settings *settings = rounds->report->settings;
    double run_s, all_s = 0;
    unsigned i;

    rounds->budget.most_s = most_s(settings);
    rounds->budget.count = rounds->report->workload_count;
    run_s = settings->duration_us > 0 ? (double)settings->duration_us / 1e6 : quick_run_s(rounds);
    for (i = 0; i < rounds->report->workload_count; i++) {
        plan_slot(rounds, i, run_s);
        all_s += rounds->slots[i].planned_s * (double)rounds->slots[i].repeats * models_of(rounds, i);
    }
    return all_s;
}

static double passed_s(const struct rounds *rounds)
{
    return (double)(clock_now_us() - rounds->report->began_us) / 1e6;
}

/* What was left out and made shorter, for the report. */
static void say_cut(const struct rounds *rounds)
{
    struct compare_report *report = rounds->report;
    unsigned long long planned = 0, left_out = 0, shorter = 0;
    double shortest_s = INFINITY;
    unsigned i, j;

    for (i = 0; i < report->workload_count; i++) {
        for (j = 0; j < report->model_count; j++) {
            if (is_left_out(&report->workloads[i].results[j]))
                continue;
            planned += rounds->slots[i].repeats;
            left_out += rounds->slots[i].repeats - report->workloads[i].results[j].run_count;
        }
        if (rounds->slots[i].shortest_s < rounds->budget.slots[i].run_s) {
            shorter++;
            shortest_s = fmin(shortest_s, rounds->slots[i].shortest_s);
        }
    }
    if (left_out > 0)
        snprintf(report->cut, sizeof report->cut, "%llu of %llu runs were left out, of repeats", left_out,
                 planned);
    if (shorter > 0)
        snprintf(
            report->cut, sizeof report->cut,
            "%llu of %llu runs were left out, of repeats, and those of %llu workload%s were cut to %.2f s "
            "at the shortest",
            left_out, planned, shorter, shorter == 1 ? "" : "s", shortest_s);
}

/* --- running ------------------------------------------------------------------------------------------------------ */

static void show_time(void *context)
{
    compare_progress_show(context);
}

static void say_run(struct rounds *rounds, const struct compare_workload *workload,
                    const struct compare_result *result, uint64_t repeats)
{
    char words[COMPARE_PROGRESS_WORDS];

    snprintf(words, sizeof words, "%s: %s, repeat %zu of %llu", workload->workload->name, result->model->name,
             result->run_count + 1, (unsigned long long)repeats);
    compare_progress_say(&rounds->progress, words);
}

/* One repeat of one workload with every model. False: ended early. */
static bool run_round(struct rounds *rounds, unsigned index, double run_s)
{
    struct compare_workload *workload = &rounds->report->workloads[index];
    struct slot *slot = &rounds->slots[index];
    unsigned i;

    slot->shortest_s = fmin(slot->shortest_s, run_s);
    for (i = 0; i < rounds->report->model_count; i++) {
        struct compare_result *result = &workload->results[i];
        double before_s = passed_s(rounds);

        if (is_left_out(result))
            continue;
        say_run(rounds, workload, result, slot->repeats);
        if (!measure_run(rounds->measure, result->model, i, workload->workload, (uint64_t)(run_s * 1e6),
                         &result->runs[result->run_count]))
            return false;
        result->run_count++;
        budget_did(&rounds->budget, index, run_s, passed_s(rounds) - before_s);
        compare_progress_did(&rounds->progress, slot->planned_s);
    }
    return true;
}

static bool run_workload(struct rounds *rounds, unsigned index)
{
    struct compare_workload *workload = &rounds->report->workloads[index];
    char command[RESULT_TEXT_BYTES], words[RESULT_TEXT_BYTES];
    uint64_t repeat;
    double first_s;

    snprintf(words, sizeof words, "%u of %u: %s, %s", index + 1, rounds->report->workload_count,
             workload->workload->title, workload_headline(workload->workload, command, sizeof command));
    compare_progress_head(&rounds->progress, words);
    first_s = budget_first_s(&rounds->budget, index, passed_s(rounds));
    workload->duration_us = (uint64_t)(first_s * 1e6);
    if (!run_round(rounds, index, first_s))
        return false;
    for (repeat = 1; repeat < rounds->slots[index].repeats; repeat++) {
        if (!budget_has_time(&rounds->budget, index, passed_s(rounds)))
            break;
        if (!run_round(rounds, index, rounds->budget.slots[index].run_s))
            return false;
    }
    return true;
}

static void judge(struct compare_report *report, unsigned index)
{
    unsigned i;

    for (i = 0; i < report->model_count; i++)
        outcome_sum_up(&report->workloads[index].results[i]);
    verdict_make(&report->workloads[index], report->model_count);
}

static int prepare(struct rounds *rounds, struct error *error)
{
    struct compare_report *report = rounds->report;
    struct error why;
    unsigned i, j;

    for (i = 0; i < report->workload_count; i++) {
        for (j = 0; j < report->model_count; j++) {
            struct compare_result *result = &report->workloads[i].results[j];

            result->model = &report->models[j];
            result->runs = calloc(report->settings->repeats, sizeof *result->runs);
            if (result->runs == NULL)
                return error_set(error, "out of memory");
            if (measure_makes_sense(rounds->measure, result->model, report->workloads[i].workload, &why))
                continue;
            result->state = COMPARE_LEFT_OUT;
            snprintf(result->why, sizeof result->why, "%s", why.text);
        }
    }
    return 0;
}

int rounds_run(struct measure *measure, struct compare_report *report, struct error *error)
{
    struct rounds rounds = {.measure = measure, .report = report};
    unsigned i;

    if (prepare(&rounds, error) != 0)
        return -1;
    compare_progress_begin(&rounds.progress, plan_slots(&rounds));
    if (report->settings->quick)
        rounds.progress.most_s = rounds.budget.most_s;
    measure->on_time = show_time;
    measure->context = &rounds.progress;
    for (i = 0; i < report->workload_count && !report->interrupted; i++)
        report->interrupted = !run_workload(&rounds, i);
    for (i = 0; i < report->workload_count; i++)
        judge(report, i);
    measure->on_time = NULL;
    compare_progress_end(&rounds.progress);
    if (!report->interrupted)
        say_cut(&rounds);
    return 0;
}

/* --- one's own command --------------------------------------------------------------------------------------------- */

static const struct workload *own_of(const struct compare_report *report)
{
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        if (report->shapes[i].own)
            return &report->shapes[i];
    }
    return NULL;
}

int rounds_probe(struct measure *measure, struct compare_report *report, struct error *error)
{
    const struct workload *own = own_of(report);
    struct compare_run run;
    struct error why;
    unsigned i;

    for (i = 0; i < report->model_count && own != NULL; i++) {
        if (!measure_makes_sense(measure, &report->models[i], own, &why))
            continue;
        if (!measure_run(measure, &report->models[i], i, own, PROBE_US, &run))
            report->interrupted = true;
        if (report->interrupted || run.ok > 0)
            return 0;
        if (run.error_replies > 0)
            return error_set(error, "%s refuses '%s': %s", report->models[i].name, own->commands[0].text,
                             run.trouble);
    }
    return 0;
}
