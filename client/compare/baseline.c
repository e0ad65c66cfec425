/* SPDX-License-Identifier: Apache-2.0
 *
 * What got better or worse since an older report. Hundreds of figures are compared here at once, so what counts as a
 * difference between two models would find some that are none: a change must be twice as large, and the ranges must
 * stay apart when each is widened by half of itself to either side. The file may have been made by anybody: its shape is
 * checked as a whole before anything is run, and nothing of it is used but numbers and names. Runs in the main thread. */
#include "client/compare/baseline.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "client/compare/busy.h"

#define FILE_BYTES_MOST (64 << 20)
#define AMOUNT_MOST     1e15 /* no figure is as large: a petabyte, thirty years in microseconds */
#define STRICTER        2.0
#define WIDENED         0.5 /* of a range, to either side */

struct baseline {
    json_t *root;
    const char *path; /* the caller's */
};

/* What is compared; the rest moves with these, or more than it means. */
static const enum figure compared_figures[] = {FIGURE_THROUGHPUT,  FIGURE_P50,   FIGURE_P99,
                                               FIGURE_WATCHED_P99, FIGURE_CPU,   FIGURE_MEMORY,
                                               FIGURE_FAILED,      FIGURE_OUTAGE};

#define COMPARED (sizeof compared_figures / sizeof compared_figures[0])

/* --- is it a report? ------------------------------------------------------------------------------------------------ */

static bool is_amount(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) >= 0 && json_number_value(value) <= AMOUNT_MOST;
}

/* [least, most] around the median; both null when nothing is known. */
static bool is_figure(const json_t *median, const json_t *range, size_t repeats)
{
    if (json_is_null(median) && json_is_null(range))
        return true;
    return repeats > 0 && is_amount(median) && json_array_size(range) == 2 &&
           is_amount(json_array_get(range, 0)) && is_amount(json_array_get(range, 1)) &&
           json_number_value(json_array_get(range, 0)) <= json_number_value(median) &&
           json_number_value(median) <= json_number_value(json_array_get(range, 1));
}

/* As many as there can be, each a run; and without any there is no median. */
static bool are_repeats(const json_t *repeats)
{
    size_t i;

    if (!json_is_array(repeats) || json_array_size(repeats) > REPEATS_MOST)
        return false;
    for (i = 0; i < json_array_size(repeats); i++) {
        if (!json_is_boolean(json_object_get(json_array_get(repeats, i), "ran")))
            return false;
    }
    return true;
}

static bool is_result(const json_t *result)
{
    const json_t *repeats = json_object_get(result, "repeats");
    size_t i;

    if (!json_is_string(json_object_get(result, "model")) || !are_repeats(repeats))
        return false;
    for (i = 0; i < COMPARED; i++) {
        const char *name = figure_rows[compared_figures[i]].name;

        if (!is_figure(json_object_get(json_object_get(result, "median"), name),
                       json_object_get(json_object_get(result, "range"), name), json_array_size(repeats)))
            return false;
    }
    return true;
}

static bool is_workload(const json_t *workload)
{
    const json_t *results = json_object_get(workload, "results");
    size_t i;

    if (!json_is_string(json_object_get(workload, "name")) ||
        !json_is_string(json_object_get(workload, "command")) || !json_is_array(results))
        return false;
    for (i = 0; i < json_array_size(results); i++) {
        if (!is_result(json_array_get(results, i)))
            return false;
    }
    return true;
}

static int check(const json_t *root, const char *path, struct error *error)
{
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const json_t *workloads = json_object_get(root, "workloads");
    size_t i;

    if (schema == NULL || strcmp(schema, "concur.compare/1") != 0)
        return error_set(error, "%s is no report of 'concur compare --json' (schema concur.compare/1)", path);
    if (!json_is_array(workloads))
        return error_set(error, "%s: there is no list of workloads in it", path);
    for (i = 0; i < json_array_size(workloads); i++) {
        if (!is_workload(json_array_get(workloads, i)))
            return error_set(error, "%s: its workload %zu is not as a report has it", path, i + 1);
    }
    return 0;
}

/* Nothing but a file is opened for good: a pipe would be waited for, and a device never ends. */
static FILE *open_file(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    FILE *file = NULL;

    if (fd < 0 || fstat(fd, &status) != 0)
        error_errno(error, "%s", path);
    else if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MOST)
        error_set(error, "%s: no file, or larger than any report", path);
    else if ((file = fdopen(fd, "r")) == NULL)
        error_errno(error, "%s", path);
    if (file == NULL && fd >= 0)
        close(fd);
    return file;
}

int baseline_load(struct baseline **made, const char *path, struct error *error)
{
    struct baseline *baseline = calloc(1, sizeof *baseline);
    json_error_t why;
    FILE *file;

    *made = NULL;
    if (baseline == NULL)
        return error_set(error, "out of memory");
    file = open_file(path, error);
    if (file != NULL) {
        baseline->root = json_loadf(file, JSON_REJECT_DUPLICATES, &why);
        if (baseline->root == NULL)
            error_set(error, "%s:%d: %s", path, why.line, why.text);
        fclose(file);
    }
    baseline->path = path;
    if (baseline->root == NULL || check(baseline->root, path, error) != 0) {
        baseline_free(&baseline);
        return -1;
    }
    *made = baseline;
    return 0;
}

void baseline_free(struct baseline **baseline)
{
    if (*baseline == NULL)
        return;
    json_decref((*baseline)->root);
    free(*baseline);
    *baseline = NULL;
}

/* --- finding ---------------------------------------------------------------------------------------------------------*/

/* The element of an array whose member `key` is that text, or NULL. */
static const json_t *find(const json_t *array, const char *key, const char *text)
{
    size_t i;

    for (i = 0; i < json_array_size(array); i++) {
        const json_t *element = json_array_get(array, i);

        if (strcmp(json_string_value(json_object_get(element, key)), text) == 0)
            return element;
    }
    return NULL;
}

static struct spread read_spread(const json_t *result, enum figure figure)
{
    const char *name = figure_rows[figure].name;
    const json_t *median = json_object_get(json_object_get(result, "median"), name);
    const json_t *range = json_object_get(json_object_get(result, "range"), name);

    if (json_is_null(median))
        return (struct spread){0};
    return (struct spread){.count = json_array_size(json_object_get(result, "repeats")),
                           .median = json_number_value(median),
                           .least = json_number_value(json_array_get(range, 0)),
                           .most = json_number_value(json_array_get(range, 1))};
}

/* --- comparing -------------------------------------------------------------------------------------------------------*/

static struct spread widened(const struct spread *spread)
{
    double more = (spread->most - spread->least) * WIDENED;

    return (struct spread){spread->count, spread->median, spread->least - more, spread->most + more};
}

static bool has_changed(enum figure figure, const struct spread *before, const struct spread *after)
{
    const struct figure_row *row = &figure_rows[figure];
    struct spread old = widened(before), new = widened(after);

    return spread_differ(&old, &new, row->least_share * STRICTER, row->least_step * STRICTER);
}

static void compare_figure(struct compare_report *report, const struct compare_workload *workload,
                           const struct compare_result *result, const json_t *old, enum figure figure)
{
    struct compare_baseline *out = &report->baseline;
    struct spread before = read_spread(old, figure);
    const struct spread *after = &result->spread[figure];
    bool limited = result->limited_by_client || json_is_true(json_object_get(old, "limited_by_client"));
    bool better = (after->median > before.median) == figure_rows[figure].more_is_better;

    if (before.count == 0 || after->count == 0 || (figure == FIGURE_THROUGHPUT && limited))
        return;
    if (result->suspect || json_is_true(json_object_get(old, "suspect"))) {
        out->suspect++;
        return;
    }
    out->compared++;
    if (!has_changed(figure, &before, after))
        return;
    out->changed++;
    out->worse += !better;
    if (out->change_count == CHANGES_MOST)
        return;
    out->changes[out->change_count++] = (struct compare_change){
        .workload = workload->workload,
        .model = result->model,
        .figure = figure,
        .before = before,
        .after = *after,
        .better = better,
    };
}

static void compare_workload(struct compare_report *report, const struct compare_workload *workload,
                             const json_t *old)
{
    unsigned i;
    size_t j;

    for (i = 0; i < report->model_count; i++) {
        const struct compare_result *result = &workload->results[i];
        const json_t *old_result = find(json_object_get(old, "results"), "model", result->model->name);

        for (j = 0; j < COMPARED && old_result != NULL && result->state == COMPARE_DONE; j++)
            compare_figure(report, workload, result, old_result, compared_figures[j]);
    }
}

static bool differs(const json_t *object, const char *key, uint64_t now)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) && (uint64_t)json_integer_value(value) != now;
}

/* The length of a run: null when it was what there was time for. */
static bool durations_differ(const json_t *config, uint64_t now_us)
{
    const json_t *value = json_object_get(config, "duration_s");

    if (value == NULL)
        return false; /* nothing is said of it */
    return json_is_number(value) ? fabs(json_number_value(value) * 1e6 - (double)now_us) > 1 : now_us != 0;
}

static void say(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends to a remark. */
static void say(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, RESULT_TEXT_BYTES - used, format, arguments);
    va_end(arguments);
}

static void remark_settings(const struct baseline *baseline, const struct compare_settings *settings,
                            char *text)
{
    const json_t *config = json_object_get(baseline->root, "config");
    const struct {
        const char *name;
        bool differs;
    } rows[] = {
        {"connections", differs(config, "connections", settings->connections)},
        {"threads", differs(config, "threads", settings->threads)},
        {"repeats", differs(config, "repeats", settings->repeats)},
        {"duration", durations_differ(config, settings->duration_us)},
        {"seed", differs(baseline->root, "seed", settings->seed)},
        {"--quick", json_is_true(json_object_get(config, "quick")) != settings->quick},
        {"--pin", json_is_true(json_object_get(config, "pin")) != settings->pin},
        {"--tls", json_is_true(json_object_get(config, "tls")) != settings->tls.tls},
    };
    const char *before = "with other settings (";
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!rows[i].differs)
            continue;
        say(text, "%s%s%s", text[0] != '\0' && before[0] == 'w' ? "; " : "", before, rows[i].name);
        before = ", ";
    }
    if (before[0] == ',')
        say(text, ")");
}

static void remark_host(const struct baseline *baseline, const struct host *host, char *text)
{
    const json_t *old = json_object_get(baseline->root, "host");
    const char *cpu = json_string_value(json_object_get(old, "cpu"));
    const char *version = json_string_value(json_object_get(old, "version"));
    double busy = json_number_value(json_object_get(baseline->root, "busy_before"));

    if ((cpu != NULL && strcmp(cpu, host->cpu) != 0) || differs(old, "cores", host->cores))
        say(text, "on another kind of machine");
    if (version != NULL && strcmp(version, "concur " PACKAGE_VERSION) != 0)
        say(text, "%sby another version of concur", text[0] != '\0' ? "; " : "");
    if (isfinite(busy) && busy > BUSY_MOST)
        say(text, "%son a busy machine (%.0f%%)", text[0] != '\0' ? "; " : "", fmin(busy, 1) * 100);
}

/* What makes the two worth less than they seem. */
static void remark(const struct baseline *baseline, struct compare_report *report)
{
    char text[RESULT_TEXT_BYTES] = "";

    remark_host(baseline, &report->host, text);
    remark_settings(baseline, report->settings, text);
    if (text[0] != '\0')
        say(report->baseline.remark, "it was measured %.400s", text);
}

/* The old one has no such workload, or sent something else in it. */
static void remark_missing(struct compare_report *report, const struct workload *workload, bool first)
{
    say(report->baseline.remark, "%s%s",
        !first                               ? ", "
        : report->baseline.remark[0] != '\0' ? "; it has nothing to compare with "
                                             : "it has nothing to compare with ",
        workload->name);
}

static bool sends_the_same(const struct workload *workload, const json_t *old)
{
    struct buffer command = {0};
    bool same = workload_describe(workload, &command) == 0 &&
                strcmp(json_string_value(json_object_get(old, "command")), buffer_head(&command)) == 0;

    buffer_free(&command);
    return same;
}

void baseline_compare(const struct baseline *baseline, struct compare_report *report)
{
    const json_t *workloads = json_object_get(baseline->root, "workloads");
    unsigned i, missing = 0;

    report->baseline = (struct compare_baseline){.file = baseline->path};
    remark(baseline, report);
    for (i = 0; i < report->workload_count; i++) {
        const struct compare_workload *workload = &report->workloads[i];
        const json_t *old = find(workloads, "name", workload->workload->name);

        if (old != NULL && sends_the_same(workload->workload, old)) {
            compare_workload(report, workload, old);
            continue;
        }
        remark_missing(report, workload->workload, missing == 0);
        missing++;
    }
}

bool baseline_is_worse(const struct compare_report *report)
{
    return report->baseline.worse > 0;
}
