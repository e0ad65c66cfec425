/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of a load for people: what was asked, what came back, how long it took, and what it cost on both
 * sides. Runs in the main thread. */
#include "client/load/report.h"

#include "client/load/text.h"

const struct report_quantile report_quantiles[REPORT_QUANTILES] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};

static void print_head(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    char count[TEXT_BYTES];

    fprintf(out, "%s on %s, %s connection%s, %llu thread%s, pipeline %llu, closed loop, %.2f s\n\n",
            plan->name, plan->target.name, text_count(plan->connections, count),
            plan->connections == 1 ? "" : "s", (unsigned long long)plan->threads,
            plan->threads == 1 ? "" : "s", (unsigned long long)plan->pipeline, result->duration_s);
}

static void print_requests(const struct load_result *result, FILE *out)
{
    const struct load_counts *counts = &result->counts;
    char texts[5][TEXT_BYTES];

    fprintf(out, "  throughput  %s requests/s\n",
            text_count((uint64_t)(result->achieved_rps + 0.5), texts[0]));
    fprintf(out, "  requests    %s sent, %s ok, %s error replies, %s failed, %s unfinished\n",
            text_count(counts->sent, texts[0]), text_count(counts->ok, texts[1]),
            text_count(counts->error_replies, texts[2]), text_count(counts->failed, texts[3]),
            text_count(counts->unfinished, texts[4]));
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
}

/* In a closed loop a request is meant to be sent when it is sent: latency and service are one, and nothing is
 * late. */
static void print_latency(const struct histogram *service, FILE *out)
{
    char text[TEXT_BYTES];
    size_t i;

    if (histogram_count(service) == 0)
        return;
    fprintf(out, "\n              %10s", "mean");
    for (i = 0; i < REPORT_QUANTILES; i++)
        fprintf(out, "%10s", report_quantiles[i].name);
    fprintf(out, "%10s\n  latency     %10s", "max", text_time(histogram_mean_ns(service) / 1e3, text));
    for (i = 0; i < REPORT_QUANTILES; i++)
        fprintf(out, "%10s",
                text_time((double)histogram_quantile_ns(service, report_quantiles[i].quantile) / 1e3, text));
    fprintf(out, "%10s\n", text_time((double)histogram_max_ns(service) / 1e3, text));
}

static void print_server(const struct cost *cost, FILE *out)
{
    char text[TEXT_BYTES];

    if (!cost->has_cpu && !cost->has_switches && !cost->has_rss)
        return;
    fprintf(out, "  server      %s", cost->mode[0] != '\0' ? cost->mode : "mode unknown");
    if (cost->has_cpu)
        fprintf(out, ", %.2f us of CPU a request", cost->cpu_us_per_request);
    if (cost->has_switches)
        fprintf(out, ", %.2f context switches a request", cost->switches_per_request);
    if (cost->has_rss)
        fprintf(out, ", %s resident", text_bytes(cost->rss_bytes, text));
    fputc('\n', out);
}

static void print_remarks(const struct load_result *result, FILE *out)
{
    if (result->limited_by_client)
        fprintf(out, "\n  LIMITED BY THE CLIENT: %s (more threads: -t)\n", result->reasons[0]);
    if (result->gave_up)
        fprintf(out, "\n  Given up: no reply came any more.\n");
    if (result->interrupted)
        fprintf(out, "\n  Ended early by a signal.\n");
}

void report_table(const struct load_plan *plan, const struct load_result *result, FILE *out)
{
    print_head(plan, result, out);
    print_requests(result, out);
    print_errors(result, out);
    print_latency(result->times.service, out);
    fprintf(out, "\n  client      %.2f us of CPU a request, busiest thread %.0f%% busy\n",
            result->client_cpu_us_per_request, result->client_utilisation * 100);
    print_server(&result->cost, out);
    print_remarks(result, out);
    fflush(out);
}
