/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of a load as one page to look at, to keep and to send on. What must not be overlooked comes first
 * - a suspect result, failures - then the figures, how long requests took, how it went over time, what it
 * cost, and all that is needed to do it again. Runs in the main thread. */
#include "client/load/report.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "client/chart/page.h"
#include "client/host.h"
#include "client/load/remark.h"
#include "client/load/report_charts.h"
#include "client/load/text.h"
#include "common/clock.h"
#include "config.h"

#define HEAD_BYTES 400

static const char *time_text(uint64_t ns, char *text)
{
    return measure_text(MEASURE_TIME_US, (double)ns / 1e3, text);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void write_subtitle(const struct load_plan *plan, const struct load_result *result, char *text,
                           size_t size)
{
    char count[TEXT_BYTES], loop[HEAD_BYTES];

    snprintf(text, size, "%s, %s connection%s, %llu thread%s, pipeline %llu, %s, %.2f s", plan->target.name,
             text_count(plan->connections, count), plural(plan->connections),
             (unsigned long long)plan->threads, plural(plan->threads), (unsigned long long)plan->pipeline,
             report_loop(plan, result, loop, sizeof loop), result->duration_s);
}

/* What was asked for and not kept. */
static void write_failures(struct page *page, const struct load_result *result)
{
    const struct load_counts *counts = &result->counts;
    char texts[3][TEXT_BYTES];
    size_t i;

    for (i = 0; i < result->violation_count; i++)
        page_notice(page, PAGE_BAD, "Failed", "%s", result->violations[i]);
    if (counts->failed > 0 || counts->error_replies > 0)
        page_notice(page, PAGE_BAD, "Not all requests were answered well",
                    "%s of %s failed, %s got an error%s%s", text_count(counts->failed, texts[0]),
                    text_count(counts->sent, texts[1]), text_count(counts->error_replies, texts[2]),
                    result->first_error[0] != '\0' ? ", the first: " : "", result->first_error);
    if (result->wrong_total[0] != '\0')
        page_notice(page, PAGE_BAD, "Wrong", "%s", result->wrong_total);
    if (result->idle_lost > 0)
        page_notice(page, PAGE_BAD, "Idle connections lost", "%zu of %zu.", result->idle_lost, result->idle);
}

/* Everything that makes the figures less than they seem. */
static void write_notices(struct page *page, const struct load_result *result)
{
    const char *kind = result->suspect             ? "Result suspect"
                       : result->limited_by_client ? "Limited by the client"
                                                   : "Remark";
    struct load_remark remarks[LOAD_REMARKS_MOST];
    size_t count = load_remarks(result, remarks), i;

    for (i = 0; i < result->reason_count; i++)
        page_notice(page, result->suspect ? PAGE_BAD : PAGE_WARNING, kind, "%s", result->reasons[i]);
    write_failures(page, result);
    for (i = 0; i < count; i++)
        page_notice(page, remarks[i].bad ? PAGE_BAD : PAGE_WARNING, remarks[i].title, "%s", remarks[i].text);
}

static void write_figures(struct page *page, const struct load_result *result)
{
    const struct load_counts *counts = &result->counts;
    const struct histogram *latency = result->times.latency;
    uint64_t bad = counts->failed + counts->error_replies;
    bool any = histogram_count(latency) > 0;
    char texts[8][TEXT_BYTES + 20];
    struct page_figure figures[] = {
        {"requests/s", text_rate(result->achieved_rps, texts[0]), NULL, PAGE_PLAIN},
        {"latency p50", any ? time_text(histogram_quantile_ns(latency, 0.5), texts[1]) : "-", NULL,
         PAGE_PLAIN},
        {"latency p99", any ? time_text(histogram_quantile_ns(latency, 0.99), texts[2]) : "-", NULL,
         PAGE_PLAIN},
        {"latency max", any ? time_text(histogram_max_ns(latency), texts[3]) : "-", NULL, PAGE_PLAIN},
        {"failed + errors", text_count(bad, texts[4]), texts[5], bad > 0 ? PAGE_BAD : PAGE_PLAIN},
        {"CPU per request", measure_text(MEASURE_TIME_US, result->cost.cpu_us_per_request, texts[6]),
         "of the server", PAGE_PLAIN},
    };

    strcpy(texts[5], "of ");
    text_count(counts->sent, texts[5] + 3);
    strcat(texts[5], " sent");
    if (result->target_rps > 0) {
        strcpy(texts[7], "target ");
        text_rate(result->target_rps, texts[7] + 7);
        figures[0].note = texts[7];
        figures[0].tone = result->suspect ? PAGE_BAD : PAGE_PLAIN;
    }
    page_figures(page, figures, sizeof figures / sizeof figures[0] - (result->cost.has_cpu ? 0 : 1));
}

static const struct page_column time_columns[] = {{"", false},     {"count", true},  {"mean", true},
                                                  {"p50", true},   {"p90", true},    {"p99", true},
                                                  {"p99.9", true}, {"p99.99", true}, {"max", true}};

#define TIME_COLUMNS (sizeof time_columns / sizeof time_columns[0])

static void write_times(struct page *page, const char *name, const struct histogram *times)
{
    bool any = histogram_count(times) > 0;
    char text[MEASURE_TEXT_BYTES];
    size_t i;

    page_cell(page, "%s", name);
    page_cell(page, "%s", text_count(histogram_count(times), text));
    page_cell(page, "%s", any ? time_text((uint64_t)histogram_mean_ns(times), text) : "-");
    for (i = 0; i < REPORT_QUANTILES; i++)
        page_cell(page, "%s",
                  any ? time_text(histogram_quantile_ns(times, report_quantiles[i].quantile), text) : "-");
    page_cell(page, "%s", any ? time_text(histogram_max_ns(times), text) : "-");
}

static int write_latency(struct page *page, const struct load_result *result)
{
    size_t i;

    page_begin_section(page, "Latency");
    page_begin_table(page, "How long requests took", time_columns, TIME_COLUMNS);
    write_times(page, "latency", result->times.latency);
    write_times(page, "service", result->times.service);
    write_times(page, "send lag", result->times.send_lag);
    page_end_table(page);
    page_small(page,
               "Latency runs from the moment when a request was meant to be sent, service from when it was "
               "written; the send lag is how late this client was. %s",
               result->target_rps > 0
                   ? "In latency, requests without a reply have the age that they had reached."
                   : "In a closed loop a request is meant to be sent as soon as its connection is free: a "
                     "slow server "
                     "is asked less often, and its latency looks better than users would find it.");
    if (report_chart_percentiles(page, result) != 0)
        return -1;
    if (result->command_count < 2)
        return 0;
    page_begin_table(page, "Latency by command", time_columns, TIME_COLUMNS);
    for (i = 0; i < result->command_count; i++)
        write_times(page, result->commands[i].text, result->commands[i].times.latency);
    page_end_table(page);
    return report_chart_commands(page, result);
}

static int write_course(struct page *page, const struct load_result *result)
{
    if (result->second_count < 2)
        return 0;
    page_begin_section(page, "Over time");
    return report_chart_course(page, result);
}

/* A row of a table with two columns. */
static void row(struct page *page, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void row(struct page *page, const char *name, const char *format, ...)
{
    char text[HEAD_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    page_cell(page, "%s", name);
    page_cell(page, "%s", text);
}

/* A row for what was asked for beside the usual. */
static void time_row(struct page *page, const char *name, uint64_t us)
{
    char text[MEASURE_TEXT_BYTES];

    if (us > 0)
        row(page, name, "%s", measure_text(MEASURE_TIME_US, (double)us, text));
}

static void count_row(struct page *page, const char *name, uint64_t count)
{
    char text[TEXT_BYTES];

    if (count > 0)
        row(page, name, "%s", text_count(count, text));
}

static void write_requests(struct page *page, const struct load_result *result)
{
    static const struct page_column columns[] = {{"", false}, {"", true}};
    const struct load_counts *counts = &result->counts;
    const struct {
        const char *name;
        uint64_t count;
        bool always;
    } rows[] = {
        {"sent", counts->sent, true},
        {"ok", counts->ok, true},
        {"error replies", counts->error_replies, true},
        {"failed", counts->failed, true},
        {"unfinished", counts->unfinished, true},
        {"unsent: due, but never written", counts->unsent, false},
    };
    char text[TEXT_BYTES];
    size_t i;

    page_begin_section(page, "Requests");
    page_begin_table(page, "What became of them", columns, 2);
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].always || rows[i].count > 0)
            row(page, rows[i].name, "%s", text_count(rows[i].count, text));
    }
    for (i = 0; i < LOAD_ERRORS; i++) {
        if (result->errors[i] > 0) {
            page_cell(page, "errors: %s", load_error_name((enum load_error)i));
            page_cell_toned(page, PAGE_BAD, "%s", text_count(result->errors[i], text));
        }
    }
    count_row(page, "TLS handshakes", result->handshakes);
    count_row(page, "of them resumed", result->resumed);
    if (result->tls_failure != NULL)
        row(page, "TLS failed first", "%s", result->tls_failure);
    page_end_table(page);
}

static void write_cost(struct page *page, const struct load_result *result)
{
    static const struct page_column columns[] = {{"", false}, {"", true}};
    const struct cost *cost = &result->cost;
    char text[MEASURE_TEXT_BYTES];

    page_begin_section(page, "Cost");
    page_begin_table(page, "What a request cost, on both sides", columns, 2);
    if (cost->mode[0] != '\0')
        row(page, "server: mode", "%s", cost->mode);
    if (cost->has_cpu)
        row(page, "server: CPU per request", "%s",
            measure_text(MEASURE_TIME_US, cost->cpu_us_per_request, text));
    if (cost->has_switches)
        row(page, "server: context switches per request", "%.2f", cost->switches_per_request);
    if (cost->has_rss)
        row(page, "server: rss (resident memory)", "%s",
            measure_text(MEASURE_BYTES, (double)cost->rss_bytes, text));
    if (load_counts_replies(&result->counts) > 0)
        row(page, "client: CPU per request", "%s",
            measure_text(MEASURE_TIME_US, result->client_cpu_us_per_request, text));
    row(page, "client: busiest thread", "%.0f%% busy", result->client_utilisation * 100);
    page_end_table(page);
    if (!cost->has_cpu && !cost->has_switches && !cost->has_rss)
        page_small(page, "The server's INFO says nothing about its cost.");
}

static void write_plan(struct page *page, const struct load_plan *plan, const struct load_result *result)
{
    static const struct page_column columns[] = {{"", false}, {"", false}};
    char text[HEAD_BYTES];
    size_t i;

    page_begin_table(page, "The load", columns, 2);
    row(page, "commands", "%s", plan->name);
    row(page, "server", "%s", plan->target.name);
    if (plan->tls_version != NULL)
        row(page, "TLS", "%s, %s%s", plan->tls_version, plan->tls_cipher,
            plan->target.insecure ? ", not verified" : "");
    row(page, "kind of load", "%s", report_loop(plan, result, text, sizeof text));
    count_row(page, "connections", plan->connections);
    count_row(page, "client's threads", plan->threads);
    count_row(page, "pipeline", plan->pipeline);
    time_row(page, "duration", plan->duration_us);
    count_row(page, "requests", plan->requests);
    time_row(page, "warm-up, not measured", plan->warmup_us);
    time_row(page, "ramp", plan->ramp_us);
    count_row(page, "reconnect after so many requests", plan->reconnect_every);
    count_row(page, "idle connections", plan->idle);
    time_row(page, "patience for a reply", plan->timeout_us);
    row(page, "replies verified", "%s", plan->verify ? "yes" : "no");
    for (i = 0; i < plan->thresholds.count; i++)
        row(page, "fails if", "%s", plan->thresholds.all[i].text);
    row(page, "seed", "%llu", (unsigned long long)plan->seed);
    page_end_table(page);
}

static void write_host(struct page *page)
{
    static const struct page_column columns[] = {{"", false}, {"", false}};
    char memory[MEASURE_TEXT_BYTES];
    struct host host;

    host_read(&host);
    page_begin_table(page, "The machine that it came from", columns, 2);
    row(page, "name", "%s", host.name);
    row(page, "kernel", "%s", host.kernel);
    if (host.cpu[0] != '\0')
        row(page, "processor", "%s", host.cpu);
    row(page, "cores that the client may use", "%u", host.cores);
    row(page, "memory", "%s", measure_text(MEASURE_BYTES, (double)host.memory_bytes, memory));
    row(page, "client", "concur %s", PACKAGE_VERSION);
    page_end_table(page);
}

static void write_repetition(struct page *page, const struct load_plan *plan,
                             const struct load_result *result)
{
    page_begin_section(page, "To do it again");
    if (plan->command_line != NULL)
        page_code(page, plan->command_line);
    write_plan(page, plan, result);
    write_host(page);
}

int report_html(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    char title[HEAD_BYTES], text[2 * HEAD_BYTES], when[HOST_TIME_BYTES];
    struct error ignored; /* the stream is memory: there is only one */
    struct page page;
    int status;

    snprintf(title, sizeof title, "concur load: %s", plan->name);
    write_subtitle(plan, result, text, sizeof text);
    page_begin(&page, out, title, text);
    write_notices(&page, result);
    write_figures(&page, result);
    status = write_latency(&page, result) != 0 || write_course(&page, result) != 0 ? -1 : 0;
    write_requests(&page, result);
    write_cost(&page, result);
    write_repetition(&page, plan, result);
    snprintf(text, sizeof text, "Made by concur %s, %s", PACKAGE_VERSION, host_time(clock_wall_us(), when));
    return page_end(&page, text, &ignored) == 0 ? status : -1;
}
