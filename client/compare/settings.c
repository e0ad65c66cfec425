/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of `concur compare`. Runs in the main thread. */
#include "client/compare/settings.h"

#include <stddef.h>
#include <string.h>

#include "client/compare/result.h"

#define DEFAULT_REPEATS     3
#define DEFAULT_DURATION_US 3000000
#define DURATION_MOST_US    UINT64_C(3600000000)
#define CONNECTIONS_MOST    100000
#define THREADS_MOST        256

#define FIELD(name) offsetof(struct compare_settings, name)

static const struct option_row rows[] = {
    {0, "models", OPTION_TEXT, FIELD(models), 0, 0, "LIST",
     "models of --list, and configuration files (a '/' or .conf in it)"},
    {0, "target", OPTION_TEXTS, FIELD(targets), 0, 0, "NAME=AT",
     "a server elsewhere: HOST:PORT or unix:PATH; repeatable"},
    {0, "workloads", OPTION_TEXT, FIELD(workloads), 0, 0, "LIST",
     "workloads of --list (all); none: yours only"},
    {0, "work", OPTION_TEXT, FIELD(work), 0, 0, "SHAPE",
     "your own shape first: 'cpu=200us wait=3ms reply=4k'"},
    {0, "list", OPTION_FLAG, FIELD(list), 0, 0, NULL, "list models and workloads, and end"},
    {0, "quick", OPTION_FLAG, FIELD(quick), 0, 0, NULL, "short runs, all in under two minutes"},
    {0, "repeats", OPTION_COUNT, FIELD(repeats), 1, REPEATS_MOST, "N", "repeats of each run (3)"},
    {'d', NULL, OPTION_DURATION, FIELD(duration_us), 100000, DURATION_MOST_US, "TIME",
     "how long each run (3s; --quick: what there is time for)"},
    {'c', NULL, OPTION_COUNT, FIELD(connections), 1, CONNECTIONS_MOST, "N", "connections (50)"},
    {'t', NULL, OPTION_COUNT, FIELD(threads), 1, THREADS_MOST, "N", "threads of the client (1)"},
    {0, "seed", OPTION_COUNT, FIELD(seed), 0, INT64_MAX, "N",
     "of all that is drawn, the same for all models (1)"},
    {0, "pin", OPTION_FLAG, FIELD(pin), 0, 0, NULL, "give server and client different cores"},
    {0, "rate-sweep", OPTION_FLAG, FIELD(rate_sweep), 0, 0, NULL,
     "also latency at rising rates, with the first workload"},
    {0, "slo", OPTION_TEXT, FIELD(slo_text), 0, 0, "LIMIT",
     "with --rate-sweep: the highest rate that keeps 'p99<10ms'"},
    {0, "baseline", OPTION_TEXT, FIELD(baseline_file), 0, 0, "FILE",
     "an older --json: what got better or worse"},
    {0, "daemon", OPTION_TEXT, FIELD(daemon), 0, 0, "PATH",
     "the concurd to compare (beside concur, or in PATH)"},
    {0, "json", OPTION_TEXT, FIELD(json_file), 0, 0, "FILE",
     "the result as JSON (-: on stdout, the table on stderr)"},
    {0, "html", OPTION_TEXT, FIELD(html_file), 0, 0, "FILE", "the result as one page with charts"},
};

const struct option_table compare_options = {"Compare", rows, sizeof rows / sizeof rows[0]};

/* Whom to trust elsewhere, or who we are there. */
static bool is_about_others(const struct target *target)
{
    return target->insecure || target->ca_file != NULL || target->cert_file != NULL ||
           target->key_file != NULL;
}

int compare_settings_complete(struct compare_settings *settings, struct error *error)
{
    if (settings->repeats == 0)
        settings->repeats = DEFAULT_REPEATS;
    if (settings->duration_us == 0 && !settings->quick)
        settings->duration_us = DEFAULT_DURATION_US;
    if (settings->threads > settings->connections)
        return error_set(error, "-t: more threads than connections");
    if (settings->targets.count == 0 && is_about_others(&settings->tls))
        return error_set(error, "--cacert, --cert, --key and --insecure are for a --target: "
                                "private daemons have a certificate of their own");
    if (settings->slo_text != NULL && !settings->rate_sweep)
        return error_set(error, "--slo needs --rate-sweep");
    if (settings->slo_text != NULL)
        return slo_parse(settings->slo_text, &settings->slo, error);
    return 0;
}
