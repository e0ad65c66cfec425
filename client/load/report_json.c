/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of a load for programs: schema concur.load/1, a contract. Every field of it is there in every
 * report; what is not known, or belongs to an open loop, is null. Times are microseconds. A report for which
 * memory is short is none (json.c). Runs in the main thread. */
#include "client/load/report.h"

#include <math.h>

#include "client/json.h"
#include "client/load/remark.h"

/* What is no number at all is null. */
static json_t *rounded(double value)
{
    return isfinite(value) ? json_real(round(value * 1000) / 1000) : json_null();
}

static json_t *microseconds(uint64_t ns)
{
    return rounded((double)ns / 1e3);
}

static json_t *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? json_make_text(text) : json_null();
}

/* Without a single reply there are no times to tell. */
static json_t *make_times(const struct histogram *histogram)
{
    uint64_t count = histogram_count(histogram);
    json_t *times = json_object();
    size_t i;

    json_put(&times, "mean", count > 0 ? rounded(histogram_mean_ns(histogram) / 1e3) : json_null());
    for (i = 0; i < REPORT_QUANTILES; i++) {
        uint64_t ns = histogram_quantile_ns(histogram, report_quantiles[i].quantile);

        json_put(&times, report_quantiles[i].name, count > 0 ? microseconds(ns) : json_null());
    }
    json_put(&times, "max", count > 0 ? microseconds(histogram_max_ns(histogram)) : json_null());
    json_put(&times, "count", json_integer((json_int_t)count));
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
        json_add(&conditions, json_make_text(plan->thresholds.all[i].text));
    return conditions;
}

/* How requests follow each other, and which. */
static void add_shape(json_t **config, const struct load_plan *plan)
{
    bool open = load_plan_is_open(plan);

    json_put(config, "rate", open ? json_real((double)plan->rate_millionths / 1e6) : json_null());
    json_put(config, "arrival", open ? json_string(plan->poisson ? "poisson" : "uniform") : json_null());
    json_put(config, "mix", plan->mix_text != NULL ? json_make_text(plan->mix_text) : json_null());
    json_put(config, "work", plan->work != NULL ? json_make_text(plan->work) : json_null());
    json_put(config, "warmup_s", seconds_or_null(plan->warmup_us));
    json_put(config, "ramp_s", seconds_or_null(plan->ramp_us));
    json_put(config, "reconnect_every", number_or_null(plan->reconnect_every));
    json_put(config, "idle", json_integer((json_int_t)plan->idle));
    json_put(config, "range", number_or_null(plan->range));
    json_put(config, "verify", json_boolean(plan->verify));
    json_put(config, "fail_if", make_conditions(plan));
}

/* What the first connection agreed on; a server may agree on something else with the next one, but has no reason to. */
static json_t *make_tls(const struct load_plan *plan)
{
    json_t *tls;

    if (plan->tls_version == NULL)
        return json_null();
    tls = json_object();
    json_put(&tls, "version", json_make_text(plan->tls_version));
    json_put(&tls, "cipher", json_make_text(plan->tls_cipher));
    json_put(&tls, "verified", json_boolean(!plan->target.insecure));
    return tls;
}

static json_t *make_config(const struct load_plan *plan)
{
    bool tcp = plan->target.socket == NULL;
    json_t *config = json_object();

    json_put(&config, "host", text_or_null(tcp ? plan->target.host : NULL));
    json_put(&config, "port", tcp ? json_integer((json_int_t)plan->target.port) : json_null());
    json_put(&config, "socket", text_or_null(plan->target.socket));
    json_put(&config, "tls", make_tls(plan));
    json_put(&config, "user", text_or_null(plan->target.user));
    json_put(&config, "connections", json_integer((json_int_t)plan->connections));
    json_put(&config, "threads", json_integer((json_int_t)plan->threads));
    json_put(&config, "pipeline", json_integer((json_int_t)plan->pipeline));
    json_put(&config, "duration_s", seconds_or_null(plan->duration_us));
    json_put(&config, "requests", number_or_null(plan->requests));
    json_put(&config, "timeout_s", json_real((double)plan->timeout_us / 1e6));
    add_shape(&config, plan);
    return config;
}

static json_t *make_requests(const struct load_counts *counts)
{
    json_t *requests = json_object();

    json_put(&requests, "sent", json_integer((json_int_t)counts->sent));
    json_put(&requests, "ok", json_integer((json_int_t)counts->ok));
    json_put(&requests, "error_replies", json_integer((json_int_t)counts->error_replies));
    json_put(&requests, "failed", json_integer((json_int_t)counts->failed));
    json_put(&requests, "unfinished", json_integer((json_int_t)counts->unfinished));
    json_put(&requests, "unsent", json_integer((json_int_t)counts->unsent));
    return requests;
}

static json_t *make_errors(const struct load_result *result)
{
    json_t *errors = json_object();
    int i;

    for (i = 0; i < LOAD_ERRORS; i++)
        json_put(&errors, load_error_name(i), json_integer((json_int_t)result->errors[i]));
    return errors;
}

static void add_times(json_t **object, const struct load_times *times)
{
    json_put(object, "latency_us", make_times(times->latency));
    json_put(object, "service_us", make_times(times->service));
    json_put(object, "send_lag_us", make_times(times->send_lag));
}

static json_t *make_command(const struct load_command *command)
{
    json_t *object = json_object();

    json_put(&object, "command", json_make_text(command->text));
    json_put(&object, "requests", make_requests(&command->counts));
    add_times(&object, &command->times);
    return object;
}

static json_t *make_commands(const struct load_result *result)
{
    json_t *commands = json_array();
    size_t i;

    for (i = 0; i < result->command_count; i++)
        json_add(&commands, make_command(&result->commands[i]));
    return commands;
}

static json_t *make_client(const struct load_result *result)
{
    json_t *client = json_object();
    json_t *reasons = json_array();
    uint64_t replies = load_counts_replies(&result->counts);
    size_t i;

    for (i = 0; i < result->reason_count; i++)
        json_add(&reasons, json_make_text(result->reasons[i]));
    json_put(&client, "cpu_us_per_request",
             replies > 0 ? rounded(result->client_cpu_us_per_request) : json_null());
    json_put(&client, "cpu_utilisation", rounded(result->client_utilisation));
    json_put(&client, "limited_by_client", json_boolean(result->limited_by_client));
    json_put(&client, "suspect", json_boolean(result->suspect));
    json_put(&client, "reasons", reasons);
    return client;
}

static json_t *make_server(const struct cost *cost)
{
    json_t *server = json_object();

    json_put(&server, "mode", text_or_null(cost->mode));
    json_put(&server, "cpu_us_per_request", cost->has_cpu ? rounded(cost->cpu_us_per_request) : json_null());
    json_put(&server, "switches_per_request",
             cost->has_switches ? rounded(cost->switches_per_request) : json_null());
    json_put(&server, "rss_bytes", cost->has_rss ? json_integer((json_int_t)cost->rss_bytes) : json_null());
    return server;
}

static json_t *make_violations(const struct load_result *result)
{
    json_t *violations = json_array();
    size_t i;

    for (i = 0; i < result->violation_count; i++)
        json_add(&violations, json_make_text(result->violations[i]));
    return violations;
}

static json_t *make_remarks(const struct load_result *result)
{
    struct load_remark remarks[LOAD_REMARKS_MOST];
    size_t count = load_remarks(result, remarks), i;
    json_t *texts = json_array();

    for (i = 0; i < count; i++)
        json_add(&texts, json_make_text(remarks[i].text));
    return texts;
}

static json_t *make_handshakes(const struct load_plan *plan, const struct load_result *result)
{
    json_t *handshakes;

    if (plan->tls_version == NULL)
        return json_null();
    handshakes = json_object();
    json_put(&handshakes, "count", json_integer((json_int_t)result->handshakes));
    json_put(&handshakes, "resumed", json_integer((json_int_t)result->resumed));
    json_put(&handshakes, "first_failure", text_or_null(result->tls_failure));
    return handshakes;
}

static json_t *make_report(const struct load_plan *plan, const struct load_result *result)
{
    json_t *report = json_object();

    json_put(&report, "schema", json_string("concur.load/1"));
    json_put(&report, "config", make_config(plan));
    json_put(&report, "seed", json_integer((json_int_t)plan->seed));
    json_put(&report, "duration_s", rounded(result->duration_s));
    json_put(&report, "throughput_rps", rounded(result->achieved_rps));
    json_put(&report, "target_rps", result->target_rps > 0 ? rounded(result->target_rps) : json_null());
    json_put(&report, "interrupted", json_boolean(result->interrupted));
    json_put(&report, "gave_up", json_boolean(result->gave_up));
    json_put(&report, "last_reply_s",
             result->last_reply_s >= 0 ? rounded(result->last_reply_s) : json_null());
    json_put(&report, "idle_lost", json_integer((json_int_t)result->idle_lost));
    json_put(&report, "wrong_total", text_or_null(result->wrong_total));
    json_put(&report, "failed_if", make_violations(result));
    json_put(&report, "remarks", make_remarks(result));
    json_put(&report, "requests", make_requests(&result->counts));
    json_put(&report, "errors", make_errors(result));
    json_put(&report, "first_error", text_or_null(result->first_error));
    json_put(&report, "handshakes", make_handshakes(plan, result));
    add_times(&report, &result->times);
    json_put(&report, "commands", make_commands(result));
    json_put(&report, "client", make_client(result));
    json_put(&report, "server", make_server(&result->cost));
    return report;
}

int report_json(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    json_t *report = make_report(plan, result);
    int status;

    if (report == NULL)
        return -1;
    status = json_dumpf(report, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    fputc('\n', out);
    json_decref(report);
    return status == 0 || ferror(out) ? 0 : -1; /* what it can't write, the stream knows, too */
}
