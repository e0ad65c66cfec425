/* SPDX-License-Identifier: Apache-2.0
 *
 * The charts of a load's page: out of histograms and seconds the points, and which line has which colour.
 * Latencies are on a log scale, as what matters of them lies decades apart; rates begin at zero. Runs in the
 * main thread. */
#include "client/load/report_charts.h"

#include <math.h>
#include <stdlib.h>

#include "client/load/percentiles.h"

#define TICKS       10 /* points for each halving of what is left */
#define NANO_IN_US  1e3
#define SERIES_MOST CHART_COLOURS
#define MARKED_MOST 30 /* seconds of a line whose points are marked */

static const struct axis percentile_axis = {AXIS_PERCENTILE, MEASURE_SHARE, "percentile", false};
static const struct axis latency_axis = {AXIS_LOG, MEASURE_TIME_US, "time", false};
static const struct axis clock_axis = {AXIS_LINEAR, MEASURE_SECONDS, "since the beginning", true};

/* The points of one histogram. The longest of n stands at 1 - 1/n, where nothing shorter is left: 100% itself
 * has no place on the axis. Answers how many; SIZE_MAX when memory is short. */
static size_t make_percentiles(const struct histogram *histogram, struct chart_point **points)
{
    struct percentile *levels = calloc(PERCENTILES_MOST(TICKS), sizeof *levels);
    double longest = 1 - 1 / fmax((double)histogram_count(histogram), 1);
    size_t count, i;

    *points = calloc(PERCENTILES_MOST(TICKS), sizeof **points);
    if (levels == NULL || *points == NULL) {
        free(levels);
        return SIZE_MAX;
    }
    count = percentiles_of(histogram, TICKS, levels);
    for (i = 0; i < count; i++)
        (*points)[i] =
            (struct chart_point){fmin(levels[i].level, longest), (double)levels[i].value_ns / NANO_IN_US};
    free(levels);
    return count;
}

struct named_histogram {
    const char *name;
    const struct histogram *histogram;
};

static int chart_percentiles(struct page *page, const char *title, const char *description,
                             const struct named_histogram *rows, size_t count)
{
    struct chart_point *points[SERIES_MOST] = {NULL};
    struct chart_series series[SERIES_MOST];
    struct chart_lines chart = {.title = title,
                                .description = description,
                                .x = percentile_axis,
                                .y = latency_axis,
                                .series = series,
                                .series_count = count};
    int status = 0;
    size_t i;

    for (i = 0; i < count && status == 0; i++) {
        size_t of = make_percentiles(rows[i].histogram, &points[i]);

        series[i] = (struct chart_series){rows[i].name, points[i], of, (unsigned)i, false, NULL};
        status = of == SIZE_MAX ? -1 : 0;
    }
    if (status == 0)
        chart_lines(page, &chart);
    for (i = 0; i < count; i++)
        free(points[i]);
    return status;
}

/* In a closed loop without connections opened anew the two are the same. */
static bool are_the_same(const struct histogram *a, const struct histogram *b)
{
    return histogram_count(a) == histogram_count(b) && histogram_max_ns(a) == histogram_max_ns(b) &&
           histogram_mean_ns(a) == histogram_mean_ns(b);
}

int report_chart_percentiles(struct page *page, const struct load_result *result)
{
    const struct load_times *times = &result->times;
    const struct named_histogram rows[] = {
        {"latency", times->latency}, {"service", times->service}, {"send lag", times->send_lag}};

    if (result->target_rps == 0 && are_the_same(times->latency, times->service))
        return chart_percentiles(page, "Latency by percentile",
                                 "So large a part of the requests took at most so long.", rows, 1);
    return chart_percentiles(
        page, "Latency by percentile",
        "So large a part of the requests took at most so long. Where latency and service part, "
        "requests had to wait before they could be sent.",
        rows, result->target_rps > 0 ? 3 : 2);
}

int report_chart_commands(struct page *page, const struct load_result *result)
{
    struct named_histogram rows[SERIES_MOST];
    size_t count = result->command_count < SERIES_MOST ? result->command_count : SERIES_MOST;
    size_t i;

    for (i = 0; i < count; i++)
        rows[i] = (struct named_histogram){result->commands[i].text, result->commands[i].times.latency};
    return chart_percentiles(page, "Latency of each command",
                             count < result->command_count
                                 ? "Of the first commands of the mix; the table has all."
                                 : "Who of the mix waits for whom.",
                             rows, count);
}

/* The figures of a second. NAN: there is none. */
static double width(const struct load_second *second)
{
    return second->to_s > second->from_s ? second->to_s - second->from_s : NAN;
}

static double answered(const struct load_second *second)
{
    return (double)second->ok / width(second);
}

static double target(const struct load_second *second)
{
    return second->target_rps > 0 ? second->target_rps : NAN;
}

static double bad(const struct load_second *second)
{
    return (double)(second->failed + second->error_replies) / width(second);
}

static double in_us(uint64_t ns)
{
    return ns > 0 ? (double)ns / NANO_IN_US : NAN;
}

static double p50(const struct load_second *second)
{
    return in_us(second->latency_p50_ns);
}

static double p99(const struct load_second *second)
{
    return in_us(second->latency_p99_ns);
}

static double longest(const struct load_second *second)
{
    return in_us(second->latency_max_ns);
}

static double service_p99(const struct load_second *second)
{
    return in_us(second->service_p99_ns);
}

struct course_line {
    const char *name;
    double (*figure)(const struct load_second *second);
    unsigned colour;
    bool shown;
};

/* A second's figure stands in its middle. */
static void fill(const struct load_result *result, const struct course_line *line, struct chart_point *points)
{
    size_t i;

    for (i = 0; i < result->second_count; i++)
        points[i] = (struct chart_point){(result->seconds[i].from_s + result->seconds[i].to_s) / 2,
                                         line->figure(&result->seconds[i])};
}

static int chart_course(struct page *page, const struct load_result *result, const struct course_line *lines,
                        size_t count, struct chart_lines *chart)
{
    struct chart_point *points = calloc(count * result->second_count, sizeof *points);
    struct chart_series series[SERIES_MOST];
    size_t i;

    if (points == NULL)
        return -1;
    for (i = 0; i < count; i++) {
        struct chart_point *own = points + chart->series_count * result->second_count;

        if (!lines[i].shown)
            continue;
        fill(result, &lines[i], own);
        series[chart->series_count++] =
            (struct chart_series){lines[i].name,
                                  own,
                                  result->second_count,
                                  lines[i].colour,
                                  result->second_count <= MARKED_MOST && lines[i].figure != target,
                                  NULL};
    }
    chart->series = series;
    chart_lines(page, chart);
    free(points);
    return 0;
}

int report_chart_course(struct page *page, const struct load_result *result)
{
    bool open = result->target_rps > 0;
    const struct course_line rates[] = {
        {"target", target, 7, open},
        {"ok", answered, 0, true},
        {"failed or error replies", bad, 1, result->counts.failed + result->counts.error_replies > 0},
    };
    const struct course_line latencies[] = {
        {"max", longest, 3, true},
        {"p99", p99, 1, true},
        {"p99 of service", service_p99, 2, open},
        {"p50", p50, 0, true},
    };
    struct chart_lines throughput = {.title = "Throughput over time",
                                     .x = clock_axis,
                                     .y = {AXIS_LINEAR, MEASURE_COUNT, "requests a second", true}};
    struct chart_lines latency = {.title = "Latency over time",
                                  .description = "Of the requests that ended in each second.",
                                  .x = clock_axis,
                                  .y = latency_axis};

    if (chart_course(page, result, rates, sizeof rates / sizeof rates[0], &throughput) != 0)
        return -1;
    return chart_course(page, result, latencies, sizeof latencies / sizeof latencies[0], &latency);
}
