/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_CHART_AXIS_H
#define CONCUR_CLIENT_CHART_AXIS_H

#include <stdbool.h>
#include <stddef.h>

#include "client/chart/measure.h"

#define AXIS_TICKS_MOST 64

enum axis_scale {
    AXIS_LINEAR,
    AXIS_LOG,       /* base 10; what is not above zero has no place on it */
    AXIS_PERCENTILE /* of quantiles from 0 to 1, at log10(1 / (1 - q)): as much room for each further nine */
};

/* What an axis is asked to be. */
struct axis {
    enum axis_scale scale;
    enum measure measure;
    const char *title; /* what is on it; a log scale is said beside it */
    bool from_zero;    /* linear: begins at zero, whatever the values are */
};

struct axis_tick {
    double value;
    double at;  /* its place, 0 to 1 along the axis */
    bool major; /* has a label */
    char label[MEASURE_TEXT_BYTES];
};

/* An axis with its ends and ticks. */
struct axis_layout {
    enum axis_scale scale;
    double least, most; /* where it begins and ends; finite, least < most */
    struct axis_tick ticks[AXIS_TICKS_MOST];
    size_t tick_count;
};

/* Whether a value has a place on an axis of that scale. */
bool axis_takes(enum axis_scale scale, double value);

/* Lays an axis out for values from `least` to `most` (of those that it takes; least > most: there are none)
 * with about `wanted` labels. Its ends are round numbers around them. */
void axis_lay_out(const struct axis *axis, double least, double most, unsigned wanted,
                  struct axis_layout *layout);

/* The place of a value along the axis: 0 to 1, cut at the ends. Only for values that it takes. */
double axis_place(const struct axis_layout *layout, double value);

#endif
