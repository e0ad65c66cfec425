/* SPDX-License-Identifier: Apache-2.0
 *
 * What choosing one model and not another would cost and bring, in figures that were measured. The recommendation
 * weighs factors: capped, and each against the best of a workload. Those decide well and tell badly - two models that
 * are alike within noise can lie on either side of "no different from the best" - so here two are put beside each other
 * in each workload, and every figure goes by its own name: "speed" is requests served in one workload and CPU in
 * another, and 1.8 times the CPU is not 1.8 times slower. Ratios are averaged as the factors are; what a crash does is
 * told by the figures themselves. Pure functions, any thread. */
#include "client/compare/price.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/compare/recommend.h"

#define WORTH_TELLING 1.05 /* ratios nearer to each other are not told */

struct price_row {
    enum merit merit;
    enum figure figure;         /* of those that the merit goes by in a workload */
    const char *worse, *better; /* behind a number; NULL: told by the figures themselves */
};

static const struct price_row rows[] = {
    {MERIT_SPEED, FIGURE_THROUGHPUT, "times fewer requests", "times as many requests"},
    {MERIT_SPEED, FIGURE_CPU, "times the CPU per request", "times less CPU per request"},
    {MERIT_TAIL, FIGURE_P99, "times the p99", "times shorter p99"},
    {MERIT_TAIL, FIGURE_WATCHED_P99, "times the p99 of the fast ones", "times shorter p99 of the fast ones"},
    {MERIT_ISOLATION, FIGURE_LOST, NULL, NULL},
    {MERIT_ISOLATION, FIGURE_OUTAGE, NULL, NULL},
    {MERIT_MEMORY, FIGURE_MEMORY, "times the memory", "times less memory"},
};

static void say(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, RESULT_LINE_BYTES - used, format, arguments);
    va_end(arguments);
}

/* The two in a figure of a workload; false when one of them is not known, or did not do the work. */
static bool find_both(const struct compare_report *report, const struct compare_workload *workload,
                      unsigned model, unsigned other, enum figure figure, const struct spread *both[2])
{
    unsigned count = report->model_count;

    if (!recommend_counts(workload, count, model) ||
        (other != PRICE_BESIDE_BEST && !recommend_counts(workload, count, other)))
        return false;
    both[0] = &workload->results[model].spread[figure];
    both[1] = other == PRICE_BESIDE_BEST ? recommend_yardstick(workload, count, figure)
                                         : &workload->results[other].spread[figure];
    return both[1] != NULL && both[0]->count > 0 && both[1]->count > 0;
}

/* How many times worse the first is; 1 within noise, under 1 when it is better. */
static double times_worse(const struct spread *both[2], enum figure figure)
{
    if (!figure_is_better(figure, both[0], both[1]) && !figure_is_better(figure, both[1], both[0]))
        return 1;
    return figure_rows[figure].more_is_better ? both[1]->median / both[0]->median
                                              : both[0]->median / both[1]->median;
}

/* Over all workloads in which the merit goes by that figure, as the factors are averaged; NAN when there are none. */
static double mean_times(const struct compare_report *report, const struct price_row *row, unsigned model,
                         unsigned other)
{
    struct recommend_mean mean = {0};
    const struct spread *both[2];
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        const struct compare_workload *workload = &report->workloads[i];
        double times;

        if (!recommend_goes_by(workload, report->model_count, row->merit, row->figure) ||
            !find_both(report, workload, model, other, row->figure, both))
            continue;
        times = times_worse(both, row->figure);
        if (times > 0 && isfinite(times))
            recommend_mean_add(&mean, workload->workload->own, times);
    }
    return recommend_mean_of(&mean);
}

static bool say_times(char *text, const char *between, const struct price_row *row, double worse, bool better)
{
    double times = better ? 1 / worse : worse;

    if (isnan(times) || times < WORTH_TELLING)
        return false;
    say(text, "%s%.*f %s", between, times < 9.95 ? 1 : 0, times, better ? row->better : row->worse);
    return true;
}

/* "requests lost per crash 74.0 against 12.0": of the first workload that shows it. */
static bool say_figures(char *text, const char *between, const struct compare_report *report,
                        const struct price_row *row, unsigned model, unsigned other, bool better)
{
    char mine[FIGURE_TEXT_BYTES], its[FIGURE_TEXT_BYTES];
    const struct spread *both[2];
    unsigned i;

    for (i = 0; i < report->workload_count; i++) {
        const struct compare_workload *workload = &report->workloads[i];

        if (!recommend_goes_by(workload, report->model_count, row->merit, row->figure) ||
            !find_both(report, workload, model, other, row->figure, both) ||
            !figure_is_better(row->figure, both[!better], both[better]))
            continue;
        say(text, "%s%s %s against %s", between, figure_rows[row->figure].words,
            figure_text(row->figure, both[0]->median, mine), figure_text(row->figure, both[1]->median, its));
        return true;
    }
    return false;
}

bool price_say(char *text, const char *before, const struct compare_report *report, unsigned model,
               unsigned other, bool better)
{
    const char *between = before;
    unsigned i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct price_row *row = &rows[i];
        bool said = row->worse != NULL
                        ? say_times(text, between, row, mean_times(report, row, model, other), better)
                        : say_figures(text, between, report, row, model, other, better);

        if (said)
            between = ", ";
    }
    return between != before;
}
