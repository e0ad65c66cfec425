/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison for programs: schema concur.compare/1, a contract; --baseline reads it again. Every figure is there
 * under its name in every result, null where it is unknown. jansson copies what it is given and refuses what could not
 * be allocated; whoever puts something in makes a note of that, and a report that lacks something is not written. A text
 * that is no UTF-8, which JSON must be, is replaced. Runs in the main thread. */
#include "client/compare/report.h"

#include <math.h>

#include "config.h"
#include "client/compare/recommend.h"
#include "client/json.h"
#include "client/outfile.h"

/* Whether the report in the making lacks something that there was no memory for. Owner: main thread. */
static bool is_short;

/* Both take the value, and make a note when it is not there. */
static void put(json_t *object, const char *key, json_t *value)
{
    is_short = json_object_set_new(object, key, value) != 0 || is_short;
}

static void append(json_t *array, json_t *value)
{
    is_short = json_array_append_new(array, value) != 0 || is_short;
}

static json_t *text(const char *bytes)
{
    return json_make_text(bytes);
}

static json_t *command_of(const struct workload *workload)
{
    struct buffer whole = {0};
    json_t *string = workload_describe(workload, &whole) == 0 ? text(buffer_head(&whole)) : NULL;

    buffer_free(&whole);
    return string;
}

static json_t *text_or_null(const char *bytes)
{
    return bytes != NULL && bytes[0] != '\0' ? text(bytes) : json_null();
}

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

/* Six digits of a thousandth: no figure here is known any better. */
static json_t *real(double value)
{
    return isfinite(value) ? json_real(round(value * 1e6) / 1e6) : json_null();
}

/* --- what was compared --------------------------------------------------------------------------------------------- */

static json_t *make_host(const struct host *host)
{
    json_t *object = json_object();

    put(object, "name", text(host->name));
    put(object, "kernel", text(host->kernel));
    put(object, "cpu", text(host->cpu));
    put(object, "cores", count(host->cores));
    put(object, "memory_bytes", count(host->memory_bytes));
    put(object, "version", text("concur " PACKAGE_VERSION));
    return object;
}

static json_t *make_config(const struct compare_settings *settings)
{
    json_t *object = json_object();

    put(object, "connections", count(settings->connections));
    put(object, "threads", count(settings->threads));
    put(object, "repeats", count(settings->repeats));
    put(object, "duration_s",
        settings->duration_us > 0 ? real((double)settings->duration_us / 1e6) : json_null());
    put(object, "quick", json_boolean(settings->quick));
    put(object, "pin", json_boolean(settings->pin));
    put(object, "tls", json_boolean(settings->tls.tls));
    put(object, "slo", text_or_null(settings->slo_text));
    return object;
}

/* Those for as many connections as -c says. */
static json_t *make_model_settings(const struct compare_report *report, const struct model *model)
{
    const struct model_capacity capacity = {report->settings->connections, 0};
    struct model_settings settings = {0};
    json_t *array = json_array();
    struct error ignored;
    unsigned i;

    if (model_settings_make(model, &capacity, false, &settings, &ignored) != 0)
        settings.count = 0;
    for (i = 0; i < settings.count; i++)
        append(array, text(settings.lines[i]));
    return array;
}

static json_t *make_models(const struct compare_report *report)
{
    json_t *array = json_array();
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        const struct model *model = &report->models[i];
        json_t *object = json_object();

        put(object, "name", text(model->name));
        put(object, "words", text(model->words));
        put(object, "settings", make_model_settings(report, model));
        put(object, "file", text_or_null(model->file));
        put(object, "target", model->elsewhere ? text(model->target.name) : json_null());
        append(array, object);
    }
    return array;
}

/* --- results ------------------------------------------------------------------------------------------------------- */

static json_t *make_errors(const struct compare_run *run)
{
    json_t *object = json_object();
    int i;

    for (i = 0; i < LOAD_ERRORS; i++)
        put(object, load_error_name((enum load_error)i), count(run->errors[i]));
    return object;
}

static json_t *make_requests(const struct compare_run *run)
{
    json_t *object = json_object();

    put(object, "sent", count(run->sent));
    put(object, "ok", count(run->ok));
    put(object, "error_replies", count(run->error_replies));
    put(object, "failed", count(run->failed));
    put(object, "unfinished", count(run->unfinished));
    return object;
}

static json_t *make_run(const struct compare_run *run)
{
    json_t *object = json_object();
    unsigned i;

    for (i = 0; i < FIGURES; i++)
        put(object, figure_rows[i].name, real(run->value[i]));
    put(object, "ran", json_boolean(run->ran));
    put(object, "limited_by_client", json_boolean(run->limited_by_client));
    put(object, "suspect", json_boolean(run->suspect));
    put(object, "killed", json_boolean(run->killed));
    put(object, "requests", make_requests(run));
    put(object, "errors", make_errors(run));
    put(object, "crashes", count(run->crashes));
    put(object, "unrecovered", count(run->unrecovered));
    put(object, "outage_least_us", run->crashes > 0 ? real(run->outage_least_us) : json_null());
    put(object, "outage_most_us", run->crashes > 0 ? real(run->outage_most_us) : json_null());
    put(object, "daemon_restarts", count(run->daemon_restarts));
    put(object, "worker_restarts", count(run->worker_restarts));
    put(object, "trouble", text_or_null(run->trouble));
    return object;
}

static json_t *make_medians(const struct spread *spreads)
{
    json_t *object = json_object();
    unsigned i;

    for (i = 0; i < FIGURES; i++)
        put(object, figure_rows[i].name, spreads[i].count > 0 ? real(spreads[i].median) : json_null());
    return object;
}

static json_t *make_ranges(const struct spread *spreads)
{
    json_t *object = json_object();
    unsigned i;

    for (i = 0; i < FIGURES; i++) {
        json_t *range = json_null();

        if (spreads[i].count > 0) {
            range = json_array();
            append(range, real(spreads[i].least));
            append(range, real(spreads[i].most));
        }
        put(object, figure_rows[i].name, range);
    }
    return object;
}

static json_t *make_result(const struct compare_result *result)
{
    static const char *const states[] = {[COMPARE_PENDING] = "not reached",
                                         [COMPARE_DONE] = "done",
                                         [COMPARE_FAILED] = "failed",
                                         [COMPARE_LEFT_OUT] = "left out"};
    json_t *object = json_object(), *repeats = json_array();
    size_t i;

    for (i = 0; i < result->run_count; i++)
        append(repeats, make_run(&result->runs[i]));
    put(object, "model", text(result->model->name));
    put(object, "state", text(states[result->state]));
    put(object, "why", text_or_null(result->why));
    put(object, "repeats", repeats);
    put(object, "median", make_medians(result->spread));
    put(object, "range", make_ranges(result->spread));
    put(object, "limited_by_client", json_boolean(result->limited_by_client));
    put(object, "suspect", json_boolean(result->suspect));
    return object;
}

static json_t *make_verdict(const struct compare_report *report, const struct compare_verdict *verdict)
{
    json_t *object = json_object(), *best = json_array();
    bool decided = verdict->best_count > 0 && !verdict->no_difference;
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        if (verdict->best[i])
            append(best, text(report->models[i].name));
    }
    put(object, "best", best);
    put(object, "reason", text(verdict->reason));
    put(object, "no_difference", json_boolean(verdict->no_difference));
    put(object, "noisy", json_boolean(verdict->noisy));
    put(object, "suspect", json_boolean(verdict->suspect));
    put(object, "decided_by", decided ? text(figure_rows[verdict->decided_by].name) : json_null());
    return object;
}

static json_t *make_workload(const struct compare_report *report, const struct compare_workload *workload)
{
    json_t *object = json_object(), *results = json_array();
    unsigned i;

    for (i = 0; i < report->model_count; i++)
        append(results, make_result(&workload->results[i]));
    put(object, "name", text(workload->workload->name));
    put(object, "title", text(workload->workload->title));
    put(object, "command", command_of(workload->workload));
    put(object, "rate_rps",
        workload->workload->rate_rps > 0 ? real(workload->workload->rate_rps) : json_null());
    put(object, "duration_s", real((double)workload->duration_us / 1e6));
    put(object, "repeats", count(compare_repeats_of(report, workload)));
    put(object, "results", results);
    put(object, "verdict", make_verdict(report, &workload->verdict));
    return object;
}

static json_t *make_workloads(const struct compare_report *report)
{
    json_t *array = json_array();
    unsigned i;

    for (i = 0; i < report->workload_count; i++)
        append(array, make_workload(report, &report->workloads[i]));
    return array;
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

static json_t *make_standing(const struct model *model, const struct compare_standing *standing)
{
    json_t *object = json_object(), *factors = json_object(), *bounds = json_array();
    unsigned i;

    for (i = 0; i < MERITS; i++) {
        put(factors, merit_rows[i].name, real(standing->factor[i]));
        if (standing->at_least[i])
            append(bounds, text(merit_rows[i].name));
    }
    put(object, "model", text(model->name));
    put(object, "times_worse_than_best", factors);
    put(object, "or_more", bounds);
    put(object, "best_in", count(standing->best_in));
    put(object, "tried_in", count(standing->tried_in));
    put(object, "failed_in", count(standing->failed_in));
    put(object, "instead", text_or_null(standing->words));
    return object;
}

static json_t *make_recommendation(const struct compare_report *report)
{
    const struct compare_recommendation *recommendation = &report->recommendation;
    json_t *object = json_object(), *standings = json_array(), *weights = json_object();
    unsigned i;

    for (i = 0; i < report->model_count; i++)
        append(standings, make_standing(&report->models[i], &recommendation->standings[i]));
    for (i = 0; i < MERITS; i++)
        put(weights, merit_rows[i].name, real(merit_rows[i].weight));
    put(object, "model", recommendation->model != NULL ? text(recommendation->model->name) : json_null());
    put(object, "reason", text(recommendation->reason));
    put(object, "suspect", json_boolean(recommendation->doubtful));
    put(object, "weights", weights);
    put(object, "standings", standings);
    return object;
}

static json_t *make_point(const struct sweep_point *point, bool slo)
{
    json_t *object = json_object();

    put(object, "rate_rps", real(point->rate_rps));
    put(object, "achieved_rps", real(point->achieved_rps));
    put(object, "latency_p50_us", real(point->p50_us));
    put(object, "latency_p99_us", real(point->p99_us));
    put(object, "latency_p999_us", real(point->p999_us));
    put(object, "suspect", json_boolean(point->suspect));
    put(object, "keeps_slo", slo && !point->unclear ? json_boolean(point->keeps_slo) : json_null());
    return object;
}

static json_t *make_sweep(const struct compare_report *report)
{
    json_t *object = json_object(), *curves = json_array();
    unsigned i;
    size_t j;

    if (report->sweeps == NULL) {
        json_decref(curves);
        json_decref(object);
        return json_null();
    }
    for (i = 0; i < report->model_count; i++) {
        const struct compare_sweep *sweep = &report->sweeps[i];
        json_t *curve = json_object(), *points = json_array();

        for (j = 0; j < sweep->point_count; j++)
            append(points, make_point(&sweep->points[j], report->settings->slo.given));
        put(curve, "model", text(report->models[i].name));
        put(curve, "points", points);
        put(curve, "slo_rps", real(sweep->slo_rps));
        put(curve, "or_more", json_boolean(sweep->or_more));
        put(curve, "unclear", json_boolean(sweep->unclear));
        put(curve, "trouble", text_or_null(sweep->trouble));
        append(curves, curve);
    }
    put(object, "command", command_of(report->swept));
    put(object, "slo", text_or_null(report->settings->slo_text));
    put(object, "models", curves);
    return object;
}

static json_t *make_change(const struct compare_change *change)
{
    json_t *object = json_object();

    put(object, "workload", text(change->workload->name));
    put(object, "model", text(change->model->name));
    put(object, "figure", text(figure_rows[change->figure].name));
    put(object, "before", real(change->before.median));
    put(object, "after", real(change->after.median));
    put(object, "better", json_boolean(change->better));
    return object;
}

static json_t *make_baseline(const struct compare_baseline *baseline)
{
    json_t *object, *changes;
    size_t i;

    if (baseline->file == NULL)
        return json_null();
    object = json_object();
    changes = json_array();
    for (i = 0; i < baseline->change_count; i++)
        append(changes, make_change(&baseline->changes[i]));
    put(object, "file", text(baseline->file));
    put(object, "compared", count(baseline->compared));
    put(object, "suspect", count(baseline->suspect));
    put(object, "changed", count(baseline->changed));
    put(object, "remark", text_or_null(baseline->remark));
    put(object, "changes", changes);
    return object;
}

static json_t *make_report(const struct compare_report *report)
{
    json_t *object = json_object();

    put(object, "schema", json_string("concur.compare/1"));
    put(object, "started", text(report->started));
    put(object, "took_s", real(report->took_s));
    put(object, "interrupted", json_boolean(report->interrupted));
    put(object, "cut", text_or_null(report->cut));
    put(object, "seed", count(report->settings->seed));
    put(object, "busy_before", real(report->busy_before));
    put(object, "host", make_host(&report->host));
    put(object, "config", make_config(report->settings));
    put(object, "models", make_models(report));
    put(object, "workloads", make_workloads(report));
    put(object, "recommendation", make_recommendation(report));
    put(object, "sweep", make_sweep(report));
    put(object, "baseline", make_baseline(&report->baseline));
    return object;
}

int compare_report_json(const struct compare_report *report, const char *path, struct error *error)
{
    struct outfile file;
    json_t *object;
    int status = -1;

    is_short = false;
    object = make_report(report);
    if (is_short) {
        json_decref(object);
        return error_set(error, "%s: out of memory", path);
    }
    if (outfile_begin(&file, path, error) == 0) {
        if (json_dumpf(object, file.text, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0 ||
            fputc('\n', file.text) == EOF)
            error_set(error, "%s: out of memory", path);
        else
            status = outfile_commit(&file, error);
        outfile_abandon(&file);
    }
    json_decref(object);
    return status;
}
