/* SPDX-License-Identifier: Apache-2.0
 *
 * Line charts. A line of a million points (a load of ten days has that many seconds) is reduced to what the
 * picture can show: of all points in one column of it the first, the lowest, the highest and the last, so that
 * no peak is lost and nothing is averaged that must not be (the reduction of Jugel et al., "M4: A
 * Visualization-Oriented Time Series Data Aggregation", VLDB 2014). Runs in the main thread. */
#include "client/chart/frame.h"

#include <math.h>

#include "client/chart/escape.h"

#define TOP_ROOM        26.0 /* for the vertical axis' title */
#define BOTTOM_ROOM     43.0
#define RIGHT_ROOM      22.0
#define LIMIT_GAP       5.0  /* between a limit and its label */
#define LIMIT_ROOM_MOST 0.25 /* of the width, for labels beside the plot */

struct extent {
    double least, most; /* least > most: nothing */
};

static void take(struct extent *extent, enum axis_scale scale, double value)
{
    if (!axis_takes(scale, value))
        return;
    extent->least = fmin(extent->least, value);
    extent->most = fmax(extent->most, value);
}

static bool shown(const struct chart_lines *chart, const struct chart_point *point)
{
    return axis_takes(chart->x.scale, point->x) && axis_takes(chart->y.scale, point->y);
}

/* Of the points and the limits. Whether there are any points. */
static bool find_extents(const struct chart_lines *chart, struct extent *x, struct extent *y)
{
    bool any;
    size_t i, j;

    *x = *y = (struct extent){INFINITY, -INFINITY};
    for (i = 0; i < chart->series_count; i++) {
        for (j = 0; j < chart->series[i].count; j++) {
            if (!shown(chart, &chart->series[i].points[j]))
                continue;
            take(x, chart->x.scale, chart->series[i].points[j].x);
            take(y, chart->y.scale, chart->series[i].points[j].y);
        }
    }
    any = x->least <= x->most;
    for (i = 0; i < chart->limit_count; i++)
        take(chart->limits[i].vertical ? x : y, chart->limits[i].vertical ? chart->x.scale : chart->y.scale,
             chart->limits[i].value);
    return any;
}

/* A path that is being written. */
struct pen {
    FILE *out;
    bool down;  /* the last point can be drawn on from */
    bool alone; /* and nothing has been yet */
};

static void pen_up(struct pen *pen)
{
    if (pen->alone)
        fputs("h0", pen->out); /* a line without length: a dot, by its round ends */
    *pen = (struct pen){.out = pen->out};
}

static void pen_to(struct pen *pen, double x, double y)
{
    fprintf(pen->out, "%c%.1f %.1f", pen->down ? 'L' : 'M', x, y);
    pen->alone = !pen->down;
    pen->down = true;
}

static void pen_to_point(struct pen *pen, const struct frame *frame, const struct chart_point *point)
{
    pen_to(pen, frame_x(frame, point->x), frame_y(frame, point->y));
}

/* Points `from` to `to` - 1 lie in one column. */
static void draw_column(struct pen *pen, const struct frame *frame, const struct chart_point *points,
                        size_t from, size_t to)
{
    size_t lowest = from, highest = from, i;

    for (i = from; i < to; i++) {
        if (points[i].y < points[lowest].y)
            lowest = i;
        if (points[i].y > points[highest].y)
            highest = i;
    }
    for (i = from; i < to; i++) {
        if (i == from || i + 1 == to || i == lowest || i == highest)
            pen_to_point(pen, frame, &points[i]);
    }
}

static void draw_line(const struct chart_lines *chart, const struct frame *frame,
                      const struct chart_series *series)
{
    struct pen pen = {.out = frame->out};
    size_t i, to;

    fputs("<path class=\"l\" d=\"", frame->out);
    for (i = 0; i < series->count; i = to) {
        const struct chart_point *points = series->points;
        double column;

        to = i + 1;
        if (!shown(chart, &points[i])) {
            pen_up(&pen);
            continue;
        }
        column = floor(frame_x(frame, points[i].x));
        while (to < series->count && shown(chart, &points[to]) &&
               floor(frame_x(frame, points[to].x)) == column)
            to++;
        draw_column(&pen, frame, points, i, to);
    }
    pen_up(&pen);
    fputs("\"/>\n", frame->out);
}

static void draw_markers(const struct chart_lines *chart, const struct frame *frame,
                         const struct chart_series *series)
{
    char x[MEASURE_TEXT_BYTES], y[MEASURE_TEXT_BYTES], hint[400];
    size_t i;

    for (i = 0; i < series->count; i++) {
        const struct chart_point *point = &series->points[i];

        if (!shown(chart, point))
            continue;
        snprintf(hint, sizeof hint, "%s: %s %s, %s %s", series->name,
                 measure_text(chart->x.measure, point->x, x), chart->x.title,
                 measure_text(chart->y.measure, point->y, y), chart->y.title);
        frame_marker(frame->out, series->colour, series->doubtful != NULL && series->doubtful[i],
                     frame_x(frame, point->x), frame_y(frame, point->y), hint);
    }
}

/* The room to the right of the plot: the labels of horizontal limits stand there, where no curve crosses them. */
static double right_room(const struct chart_lines *chart, double width)
{
    double room = RIGHT_ROOM;
    size_t i;

    for (i = 0; i < chart->limit_count; i++) {
        double wanted = frame_text_width(chart->limits[i].label) + 3 * LIMIT_GAP;

        if (!chart->limits[i].vertical && wanted < width * LIMIT_ROOM_MOST)
            room = fmax(room, wanted);
    }
    return room;
}

/* The label of a vertical one stands to its left, or its right where there is no room; that of a horizontal one behind its
 * right end, or over it. */
static void draw_limit(const struct chart_lines *chart, const struct frame *frame,
                       const struct chart_limit *limit)
{
    double x1 = frame->left, y1 = frame->top, x2 = frame->right, y2 = frame->bottom, x, y;
    bool before;

    if (!axis_takes(limit->vertical ? chart->x.scale : chart->y.scale, limit->value))
        return;
    if (limit->vertical) {
        x1 = x2 = frame_x(frame, limit->value);
        before = x1 - frame->left > frame_text_width(limit->label) + 6;
        x = before ? x1 - 5 : x1 + 5;
        y = frame->bottom - 6;
    } else {
        y1 = y2 = frame_y(frame, limit->value);
        before = x2 + LIMIT_GAP + frame_text_width(limit->label) > frame->width;
        x = before ? x2 - LIMIT_GAP : x2 + LIMIT_GAP;
        y = !before ? y1 + 4 : y1 - frame->top > 16 ? y1 - 5 : y1 + 14;
    }
    fprintf(frame->out, "<line class=\"limit\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x1, y1,
            x2, y2);
    fprintf(frame->out, "<text class=\"limit-text%s\" x=\"%.1f\" y=\"%.1f\">", before ? " e" : "", x, y);
    escape_text(frame->out, limit->label);
    fputs("</text>\n", frame->out);
}

static void draw(struct page *page, const struct chart_lines *chart, const struct frame_size *size,
                 const struct extent *x, const struct extent *y, bool empty)
{
    struct frame frame = {.out = page->out,
                          .width = size->width,
                          .top = TOP_ROOM,
                          .right = size->width - right_room(chart, size->width),
                          .bottom = size->height - BOTTOM_ROOM};
    size_t i;

    axis_lay_out(&chart->x, x->least, x->most, size->x_labels, &frame.x);
    axis_lay_out(&chart->y, y->least, y->most, size->y_labels, &frame.y);
    frame.left = frame_y_room(&frame.y);
    frame_begin_drawing(page, size->class, size->width, size->height, chart->title, chart->description);
    frame_y_axis(&frame, &chart->y);
    frame_x_axis(&frame, &chart->x);
    if (empty)
        fprintf(page->out, "<text class=\"c\" x=\"%.1f\" y=\"%.1f\">nothing to show</text>\n",
                (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2);
    for (i = 0; i < chart->series_count; i++) {
        fprintf(page->out, "<g class=\"s%u\">\n", chart->series[i].colour % CHART_COLOURS);
        draw_line(chart, &frame, &chart->series[i]);
        if (chart->series[i].markers)
            draw_markers(chart, &frame, &chart->series[i]);
        fputs("</g>\n", page->out);
    }
    for (i = 0; i < chart->limit_count; i++) /* over the curves, so that the labels can be read */
        draw_limit(chart, &frame, &chart->limits[i]);
    frame_end_drawing(page);
}

/* In HTML, so that it wraps as there is room; the drawing tells of the lines by its description. */
static void write_legend(struct page *page, const struct chart_lines *chart)
{
    size_t i;

    fputs("<ul class=\"legend\">\n", page->out);
    for (i = 0; i < chart->series_count; i++) {
        const struct chart_series *series = &chart->series[i];

        fprintf(page->out,
                "<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 34 12\" aria-hidden=\"true\" "
                "class=\"s%u\"><path class=\"l\" d=\"M1 6L33 6\"/>",
                series->colour % CHART_COLOURS);
        if (series->markers)
            frame_marker(page->out, series->colour, false, 17, 6, NULL);
        fputs("</svg>", page->out);
        escape_text(page->out, series->name);
        fputs("</li>\n", page->out);
    }
    fputs("</ul>\n", page->out);
}

void chart_lines(struct page *page, const struct chart_lines *chart)
{
    struct extent x, y;
    bool empty = !find_extents(chart, &x, &y);

    frame_begin_figure(page, chart->title, chart->description);
    if (chart->series_count > 1)
        write_legend(page, chart);
    if (chart->small) {
        draw(page, chart, &frame_small, &x, &y, empty);
    } else {
        draw(page, chart, &frame_wide, &x, &y, empty);
        draw(page, chart, &frame_narrow, &x, &y, empty);
    }
    frame_end_figure(page);
}
