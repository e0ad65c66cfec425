/* SPDX-License-Identifier: Apache-2.0
 *
 * Workloads on a comparison's page. Each workload has two small pictures: what comes out of it and how long
 * it takes, or what its verdict rests on where that says more. A model has one colour on the whole page. Runs in the
 * main thread. */
#include "client/compare/report_page.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "client/chart/chart.h"
#include "client/load/text.h"

#define COLUMNS   9
#define FAR_APART 8.0 /* values that are more times apart than that are shown on a log scale */

/* --- figures ------------------------------------------------------------------------------------------------------- */

static enum measure measure_of(enum figure figure)
{
    static const enum measure measures[] = {
        [UNIT_RATE] = MEASURE_COUNT,  [UNIT_TIME_US] = MEASURE_TIME_US, [UNIT_COUNT] = MEASURE_NUMBER,
        [UNIT_BYTES] = MEASURE_BYTES, [UNIT_SHARE] = MEASURE_SHARE,
    };

    return measures[figure_rows[figure].unit];
}

/* Rates in full: they are compared digit by digit. */
const char *page_value(enum figure figure, double value, char *text)
{
    if (figure_rows[figure].unit == UNIT_RATE && value >= 99.5)
        return text_count((uint64_t)(value + 0.5), text);
    return measure_text(measure_of(figure), value, text);
}

const char *page_sentence(const char *sentence, char *text, size_t size)
{
    size_t used = 0;

    while (*sentence != '\0' && used + 3 < size) {
        bool unit = used > 1 && isdigit((unsigned char)text[used - 2]) && text[used - 1] == ' ' &&
                    strncmp(sentence, "us", 2) == 0 && !isalnum((unsigned char)sentence[2]);

        if (unit)
            text[used++] = "\u00b5"[0];
        text[used++] = unit ? "\u00b5"[1] : *sentence;
        sentence++;
    }
    text[used] = '\0';
    return text;
}

static double median_of(const struct compare_result *result, enum figure figure)
{
    return result->state == COMPARE_DONE && result->spread[figure].count > 0 ? result->spread[figure].median
                                                                             : NAN;
}

static bool has_watched(const struct workload *workload)
{
    unsigned i;

    for (i = 0; i < workload->command_count; i++) {
        if (workload->commands[i].watched)
            return true;
    }
    return false;
}

/* --- pictures ------------------------------------------------------------------------------------------------------ */

static const char *why_not(const struct compare_result *result)
{
    return result->state == COMPARE_LEFT_OUT ? "left out"
           : result->state == COMPARE_FAILED ? "failed"
           : result->state == COMPARE_DONE   ? "unknown"
                                             : "not reached";
}

/* Times are on a log scale where one could not see the short ones else; all else has bars from zero. */
static enum axis_scale scale_for(enum figure figure, const struct chart_range *ranges, unsigned count)
{
    double least = INFINITY, most = 0;
    unsigned i;

    if (figure_rows[figure].unit != UNIT_TIME_US)
        return AXIS_LINEAR;

    for (i = 0; i < count; i++) {
        if (isnan(ranges[i].median))
            continue;
        least = fmin(least, ranges[i].least);
        most = fmax(most, ranges[i].most);
    }
    return least > 0 && most > least * FAR_APART ? AXIS_LOG : AXIS_LINEAR;
}

static void draw_figure(struct page *page, const struct compare_report *report,
                        const struct compare_workload *workload, enum figure figure)
{
    struct chart_range ranges[MODELS_MOST];
    struct chart_ranges chart = {.axis = {AXIS_LINEAR, measure_of(figure), figure_rows[figure].title, true},
                                 .ranges = ranges,
                                 .count = report->model_count,
                                 .more_is_better = figure_rows[figure].more_is_better};
    bool decides = !workload->verdict.no_difference && workload->verdict.decided_by == figure;
    char title[100];
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        const struct compare_result *result = &workload->results[i];
        const struct spread *spread = &result->spread[figure];

        ranges[i] = (struct chart_range){.name = report->models[i].name,
                                         .median = median_of(result, figure),
                                         .least = spread->least,
                                         .most = spread->most,
                                         .colour = i,
                                         .best = workload->verdict.best[i] && decides,
                                         .note = isnan(median_of(result, figure)) ? why_not(result) : NULL};
    }
    chart.axis.scale = scale_for(figure, ranges, report->model_count);
    snprintf(title, sizeof title, "%s", figure_rows[figure].words);
    if (islower((unsigned char)title[0]) && islower((unsigned char)title[1])) /* but not "p99" */
        title[0] = (char)toupper((unsigned char)title[0]);
    chart.title = title;
    chart_ranges(page, &chart);
}

/* The two figures that show most: of a fixed rate the throughput says nothing. */
static void draw_figures(struct page *page, const struct compare_report *report,
                         const struct compare_workload *workload)
{
    const struct workload *work = workload->workload;
    enum figure first = FIGURE_THROUGHPUT, second = FIGURE_P99;

    if (has_watched(work)) {
        first = FIGURE_WATCHED_P50;
        second = FIGURE_WATCHED_P99;
    } else if (work->crashes) {
        first = FIGURE_LOST;
        second = FIGURE_OUTAGE;
    } else if (work->idle > 0) {
        second = FIGURE_MEMORY_PER_CON;
    } else if (work->rate_rps > 0) {
        first = FIGURE_P50;
    }
    page_begin_grid(page);
    draw_figure(page, report, workload, first);
    draw_figure(page, report, workload, second);
    page_end_grid(page);
}

/* --- tables -------------------------------------------------------------------------------------------------------- */

/* The same for all workloads, but for what only one of them has. */
static void choose_figures(const struct workload *workload, enum figure figures[COLUMNS])
{
    static const enum figure usual[COLUMNS] = {
        FIGURE_THROUGHPUT, FIGURE_P50,      FIGURE_P99,    FIGURE_P999,
        FIGURE_CPU,        FIGURE_SWITCHES, FIGURE_MEMORY, FIGURE_MEMORY_PER_CON,
        FIGURE_FAILED};

    memcpy(figures, usual, sizeof usual);
    if (has_watched(workload)) {
        figures[1] = FIGURE_WATCHED_P50;
        figures[2] = FIGURE_WATCHED_P99;
    }
    if (workload->crashes) {
        figures[3] = FIGURE_LOST;
        figures[5] = FIGURE_OUTAGE;
    }
}

static void write_medians(struct page *page, const struct compare_result *result, const enum figure *figures,
                          bool best)
{
    char text[MEASURE_TEXT_BYTES];
    unsigned i;

    page_cell_toned(page, best ? PAGE_GOOD : PAGE_PLAIN, "%s%s%s", result->model->name,
                    result->limited_by_client ? " *" : "", result->suspect ? " (suspect)" : "");
    for (i = 0; i < COLUMNS; i++) {
        double median = median_of(result, figures[i]);
        bool bad = figures[i] == FIGURE_FAILED && median > 0;

        page_cell_toned(page, bad ? PAGE_BAD : PAGE_PLAIN, "%s", page_value(figures[i], median, text));
    }
}

/* Both ends, with their unit once when it is the same. */
static void write_range(struct page *page, enum figure figure, const struct spread *spread)
{
    char least[MEASURE_TEXT_BYTES], most[MEASURE_TEXT_BYTES];
    char *unit, *unit_too;

    page_value(figure, spread->least, least);
    page_value(figure, spread->most, most);
    if (strcmp(least, most) == 0) {
        page_cell(page, "%s", least);
        return;
    }
    unit = strchr(least, ' ');
    unit_too = strchr(most, ' ');
    if (unit != NULL && unit_too != NULL && strcmp(unit, unit_too) == 0)
        *unit = '\0';
    page_cell(page, "%s \u2013 %s", least, most);
}

static void write_ranges(struct page *page, const struct compare_result *result, const enum figure *figures)
{
    unsigned i;

    page_cell(page, "%s", result->model->name);
    for (i = 0; i < COLUMNS; i++) {
        if (isnan(median_of(result, figures[i])))
            page_cell(page, "-");
        else
            write_range(page, figures[i], &result->spread[figures[i]]);
    }
}

static void begin_table(struct page *page, const char *caption, const enum figure *figures,
                        struct page_column columns[COLUMNS + 1])
{
    unsigned i;

    columns[0] = (struct page_column){"model", false};
    for (i = 0; i < COLUMNS; i++)
        columns[i + 1] = (struct page_column){figure_rows[figures[i]].title, true};
    page_begin_table(page, caption, columns, COLUMNS + 1);
}

static void write_tables(struct page *page, const struct compare_report *report,
                         const struct compare_workload *workload)
{
    const struct compare_verdict *verdict = &workload->verdict;
    struct page_column columns[COLUMNS + 1];
    enum figure figures[COLUMNS];
    unsigned i;

    choose_figures(workload->workload, figures);
    begin_table(page, "Medians of the repeats", figures, columns);
    for (i = 0; i < report->model_count; i++)
        write_medians(page, &workload->results[i], figures, verdict->best[i] && !verdict->no_difference);
    page_end_table(page);
    if (compare_repeats_of(report, workload) < 2)
        return;
    page_begin_details(page, "Ranges of the repeats");
    begin_table(page, "The lowest and the highest repeat", figures, columns);
    for (i = 0; i < report->model_count; i++)
        write_ranges(page, &workload->results[i], figures);
    page_end_table(page);
    page_end_details(page);
}

/* --- what must be said --------------------------------------------------------------------------------------------- */

static void write_troubles(struct page *page, const struct compare_result *result, bool crashes)
{
    char remark[RESULT_REMARK_BYTES], text[RESULT_REMARK_BYTES + 100], toll[RESULT_TOLL_BYTES];

    if (result->state == COMPARE_LEFT_OUT || result->state == COMPARE_FAILED)
        page_small(page, "%s %s: %s.", result->model->name, why_not(result), result->why);
    if (result->state != COMPARE_DONE)
        return;
    if (crashes)
        page_small(page, "%s: %s.", result->model->name, compare_toll(result, toll));
    if (compare_remark(result, crashes, remark)[0] != '\0')
        page_small(page, "%s: %s", result->model->name, page_sentence(remark, text, sizeof text));
}

/* Whether nobody has a result, all for the same reason: then there is nothing to draw, and it is said once. */
static const char *why_nobody(const struct compare_report *report, const struct compare_workload *workload)
{
    const struct compare_result *first = &workload->results[0];
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        const struct compare_result *result = &workload->results[i];

        if (result->state == COMPARE_DONE || result->state != first->state ||
            strcmp(result->why, first->why) != 0)
            return NULL;
    }
    return report->model_count > 0 ? first->why : NULL;
}

static void write_remarks(struct page *page, const struct compare_report *report,
                          const struct compare_workload *workload)
{
    bool limited = false;
    unsigned i;

    for (i = 0; i < report->model_count; i++) {
        limited = limited || workload->results[i].limited_by_client;
        write_troubles(page, &workload->results[i], workload->workload->crashes);
    }
    if (limited)
        page_small(page, "* The client was as busy as it could be: that model may be faster than this.");
}

static void write_command(struct page *page, const struct compare_report *report,
                          const struct compare_workload *measured)
{
    const struct workload *workload = measured->workload;
    uint64_t repeats = compare_repeats_of(report, measured);
    char command[RESULT_TEXT_BYTES], rate[100] = "", count[TEXT_BYTES];

    if (workload->rate_rps > 0)
        snprintf(rate, sizeof rate, ", in an open loop at %s/s",
                 text_count((uint64_t)workload->rate_rps, count));
    page_small(page, "Sent: %s%s%s%s; %llu repeat%s of %.3g s.",
               workload_headline(workload, command, sizeof command), rate,
               workload->idle > 0 ? ", beside idle connections" : "",
               workload->reconnect_every > 0 ? ", each over a connection of its own" : "",
               (unsigned long long)repeats, repeats == 1 ? "" : "s", (double)measured->duration_us / 1e6);
}

void page_workload(struct page *page, const struct compare_report *report, unsigned index)
{
    const struct compare_workload *workload = &report->workloads[index];
    const struct compare_verdict *verdict = &workload->verdict;
    const char *nobody = why_nobody(report, workload);
    char text[RESULT_LINE_BYTES + 100];

    page_begin_section(page, workload->workload->title);
    page_text(page, "%s", workload->workload->shows);
    write_command(page, report, workload);
    page_notice(page, verdict->suspect ? PAGE_BAD : PAGE_PLAIN,
                verdict->best_count == 0 ? "No verdict"
                : verdict->suspect       ? "Verdict, suspect"
                : verdict->no_difference ? (verdict->noisy ? "Too noisy to tell" : "No difference")
                                         : "Verdict",
                "%s", page_sentence(verdict->reason, text, sizeof text));
    if (nobody != NULL) {
        page_small(page, "All models were %s%s%s.", why_not(&workload->results[0]),
                   nobody[0] != '\0' ? ": " : "", nobody);
        return;
    }
    draw_figures(page, report, workload);
    write_tables(page, report, workload);
    write_remarks(page, report, workload);
}
