/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_CHART_FRAME_H
#define CONCUR_CLIENT_CHART_FRAME_H

#include "client/chart/chart.h"

/* What all kinds of charts share: the figure around the drawing, the drawing's frame, and markers. */

/* A size that a chart is drawn in, in the units of its letters (12 of them high). */
struct frame_size {
    const char *class; /* in the style sheet */
    double width, height;
    unsigned x_labels, y_labels; /* about how many there is room for */
};

extern const struct frame_size frame_wide, frame_narrow, frame_small;

/* Where the values are in a drawing. */
struct frame {
    FILE *out;
    double width; /* of the drawing: no label goes beyond */
    double left, right, top, bottom;
    struct axis_layout x, y;
};

/* <figure> with its caption. */
void frame_begin_figure(struct page *page, const char *title, const char *description);
void frame_end_figure(struct page *page);

/* <svg> with what tells of it to those who can't see it. */
void frame_begin_drawing(struct page *page, const char *class, double width, double height, const char *title,
                         const char *description);
void frame_end_drawing(struct page *page);

/* About how wide a text of a drawing is. */
double frame_text_width(const char *text);

/* Grid and labels of the horizontal axis, at the bottom: as many labels as don't touch. The title stands
 * below at the right. */
void frame_x_axis(const struct frame *frame, const struct axis *axis);

/* Those of the vertical axis; the title stands above at the left. */
void frame_y_axis(const struct frame *frame, const struct axis *axis);

/* The room that the vertical axis' labels want. */
double frame_y_room(const struct axis_layout *layout);

double frame_x(const struct frame *frame, double value);
double frame_y(const struct frame *frame, double value);

/* The marker of a colour, full or hollow; `hint` is shown to who points at it (NULL: none). */
void frame_marker(FILE *out, unsigned colour, bool hollow, double x, double y, const char *hint);

#endif
