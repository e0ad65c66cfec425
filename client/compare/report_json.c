/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison for programs: schema concur.compare/1, a contract; --baseline reads it again. Every figure is there
 * under its name in every result, null where it is unknown. jansson copies what it is given and takes a failed
 * allocation as a missing value, so memory is checked once, at the end; a text that is no UTF-8, which JSON must be, is
 * replaced. Runs in the main thread. */
#include "client/compare/report.h"

#include <jansson.h>
#include <math.h>

#include "config.h"
#include "client/compare/recommend.h"
#include "client/outfile.h"

static json_t *text(const char *bytes)
{
    json_t *string = json_string(bytes);

    return string != NULL ? string : json_string("(not UTF-8)");
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

    json_object_set_new(object, "name", text(host->name));
    json_object_set_new(object, "kernel", text(host->kernel));
    json_object_set_new(object, "cpu", text(host->cpu));
    json_object_set_new(object, "cores", count(host->cores));
    json_object_set_new(object, "memory_bytes", count(host->memory_bytes));
    json_object_set_new(object, "version", text("concur " PACKAGE_VERSION));
    return object;
}

static json_t *make_config(const struct compare_settings *settings)
{
    json_t *object = json_object();

    json_object_set_new(object, "connections", count(settings->connections));
    json_object_set_new(object, "threads", count(settings->threads));
    json_object_set_new(object, "repeats", count(settings->repeats));
    json_object_set_new(object, "duration_s",
                        settings->duration_us > 0 ? real((double)settings->duration_us / 1e6) : json_null());
    json_object_set_new(object, "quick", json_boolean(settings->quick));
    json_object_set_new(object, "pin", json_boolean(settings->pin));
    json_object_set_new(object, "slo", text_or_null(settings->slo_text));
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
        json_array_append_new(array, text(settings.lines[i]));
    return array;
}

static json_t *make_models(const struct compare_report *report)
{
    json_t *array = json_array();
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        const struct model *model = &report->models[i];
        json_t *object = json_object();

        json_object_set_new(object, "name", text(model->name));
        json_object_set_new(object, "words", text(model->words));
        json_object_set_new(object, "settings", make_model_settings(report, model));
        json_object_set_new(object, "file", text_or_null(model->file));
        json_object_set_new(object, "target", model->elsewhere ? text(model->target.name) : json_null());
        json_array_append_new(array, object);
    }
    return array;
}

/* --- results ------------------------------------------------------------------------------------------------------- */

static json_t *make_errors(const struct compare_run *run)
{
    json_t *object = json_object();
    int i;

    for (i = 0; i < LOAD_ERRORS; i++)
        json_object_set_new(object, load_error_name((enum load_error)i), count(run->errors[i]));
    return object;
}

static json_t *make_requests(const struct compare_run *run)
{
    json_t *object = json_object();

    json_object_set_new(object, "sent", count(run->sent));
    json_object_set_new(object, "ok", count(run->ok));
    json_object_set_new(object, "error_replies", count(run->error_replies));
    json_object_set_new(object, "failed", count(run->failed));
    json_object_set_new(object, "unfinished", count(run->unfinished));
    return object;
}

static json_t *make_run(const struct compare_run *run)
{
    json_t *object = json_object();
    unsigned i;

    for (i = 0; i < FIGURES; i++)
        json_object_set_new(object, figure_rows[i].name, real(run->value[i]));
    json_object_set_new(object, "ran", json_boolean(run->ran));
    json_object_set_new(object, "limited_by_client", json_boolean(run->limited_by_client));
    json_object_set_new(object, "suspect", json_boolean(run->suspect));
    json_object_set_new(object, "killed", json_boolean(run->killed));
    json_object_set_new(object, "requests", make_requests(run));
    json_object_set_new(object, "errors", make_errors(run));
    json_object_set_new(object, "crashes", count(run->crashes));
    json_object_set_new(object, "unrecovered", count(run->unrecovered));
    json_object_set_new(object, "outage_least_us",
                        run->crashes > 0 ? real(run->outage_least_us) : json_null());
    json_object_set_new(object, "outage_most_us", run->crashes > 0 ? real(run->outage_most_us) : json_null());
    json_object_set_new(object, "daemon_restarts", count(run->daemon_restarts));
    json_object_set_new(object, "worker_restarts", count(run->worker_restarts));
    json_object_set_new(object, "trouble", text_or_null(run->trouble));
    return object;
}

static json_t *make_medians(const struct spread *spreads)
{
    json_t *object = json_object();
    unsigned i;

    for (i = 0; i < FIGURES; i++)
        json_object_set_new(object, figure_rows[i].name,
                            spreads[i].count > 0 ? real(spreads[i].median) : json_null());
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
            json_array_append_new(range, real(spreads[i].least));
            json_array_append_new(range, real(spreads[i].most));
        }
        json_object_set_new(object, figure_rows[i].name, range);
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
        json_array_append_new(repeats, make_run(&result->runs[i]));
    json_object_set_new(object, "model", text(result->model->name));
    json_object_set_new(object, "state", text(states[result->state]));
    json_object_set_new(object, "why", text_or_null(result->why));
    json_object_set_new(object, "repeats", repeats);
    json_object_set_new(object, "median", make_medians(result->spread));
    json_object_set_new(object, "range", make_ranges(result->spread));
    json_object_set_new(object, "limited_by_client", json_boolean(result->limited_by_client));
    json_object_set_new(object, "suspect", json_boolean(result->suspect));
    return object;
}

static json_t *make_verdict(const struct compare_report *report, const struct compare_verdict *verdict)
{
    json_t *object = json_object(), *best = json_array();
    bool decided = verdict->best_count > 0 && !verdict->no_difference;
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        if (verdict->best[i])
            json_array_append_new(best, text(report->models[i].name));
    }
    json_object_set_new(object, "best", best);
    json_object_set_new(object, "reason", text(verdict->reason));
    json_object_set_new(object, "no_difference", json_boolean(verdict->no_difference));
    json_object_set_new(object, "noisy", json_boolean(verdict->noisy));
    json_object_set_new(object, "suspect", json_boolean(verdict->suspect));
    json_object_set_new(object, "decided_by",
                        decided ? text(figure_rows[verdict->decided_by].name) : json_null());
    return object;
}

static json_t *make_workload(const struct compare_report *report, const struct compare_workload *workload)
{
    json_t *object = json_object(), *results = json_array();
    char command[RESULT_TEXT_BYTES];
    unsigned i;

    for (i = 0; i < report->model_count; i++)
        json_array_append_new(results, make_result(&workload->results[i]));
    json_object_set_new(object, "name", text(workload->workload->name));
    json_object_set_new(object, "title", text(workload->workload->title));
    json_object_set_new(object, "command",
                        text(workload_describe(workload->workload, command, sizeof command)));
    json_object_set_new(object, "rate_rps",
                        workload->workload->rate_rps > 0 ? real(workload->workload->rate_rps) : json_null());
    json_object_set_new(object, "results", results);
    json_object_set_new(object, "verdict", make_verdict(report, &workload->verdict));
    return object;
}

static json_t *make_workloads(const struct compare_report *report)
{
    json_t *array = json_array();
    unsigned i;

    for (i = 0; i < report->workload_count; i++)
        json_array_append_new(array, make_workload(report, &report->workloads[i]));
    return array;
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

static json_t *make_standing(const struct model *model, const struct compare_standing *standing)
{
    json_t *object = json_object(), *factors = json_object(), *bounds = json_array();
    unsigned i;

    for (i = 0; i < MERITS; i++) {
        json_object_set_new(factors, merit_rows[i].name, real(standing->factor[i]));
        if (standing->at_least[i])
            json_array_append_new(bounds, text(merit_rows[i].name));
    }
    json_object_set_new(object, "model", text(model->name));
    json_object_set_new(object, "times_worse_than_best", factors);
    json_object_set_new(object, "or_more", bounds);
    json_object_set_new(object, "best_in", count(standing->best_in));
    json_object_set_new(object, "tried_in", count(standing->tried_in));
    json_object_set_new(object, "failed_in", count(standing->failed_in));
    json_object_set_new(object, "instead", text_or_null(standing->words));
    return object;
}

static json_t *make_recommendation(const struct compare_report *report)
{
    const struct compare_recommendation *recommendation = &report->recommendation;
    json_t *object = json_object(), *standings = json_array(), *weights = json_object();
    unsigned i;

    for (i = 0; i < report->model_count; i++)
        json_array_append_new(standings, make_standing(&report->models[i], &recommendation->standings[i]));
    for (i = 0; i < MERITS; i++)
        json_object_set_new(weights, merit_rows[i].name, real(merit_rows[i].weight));
    json_object_set_new(object, "model",
                        recommendation->model != NULL ? text(recommendation->model->name) : json_null());
    json_object_set_new(object, "reason", text(recommendation->reason));
    json_object_set_new(object, "suspect", json_boolean(recommendation->doubtful));
    json_object_set_new(object, "weights", weights);
    json_object_set_new(object, "standings", standings);
    return object;
}

static json_t *make_point(const struct sweep_point *point, bool slo)
{
    json_t *object = json_object();

    json_object_set_new(object, "rate_rps", real(point->rate_rps));
    json_object_set_new(object, "achieved_rps", real(point->achieved_rps));
    json_object_set_new(object, "latency_p50_us", real(point->p50_us));
    json_object_set_new(object, "latency_p99_us", real(point->p99_us));
    json_object_set_new(object, "latency_p999_us", real(point->p999_us));
    json_object_set_new(object, "suspect", json_boolean(point->suspect));
    json_object_set_new(object, "keeps_slo",
                        slo && !point->unclear ? json_boolean(point->keeps_slo) : json_null());
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
            json_array_append_new(points, make_point(&sweep->points[j], report->settings->slo.given));
        json_object_set_new(curve, "model", text(report->models[i].name));
        json_object_set_new(curve, "points", points);
        json_object_set_new(curve, "slo_rps", real(sweep->slo_rps));
        json_object_set_new(curve, "or_more", json_boolean(sweep->or_more));
        json_object_set_new(curve, "unclear", json_boolean(sweep->unclear));
        json_object_set_new(curve, "trouble", text_or_null(sweep->trouble));
        json_array_append_new(curves, curve);
    }
    json_object_set_new(object, "command", text(report->sweep_command));
    json_object_set_new(object, "slo", text_or_null(report->settings->slo_text));
    json_object_set_new(object, "models", curves);
    return object;
}

static json_t *make_change(const struct compare_change *change)
{
    json_t *object = json_object();

    json_object_set_new(object, "workload", text(change->workload->name));
    json_object_set_new(object, "model", text(change->model->name));
    json_object_set_new(object, "figure", text(figure_rows[change->figure].name));
    json_object_set_new(object, "before", real(change->before.median));
    json_object_set_new(object, "after", real(change->after.median));
    json_object_set_new(object, "better", json_boolean(change->better));
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
        json_array_append_new(changes, make_change(&baseline->changes[i]));
    json_object_set_new(object, "file", text(baseline->file));
    json_object_set_new(object, "compared", count(baseline->compared));
    json_object_set_new(object, "remark", text_or_null(baseline->remark));
    json_object_set_new(object, "changes", changes);
    return object;
}

static json_t *make_report(const struct compare_report *report)
{
    json_t *object = json_object();

    json_object_set_new(object, "schema", json_string("concur.compare/1"));
    json_object_set_new(object, "started", text(report->started));
    json_object_set_new(object, "took_s", real(report->took_s));
    json_object_set_new(object, "interrupted", json_boolean(report->interrupted));
    json_object_set_new(object, "seed", count(report->settings->seed));
    json_object_set_new(object, "busy_before", real(report->busy_before));
    json_object_set_new(object, "host", make_host(&report->host));
    json_object_set_new(object, "config", make_config(report->settings));
    json_object_set_new(object, "models", make_models(report));
    json_object_set_new(object, "workloads", make_workloads(report));
    json_object_set_new(object, "recommendation", make_recommendation(report));
    json_object_set_new(object, "sweep", make_sweep(report));
    if (json_object_set_new(object, "baseline", make_baseline(&report->baseline)) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int compare_report_json(const struct compare_report *report, const char *path, struct error *error)
{
    json_t *object = make_report(report);
    struct outfile file;
    int status = -1;

    if (object == NULL)
        return error_set(error, "out of memory");
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
