/* SPDX-License-Identifier: Apache-2.0
 *
 * `concur compare`: which concurrency model suits which work, on this machine. Options in; rounds of runs; verdicts and
 * a recommendation; reports out, and the exit code that says how it went. Runs in the main thread. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/compare/baseline.h"
#include "client/compare/busy.h"
#include "client/compare/interrupt.h"
#include "client/compare/recommend.h"
#include "client/compare/report.h"
#include "client/compare/rounds.h"
#include "client/compare/sweep.h"
#include "client/compare/outcome.h"
#include "client/load/work.h"
#include "client/outfile.h"
#include "client/typed.h"
#include "client/verb.h"
#include "common/buffer.h"
#include "common/clock.h"

static const struct option_table *const tables[] = {&compare_options, &target_tls_options, NULL};

/* What the command line says, put together; and all that came out of it. */
struct comparison {
    struct compare_settings settings;
    char *model_list;          /* a copy that is cut into words */
    struct buffer work;        /* the user's own command, as a mix has it */
    struct baseline *baseline; /* NULL: none */
    struct measure measure;
    struct compare_report report;
};

/* --- what to compare ----------------------------------------------------------------------------------------------- */

static int add_models(struct comparison *comparison, struct error *error)
{
    struct compare_report *report = &comparison->report;
    const struct compare_settings *settings = &comparison->settings;
    unsigned i;

    if (settings->models != NULL) {
        comparison->model_list = strdup(settings->models);
        if (comparison->model_list == NULL)
            return error_set(error, "out of memory");
    }
    if ((settings->models != NULL || settings->targets.count == 0) &&
        model_add_list(report->models, &report->model_count, comparison->model_list, error) != 0)
        return -1;
    for (i = 0; i < settings->targets.count; i++) {
        if (model_add_target(report->models, &report->model_count, settings->targets.text[i], &settings->tls,
                             error) != 0)
            return -1;
    }
    return 0;
}

/* A word as a mix reads it: in quotes, so that blanks, commas and colons are its own. */
static int quote_word(struct buffer *text, const char *word)
{
    if (word[0] != '\0' && strcspn(word, " \t,:\"'\\") == strlen(word))
        return buffer_append(text, word, strlen(word));
    if (buffer_append(text, "\"", 1) != 0)
        return -1;
    for (; *word != '\0'; word++) {
        if (((*word == '"' || *word == '\\') && buffer_append(text, "\\", 1) != 0) ||
            buffer_append(text, word, 1) != 0)
            return -1;
    }
    return buffer_append(text, "\"", 1);
}

/* The daemon would refuse a wrong one in every run. */
static int check_shape(const char *shape, struct error *error)
{
    struct mix mix = {0};
    int status = work_add(&mix, shape, error);

    mix_clear(&mix);
    return status;
}

static int add_own(struct comparison *comparison, const struct option_words *words, struct error *error)
{
    struct compare_report *report = &comparison->report;
    const char *shape = comparison->settings.work;
    struct buffer *text = &comparison->work;
    int i, status = 0;

    if (words->count > 0 && (shape != NULL || !words->separated))
        return error_set(error, shape != NULL ? "either --work or a command" : "put '--' before the command");
    if (words->count == 0 && shape == NULL)
        return 0;
    if (shape != NULL && check_shape(shape, error) != 0)
        return -1;
    if (shape != NULL)
        status = buffer_printf(text, "WORK %s", shape);
    for (i = 0; i < words->count && status == 0; i++) {
        if (i > 0)
            status = buffer_append(text, " ", 1);
        if (status == 0)
            status = quote_word(text, words->words[i]);
    }
    if (status != 0 || buffer_append(text, "", 1) != 0)
        return error_set(error, "out of memory");
    if (workload_add_own(report->shapes, &report->workload_count, buffer_head(text), error) != 0)
        return -1;
    if (shape == NULL) {
        report->shapes[report->workload_count - 1].title = "Your own command";
        report->shapes[report->workload_count - 1].shows = "The command that you gave.";
    }
    return 0;
}

static int add_workloads(struct comparison *comparison, const struct option_words *words, struct error *error)
{
    struct compare_report *report = &comparison->report;
    const char *list = comparison->settings.workloads;
    unsigned i;

    if (add_own(comparison, words, error) != 0)
        return -1;
    if (list != NULL && strcmp(list, "none") == 0 && report->workload_count == 0)
        return error_set(error, "--workloads none needs --work, or a command");
    if ((list == NULL || strcmp(list, "none") != 0) &&
        workload_add_list(report->shapes, &report->workload_count, list, error) != 0)
        return -1;
    for (i = 0; i < report->workload_count; i++)
        report->workloads[i].workload = &report->shapes[i];
    return 0;
}

/* All that can be found out to be wrong with files before minutes are spent. */
static int check_files(struct comparison *comparison, struct error *error)
{
    const struct compare_settings *settings = &comparison->settings;
    const char *json = settings->json_file, *html = settings->html_file;
    unsigned i;

    for (i = 0; i < comparison->report.model_count; i++) {
        const char *file = comparison->report.models[i].file;

        if (file != NULL && access(file, R_OK) != 0)
            return error_errno(error, "--models: %s", file);
    }

    if (json != NULL && html != NULL && outfile_is_same(json, html))
        return error_set(error, "--json and --html can't both go to %s",
                         strcmp(json, "-") == 0 ? "stdout" : json);
    if (json != NULL && outfile_check(json, error) != 0)
        return error_prefix(error, "--json");
    if (html != NULL && outfile_check(html, error) != 0)
        return error_prefix(error, "--html");
    if (settings->baseline_file == NULL)
        return 0;
    return baseline_load(&comparison->baseline, settings->baseline_file, error);
}

static int prepare(struct comparison *comparison, const struct option_words *words, struct error *error)
{
    struct compare_report *report = &comparison->report;

    report->settings = &comparison->settings;
    if (compare_settings_complete(&comparison->settings, error) != 0 || add_models(comparison, error) != 0 ||
        add_workloads(comparison, words, error) != 0)
        return -1;
    if (comparison->settings.rate_sweep && sweep_check(report, error) != 0)
        return -1;
    if (check_files(comparison, error) != 0)
        return -1;
    unsetenv("CONCUR_PASSWORD"); /* the targets have it; private daemons have no users */
    host_read(&report->host);
    host_time(clock_wall_us(), report->started);
    return measure_begin(&comparison->measure, &comparison->settings, report->models, report->model_count,
                         error);
}

/* --- how it went --------------------------------------------------------------------------------------------------- */

static enum exit_code judge_result(const struct compare_result *result, bool crashes)
{
    size_t i;

    if (result->state == COMPARE_FAILED ||
        (result->state == COMPARE_DONE && outcome_is_troubled(result, crashes)))
        return EXIT_FAILED;
    for (i = 0; i < result->run_count; i++) {
        if (result->runs[i].killed)
            return EXIT_FAILED;
    }
    return EXIT_FINE;
}

/* Whether nothing was ever reached: a server that refuses every request was, one that died or hung under the load was,
 * and what makes no sense was not tried. */
static bool is_nobody_there(const struct compare_report *report)
{
    bool tried = false;
    unsigned i, j;
    size_t k;

    for (i = 0; i < report->workload_count; i++) {
        for (j = 0; j < report->model_count; j++) {
            const struct compare_result *result = &report->workloads[i].results[j];

            tried = tried || result->state == COMPARE_FAILED;
            for (k = 0; k < result->run_count; k++) {
                if (result->runs[k].ok + result->runs[k].error_replies > 0)
                    return false;
            }
        }
    }
    return tried;
}

static enum exit_code judge(const struct compare_report *report)
{
    enum exit_code code = EXIT_FINE;
    bool any = false;
    unsigned i, j;

    for (i = 0; i < report->workload_count; i++) {
        const struct compare_workload *workload = &report->workloads[i];

        if (workload->verdict.suspect && code == EXIT_FINE)
            code = EXIT_SUSPECT;
        for (j = 0; j < report->model_count; j++) {
            any = any || workload->results[j].state == COMPARE_DONE;
            if (judge_result(&workload->results[j], workload->workload->crashes) != EXIT_FINE)
                code = EXIT_FAILED;
        }
    }
    for (i = 0; i < report->model_count && report->sweeps != NULL; i++) {
        if (report->sweeps[i].unclear && code == EXIT_FINE)
            code = EXIT_SUSPECT;
    }
    if (baseline_is_worse(report))
        code = EXIT_FAILED;
    if (any || report->interrupted)
        return code;
    return is_nobody_there(report) ? EXIT_NO_CONNECTION : EXIT_FAILED;
}

static bool is_stdout(const char *file)
{
    return file != NULL && strcmp(file, "-") == 0;
}

/* Of a full disk we hear by the last flush at the latest. */
static bool is_written(FILE *out)
{
    return fflush(out) == 0 && !ferror(out);
}

static enum exit_code show(const struct verb *verb, const struct compare_report *report)
{
    const struct compare_settings *settings = report->settings;
    bool on_stdout = is_stdout(settings->json_file) || is_stdout(settings->html_file);
    struct error error;
    bool complete;

    compare_report_table(report, on_stdout ? stderr : stdout);
    complete = on_stdout || is_written(stdout);
    if (settings->json_file != NULL && compare_report_json(report, settings->json_file, &error) != 0)
        return verb_fail(verb, EXIT_FAILED, error.text);
    if (settings->html_file != NULL && compare_report_html(report, settings->html_file, &error) != 0)
        return verb_fail(verb, EXIT_FAILED, error.text);
    return complete ? judge(report)
                    : verb_fail(verb, EXIT_FAILED, "the table could not be written to stdout");
}

static enum exit_code compare(const struct verb *verb, struct comparison *comparison)
{
    struct compare_report *report = &comparison->report;
    struct error error;

    report->began_us = clock_now_us();
    interrupt_block();
    report->busy_before = busy_share();
    if (rounds_probe(&comparison->measure, report, &error) != 0)
        return verb_fail(verb, EXIT_FAILED, error.text);
    if (rounds_run(&comparison->measure, report, &error) != 0)
        return verb_fail(verb, EXIT_FAILED, error.text);
    if (comparison->settings.rate_sweep && !report->interrupted &&
        sweep_run(&comparison->measure, report, &error) != 0)
        return verb_fail(verb, EXIT_FAILED, error.text);
    recommend(report);
    if (comparison->baseline != NULL)
        baseline_compare(comparison->baseline, report);
    report->took_s = (double)(clock_now_us() - report->began_us) / 1e6;
    return show(verb, report);
}

static enum exit_code list(const struct verb *verb)
{
    printf("Models:\n");
    model_print_list(stdout);
    printf("\nWorkloads:\n");
    workload_print_list(stdout);
    return is_written(stdout) ? EXIT_FINE
                              : verb_fail(verb, EXIT_FAILED, "the list could not be written to stdout");
}

static enum exit_code run(const struct verb *verb, int argc, char **argv)
{
    struct comparison *comparison = calloc(1, sizeof *comparison);
    char *typed = typed_line(verb->name, argc, argv);
    struct option_words words;
    struct error error;
    enum exit_code code;

    if (comparison == NULL || typed == NULL) {
        free(typed);
        free(comparison);
        return verb_fail(verb, EXIT_FAILED, "out of memory");
    }
    comparison->settings = (struct compare_settings)COMPARE_SETTINGS_DEFAULT;
    comparison->settings.command_line = typed;
    if (verb_parse(verb, (void *[]){&comparison->settings, &comparison->settings.tls}, argc, argv, &words,
                   &code)) {
        if (comparison->settings.list)
            code = list(verb);
        else if (prepare(comparison, &words, &error) != 0)
            code = verb_fail(verb, EXIT_USAGE, error.text);
        else
            code = compare(verb, comparison);
    }
    measure_end(&comparison->measure);
    compare_report_clear(&comparison->report);
    baseline_free(&comparison->baseline);
    buffer_free(&comparison->work);
    free(comparison->model_list);
    free(comparison);
    free(typed);
    return code;
}

const struct verb compare_verb = {
    .name = "compare",
    .arguments = "[OPTION...] [-- COMMAND [ARG...]]",
    .summary = "put every concurrency model under the same work and compare them",
    .details =
        "Starts a private daemon for every run, one per model, puts the same load on each, repeats "
        "interleaved, and\n"
        "says per workload who is best and why, and at the end whom to choose and what choosing "
        "otherwise would\n"
        "cost. --work, or a command, is compared first, before the workloads of --list. A difference "
        "counts when\n"
        "the ranges of the repeats do not overlap. INT or TERM end it early, with the report of what "
        "there is.\n\n"
        "Exit: 0 fine, 1 a model could not be run (every time) or failed requests, or all were left out, "
        "or your\n"
        "command is refused, or something is worse than the baseline, 2 wrong usage, 3 nobody could be "
        "reached,\n"
        "4 a verdict rests on suspect runs, or where the SLO breaks can't be told.",
    .tables = tables,
    .order = OPTIONS_FIRST,
    .run = run,
};
