/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame of a chart: grid, labels, titles. There is nobody to measure letters for us, so widths are
 * estimates on the safe side: of labels that might touch, one is left out. Runs in the main thread. */
#include "client/chart/frame.h"

#include <math.h>
#include <string.h>

#include "client/chart/escape.h"

#define LETTER    7.7 /* the width of a digit in a wide font */
#define LABEL_GAP 8.0
#define LINE      17.0

const struct frame_size frame_wide = {"chart wide", 780, 310, 12, 6};
const struct frame_size frame_narrow = {"chart narrow", 400, 290, 6, 6};
const struct frame_size frame_small = {"chart small", 380, 240, 5, 5};

void frame_begin_figure(struct page *page, const char *title, const char *description)
{
    fputs("<figure>\n<figcaption><b>", page->out);
    escape_text(page->out, title);
    fputs("</b>", page->out);
    if (description != NULL) {
        fputs("<span>", page->out);
        escape_text(page->out, description);
        fputs("</span>", page->out);
    }
    fputs("</figcaption>\n", page->out);
}

void frame_end_figure(struct page *page)
{
    fputs("</figure>\n", page->out);
}

void frame_begin_drawing(struct page *page, const char *class, double width, double height, const char *title,
                         const char *description)
{
    unsigned id = ++page->figures;

    fprintf(page->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"%s\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
            "aria-labelledby=\"t%u d%u\">\n<title id=\"t%u\">",
            class, width, height, id, id, id);
    escape_text(page->out, title);
    fprintf(page->out, "</title>\n<desc id=\"d%u\">", id);
    escape_text(page->out, description != NULL ? description : "");
    fputs("</desc>\n", page->out);
}

void frame_end_drawing(struct page *page)
{
    fputs("</svg>\n", page->out);
}

double frame_text_width(const char *text)
{
    return (double)escape_characters(text) * LETTER;
}

double frame_x(const struct frame *frame, double value)
{
    return frame->left + axis_place(&frame->x, value) * (frame->right - frame->left);
}

double frame_y(const struct frame *frame, double value)
{
    return frame->bottom - axis_place(&frame->y, value) * (frame->bottom - frame->top);
}

static void label(FILE *out, const char *class, double x, double y, const char *text)
{
    fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
    escape_text(out, text);
    fputs("</text>\n", out);
}

static void grid_line(FILE *out, const struct axis_tick *tick, double x1, double y1, double x2, double y2)
{
    fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            tick->major ? "g" : "g minor", x1, y1, x2, y2);
}

/* The title of an axis; that its scale is not even must be read there. */
static void title(FILE *out, const struct axis *axis, const char *class, double x, double y)
{
    char text[200];

    snprintf(text, sizeof text, "%s%s", axis->title, axis->scale == AXIS_LOG ? " (log scale)" : "");
    label(out, class, x, y, text);
}

/* From the right to the left, as the last labels of a percentile axis are those that matter. */
static void x_labels(const struct frame *frame)
{
    double free_to = frame->right + 1e6;
    size_t i;

    for (i = frame->x.tick_count; i-- > 0;) {
        const struct axis_tick *tick = &frame->x.ticks[i];
        double x = frame->left + tick->at * (frame->right - frame->left);
        double half = frame_text_width(tick->label) / 2;

        x = fmin(x, frame->width - half);
        if (!tick->major || x + half + LABEL_GAP > free_to)
            continue;
        label(frame->out, "c", x, frame->bottom + LINE, tick->label);
        free_to = x - half;
    }
}

void frame_x_axis(const struct frame *frame, const struct axis *axis)
{
    size_t i;

    for (i = 0; i < frame->x.tick_count; i++) {
        double x = frame->left + frame->x.ticks[i].at * (frame->right - frame->left);

        grid_line(frame->out, &frame->x.ticks[i], x, frame->top, x, frame->bottom);
    }
    x_labels(frame);
    title(frame->out, axis, "e", frame->right, frame->bottom + 2 * LINE);
}

void frame_y_axis(const struct frame *frame, const struct axis *axis)
{
    double free_to = frame->bottom + 1e6;
    size_t i;

    for (i = 0; i < frame->y.tick_count; i++) {
        const struct axis_tick *tick = &frame->y.ticks[i];
        double y = frame->bottom - tick->at * (frame->bottom - frame->top);

        grid_line(frame->out, tick, frame->left, y, frame->right, y);
        if (!tick->major || y + LINE > free_to)
            continue;
        label(frame->out, "e", frame->left - LABEL_GAP, y + 4, tick->label);
        free_to = y;
    }
    title(frame->out, axis, "", 0, LINE - 3);
}

double frame_y_room(const struct axis_layout *layout)
{
    double most = 0;
    size_t i;

    for (i = 0; i < layout->tick_count; i++) {
        if (layout->ticks[i].major)
            most = fmax(most, frame_text_width(layout->ticks[i].label));
    }
    return most + LABEL_GAP;
}

void frame_marker(FILE *out, unsigned colour, bool hollow, double x, double y, const char *hint)
{
    static const char *const shapes[CHART_COLOURS] = {
        "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",                /* disc */
        "m-4-4h8v8h-8z",                                     /* square */
        "m0-5l5 9h-10z",                                     /* triangle */
        "m0-5l5 5l-5 5l-5-5z",                               /* diamond */
        "m0 5l5-9h-10z",                                     /* triangle, on its head */
        "m-1.5-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z", /* plus */
        "m-5-3h10v6h-10z",                                   /* bar, lying */
        "m-3-5h6v10h-6z",                                    /* bar, standing */
    };

    fprintf(out, "<path class=\"m%s\" d=\"M%.1f %.1f%s\">", hollow ? " h" : "", x, y,
            shapes[colour % CHART_COLOURS]);
    if (hint != NULL) {
        fputs("<title>", out);
        escape_text(out, hint);
        fputs("</title>", out);
    }
    fputs("</path>\n", out);
}
