/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_COMPARE_FIXTURE_H
#define CONCUR_TESTS_COMPARE_FIXTURE_H

#include "tests/unit/unit.h"

#include <math.h>

#include "client/compare/result.h"
#include "client/compare/outcome.h"
#include "client/compare/verdict.h"

/* A report made up by hand: models a, b, c ..., and workloads whose results have the figures that a test gives them. */
struct fixture {
    struct compare_settings settings;
    struct compare_report report;
};

static inline void fixture_begin(struct fixture *fixture, unsigned models)
{
    unsigned i;

    memset(fixture, 0, sizeof *fixture);
    fixture->settings = (struct compare_settings)COMPARE_SETTINGS_DEFAULT;
    fixture->settings.repeats = 3;
    fixture->report.settings = &fixture->settings;
    fixture->report.model_count = models;
    for (i = 0; i < models; i++) {
        snprintf(fixture->report.models[i].name, MODEL_NAME_BYTES, "%c", 'a' + (int)i);
        fixture->report.models[i].words = "made up";
    }
}

/* Adds a workload with that ladder; its results are pending. */
static inline struct compare_workload *fixture_workload(struct fixture *fixture, const char *name,
                                                        unsigned ladder_count, const enum figure *ladder)
{
    struct compare_report *report = &fixture->report;
    struct workload *shape = &report->shapes[report->workload_count];
    struct compare_workload *workload = &report->workloads[report->workload_count++];
    unsigned i;

    *shape = (struct workload){.name = name, .title = name, .shows = name, .ladder_count = ladder_count};
    shape->commands[shape->command_count++] = (struct workload_command){"PING", 1, false};
    memcpy(shape->ladder, ladder, ladder_count * sizeof *ladder);
    workload->workload = shape;
    for (i = 0; i < report->model_count; i++)
        workload->results[i].model = &report->models[i];
    return workload;
}

/* One more repeat of a model: throughput, p99, CPU per request; nothing failed, memory as all. */
static inline struct compare_run *fixture_run(struct compare_workload *workload, unsigned model, double rps,
                                              double p99_us, double cpu_us)
{
    struct compare_result *result = &workload->results[model];
    struct compare_run *run;
    unsigned i;

    result->runs = realloc(result->runs, (result->run_count + 1) * sizeof *result->runs);
    assert_non_null(result->runs);
    run = &result->runs[result->run_count++];
    *run = (struct compare_run){.ran = true, .sent = 100, .ok = 100};
    for (i = 0; i < FIGURES; i++)
        run->value[i] = NAN;
    run->value[FIGURE_THROUGHPUT] = rps;
    run->value[FIGURE_P99] = p99_us;
    run->value[FIGURE_CPU] = cpu_us;
    run->value[FIGURE_FAILED] = 0;
    run->value[FIGURE_MEMORY] = 8 << 20;
    return run;
}

/* The last `count` repeats of a model could not be run. */
static inline void fixture_unrun(struct compare_workload *workload, unsigned model, size_t count)
{
    struct compare_result *result = &workload->results[model];
    size_t i;

    for (i = result->run_count - count; i < result->run_count; i++) {
        result->runs[i].ran = false;
        snprintf(result->runs[i].trouble, sizeof result->runs[i].trouble, "concurd was killed by signal 11");
    }
}

/* Three repeats around those figures, each two per cent from the middle. */
static inline void fixture_runs(struct compare_workload *workload, unsigned model, double rps, double p99_us,
                                double cpu_us)
{
    fixture_run(workload, model, rps, p99_us, cpu_us);
    fixture_run(workload, model, rps * 0.98, p99_us * 0.98, cpu_us * 0.98);
    fixture_run(workload, model, rps * 1.02, p99_us * 1.02, cpu_us * 1.02);
}

static inline void fixture_judge(struct fixture *fixture, struct compare_workload *workload)
{
    unsigned i;

    for (i = 0; i < fixture->report.model_count; i++)
        outcome_sum_up(&workload->results[i]);
    verdict_make(workload, fixture->report.model_count);
}

/* Who is best, as letters: "ac". */
static inline void fixture_expect_best(const struct compare_workload *workload, const char *letters)
{
    char found[MODELS_MOST + 1];
    size_t i, length = 0;

    for (i = 0; i < MODELS_MOST; i++) {
        if (workload->verdict.best[i])
            found[length++] = (char)('a' + (int)i);
    }
    found[length] = '\0';
    assert_string_equal(found, letters);
    assert_int_equal(workload->verdict.best_count, length);
}

static inline void fixture_says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL)
        fail_msg("'%s' is not in '%s'", words, text);
}

#endif
