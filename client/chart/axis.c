/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the ticks of an axis stand. Three kinds: linear, with steps of 1, 2 or 5 (on a clock: 15 s, 5 min);
 * logarithmic, which ends at such numbers too, as whole decades would waste half of the picture; and the
 * percentile axis of HdrHistogram's plots (Gil Tene, http://hdrhistogram.org), where 90%, 99% and 99.9% are
 * equally far from each other. Computed from whole numbers of steps, never by adding, so that 0.3 is not
 * 0.30000000000000004. Any thread. */
#include "client/chart/axis.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#define NINES_MOST   9     /* of a percentile axis: one in 10^9 */
#define GREATEST     1e300 /* beyond, a step or an end would overflow */
#define LABELS_MOST  16
#define DECADES_MOST 640 /* more than a double has */

bool axis_takes(enum axis_scale scale, double value)
{
    if (!isfinite(value) || fabs(value) > GREATEST)
        return false;
    if (scale == AXIS_LOG)
        return value >= 1 / GREATEST;
    return scale == AXIS_LINEAR || (value >= 0 && value <= 1);
}

/* The value on a ruler on which the axis is even. */
static double even(enum axis_scale scale, double value)
{
    if (scale == AXIS_LINEAR)
        return value;
    if (scale == AXIS_LOG)
        return log10(value);
    return value < 1 ? -log10(1 - value) : NINES_MOST;
}

double axis_place(const struct axis_layout *layout, double value)
{
    double least = even(layout->scale, layout->least), most = even(layout->scale, layout->most);
    /* Halves, as the difference of two large numbers of different sign may be none. */
    double place = (even(layout->scale, value) / 2 - least / 2) / (most / 2 - least / 2);

    return place < 0 ? 0 : place > 1 ? 1 : place;
}

static struct axis_tick *add_tick(struct axis_layout *layout, double value, bool major)
{
    struct axis_tick *tick;

    assert(layout->tick_count < AXIS_TICKS_MOST);
    tick = &layout->ticks[layout->tick_count++];
    *tick = (struct axis_tick){.value = value, .at = axis_place(layout, value), .major = major};
    return tick;
}

/* The smallest of 1, 2, 5, 10, 20, ... that is at least `step`. */
static double nice_step(double step)
{
    double decade = pow(10, floor(log10(step)));
    double lead = step / decade;

    return decade * (lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 5.0001 ? 5 : 10);
}

/* Clocks have steps of their own. */
static double clock_step(double step)
{
    static const double steps[] = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                                   600, 900, 1800, 3600, 7200, 14400, 21600, 43200};
    size_t i;

    for (i = 0; step > 0.5 && i < sizeof steps / sizeof steps[0]; i++) {
        if (step <= steps[i] * 1.0001)
            return steps[i];
    }
    return step > 0.5 ? 86400 * nice_step(step / 86400) : nice_step(step);
}

/* Binary multiples, for bytes. */
static double byte_step(double step)
{
    return step <= 1 ? nice_step(step) : pow(2, ceil(log2(step) - 0.0001));
}

static double step_for(enum measure measure, double step)
{
    if (measure == MEASURE_SECONDS)
        return clock_step(step);
    return measure == MEASURE_BYTES ? byte_step(step) : nice_step(step);
}

static void lay_out_linear(const struct axis *axis, double least, double most, unsigned wanted,
                           struct axis_layout *layout)
{
    double step, first, last, i;

    if (axis->from_zero) {
        least = least < 0 ? least : 0;
        most = most > 0 ? most : 0;
    }
    /* One value, or values that are one for a double: room around it. */
    if (most - least <= 1e-9 * fmax(fabs(least), fabs(most))) {
        double around = least != 0 || most != 0 ? fmax(fabs(least), fabs(most)) * 0.1 : 1;

        least -= axis->from_zero || least == 0 ? 0 : around;
        most += around;
    }
    step = step_for(axis->measure, most / wanted - least / wanted);
    first = floor(least / step + 1e-6);
    last = ceil(most / step - 1e-6);
    layout->least = first * step;
    layout->most = last * step;
    for (i = first; i <= last && layout->tick_count < AXIS_TICKS_MOST; i++)
        measure_label(axis->measure, i * step, step, fmax(fabs(layout->least), fabs(layout->most)),
                      add_tick(layout, i * step, true)->label);
}

/* lead * 10^decade; by division below one, as 10^-3 is no double but 1/1000 is the nearest to it. */
static double in_decade(int lead, int decade)
{
    return decade >= 0 ? lead * pow(10, decade) : lead / pow(10, -decade);
}

static int next_lead(int lead)
{
    return lead == 1 ? 2 : lead == 2 ? 5 : 10;
}

/* The 1, 2 or 5 of a decade that is not above the value. */
static void lead_below(double value, int *lead, int *decade)
{
    *decade = (int)floor(log10(value) + 1e-9);
    *lead = value >= in_decade(5, *decade) * 0.999999 ? 5 : value >= in_decade(2, *decade) * 0.999999 ? 2 : 1;
}

static void log_ends(double least, double most, struct axis_layout *layout)
{
    int lead, decade;

    lead_below(least, &lead, &decade);
    layout->least = in_decade(lead, decade);
    lead_below(most, &lead, &decade);
    layout->most = in_decade(lead, decade);
    if (layout->most < most * 0.999999 || layout->most <= layout->least)
        layout->most = in_decade(next_lead(lead), decade);
    /* One value, and a round one: not at the very bottom. */
    if (most <= layout->least * 1.000001)
        layout->least = in_decade(lead == 1 ? 5 : lead == 2 ? 1 : 2, lead == 1 ? decade - 1 : decade);
}

static void lay_out_log(const struct axis *axis, double least, double most, unsigned wanted,
                        struct axis_layout *layout)
{
    double decades;
    int first, last, decade, every, lead;

    log_ends(least, most, layout);
    decades = log10(layout->most) - log10(layout->least);
    first = (int)floor(log10(layout->least) + 1e-9);
    last = (int)floor(log10(layout->most) + 1e-9);
    every = (int)ceil(decades / wanted - 1e-9); /* decades between labels */
    every = every < 1 ? 1 : every;
    for (decade = first; decade <= last && decade < first + DECADES_MOST; decade++) {
        bool fine = decades * 3 <= wanted + 1; /* room for 2 and 5 as well */

        for (lead = 1; lead < 10; lead = next_lead(lead)) {
            double value = in_decade(lead, decade);
            bool major = lead == 1 ? decade % every == 0 : fine;

            if (value < layout->least * 0.999999 || value > layout->most * 1.000001 ||
                layout->tick_count == AXIS_TICKS_MOST ||
                (!major && decades > (lead == 1 ? 3 * wanted : wanted)))
                continue;
            measure_label(axis->measure, value, value, value, add_tick(layout, value, major)->label);
        }
    }
}

static void lay_out_percentile(double most, struct axis_layout *layout)
{
    static const char *const labels[NINES_MOST + 1] = {"0%",         "90%",        "99%",      "99.9%",
                                                       "99.99%",     "99.999%",    "99.9999%", "99.99999%",
                                                       "99.999999%", "99.9999999%"};
    int nines = (int)ceil(even(AXIS_PERCENTILE, most) - 1e-9);
    int i;

    nines = nines < 1 ? 1 : nines > NINES_MOST ? NINES_MOST : nines;
    layout->least = 0;
    layout->most = 1 - pow(10, -nines);
    for (i = 0; i <= nines; i++) {
        snprintf(add_tick(layout, 1 - pow(10, -i), true)->label, MEASURE_TEXT_BYTES, "%s", labels[i]);
        if (i == 0)
            snprintf(add_tick(layout, 0.5, true)->label, MEASURE_TEXT_BYTES, "50%%");
    }
}

void axis_lay_out(const struct axis *axis, double least, double most, unsigned wanted,
                  struct axis_layout *layout)
{
    *layout = (struct axis_layout){.scale = axis->scale};
    wanted = wanted < 2 ? 2 : wanted > LABELS_MOST ? LABELS_MOST : wanted;
    if (least > most) { /* nothing to show: any axis will do */
        least = axis->scale == AXIS_LOG ? 1 : 0;
        most = axis->scale == AXIS_LOG ? 10 : axis->scale == AXIS_PERCENTILE ? 0.99 : 1;
    }
    assert(axis_takes(axis->scale, least) && axis_takes(axis->scale, most));
    if (axis->scale == AXIS_LINEAR)
        lay_out_linear(axis, least, most, wanted, layout);
    else if (axis->scale == AXIS_LOG)
        lay_out_log(axis, least, most, wanted, layout);
    else
        lay_out_percentile(most, layout);
}
