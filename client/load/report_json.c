/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of a load for programs: schema concur.load/1, a contract. Every field of it is there in every
 * report; what is not known, or belongs to an open loop, is null. Times are microseconds. jansson copies what
 * it is given and takes a failed allocation as a missing value, so memory is checked once, at the end. Runs
 * in the main thread. */
#include "client/load/report.h"

#include <jansson.h>
#include <math.h>

#include "client/load/remark.h"

static json_t *rounded(double value)
{
    return json_real(round(value * 1000) / 1000);
}

static json_t *microseconds(uint64_t ns)
{
    return rounded((double)ns / 1e3);
}

/* JSON is UTF-8; other bytes, which a command or a reply may have, are told and not shown. */
static json_t *make_text(const char *text)
{
    json_t *string = json_string(text);

    return string != NULL ? string : json_string("(not UTF-8)");
}

static json_t *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? make_text(text) : json_null();
}

/* Without a single reply there are no times to tell. */
static json_t *make_times(const struct histogram *histogram)
{
    uint64_t count = histogram_count(histogram);
    json_t *times = json_object();
    size_t i;

    json_object_set_new(times, "mean", count > 0 ? rounded(histogram_mean_ns(histogram) / 1e3) : json_null());
    for (i = 0; i < REPORT_QUANTILES; i++) {
        uint64_t ns = histogram_quantile_ns(histogram, report_quantiles[i].quantile);

        json_object_set_new(times, report_quantiles[i].name, count > 0 ? microseconds(ns) : json_null());
    }
    json_object_set_new(times, "max", count > 0 ? microseconds(histogram_max_ns(histogram)) : json_null());
    json_object_set_new(times, "count", json_integer((json_int_t)count));
    return times;
}

/* What was not asked for is null. */
static json_t *number_or_null(uint64_t value)
{
    return value > 0 ? json_integer((json_int_t)value) : json_null();
}

static json_t *seconds_or_null(uint64_t us)
{
    return us > 0 ? json_real((double)us / 1e6) : json_null();
}

static json_t *make_conditions(const struct load_plan *plan)
{
    json_t *conditions = json_array();
    size_t i;

    for (i = 0; i < plan->thresholds.count; i++)
        json_array_append_new(conditions, make_text(plan->thresholds.all[i].text));
    return conditions;
}

/* How requests follow each other, and which. */
static void add_shape(json_t *config, const struct load_plan *plan)
{
    bool open = load_plan_is_open(plan);

    json_object_set_new(config, "rate", open ? json_real((double)plan->rate_millionths / 1e6) : json_null());
    json_object_set_new(config, "arrival",
                        open ? json_string(plan->poisson ? "poisson" : "uniform") : json_null());
    json_object_set_new(config, "mix", plan->mix_text != NULL ? make_text(plan->mix_text) : json_null());
    json_object_set_new(config, "work", plan->work != NULL ? make_text(plan->work) : json_null());
    json_object_set_new(config, "warmup_s", seconds_or_null(plan->warmup_us));
    json_object_set_new(config, "ramp_s", seconds_or_null(plan->ramp_us));
    json_object_set_new(config, "reconnect_every", number_or_null(plan->reconnect_every));
    json_object_set_new(config, "idle", json_integer((json_int_t)plan->idle));
    json_object_set_new(config, "range", number_or_null(plan->range));
    json_object_set_new(config, "verify", json_boolean(plan->verify));
    json_object_set_new(config, "fail_if", make_conditions(plan));
}

static json_t *make_config(const struct load_plan *plan)
{
    bool tcp = plan->target.socket == NULL;
    json_t *config = json_object();

    json_object_set_new(config, "host", text_or_null(tcp ? plan->target.host : NULL));
    json_object_set_new(config, "port", tcp ? json_integer((json_int_t)plan->target.port) : json_null());
    json_object_set_new(config, "socket", text_or_null(plan->target.socket));
    json_object_set_new(config, "user", text_or_null(plan->target.user));
    json_object_set_new(config, "connections", json_integer((json_int_t)plan->connections));
    json_object_set_new(config, "threads", json_integer((json_int_t)plan->threads));
    json_object_set_new(config, "pipeline", json_integer((json_int_t)plan->pipeline));
    json_object_set_new(config, "duration_s", seconds_or_null(plan->duration_us));
    json_object_set_new(config, "requests", number_or_null(plan->requests));
    json_object_set_new(config, "timeout_s", json_real((double)plan->timeout_us / 1e6));
    add_shape(config, plan);
    return config;
}

static json_t *make_requests(const struct load_counts *counts)
{
    json_t *requests = json_object();

    json_object_set_new(requests, "sent", json_integer((json_int_t)counts->sent));
    json_object_set_new(requests, "ok", json_integer((json_int_t)counts->ok));
    json_object_set_new(requests, "error_replies", json_integer((json_int_t)counts->error_replies));
    json_object_set_new(requests, "failed", json_integer((json_int_t)counts->failed));
    json_object_set_new(requests, "unfinished", json_integer((json_int_t)counts->unfinished));
    json_object_set_new(requests, "unsent", json_integer((json_int_t)counts->unsent));
    return requests;
}

static json_t *make_errors(const struct load_result *result)
{
    json_t *errors = json_object();
    int i;

    for (i = 0; i < LOAD_ERRORS; i++)
        json_object_set_new(errors, load_error_name(i), json_integer((json_int_t)result->errors[i]));
    return errors;
}

static void add_times(json_t *object, const struct load_times *times)
{
    json_object_set_new(object, "latency_us", make_times(times->latency));
    json_object_set_new(object, "service_us", make_times(times->service));
    json_object_set_new(object, "send_lag_us", make_times(times->send_lag));
}

static json_t *make_command(const struct load_command *command)
{
    json_t *object = json_object();

    json_object_set_new(object, "command", make_text(command->text));
    json_object_set_new(object, "requests", make_requests(&command->counts));
    add_times(object, &command->times);
    return object;
}

static json_t *make_commands(const struct load_result *result)
{
    json_t *commands = json_array();
    size_t i;

    for (i = 0; i < result->command_count; i++)
        json_array_append_new(commands, make_command(&result->commands[i]));
    return commands;
}

static json_t *make_client(const struct load_result *result)
{
    json_t *client = json_object();
    json_t *reasons = json_array();
    size_t i;

    for (i = 0; i < result->reason_count; i++)
        json_array_append_new(reasons, json_string(result->reasons[i]));
    json_object_set_new(client, "cpu_us_per_request", rounded(result->client_cpu_us_per_request));
    json_object_set_new(client, "cpu_utilisation", rounded(result->client_utilisation));
    json_object_set_new(client, "limited_by_client", json_boolean(result->limited_by_client));
    json_object_set_new(client, "suspect", json_boolean(result->suspect));
    json_object_set_new(client, "reasons", reasons);
    return client;
}

static json_t *make_server(const struct cost *cost)
{
    json_t *server = json_object();

    json_object_set_new(server, "mode", text_or_null(cost->mode));
    json_object_set_new(server, "cpu_us_per_request",
                        cost->has_cpu ? rounded(cost->cpu_us_per_request) : json_null());
    json_object_set_new(server, "switches_per_request",
                        cost->has_switches ? rounded(cost->switches_per_request) : json_null());
    json_object_set_new(server, "rss_bytes",
                        cost->has_rss ? json_integer((json_int_t)cost->rss_bytes) : json_null());
    return server;
}

static json_t *make_violations(const struct load_result *result)
{
    json_t *violations = json_array();
    size_t i;

    for (i = 0; i < result->violation_count; i++)
        json_array_append_new(violations, make_text(result->violations[i]));
    return violations;
}

static json_t *make_remarks(const struct load_result *result)
{
    struct load_remark remarks[LOAD_REMARKS_MOST];
    size_t count = load_remarks(result, remarks), i;
    json_t *texts = json_array();

    for (i = 0; i < count; i++)
        json_array_append_new(texts, json_string(remarks[i].text));
    return texts;
}

static json_t *make_report(const struct load_plan *plan, const struct load_result *result)
{
    json_t *report = json_object();

    json_object_set_new(report, "schema", json_string("concur.load/1"));
    json_object_set_new(report, "config", make_config(plan));
    json_object_set_new(report, "seed", json_integer((json_int_t)plan->seed));
    json_object_set_new(report, "duration_s", rounded(result->duration_s));
    json_object_set_new(report, "throughput_rps", rounded(result->achieved_rps));
    json_object_set_new(report, "target_rps",
                        result->target_rps > 0 ? rounded(result->target_rps) : json_null());
    json_object_set_new(report, "interrupted", json_boolean(result->interrupted));
    json_object_set_new(report, "gave_up", json_boolean(result->gave_up));
    json_object_set_new(report, "last_reply_s",
                        result->last_reply_s >= 0 ? rounded(result->last_reply_s) : json_null());
    json_object_set_new(report, "idle_lost", json_integer((json_int_t)result->idle_lost));
    json_object_set_new(report, "wrong_total", text_or_null(result->wrong_total));
    json_object_set_new(report, "failed_if", make_violations(result));
    json_object_set_new(report, "remarks", make_remarks(result));
    json_object_set_new(report, "requests", make_requests(&result->counts));
    json_object_set_new(report, "errors", make_errors(result));
    json_object_set_new(report, "first_error", text_or_null(result->first_error));
    add_times(report, &result->times);
    json_object_set_new(report, "commands", make_commands(result));
    json_object_set_new(report, "client", make_client(result));
    if (json_object_set_new(report, "server", make_server(&result->cost)) != 0) {
        json_decref(report);
        return NULL;
    }
    return report;
}

int report_json(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    json_t *report = make_report(plan, result);

    if (report == NULL)
        return -1;
    /* What it can't write, the stream knows, too. */
    (void)json_dumpf(report, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    fputc('\n', out);
    json_decref(report);
    return 0;
}
