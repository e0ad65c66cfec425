/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of all runs. Repeats are interleaved - A B C A B C - so that a machine that is slower for half a minute is
 * slower for all models, and the range of a model's repeats has the machine's noise in it, too. Every run of a workload
 * has the same seed, and so the same requests in the same order at the same moments.
 *
 * With --quick the runs are as short as two minutes ask for; and should the machine be slower than was reckoned, later
 * repeats are left out rather than later workloads. Runs in the main thread. */
#include "client/compare/rounds.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/compare/outcome.h"
#include "client/compare/verdict.h"
#include "common/clock.h"

#define OVERHEAD_S      0.4 /* of a run: a daemon's start and end, connecting, INFO twice, warm-up */
#define OVERHEAD_IDLE_S 0.5 /* for every thousand idle connections */

#define PROBE_US 50000

#define QUICK_PLANNED_S 105.0 /* what --quick reckons with */
#define QUICK_MOST_S    110   /* past that no further repeat is begun */
#define QUICK_LEAST_S   0.25  /* of a run */
#define QUICK_LONGEST_S 2.0

struct slot {
    uint64_t duration_us;
    uint64_t repeats;
    double run_s; /* one run, with all around it */
};

struct rounds {
    struct measure *measure;
    struct compare_report *report;
    struct compare_progress progress;
    struct slot slots[WORKLOADS_MOST];
    uint64_t began_us;
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
    double left_s = QUICK_PLANNED_S, flexible = 0, run_s;
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

/* Fills the slots; answers the seconds for all. */
static double plan_slots(struct rounds *rounds)
{
    const struct compare_settings *settings = rounds->report->settings;
    uint64_t duration_us =
        settings->duration_us > 0 ? settings->duration_us : (uint64_t)(quick_run_s(rounds) * 1e6);
    double all_s = 0;
    unsigned i;

    for (i = 0; i < rounds->report->workload_count; i++) {
        const struct workload *workload = rounds->report->workloads[i].workload;
        struct slot *slot = &rounds->slots[i];

        slot->duration_us = workload->least_us > duration_us ? workload->least_us : duration_us;
        slot->repeats = repeats_of(settings, workload);
        slot->run_s = (double)slot->duration_us / 1e6 + overhead_s(workload);
        rounds->report->workloads[i].duration_us = slot->duration_us;
        rounds->report->workloads[i].repeats = slot->repeats;
        all_s += slot->run_s * (double)slot->repeats * models_of(rounds, i);
    }
    return all_s;
}

/* With --quick: whether what must still be run leaves no time for one more round of this workload. */
static bool has_no_time(const struct rounds *rounds, unsigned workload)
{
    double needed_s = rounds->slots[workload].run_s * models_of(rounds, workload);
    unsigned i;

    if (!rounds->report->settings->quick)
        return false;
    for (i = workload + 1; i < rounds->report->workload_count; i++)
        needed_s += rounds->slots[i].run_s * models_of(rounds, i);
    return (double)(clock_now_us() - rounds->began_us) / 1e6 + needed_s > QUICK_MOST_S;
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
static bool run_round(struct rounds *rounds, unsigned index)
{
    struct compare_workload *workload = &rounds->report->workloads[index];
    const struct slot *slot = &rounds->slots[index];
    unsigned i;

    for (i = 0; i < rounds->report->model_count; i++) {
        struct compare_result *result = &workload->results[i];

        if (is_left_out(result))
            continue;
        say_run(rounds, workload, result, slot->repeats);
        if (!measure_run(rounds->measure, result->model, i, workload->workload, slot->duration_us,
                         &result->runs[result->run_count]))
            return false;
        result->run_count++;
        compare_progress_did(&rounds->progress, slot->run_s);
    }
    return true;
}

static bool run_workload(struct rounds *rounds, unsigned index)
{
    struct compare_workload *workload = &rounds->report->workloads[index];
    char command[RESULT_TEXT_BYTES], words[RESULT_TEXT_BYTES];
    uint64_t repeat;

    snprintf(words, sizeof words, "%u of %u: %s, %s", index + 1, rounds->report->workload_count,
             workload->workload->title, workload_headline(workload->workload, command, sizeof command));
    compare_progress_head(&rounds->progress, words);
    for (repeat = 0; repeat < rounds->slots[index].repeats; repeat++) {
        if (repeat > 0 && has_no_time(rounds, index))
            break;
        if (!run_round(rounds, index))
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
    struct rounds rounds = {.measure = measure, .report = report, .began_us = clock_now_us()};
    unsigned i;

    if (prepare(&rounds, error) != 0)
        return -1;
    compare_progress_begin(&rounds.progress, plan_slots(&rounds));
    measure->on_time = show_time;
    measure->context = &rounds.progress;
    for (i = 0; i < report->workload_count && !report->interrupted; i++)
        report->interrupted = !run_workload(&rounds, i);
    for (i = 0; i < report->workload_count; i++)
        judge(report, i);
    measure->on_time = NULL;
    compare_progress_end(&rounds.progress);
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
