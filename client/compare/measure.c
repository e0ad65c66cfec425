/* SPDX-License-Identifier: Apache-2.0
 *
 * One run: a daemon, a load on it, and the figures out of it.
 *
 * Every run has a daemon of its own, started for it and ended after it. That costs a tenth of a second (a second for a
 * thousand worker processes), and buys that nothing of an earlier run is in the figures: no memory that the allocator
 * kept, no thread that was cached, no worker that the last crash left behind. What is warm is what the warm-up, which
 * is not measured, has warmed. Runs in the main thread. */
#include "client/compare/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/compare/crasher.h"
#include "client/compare/interrupt.h"
#include "client/compare/program.h"
#include "client/compare/server.h"
#include "client/link.h"
#include "client/load/run.h"
#include "client/load/text.h"
#include "common/clock.h"
#include "common/parse.h"

#define TIMEOUT_US      5000000 /* for a reply */
#define WARMUP_LEAST_US 50000
#define WARMUP_MOST_US  1000000
#define SETTLE_US       150000 /* a server's figures of its other processes may be 100 ms old */
#define INFO_MS         2000
#define LAST_CRASH_US   250000 /* before the end: time for service to return */

/* From when on silence at the end is that of a daemon that hangs. The load alone asks for more before it remarks it; but
 * here it may be a quarter of a second in all, and whoever hangs must not pass for slow. */
#define SILENT_SHARE    0.1 /* of the run */
#define SILENT_LEAST_S  0.2
#define SILENT_SERVICES 3  /* the longest time a reply took before */
#define SILENT_REQUESTS 10 /* due in it, where the rate is given */

struct one_run {
    struct measure *measure;
    const struct model *model;
    const struct workload *workload;
    uint64_t duration_us, warmup_us;
    struct compare_run *run;
    struct server *server; /* NULL: elsewhere */
    struct target target;
    double floor_bytes;
    struct crasher *crasher;
    struct error no_crasher; /* why it could not be started; empty: nothing went wrong */
    struct crasher_account crashes;
    struct load_result result;
    double silence_s; /* at the end: nobody was served any more; 0: they were */
    bool killed;      /* it had to be */
};

/* --- before all runs --------------------------------------------------------------------------------------------- */

/* Ours are the last of the cores, as many as load threads but not more than half; the daemons have the others. */
static int split_cores(struct measure *measure, struct error *error)
{
    cpu_set_t ours;
    int core, left;

    CPU_ZERO(&ours);
    if (sched_getaffinity(0, sizeof measure->server_cores, &measure->server_cores) != 0)
        return error_errno(error, "--pin");
    left = CPU_COUNT(&measure->server_cores) / 2;
    if (left == 0)
        return error_set(error, "--pin: there is only one core");
    if ((uint64_t)left > measure->settings->threads)
        left = (int)measure->settings->threads;
    for (core = CPU_SETSIZE - 1; core >= 0 && left > 0; core--) {
        if (!CPU_ISSET(core, &measure->server_cores))
            continue;
        CPU_CLR(core, &measure->server_cores);
        CPU_SET(core, &ours);
        left--;
    }
    measure->pinned = true;
    return sched_setaffinity(0, sizeof ours, &ours) == 0 ? 0 : error_errno(error, "--pin");
}

/* A certificate for private daemons, which we trust, and nobody else's. */
static int speak_tls(struct measure *measure, struct error *error)
{
    if (credentials_make(&measure->credentials, error) != 0)
        return -1;
    measure->private_daemon.tls = true;
    measure->private_daemon.ca_file = measure->credentials.certificate_path;
    return target_prepare(&measure->private_daemon, error);
}

int measure_begin(struct measure *measure, const struct compare_settings *settings,
                  const struct model *models, unsigned count, struct error *error)
{
    bool needed = false;
    unsigned i;

    *measure = (struct measure){
        .settings = settings, .private_daemon = TARGET_DEFAULT, .credentials = CREDENTIALS_NONE};
    for (i = 0; i < count; i++)
        needed = needed || !models[i].elsewhere;
    if (needed && program_find(settings->daemon, measure->program, error) != 0)
        return -1;
    if (needed && settings->tls.tls && speak_tls(measure, error) != 0)
        return -1;
    return settings->pin ? split_cores(measure, error) : 0;
}

void measure_end(struct measure *measure)
{
    if (measure->settings == NULL)
        return;
    target_wipe(&measure->private_daemon);
    credentials_clear(&measure->credentials);
}

static struct model_capacity capacity_of(const struct measure *measure, const struct workload *workload)
{
    uint64_t active = workload->connections > 0 ? workload->connections : measure->settings->connections;

    return (struct model_capacity){active, workload->idle};
}

bool measure_makes_sense(const struct measure *measure, const struct model *model,
                         const struct workload *workload, struct error *why)
{
    struct model_capacity capacity = capacity_of(measure, workload);
    struct model_settings settings = {0};

    if (model->elsewhere && workload->crashes) {
        error_set(why, "a server that runs elsewhere is not ours to crash");
        return false;
    }
    return model_settings_make(model, &capacity, false, &settings, why) == 0;
}

/* --- the daemon -------------------------------------------------------------------------------------------------- */

static int make_spec(const struct one_run *one, bool least, struct server_spec *spec, struct error *error)
{
    struct model_capacity capacity = capacity_of(one->measure, one->workload);

    *spec = (struct server_spec){
        .program = one->measure->program,
        .file = one->model->file,
        .restarts = one->workload->crashes && !least,
        .cores = one->measure->pinned ? &one->measure->server_cores : NULL,
    };
    model_settings_add(&spec->settings, "admin.listen=none");
    model_settings_add(&spec->settings, "log.target=stderr");
    model_settings_add(&spec->settings, "log.format=logfmt");
    if (one->model->file == NULL)
        model_settings_add(&spec->settings, "log.access=off");
    if (one->workload->crashes)
        model_settings_add(&spec->settings, "faults.enable=yes");
    spec->tls = one->measure->private_daemon.tls;
    if (spec->tls) {
        model_settings_add(&spec->settings, "tls.cert=%s", one->measure->credentials.certificate_path);
        model_settings_add(&spec->settings, "tls.key=%s", one->measure->credentials.key_path);
    }
    return model_settings_make(one->model, &capacity, least, &spec->settings, error);
}

/* The measure's own, but for the port: not to be wiped. */
static struct target target_of(const struct measure *measure, const struct server *server)
{
    struct target target = measure->private_daemon;

    target.port = server_port(server);
    return target;
}

/* What a model takes before any connection; unknown when it does not say. What its other processes take is asked for by
 * the first question, and there for the second. */
static double read_floor(const struct target *target)
{
    struct timespec settle = clock_timespec(SETTLE_US);
    struct cost_sample sample;
    struct error ignored;

    if (cost_sample(target, &sample, &ignored) != 0 || nanosleep(&settle, NULL) != 0 ||
        cost_sample(target, &sample, &ignored) != 0 || !sample.has_rss)
        return NAN;
    return (double)sample.rss_bytes;
}

/* Starts the smallest daemon of that model, once in a comparison, to see what it takes. */
static int find_floor(struct one_run *one, unsigned index, struct error *error)
{
    double *floor = &one->measure->floor_bytes[index];
    struct server_spec spec;
    struct server *server;
    struct target target;

    if (one->model->elsewhere) {
        one->floor_bytes = read_floor(&one->model->target);
        return 0;
    }
    if (*floor == 0) {
        if (make_spec(one, true, &spec, error) != 0 || server_start(&server, &spec, error) != 0)
            return -1;
        target = target_of(one->measure, server);
        *floor = read_floor(&target);
        one->killed = !server_stop(&server);
    }
    one->floor_bytes = *floor;
    return 0;
}

static int start_server(struct one_run *one, unsigned index, struct error *error)
{
    struct server_spec spec;

    if (find_floor(one, index, error) != 0)
        return -1;
    one->target = one->model->target;
    if (one->model->elsewhere)
        return 0;
    if (make_spec(one, false, &spec, error) != 0 || server_start(&one->server, &spec, error) != 0)
        return -1;
    one->target = target_of(one->measure, one->server);
    return 0;
}

/* --- the load ---------------------------------------------------------------------------------------------------- */

static void pass_time(void *context, const struct load_moment *moment)
{
    const struct one_run *one = context;
    const struct measure *measure = one->measure;

    (void)moment;
    if (measure->on_time != NULL)
        measure->on_time(measure->context);
}

/* The load has begun: crashes come in the middle of each of the seconds that are measured. */
static void begin_crashes(void *context, uint64_t start_ns)
{
    struct one_run *one = context;
    uint64_t measured_us = start_ns / 1000 + one->warmup_us;

    if (crasher_start(&one->crasher, &one->target, measured_us + CRASHER_INTERVAL_US / 2,
                      measured_us + one->duration_us - LAST_CRASH_US, &one->no_crasher) != 0)
        one->crasher = NULL;
}

static int make_plan(struct one_run *one, struct load_plan *plan, struct buffer *mix, struct error *error)
{
    const struct compare_settings *settings = one->measure->settings;
    struct model_capacity capacity = capacity_of(one->measure, one->workload);
    const struct option_words no_words = {0};

    if (workload_mix(one->workload, mix) != 0)
        return error_set(error, "out of memory");
    plan->mix_text = buffer_head(mix);
    plan->target = target_copy(&one->target);
    plan->connections = capacity.active;
    plan->threads = settings->threads < capacity.active ? settings->threads : capacity.active;
    plan->duration_us = one->duration_us;
    plan->seed = settings->seed;
    plan->rate_millionths = (uint64_t)(one->workload->rate_rps * 1e6);
    plan->warmup_us = one->warmup_us;
    plan->reconnect_every = one->workload->reconnect_every;
    plan->idle = one->workload->idle;
    plan->timeout_us = TIMEOUT_US;
    plan->on_progress = pass_time;
    plan->on_begin = one->workload->crashes ? begin_crashes : NULL;
    plan->context = one;
    return load_plan_prepare(plan, &no_words, error);
}

static int load_and_crash(struct one_run *one, struct load_plan *plan, struct error *error)
{
    enum load_outcome outcome = load_run(plan, &one->result, error);

    crasher_stop(&one->crasher, &one->crashes);
    if (outcome != LOAD_RAN)
        return -1;
    if (one->no_crasher.text[0] == '\0')
        return 0;
    load_result_clear(&one->result);
    return error_set(error, "%s", one->no_crasher.text);
}

static int run_load(struct one_run *one, struct error *error)
{
    struct load_plan plan = LOAD_PLAN_DEFAULT;
    struct buffer mix = {0};
    int status = make_plan(one, &plan, &mix, error);

    if (status == 0)
        status = load_and_crash(one, &plan, error);
    load_plan_clear(&plan);
    buffer_free(&mix);
    return status;
}

/* --- a daemon that hangs --------------------------------------------------------------------------------------------- */

/* Replies must have been outstanding, and long overdue. After a crash it is the outage that tells. */
static double find_silence_s(const struct one_run *one)
{
    const struct load_result *result = &one->result;
    const struct load_counts *counts = &result->counts;
    double silence_s = result->duration_s - result->last_reply_s, rate_rps = one->workload->rate_rps;
    double longest_s = (double)histogram_max_ns(result->times.service) / 1e9;
    double least_s = fmax(SILENT_LEAST_S, result->duration_s * SILENT_SHARE);

    least_s = fmax(least_s, longest_s * SILENT_SERVICES);
    if (rate_rps > 0)
        least_s = fmax(least_s, SILENT_REQUESTS / rate_rps);
    if (one->workload->crashes || result->last_reply_s < 0 || silence_s < least_s ||
        counts->unfinished + counts->failed + counts->unsent == 0)
        return 0;
    return silence_s;
}

/* What it was asked and did not answer has failed, though the time-out had not come. */
static void settle_silence(struct one_run *one)
{
    struct load_counts *counts = &one->result.counts;

    one->silence_s = find_silence_s(one);
    if (one->silence_s == 0)
        return;
    one->result.errors[LOAD_TIMED_OUT] += counts->unfinished;
    counts->failed += counts->unfinished;
    counts->unfinished = 0;
}

static void say_silence(const struct one_run *one)
{
    char silence[TEXT_BYTES], until[TEXT_BYTES];

    snprintf(one->run->trouble, sizeof one->run->trouble,
             "No reply came in the last %s: the throughput until then was %s requests/s",
             text_time(one->silence_s * 1e6, silence),
             text_count((uint64_t)(load_result_rate_until_silence(&one->result) + 0.5), until));
}

/* --- the figures ------------------------------------------------------------------------------------------------- */

static double quantile_us(const struct histogram *histogram, double quantile)
{
    return histogram_count(histogram) > 0 ? (double)histogram_quantile_ns(histogram, quantile) / 1e3 : NAN;
}

/* The latencies of the watched commands together. */
static void read_watched(const struct one_run *one, double *value)
{
    struct histogram *watched = histogram_new();
    size_t i;

    for (i = 0; watched != NULL && i < one->result.command_count && i < one->workload->command_count; i++) {
        if (one->workload->commands[i].watched)
            histogram_merge(watched, one->result.commands[i].times.latency);
    }
    value[FIGURE_WATCHED_P50] = watched != NULL ? quantile_us(watched, 0.5) : NAN;
    value[FIGURE_WATCHED_P99] = watched != NULL ? quantile_us(watched, 0.99) : NAN;
    histogram_free(&watched);
}

static void read_cost(const struct one_run *one, double *value)
{
    struct model_capacity capacity = capacity_of(one->measure, one->workload);
    const struct cost *cost = &one->result.cost;
    bool whole =
        one->server == NULL || server_restarts(one->server) == 0; /* the last daemon knows its own only */

    value[FIGURE_CPU] = cost->has_cpu && whole ? cost->cpu_us_per_request : NAN;
    value[FIGURE_SWITCHES] = cost->has_switches && whole ? cost->switches_per_request : NAN;
    value[FIGURE_MEMORY] = cost->has_rss ? (double)cost->rss_bytes : NAN;
    value[FIGURE_MEMORY_PER_CON] =
        fmax(0, value[FIGURE_MEMORY] - one->floor_bytes) / (double)(capacity.active + capacity.idle);
    if (isnan(value[FIGURE_MEMORY]) || isnan(one->floor_bytes)) /* fmax passes over a NAN */
        value[FIGURE_MEMORY_PER_CON] = NAN;
}

/* Who is not served any more at the end has lost what was under way then, and what it was not even sent. */
static void read_crashes(const struct one_run *one, double *value)
{
    const struct load_counts *counts = &one->result.counts;
    const struct crasher_account *crashes = &one->crashes;
    uint64_t lost = counts->failed + counts->error_replies;

    if (crashes->crashes == 0)
        return;
    if (crashes->unrecovered > 0)
        lost += counts->unfinished + counts->unsent;
    value[FIGURE_LOST] = (double)lost / (double)crashes->crashes;
    value[FIGURE_OUTAGE] = crashes->outage_mean_us;
}

static void read_figures(const struct one_run *one, double *value)
{
    const struct load_result *result = &one->result;
    const struct load_counts *counts = &result->counts;
    const struct histogram *latency = result->times.latency;
    double all = (double)(counts->ok + counts->error_replies + counts->failed);

    value[FIGURE_THROUGHPUT] = result->duration_s > 0 ? (double)counts->ok / result->duration_s : NAN;
    value[FIGURE_P50] = quantile_us(latency, 0.5);
    value[FIGURE_P99] = quantile_us(latency, 0.99);
    value[FIGURE_P999] = quantile_us(latency, 0.999);
    value[FIGURE_FAILED] = all > 0 ? (double)(counts->failed + counts->error_replies) / all : NAN;
    read_crashes(one, value);
    read_watched(one, value);
    read_cost(one, value);
}

/* How often the daemon's own master has replaced a worker, by its INFO; 0 when it does not say. */
static uint64_t ask_worker_restarts(const struct target *target)
{
    static const struct resp_word info = {"INFO", 4};
    static const char name[] = "worker_restarts:";
    struct resp_reply reply = {0};
    struct link *link = NULL;
    struct error ignored;
    uint64_t restarts = 0;
    const char *line = NULL;

    if (link_open(&link, target, 0, &ignored) == 0 &&
        link_call(link, &info, 1, INFO_MS, &reply, &ignored) == 0 && reply.text != NULL)
        line = strstr(reply.text, name);
    if (line != NULL && parse_u64(line + strlen(name), strcspn(line + strlen(name), "\r\n"), &restarts) != 0)
        restarts = 0;
    resp_reply_clear(&reply);
    link_close(&link);
    return restarts;
}

static void say_trouble(struct one_run *one)
{
    const struct load_result *result = &one->result;
    const char *why = "";
    struct error died;

    if (one->server != NULL && server_is_dead(one->server, &died)) {
        why = died.text;
    } else if (one->crashes.trouble[0] != '\0') {
        why = one->crashes.trouble;
    } else if (one->silence_s > 0) {
        say_silence(one);
        return;
    } else if (result->suspect && result->reason_count > 0) {
        why = result->reasons[0];
    } else if (result->counts.error_replies > 0) {
        why = result->first_error;
    } else if (result->gave_up) {
        why = "no reply came any more";
    }
    snprintf(one->run->trouble, sizeof one->run->trouble, "%s", why);
}

static void take_result(struct one_run *one)
{
    const struct load_result *result = &one->result;
    const struct slo *slo = &one->measure->settings->slo;
    struct compare_run *run = one->run;
    struct error ignored;
    bool died = one->server != NULL && !one->workload->crashes && server_is_dead(one->server, &ignored);

    run->ran = result->counts.ok > 0 && !died && one->silence_s == 0;
    run->limited_by_client = result->limited_by_client;
    run->suspect = result->suspect;
    run->sent = result->counts.sent;
    run->ok = result->counts.ok;
    run->error_replies = result->counts.error_replies;
    run->failed = result->counts.failed;
    run->unfinished = result->counts.unfinished;
    memcpy(run->errors, result->errors, sizeof run->errors);
    run->crashes = one->crashes.crashes;
    run->unrecovered = one->crashes.unrecovered;
    run->outage_least_us = one->crashes.outage_least_us;
    run->outage_most_us = one->crashes.outage_most_us;
    run->daemon_restarts = one->server != NULL ? server_restarts(one->server) : 0;
    run->worker_restarts = one->workload->crashes ? ask_worker_restarts(&one->target) : 0;
    run->keeps_slo =
        slo->given && run->failed + run->error_replies == 0 && slo_is_kept(slo, result->times.latency);
    read_figures(one, run->value);
    say_trouble(one);
    if (!run->ran && run->trouble[0] == '\0')
        snprintf(run->trouble, sizeof run->trouble, "not one request was answered");
}

static uint64_t warmup_of(uint64_t duration_us)
{
    uint64_t warmup_us = duration_us / 10;

    if (warmup_us < WARMUP_LEAST_US)
        return WARMUP_LEAST_US;
    return warmup_us < WARMUP_MOST_US ? warmup_us : WARMUP_MOST_US;
}

bool measure_run(struct measure *measure, const struct model *model, unsigned index,
                 const struct workload *workload, uint64_t duration_us, struct compare_run *run)
{
    struct one_run one = {.measure = measure,
                          .model = model,
                          .workload = workload,
                          .duration_us = duration_us,
                          .warmup_us = warmup_of(duration_us),
                          .run = run};
    struct error error;
    bool whole = true;
    size_t i;

    *run = (struct compare_run){0};
    for (i = 0; i < FIGURES; i++)
        run->value[i] = NAN;
    if (start_server(&one, index, &error) != 0 || run_load(&one, &error) != 0) {
        snprintf(run->trouble, sizeof run->trouble, "%s", error.text);
        whole = !interrupt_is_pending() && !one.result.interrupted;
    } else {
        whole = !one.result.interrupted;
        settle_silence(&one);
        if (whole)
            take_result(&one);
        load_result_clear(&one.result);
    }
    run->killed = !server_stop(&one.server) || one.killed;
    if (run->killed && run->trouble[0] == '\0')
        snprintf(run->trouble, sizeof run->trouble,
                 "concurd did not end when it was told to, and was killed");
    return whole;
}
