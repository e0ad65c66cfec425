/* SPDX-License-Identifier: Apache-2.0
 *
 * What came out of a comparison: how often and how long it was run and what went wrong, in words, and its
 * end. Main thread. */
#include "client/compare/result.h"

#include <stdio.h>
#include <stdlib.h>

void compare_report_clear(struct compare_report *report)
{
    unsigned i, j;

    for (i = 0; i < report->workload_count; i++) {
        for (j = 0; j < MODELS_MOST; j++)
            free(report->workloads[i].results[j].runs);
    }
    for (i = 0; i < report->model_count; i++)
        model_clear(&report->models[i]);
    free(report->sweeps);
}

uint64_t compare_repeats_of(const struct compare_report *report, const struct compare_workload *workload)
{
    uint64_t most = 0;
    unsigned i;

    for (i = 0; i < report->model_count; i++)
        most = workload->results[i].run_count > most ? workload->results[i].run_count : most;
    return most;
}

const char *compare_runs_text(const struct compare_report *report, char *text)
{
    uint64_t fewest = UINT64_MAX, most = 0, shortest_us = UINT64_MAX, longest_us = 0;
    char repeats[24], length[24];
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        const struct compare_workload *workload = &report->workloads[i];
        uint64_t ran = compare_repeats_of(report, workload), us = workload->duration_us;

        if (ran == 0)
            continue;
        fewest = ran < fewest ? ran : fewest;
        most = ran > most ? ran : most;
        shortest_us = us < shortest_us ? us : shortest_us;
        longest_us = us > longest_us ? us : longest_us;
    }
    snprintf(text, RESULT_RUNS_BYTES, "no runs");
    if (most == 0)
        return text;
    snprintf(repeats, sizeof repeats, fewest < most ? "%u to %u" : "%u", (unsigned)fewest, (unsigned)most);
    snprintf(length, sizeof length, shortest_us < longest_us ? "%.3g to %.3g" : "%.3g",
             (double)shortest_us / 1e6, (double)longest_us / 1e6);
    snprintf(text, RESULT_RUNS_BYTES, "%s repeat%s of %s s%s", repeats, most == 1 ? "" : "s", length,
             most == 1 ? "" : " interleaved");
    return text;
}

const char *compare_toll(const struct compare_result *result, char *text)
{
    uint64_t crashes = 0, daemons = 0, workers = 0, lost = 0;
    size_t i;

    for (i = 0; i < result->run_count; i++) {
        const struct compare_run *run = &result->runs[i];

        crashes += run->crashes;
        daemons += run->daemon_restarts;
        workers += run->worker_restarts;
        lost += run->errors[LOAD_RESET] + run->errors[LOAD_CLOSED];
    }
    snprintf(text, RESULT_TOLL_BYTES,
             "%llu crash%s, %llu restart%s of the daemon, %llu of a worker; %llu other connections lost",
             (unsigned long long)crashes, crashes == 1 ? "" : "es", (unsigned long long)daemons,
             daemons == 1 ? "" : "s", (unsigned long long)workers, (unsigned long long)lost);
    return text;
}

/* The first that ran and was in trouble, with `suspect` the first that is suspect; NULL: none. */
static const struct compare_run *find_trouble(const struct compare_result *result, bool suspect)
{
    size_t i;

    for (i = 0; i < result->run_count; i++) {
        const struct compare_run *run = &result->runs[i];

        if (run->trouble[0] != '\0' && run->ran && run->suspect == suspect)
            return run;
    }
    return NULL;
}

const char *compare_remark(const struct compare_result *result, bool crashes, char *text)
{
    const struct compare_run *run = find_trouble(result, result->suspect_runs > 0);
    size_t unran = result->run_count - result->ran, used = 0;

    text[0] = '\0';
    if (result->state != COMPARE_DONE)
        return text;
    if (unran > 0)
        used = (size_t)snprintf(text, RESULT_REMARK_BYTES, "%zu of %zu repeats could not be run: %s", unran,
                                result->run_count, result->why);
    if (result->suspect_runs > 0)
        snprintf(text + used, RESULT_REMARK_BYTES - used, "%s%zu of %zu runs suspect%s%s%s",
                 used > 0 ? "; " : "", result->suspect_runs, result->run_count,
                 result->suspect ? "" : ", left out of the figures", run != NULL ? ": " : "",
                 run != NULL ? run->trouble : "");
    else if (run != NULL && unran == 0 && (!crashes || run->killed))
        snprintf(text, RESULT_REMARK_BYTES, "%s", run->trouble);
    return text;
}
