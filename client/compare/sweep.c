/* SPDX-License-Identifier: Apache-2.0
 *
 * Latency as the rate rises. All models are offered the same rates, in an open loop, with repeats interleaved: up to
 * what the fastest of them served in the closed loop, so that each curve bends where that model has had enough, and is
 * not followed far beyond. Where the SLO breaks between two of those rates is found by bisection: halving the gap five
 * times leaves a thirty-second of it. At each rate most of the repeats must keep it. A rate at which the client was late
 * itself keeps it all the same when it does, as latency runs from the moment that was meant; when it does not, nothing
 * is known of the server: such a repeat has no say, a rate that has no other is tried again, and when it stays so the
 * report says that it can't be told here. Runs in the main thread. */
#include "client/compare/sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/compare/progress.h"
#include "common/clock.h"

#define BISECTIONS       5
#define QUICK_RUN_S      1.0 /* with --quick, at most */
#define QUICK_LEAST_S    0.25
#define QUICK_PLANNED_S  105.0 /* since the comparison began */
#define QUICK_MOST_S     110.0 /* past that no further rate is tried */
#define POINT_OVERHEAD_S 0.45
#define SATURATED        0.9 /* of the rate: a model that serves less is not offered more */

static const double steps[] = {0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0}; /* of the scale */

#define STEPS (sizeof steps / sizeof steps[0])

struct sweeper {
    struct measure *measure;
    struct compare_report *report;
    struct workload workload; /* a copy, whose rate changes */
    uint64_t duration_us, repeats;
    double scale_rps;
    bool done[MODELS_MOST]; /* saturated, or in trouble: not offered more */
    struct compare_progress progress;
};

/* --- points, without running any ----------------------------------------------------------------------------------- */

bool sweep_insert(struct compare_sweep *sweep, const struct sweep_point *point)
{
    size_t at = sweep->point_count;

    if (at == SWEEP_POINTS_MOST)
        return false;
    while (at > 0 && sweep->points[at - 1].rate_rps > point->rate_rps) {
        sweep->points[at] = sweep->points[at - 1];
        at--;
    }
    sweep->points[at] = *point;
    sweep->point_count++;
    return true;
}

void sweep_bracket(const struct compare_sweep *sweep, double *keeps_rps, double *breaks_rps)
{
    size_t i;

    *keeps_rps = 0;
    *breaks_rps = INFINITY;
    for (i = 0; i < sweep->point_count; i++) {
        const struct sweep_point *point = &sweep->points[i];

        if (point->keeps_slo) { /* so it would have at an unclear rate below */
            *keeps_rps = point->rate_rps;
            *breaks_rps = INFINITY;
        } else if (isinf(*breaks_rps)) {
            *breaks_rps = point->rate_rps;
        }
        if (!point->keeps_slo && !point->unclear)
            return;
    }
}

void sweep_conclude(struct compare_sweep *sweep)
{
    double keeps, breaks;
    size_t i;

    sweep_bracket(sweep, &keeps, &breaks);
    for (i = 0; i < sweep->point_count; i++)
        sweep->unclear = sweep->unclear || (sweep->points[i].rate_rps == breaks && sweep->points[i].unclear);
    sweep->or_more = isinf(breaks) || sweep->unclear;
    sweep->slo_rps = sweep->unclear && keeps == 0 ? NAN : keeps;
    if (sweep->unclear && sweep->trouble[0] == '\0')
        snprintf(sweep->trouble, sizeof sweep->trouble, "%scan't be told here, as the client was late itself",
                 keeps > 0 ? "beyond that it " : "");
}

/* --- one point ------------------------------------------------------------------------------------------------------ */

void sweep_add_try(struct sweep_tries *tries, const struct compare_run *run)
{
    tries->made++;
    if (!run->ran) {
        memcpy(tries->trouble, run->trouble, sizeof tries->trouble);
        return;
    }
    tries->ran++;
    tries->kept += run->keeps_slo;
    tries->late += run->suspect && !run->keeps_slo;
    if (run->suspect && tries->of_clean)
        return;
    if (!run->suspect && !tries->of_clean) { /* the first: from here on they alone are figures */
        tries->of_clean = true;
        tries->count = 0;
    }
    tries->achieved[tries->count] = run->value[FIGURE_THROUGHPUT];
    tries->p50[tries->count] = run->value[FIGURE_P50];
    tries->p99[tries->count] = run->value[FIGURE_P99];
    tries->p999[tries->count] = run->value[FIGURE_P999];
    tries->count++;
}

bool sweep_is_unclear(const struct sweep_tries *tries)
{
    return tries->late > 0 && tries->late == tries->made;
}

struct sweep_point sweep_point_of(struct sweep_tries *tries, double rate_rps)
{
    return (struct sweep_point){
        .rate_rps = rate_rps,
        .achieved_rps = spread_of(tries->achieved, tries->count).median,
        .p50_us = spread_of(tries->p50, tries->count).median,
        .p99_us = spread_of(tries->p99, tries->count).median,
        .p999_us = spread_of(tries->p999, tries->count).median,
        .suspect = !tries->of_clean,
        .keeps_slo = tries->kept * 2 > tries->made - tries->late,
        .unclear = sweep_is_unclear(tries),
    };
}

/* Offers the rate to one model once. False: ended early. */
static bool try_once(struct sweeper *sweeper, unsigned model, double rate_rps, struct sweep_tries *tries)
{
    char words[COMPARE_PROGRESS_WORDS];
    struct compare_run run;

    snprintf(words, sizeof words, "rates: %s at %.0f/s", sweeper->report->models[model].name, rate_rps);
    compare_progress_say(&sweeper->progress, words);
    sweeper->workload.rate_rps = rate_rps;
    if (!measure_run(sweeper->measure, &sweeper->report->models[model], model, &sweeper->workload,
                     sweeper->duration_us, &run))
        return false;
    compare_progress_did(&sweeper->progress, (double)sweeper->duration_us / 1e6 + POINT_OVERHEAD_S);
    sweep_add_try(tries, &run);
    return true;
}

/* As long as only a late client speaks against it. False: ended early. */
static bool try_again(struct sweeper *sweeper, unsigned model, double rate_rps, struct sweep_tries *tries)
{
    unsigned i;

    for (i = 0; i < SWEEP_RETRIES && sweeper->report->settings->slo.given && sweep_is_unclear(tries); i++) {
        if (!try_once(sweeper, model, rate_rps, tries))
            return false;
    }
    return true;
}

/* What came of it, onto the model's curve. */
static void conclude(struct sweeper *sweeper, unsigned model, double rate_rps, struct sweep_tries *tries)
{
    struct compare_sweep *sweep = &sweeper->report->sweeps[model];
    struct sweep_point point;

    if (tries->count == 0) {
        memcpy(sweep->trouble, tries->trouble, sizeof sweep->trouble);
        sweeper->done[model] = true;
        return;
    }
    if (tries->ran < tries->made && sweep->trouble[0] == '\0')
        snprintf(sweep->trouble, sizeof sweep->trouble,
                 "%zu of %zu repeats at %.0f/s could not be run: %.400s", tries->made - tries->ran,
                 tries->made, rate_rps, tries->trouble);
    point = sweep_point_of(tries, rate_rps);
    if (!sweep_insert(sweep, &point) || (!point.suspect && point.achieved_rps < rate_rps * SATURATED))
        sweeper->done[model] = true;
}

/* --- the curves ----------------------------------------------------------------------------------------------------- */

/* One rate for all models, repeats interleaved. False: ended early. */
static bool run_step(struct sweeper *sweeper, double rate_rps, struct sweep_tries *tries)
{
    uint64_t repeat;
    unsigned i;

    memset(tries, 0, MODELS_MOST * sizeof *tries);
    for (repeat = 0; repeat < sweeper->repeats; repeat++) {
        for (i = 0; i < sweeper->report->model_count; i++) {
            if (!sweeper->done[i] && !try_once(sweeper, i, rate_rps, &tries[i]))
                return false;
        }
    }
    for (i = 0; i < sweeper->report->model_count; i++) {
        if (sweeper->done[i])
            continue;
        if (!try_again(sweeper, i, rate_rps, &tries[i]))
            return false;
        conclude(sweeper, i, rate_rps, &tries[i]);
    }
    return true;
}

/* A rate that reads well: three digits. */
static double rounded(double rate_rps)
{
    double digits = pow(10, floor(log10(rate_rps)) - 2);

    return rate_rps > 0 ? fmax(1, round(rate_rps / digits) * digits) : 1;
}

static double passed_s(const struct compare_report *report)
{
    return (double)(clock_now_us() - report->began_us) / 1e6;
}

/* With --quick: whether it is time to end, which the report says then. */
static bool is_late(struct sweeper *sweeper)
{
    static const char words[] = "not all rates were tried";
    struct compare_report *report = sweeper->report;
    size_t used = strlen(report->cut);

    if (!report->settings->quick || passed_s(report) < QUICK_MOST_S)
        return false;
    if (strstr(report->cut, words) == NULL)
        snprintf(report->cut + used, sizeof report->cut - used, "%s%s", used > 0 ? "; " : "", words);
    return true;
}

static bool bisect(struct sweeper *sweeper, unsigned model, struct sweep_tries *tries)
{
    struct compare_sweep *sweep = &sweeper->report->sweeps[model];
    double keeps, breaks;
    uint64_t repeat;
    unsigned i;

    for (i = 0; i < BISECTIONS && !is_late(sweeper); i++) {
        double rate;

        sweep_bracket(sweep, &keeps, &breaks);
        rate = rounded((keeps + breaks) / 2);
        if (isinf(breaks) || rate <= keeps || rate >= breaks)
            break;
        memset(tries, 0, sizeof *tries);
        for (repeat = 0; repeat < sweeper->repeats; repeat++) {
            if (!try_once(sweeper, model, rate, tries))
                return false;
        }
        if (!try_again(sweeper, model, rate, tries))
            return false;
        conclude(sweeper, model, rate, tries);
        if (tries->count == 0)
            break;
    }
    return true;
}

static bool run_all(struct sweeper *sweeper, struct sweep_tries *tries)
{
    struct compare_report *report = sweeper->report;
    unsigned i;

    for (i = 0; i < STEPS && !is_late(sweeper); i++) {
        if (!run_step(sweeper, rounded(steps[i] * sweeper->scale_rps), tries))
            return false;
    }
    for (i = 0; i < report->model_count && report->settings->slo.given; i++) {
        struct compare_sweep *sweep = &report->sweeps[i];

        if (sweep->point_count == 0)
            continue;
        if (!bisect(sweeper, i, tries))
            return false;
        sweep_conclude(sweep);
    }
    return true;
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

/* The first workload in a closed loop; NULL when there is none. */
static const struct compare_workload *chosen(const struct compare_report *report)
{
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        if (report->shapes[i].rate_rps == 0)
            return &report->workloads[i];
    }
    return NULL;
}

int sweep_check(const struct compare_report *report, struct error *error)
{
    return chosen(report) != NULL
               ? 0
               : error_set(error, "--rate-sweep needs a workload that has no rate of its own");
}

static double scale_of(const struct compare_report *report, const struct compare_workload *workload)
{
    double scale = 0;
    unsigned i;

    for (i = 0; i < report->model_count; i++)
        scale = fmax(scale, workload->results[i].spread[FIGURE_THROUGHPUT].median);
    return scale;
}

/* How many runs there are to be, if nobody is done before. */
static double runs_of(const struct sweeper *sweeper)
{
    const struct compare_report *report = sweeper->report;

    return (double)((STEPS + (report->settings->slo.given ? BISECTIONS : 0)) * sweeper->repeats *
                    report->model_count);
}

/* With --quick every rate is tried once, for as long as there is time. */
static void choose_duration(struct sweeper *sweeper)
{
    const struct compare_settings *settings = sweeper->report->settings;
    double most_s = settings->duration_us > 0 ? (double)settings->duration_us / 1e6 : QUICK_RUN_S;
    double run_s;

    sweeper->repeats = settings->quick ? 1 : settings->repeats;
    sweeper->duration_us = settings->duration_us;
    if (!settings->quick)
        return;
    run_s = (QUICK_PLANNED_S - passed_s(sweeper->report)) / runs_of(sweeper) - POINT_OVERHEAD_S;
    sweeper->duration_us = (uint64_t)(fmin(most_s, fmax(QUICK_LEAST_S, run_s)) * 1e6);
}

static void pass_time(void *context)
{
    compare_progress_show(context);
}

int sweep_run(struct measure *measure, struct compare_report *report, struct error *error)
{
    const struct compare_workload *workload = chosen(report);
    struct sweep_tries *tries = calloc(MODELS_MOST, sizeof *tries);
    struct sweeper sweeper = {.measure = measure, .report = report, .workload = *workload->workload};
    unsigned i;

    report->sweeps = calloc(report->model_count, sizeof *report->sweeps);
    if (report->sweeps == NULL || tries == NULL) {
        free(tries);
        return error_set(error, "out of memory");
    }
    report->swept = workload->workload;
    choose_duration(&sweeper);
    sweeper.scale_rps = scale_of(report, workload);
    for (i = 0; i < report->model_count; i++) {
        report->sweeps[i].model = &report->models[i];
        report->sweeps[i].slo_rps = NAN;
        sweeper.done[i] = workload->results[i].state != COMPARE_DONE;
    }
    compare_progress_begin(&sweeper.progress,
                           runs_of(&sweeper) * ((double)sweeper.duration_us / 1e6 + POINT_OVERHEAD_S));
    compare_progress_head(&sweeper.progress, "latency at rising rates");
    measure->on_time = pass_time;
    measure->context = &sweeper.progress;
    if (sweeper.scale_rps > 0 && !run_all(&sweeper, tries))
        report->interrupted = true;
    measure->on_time = NULL;
    compare_progress_end(&sweeper.progress);
    free(tries);
    return 0;
}
