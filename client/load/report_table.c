/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of a load for people: what was asked, what came back, how long it took, what it cost on both
 * sides, and last, where the eye rests, what makes it less than it seems. Runs in the main thread. */
#include "client/load/report.h"

#include <string.h>

#include "client/load/remark.h"
#include "client/load/text.h"

#define LOOP_BYTES 80
#define NAME_WIDTH 24 /* of a command in the table; longer ones are cut */

const struct report_quantile report_quantiles[REPORT_QUANTILES] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};

const char *report_loop(const struct load_plan *plan, const struct load_result *result, char *text,
                        size_t size)
{
    char rate[TEXT_BYTES];

    if (result->target_rps > 0)
        snprintf(text, size, "open loop at %s requests/s (%s)", text_rate(result->target_rps, rate),
                 plan->poisson ? "poisson" : "uniform");
    else
        snprintf(text, size, "closed loop");
    return text;
}

static void print_head(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    char count[TEXT_BYTES], loop[LOOP_BYTES];

    fprintf(out, "%s on %s, %s connection%s, %llu thread%s, pipeline %llu, %s, %.2f s\n\n", plan->name,
            plan->target.name, text_count(plan->connections, count), plan->connections == 1 ? "" : "s",
            (unsigned long long)plan->threads, plan->threads == 1 ? "" : "s",
            (unsigned long long)plan->pipeline, report_loop(plan, result, loop, sizeof loop),
            result->duration_s);
}

static void print_requests(const struct load_result *result, FILE *out)
{
    const struct load_counts *counts = &result->counts;
    char texts[5][TEXT_BYTES];

    fprintf(out, "  throughput  %s requests/s", text_rate(result->achieved_rps, texts[0]));
    if (result->target_rps > 0)
        fprintf(out, " of %s asked for (%.1f%%)", text_rate(result->target_rps, texts[1]),
                100 * result->achieved_rps / result->target_rps);
    fprintf(out, "\n  requests    %s sent, %s ok, %s error replies, %s failed, %s unfinished",
            text_count(counts->sent, texts[0]), text_count(counts->ok, texts[1]),
            text_count(counts->error_replies, texts[2]), text_count(counts->failed, texts[3]),
            text_count(counts->unfinished, texts[4]));
    if (counts->unsent > 0)
        fprintf(out, ", %s unsent", text_count(counts->unsent, texts[0]));
    fputc('\n', out);
}

static void print_errors(const struct load_result *result, FILE *out)
{
    const char *before = "  errors      ";
    char count[TEXT_BYTES];
    int i;

    for (i = 0; i < LOAD_ERRORS; i++) {
        if (result->errors[i] == 0)
            continue;
        fprintf(out, "%s%s %s", before, load_error_name(i), text_count(result->errors[i], count));
        before = ", ";
    }
    if (before[0] == ',')
        fputc('\n', out);
    if (result->first_error[0] != '\0')
        fprintf(out, "  the first   %s\n", result->first_error);
    if (result->tls_failure != NULL)
        fprintf(out, "  tls failed  %s\n", result->tls_failure);
}

static void print_heads(const char *first, int width, FILE *out)
{
    size_t i;

    fprintf(out, "\n  %-*s%10s%10s", width, first, "count", "mean");
    for (i = 0; i < REPORT_QUANTILES; i++)
        fprintf(out, "%10s", report_quantiles[i].name);
    fprintf(out, "%10s\n", "max");
}

static void print_times(const char *name, int width, const struct histogram *times, FILE *out)
{
    char text[TEXT_BYTES];
    size_t i;

    if (histogram_count(times) == 0)
        return;
    fprintf(out, "  %-*.*s%10s", width, width - 1, name, text_count(histogram_count(times), text));
    fprintf(out, "%10s", text_time(histogram_mean_ns(times) / 1e3, text));
    for (i = 0; i < REPORT_QUANTILES; i++)
        fprintf(out, "%10s",
                text_time((double)histogram_quantile_ns(times, report_quantiles[i].quantile) / 1e3, text));
    fprintf(out, "%10s\n", text_time((double)histogram_max_ns(times) / 1e3, text));
}

/* The client's own lateness is worth a line only where there is a schedule. */
static void print_latency(const struct load_result *result, FILE *out)
{
    if (histogram_count(result->times.latency) == 0)
        return;
    print_heads("", 12, out);
    print_times("latency", 12, result->times.latency, out);
    print_times("service", 12, result->times.service, out);
    if (result->target_rps > 0)
        print_times("send lag", 12, result->times.send_lag, out);
}

static void print_commands(const struct load_result *result, FILE *out)
{
    int width = 12;
    size_t i;

    if (result->command_count < 2)
        return;
    for (i = 0; i < result->command_count; i++) {
        if ((int)strlen(result->commands[i].text) + 2 > width)
            width = (int)strlen(result->commands[i].text) + 2;
    }
    width = width < NAME_WIDTH ? width : NAME_WIDTH;
    print_heads("latency of", width, out);
    for (i = 0; i < result->command_count; i++)
        print_times(result->commands[i].text, width, result->commands[i].times.latency, out);
}

static void print_tls(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    char count[TEXT_BYTES];

    if (plan->tls_version == NULL)
        return;
    fprintf(out, "  tls         %s, %s%s, %s handshake%s", plan->tls_version, plan->tls_cipher,
            plan->target.insecure ? ", not verified" : "", text_count(result->handshakes, count),
            result->handshakes == 1 ? "" : "s");
    if (result->resumed > 0)
        fprintf(out, ", %s of them resumed", text_count(result->resumed, count));
    fputc('\n', out);
}

static void print_client(const struct load_result *result, FILE *out)
{
    fprintf(out, "\n  client      ");
    if (load_counts_replies(&result->counts) > 0)
        fprintf(out, "%.2f us of CPU per request, ", result->client_cpu_us_per_request);
    fprintf(out, "busiest thread %.0f%% busy\n", result->client_utilisation * 100);
}

static void print_server(const struct cost *cost, FILE *out)
{
    char text[TEXT_BYTES];

    if (!cost->has_cpu && !cost->has_switches && !cost->has_rss)
        return;
    fprintf(out, "  server      %s", cost->mode[0] != '\0' ? cost->mode : "mode unknown");
    if (cost->has_cpu)
        fprintf(out, ", %.2f us of CPU per request", cost->cpu_us_per_request);
    if (cost->has_switches)
        fprintf(out, ", %.2f context switches per request", cost->switches_per_request);
    if (cost->has_rss)
        fprintf(out, ", rss %s", text_bytes(cost->rss_bytes, text));
    fputc('\n', out);
}

static void print_remarks(const struct load_result *result, FILE *out)
{
    const char *kind = result->suspect             ? "RESULT SUSPECT"
                       : result->limited_by_client ? "LIMITED BY THE CLIENT"
                                                   : "REMARK";
    struct load_remark remarks[LOAD_REMARKS_MOST];
    size_t count = load_remarks(result, remarks), i;

    for (i = 0; i < result->reason_count; i++)
        fprintf(out, "\n  %s: %s\n", kind, result->reasons[i]);
    for (i = 0; i < result->violation_count; i++)
        fprintf(out, "\n  FAILED: %s\n", result->violations[i]);
    if (result->wrong_total[0] != '\0')
        fprintf(out, "\n  WRONG: %s\n", result->wrong_total);
    if (result->idle_lost > 0)
        fprintf(out, "\n  LOST: %zu of %zu idle connections\n", result->idle_lost, result->idle);
    for (i = 0; i < count; i++)
        fprintf(out, "\n  %s\n", remarks[i].text);
}

void report_table(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    print_head(plan, result, out);
    print_requests(result, out);
    print_errors(result, out);
    print_latency(result, out);
    print_commands(result, out);
    print_client(result, out);
    print_server(&result->cost, out);
    print_tls(plan, result, out);
    print_remarks(result, out);
    fflush(out);
}
