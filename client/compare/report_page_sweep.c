/* SPDX-License-Identifier: Apache-2.0
 *
 * The sweep on a comparison's page: latency by rate, a curve per model in the model's colour, and the highest rate that
 * keeps the SLO. Runs in the main thread. */
#include "client/compare/report_page.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client/chart/chart.h"
#include "client/load/text.h"

static const char *rate_text(const struct compare_sweep *sweep, char *text)
{
    char rate[TEXT_BYTES];

    if (isnan(sweep->slo_rps))
        snprintf(text, TEXT_BYTES, sweep->unclear ? "?" : "-");
    else if (sweep->slo_rps <= 0)
        snprintf(text, TEXT_BYTES, "none");
    else
        snprintf(text, TEXT_BYTES, "%s%s/s", sweep->or_more ? "at least " : "",
                 text_count((uint64_t)(sweep->slo_rps + 0.5), rate));
    return text;
}

static void write_best_rates(struct page *page, const struct compare_report *report)
{
    static const struct page_column columns[] = {{"", false}, {"", true}, {"", false}};
    const struct slo *slo = &report->settings->slo;
    char limit[MEASURE_TEXT_BYTES], caption[200], text[TEXT_BYTES];
    unsigned i;

    snprintf(caption, sizeof caption, "The highest rate that keeps %s below %s", slo->name,
             measure_text(MEASURE_TIME_US, slo->limit_us, limit));
    page_begin_table(page, caption, columns, 3);
    for (i = 0; i < report->model_count; i++) {
        page_cell(page, "%s", report->sweeps[i].model->name);
        page_cell(page, "%s", rate_text(&report->sweeps[i], text));
        page_cell_toned(page, PAGE_QUIET, "%s", report->sweeps[i].trouble);
    }
    page_end_table(page);
}

/* One of the latencies by rate. */
static void draw_sweep(struct page *page, const struct compare_report *report, const char *title,
                       size_t latency, bool limited, struct chart_point *points)
{
    const struct slo *slo = &report->settings->slo;
    struct chart_series series[MODELS_MOST];
    bool doubtful[MODELS_MOST][SWEEP_POINTS_MOST];
    struct chart_limit limit = {report->settings->slo_text, slo->limit_us, false};
    struct chart_lines chart = {.title = title,
                                .description = "By the rate that was asked for. A hollow mark: the client "
                                               "was late by its own fault there, so the "
                                               "figure is not the server's alone.",
                                .x = {AXIS_LOG, MEASURE_COUNT, "requests a second", false},
                                .y = {AXIS_LOG, MEASURE_TIME_US, "latency", false},
                                .series = series,
                                .series_count = report->model_count,
                                .limits = &limit,
                                .limit_count = limited ? 1 : 0};
    unsigned i;
    size_t j;

    for (i = 0; i < report->model_count; i++) {
        const struct compare_sweep *sweep = &report->sweeps[i];
        struct chart_point *own = points + (size_t)i * SWEEP_POINTS_MOST;

        for (j = 0; j < sweep->point_count; j++) {
            const struct sweep_point *point = &sweep->points[j];

            own[j] = (struct chart_point){point->rate_rps, *(const double *)((const char *)point + latency)};
            doubtful[i][j] = point->suspect;
        }
        series[i] = (struct chart_series){sweep->model->name, own, sweep->point_count, i, true, doubtful[i]};
    }
    chart_lines(page, &chart);
}

static void write_points(struct page *page, const struct compare_report *report)
{
    static const struct page_column columns[] = {{"model", false}, {"asked for", true}, {"achieved", true},
                                                 {"p50", true},    {"p99", true},       {"p99.9", true}};
    char text[MEASURE_TEXT_BYTES];
    unsigned i;
    size_t j;

    page_begin_details(page, "The figures behind the curves");
    page_begin_table(page, "Medians of the repeats", columns, 6);
    for (i = 0; i < report->model_count; i++) {
        for (j = 0; j < report->sweeps[i].point_count; j++) {
            const struct sweep_point *point = &report->sweeps[i].points[j];

            page_cell(page, "%s%s", report->sweeps[i].model->name, point->suspect ? " (client late)" : "");
            page_cell(page, "%s", text_count((uint64_t)(point->rate_rps + 0.5), text));
            page_cell(page, "%s", text_count((uint64_t)(point->achieved_rps + 0.5), text));
            page_cell(page, "%s", measure_text(MEASURE_TIME_US, point->p50_us, text));
            page_cell(page, "%s", measure_text(MEASURE_TIME_US, point->p99_us, text));
            page_cell(page, "%s", measure_text(MEASURE_TIME_US, point->p999_us, text));
        }
    }
    page_end_table(page);
    page_end_details(page);
}

int page_sweep(struct page *page, const struct compare_report *report)
{
    const struct slo *slo = &report->settings->slo;
    char command[RESULT_TEXT_BYTES];
    struct chart_point *points;

    if (report->sweeps == NULL)
        return 0;
    points = calloc((size_t)report->model_count * SWEEP_POINTS_MOST, sizeof *points);
    if (points == NULL)
        return -1;
    page_begin_section(page, "Latency by rate");
    page_code(page, workload_headline(report->swept, command, sizeof command));
    if (slo->given)
        write_best_rates(page, report);
    draw_sweep(page, report, "p99 by rate", offsetof(struct sweep_point, p99_us),
               slo->given && strcmp(slo->name, "p99") == 0, points);
    draw_sweep(page, report, "p50 by rate", offsetof(struct sweep_point, p50_us),
               slo->given && strcmp(slo->name, "p50") == 0, points);
    write_points(page, report);
    free(points);
    return 0;
}
