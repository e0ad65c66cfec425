/* SPDX-License-Identifier: Apache-2.0
 *
 * Comparisons: for each of a few things a median and the range that its repeats have had, on one axis, the
 * things below each other so that their names can be read. A bar where the axis begins at zero, as only there
 * its length means something; the range as a whisker over it. Runs in the main thread. */
#include "client/chart/frame.h"

#include <math.h>
#include <string.h>

#include "client/chart/escape.h"

#define WIDTH       380.0
#define ROW         26.0
#define BAR         14.0
#define GAP         8.0
#define BOTTOM_ROOM 43.0
#define NAME_MOST   16 /* characters of a name that there is room for */
#define NAME_BYTES  128

static bool has_value(const struct chart_ranges *chart, const struct chart_range *range)
{
    return axis_takes(chart->axis.scale, range->median);
}

/* An end of the range; one that is missing is at the median. */
static double end_of(const struct chart_ranges *chart, const struct chart_range *range, double end)
{
    return axis_takes(chart->axis.scale, end) ? end : range->median;
}

/* The name, cut at a character's boundary when it is too long. */
static void cut_name(const char *name, char *text)
{
    size_t length = 0, characters = 0;

    while (name[length] != '\0' && length < NAME_BYTES - 4) {
        if (((unsigned char)name[length] & 0xc0) != 0x80 && ++characters == NAME_MOST &&
            escape_characters(name + length) > 1) {
            memcpy(text, name, length);
            strcpy(text + length, "\u2026");
            return;
        }
        length++;
    }
    memcpy(text, name, length);
    text[length] = '\0';
}

static void lay_out(const struct chart_ranges *chart, struct frame *frame)
{
    double least = INFINITY, most = -INFINITY, names = 0, values = 0;
    char text[NAME_BYTES];
    size_t i;

    for (i = 0; i < chart->count; i++) {
        const struct chart_range *range = &chart->ranges[i];

        cut_name(range->name, text);
        names = fmax(names, frame_text_width(text));
        if (!has_value(chart, range))
            continue;
        least = fmin(least, fmin(range->median, end_of(chart, range, range->least)));
        most = fmax(most, fmax(range->median, end_of(chart, range, range->most)));
        values = fmax(values, frame_text_width(measure_text(chart->axis.measure, range->median, text)));
    }
    axis_lay_out(&chart->axis, least, most, 4, &frame->x);
    frame->left = names + GAP;
    frame->right = WIDTH - values - 2 * GAP;
    frame->top = 4;
    frame->bottom = frame->top + (double)chart->count * ROW + 4;
}

static void write_text(FILE *out, const char *class, double x, double y, const char *text)
{
    fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y + 4);
    escape_text(out, text);
    fputs("</text>", out);
}

static void write_hint(FILE *out, const struct chart_ranges *chart, const struct chart_range *range)
{
    char median[MEASURE_TEXT_BYTES], least[MEASURE_TEXT_BYTES], most[MEASURE_TEXT_BYTES];

    fputs("<title>", out);
    escape_printf(out, "%s: %s (%s to %s)%s%s%s", range->name,
                  measure_text(chart->axis.measure, range->median, median),
                  measure_text(chart->axis.measure, range->least, least),
                  measure_text(chart->axis.measure, range->most, most), range->best ? ", among the best" : "",
                  range->note != NULL ? ", " : "", range->note != NULL ? range->note : "");
    fputs("</title>", out);
}

static void draw_value(const struct chart_ranges *chart, const struct frame *frame,
                       const struct chart_range *range, double y)
{
    double least = frame_x(frame, end_of(chart, range, range->least));
    double most = frame_x(frame, end_of(chart, range, range->most));
    double median = frame_x(frame, range->median);
    char text[MEASURE_TEXT_BYTES];

    if (chart->axis.scale == AXIS_LINEAR)
        fprintf(frame->out, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                frame->left, y - BAR / 2, fmax(median - frame->left, 0), BAR);
    fprintf(frame->out, "<path class=\"w\" d=\"M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6\"/>", least, y, most,
            least, y - 3, most, y - 3);
    frame_marker(frame->out, range->colour, false, median, y, NULL);
    write_text(frame->out, range->best ? "e strong" : "e name", WIDTH, y,
               measure_text(chart->axis.measure, range->median, text));
}

static void draw_row(const struct chart_ranges *chart, const struct frame *frame, size_t row)
{
    const struct chart_range *range = &chart->ranges[row];
    double y = frame->top + 2 + ((double)row + 0.5) * ROW;
    char name[NAME_BYTES];

    fprintf(frame->out, "<g class=\"s%u%s\">", range->colour % CHART_COLOURS, range->best ? " best" : "");
    write_hint(frame->out, chart, range);
    cut_name(range->name, name);
    write_text(frame->out, range->best ? "strong" : "name", 0, y, name);
    if (has_value(chart, range))
        draw_value(chart, frame, range, y);
    else
        write_text(frame->out, "", frame->left + GAP, y, range->note != NULL ? range->note : "no result");
    fputs("</g>\n", frame->out);
}

void chart_ranges(struct page *page, const struct chart_ranges *chart)
{
    struct chart_ranges of_zero = *chart;
    struct frame frame = {.out = page->out, .width = WIDTH};
    struct axis titled;
    char title[200];
    size_t i;

    of_zero.axis.from_zero = true;
    lay_out(&of_zero, &frame);
    titled = of_zero.axis;
    snprintf(title, sizeof title, "%s, %s is better", chart->axis.title,
             chart->more_is_better ? "more" : "less");
    titled.title = title;
    frame_begin_figure(page, chart->title, chart->description);
    frame_begin_drawing(page, "chart small", WIDTH, frame.bottom + BOTTOM_ROOM, chart->title,
                        chart->description);
    frame_x_axis(&frame, &titled);
    for (i = 0; i < chart->count; i++)
        draw_row(&of_zero, &frame, i);
    frame_end_drawing(page);
    frame_end_figure(page);
}
