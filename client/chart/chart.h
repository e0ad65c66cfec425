/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_CHART_CHART_H
#define CONCUR_CLIENT_CHART_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "client/chart/axis.h"
#include "client/chart/page.h"

/* Charts on a page, as <figure> with inline SVG. What is no finite number has no place and leaves a gap. */

#define CHART_COLOURS 8 /* series that look different; then they begin anew */

struct chart_point {
    double x, y;
};

/* One line. */
struct chart_series {
    const char *name; /* for the legend */
    const struct chart_point *points;
    size_t count;
    unsigned colour; /* 0 to CHART_COLOURS - 1, with a dash pattern and a marker of its own: the same thing
                        should have the same one in every chart of a page */
    bool markers;    /* a mark, with its figures as a hint, at every point: for few of them */
    const bool *doubtful; /* one for each point: its marker is hollow; NULL: none is */
};

/* A limit or target drawn across. */
struct chart_limit {
    const char *label;
    double value;
    bool vertical; /* at an x; else at a y */
};

struct chart_lines {
    const char *title;       /* above it */
    const char *description; /* what is to be seen, in a sentence; below the title (NULL: none) */
    struct axis x, y;
    const struct chart_series *series;
    size_t series_count;
    const struct chart_limit *limits;
    size_t limit_count;
    bool small; /* one among many, in a grid; else as wide as the page */
};

/* A line chart. */
void chart_lines(struct page *page, const struct chart_lines *chart);

/* One row of a comparison: a median with the range of its repeats. */
struct chart_range {
    const char *name;
    double median, least, most; /* NAN: there is none, the row says `note` instead */
    unsigned colour;
    bool best;        /* among the best: said in the row */
    const char *note; /* beside the figure, or NULL */
};

struct chart_ranges {
    const char *title, *description; /* as above */
    struct axis axis;                /* linear scales begin at zero and have bars */
    const struct chart_range *ranges;
    size_t count;
    bool more_is_better; /* said at the axis */
};

/* A comparison: a row each, one above the other; always small enough for a grid. */
void chart_ranges(struct page *page, const struct chart_ranges *chart);

#endif
