/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages and charts: whatever is put on one, it is well-formed (Python's expat reads it), it needs nothing but
 * itself, there are no coordinates that are no numbers, and no peak of a long line is lost. Runs in the test's
 * one thread. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "client/chart/chart.h"

#define HOSTILE "<b title=\"x\">&'\xff\x01 ]]>"

static char *text;
static size_t length;

static struct page *begin(void)
{
    static struct page page;

    page_begin(&page, open_memstream(&text, &length), "title " HOSTILE, "below " HOSTILE);
    return &page;
}

/* Whether a parser of XML reads it. */
static bool well_formed(void)
{
    FILE *parser =
        popen("python3 -c 'import sys, xml.etree.ElementTree as e; e.parse(sys.stdin.buffer)' 2>&1", "w");

    assert_non_null(parser);
    assert_int_equal(fwrite(text, 1, length, parser), length);
    return pclose(parser) == 0;
}

static size_t times_in(const char *what)
{
    const char *at = text;
    size_t count = 0;

    while ((at = strstr(at, what)) != NULL) {
        at += strlen(what);
        count++;
    }
    return count;
}

/* Coordinates are in attributes; no text of these tests has such words. */
static void finish(struct page *page)
{
    struct error error;

    assert_int_equal(page_end(page, "foot " HOSTILE, &error), 0);
    assert_int_equal(fclose(page->out), 0);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf"));
    assert_null(strstr(text, "src="));
    assert_int_equal(times_in("href="), times_in("href=\"#s")); /* within the page */
    assert_null(strstr(text, "url("));
    assert_null(strstr(text, "<script"));
    assert_true(well_formed());
}

static void release(void)
{
    free(text);
    text = NULL;
}

static void everything_of_a_page(void **state)
{
    static const struct page_column columns[] = {{HOSTILE, false}, {"n", true}};
    static const struct page_figure figures[] = {{HOSTILE, "1", HOSTILE, PAGE_GOOD},
                                                 {"b", "2", NULL, PAGE_BAD}};
    struct page *page = begin();

    (void)state;
    page_text(page, "%s %d", HOSTILE, 1);
    page_begin_section(page, "one " HOSTILE);
    page_notice(page, PAGE_WARNING, HOSTILE, "%s", HOSTILE);
    page_figures(page, figures, COUNT(figures));
    page_figures(page, figures, 0);
    page_begin_section(page, "two");
    page_heading(page, HOSTILE);
    page_begin_table(page, HOSTILE, columns, COUNT(columns));
    page_cell(page, "%s", HOSTILE);
    page_cell_toned(page, PAGE_BAD, "%d", 2);
    page_cell_leading(page, 2, "%s", HOSTILE);
    page_cell(page, "3");
    page_end_table(page);
    page_begin_details(page, HOSTILE);
    page_code(page, HOSTILE);
    page_end_details(page);
    page_begin_grid(page);
    page_end_grid(page);
    page_small(page, "%s", HOSTILE);
    finish(page);
    assert_int_equal(times_in("<section id=\"s"), 2);
    assert_int_equal(times_in("</section>"), 2);
    assert_int_equal(times_in("<tr>"), 3);
    assert_non_null(strstr(text, "<td class=\"r bad\">2</td></tr>"));
    assert_null(strstr(text, "<b title"));
    release();
}

/* An option is not to be broken at its dashes, a quoted argument not at its blanks. */
static void words_of_a_command_line_stay_whole(void **state)
{
    struct page *page = begin();

    (void)state;
    page_code(page, "concur load  --csv - -- ECHO 'it'\\''s  one' \\' <");
    page_code(page, "");
    page_code(page, "'open ");
    finish(page);
    assert_non_null(
        strstr(text, "<pre><span>concur</span> <span>load</span>  <span>--csv</span> <span>-</span> "
                     "<span>--</span> <span>ECHO</span> <span>&#39;it&#39;\\&#39;&#39;s  one&#39;</span> "
                     "<span>\\&#39;</span> <span>&lt;</span></pre>"));
    assert_non_null(strstr(text, "<pre></pre>"));
    assert_non_null(strstr(text, "<pre><span>&#39;open </span></pre>"));
    release();
}

/* What a phone would cut stands outside of what scrolls; what is all words is read row by row there. */
static void a_table_is_fit_for_a_phone(void **state)
{
    static const struct page_column prose[] = {{"a", false}, {"b", false}, {"c", false}};
    static const struct page_column figures[] = {{"a", false}, {"b", true}, {"c", false}};
    struct page *page = begin();

    (void)state;
    page_begin_table(page, "one", prose, COUNT(prose));
    page_end_table(page);
    page_begin_table(page, "two", figures, COUNT(figures));
    page_end_table(page);
    finish(page);
    assert_non_null(strstr(text, "<p class=\"caption\">one</p>\n<div class=\"scroll\""));
    assert_null(strstr(text, "<caption>"));
    assert_int_equal(times_in("<table class=\"prose\">"), 1);
    assert_int_equal(times_in("<table>"), 1);
    release();
}

static void a_parser_would_see_what_is_wrong(void **state)
{
    struct page *page = begin();

    (void)state;
    fputs("<p>", page->out);
    assert_int_equal(fflush(page->out), 0);
    assert_false(well_formed());
    assert_int_equal(fclose(page->out), 0);
    release();
}

static void full_disk_is_told(void **state)
{
    FILE *full = fopen("/dev/full", "w");
    struct error error = {""};
    struct page page;

    (void)state;
    assert_non_null(full);
    page_begin(&page, full, "title", NULL);
    assert_int_equal(page_end(&page, NULL, &error), -1);
    assert_non_null(strstr(error.text, "could not be written"));
    fclose(full);
}

/* One series of these points, on a wide and on a small chart with each scale. */
static void draw(struct page *page, const struct chart_point *points, size_t count, bool markers)
{
    static const bool doubtful[9] = {true};
    struct chart_series series = {"series " HOSTILE, points, count, 9, markers, doubtful};
    struct chart_limit limits[] = {{"limit " HOSTILE, 5, false}, {"x", 3, true}, {"none", NAN, false}};
    struct chart_lines chart = {
        .title = HOSTILE,
        .description = HOSTILE,
        .x = {AXIS_LINEAR, MEASURE_SECONDS, HOSTILE, false},
        .y = {AXIS_LINEAR, MEASURE_COUNT, HOSTILE, true},
        .series = &series,
        .series_count = 1,
        .limits = limits,
        .limit_count = COUNT(limits),
    };

    chart_lines(page, &chart);
    chart.small = true;
    chart.y.scale = AXIS_LOG;
    chart_lines(page, &chart);
    chart.x = (struct axis){AXIS_PERCENTILE, MEASURE_SHARE, "q", false};
    chart.limit_count = 0;
    chart_lines(page, &chart);
}

/* Beside the plot where there is room for it, else at the right end, over the curves. */
static void a_limit_is_read_over_the_curves(void **state)
{
    static const struct chart_point points[] = {{0, 1}, {1, 2}};
    struct chart_series series = {"s", points, COUNT(points), 0, false, NULL};
    struct chart_limit limit = {"limit", 1.5, false};
    struct chart_lines chart = {.title = "t",
                                .x.title = "x",
                                .y.title = "y",
                                .series = &series,
                                .series_count = 1,
                                .limits = &limit,
                                .limit_count = 1,
                                .small = true};
    struct page *page = begin();
    const char *line, *label;
    double from, to, at;

    (void)state;
    chart_lines(page, &chart);
    limit.label = "a limit with a name that is longer than there is room for";
    chart_lines(page, &chart);
    finish(page);
    line = strstr(text, "<line class=\"limit\"");
    label = strstr(text, "<text class=\"limit-text\"");
    assert_non_null(line);
    assert_non_null(label);
    assert_int_equal(sscanf(line, "<line class=\"limit\" x1=\"%lf\" y1=\"%*f\" x2=\"%lf\"", &from, &to), 2);
    assert_int_equal(sscanf(label, "<text class=\"limit-text\" x=\"%lf\"", &at), 1);
    assert_true(from < to && to < at);
    label = strstr(text, "<text class=\"limit-text e\"");
    assert_non_null(label);
    line = strstr(label, "<path class=\"l\"");
    assert_null(line);
    release();
}

static void lines_of_few_points(void **state)
{
    static const struct chart_point points[] = {{1, 1},      {2, NAN},   {NAN, 3},      {3, INFINITY}, {4, 0},
                                                {5, -1e300}, {6, 1e300}, {0.5, 1e-300}, {7, 7}};
    struct page *page = begin();

    (void)state;
    draw(page, points, 0, true);
    draw(page, points, 1, false);
    draw(page, points, 1, true);
    draw(page, points + 1, 3, true); /* none that has a place */
    draw(page, points, COUNT(points), true);
    draw(page, points, COUNT(points), false);
    finish(page);
    assert_int_equal(times_in("class=\"m h\""), 2 * 4);   /* the first point, where there are markers */
    assert_int_equal(times_in("nothing to show"), 2 * 4); /* a wide chart is drawn twice */
    release();
}

static void a_gap_is_no_line(void **state)
{
    static const struct chart_point points[] = {{0, 1}, {1, 1}, {2, NAN}, {3, 1}, {4, NAN}, {5, 1}, {6, 1}};
    struct chart_series series = {"s", points, COUNT(points), 0, false, NULL};
    struct chart_lines chart = {
        .title = "t", .x.title = "x", .y.title = "y", .series = &series, .series_count = 1, .small = true};
    struct page *page = begin();
    const char *path, *end;
    size_t moves = 0;

    (void)state;
    chart_lines(page, &chart);
    finish(page);
    path = strstr(text, "<path class=\"l\" d=\"");
    assert_non_null(path);
    end = strstr(path, "/>");
    assert_non_null(memmem(path, (size_t)(end - path), "h0", 2)); /* the lone point is a dot */
    for (; path < end; path++)
        moves += *path == 'M';
    assert_int_equal(moves, 3);
    release();
}

/* A million seconds with one peak and one dip: the picture is small and has both. */
static void no_peak_of_a_long_line_is_lost(void **state)
{
    size_t count = 1000000, i;
    struct chart_point *points = malloc(count * sizeof *points);
    struct chart_series series = {"s", points, count, 0, false, NULL};
    struct chart_lines chart = {
        .title = "t", .x.title = "x", .y.title = "y", .series = &series, .series_count = 1, .small = true};
    struct page *page = begin();

    (void)state;
    assert_non_null(points);
    for (i = 0; i < count; i++)
        points[i] = (struct chart_point){(double)i, 50};
    points[700001].y = 100;
    points[700003].y = 0;
    chart_lines(page, &chart);
    finish(page);
    assert_true(length < 40000);
    /* Of the small drawing the vertical axis runs from 26 to 197. */
    assert_non_null(strstr(text, " 26.0L"));
    assert_non_null(strstr(text, " 197.0L"));
    free(points);
    release();
}

static void comparisons(void **state)
{
    static const struct chart_range ranges[] = {
        {HOSTILE, 10, 9, 12, 0, true, HOSTILE},
        {"a name that is much too long for its column \u20ac\u20ac\u20ac", 5, NAN, NAN, 1, false, NULL},
        {"none", NAN, NAN, NAN, 2, false, "left out"},
        {"none either", NAN, NAN, NAN, 3, false, NULL},
        {"sixteen letters", 0, 0, 0, 11, false, NULL},
    };
    struct chart_ranges chart = {.title = HOSTILE,
                                 .description = HOSTILE,
                                 .axis = {AXIS_LINEAR, MEASURE_COUNT, "x", false},
                                 .ranges = ranges,
                                 .count = COUNT(ranges),
                                 .more_is_better = true};
    struct page *page = begin();

    (void)state;
    chart_ranges(page, &chart);
    chart.axis.scale = AXIS_LOG;
    chart_ranges(page, &chart);
    chart.count = 0;
    chart_ranges(page, &chart);
    finish(page);
    assert_int_equal(times_in("<rect class=\"bar\""), 3); /* none on the log scale */
    assert_int_equal(times_in("left out"), 2 + 2);        /* in the row, and as its hint */
    assert_non_null(strstr(text, "\u2026</text>"));
    assert_non_null(strstr(text, ">sixteen letters</text>"));
    assert_non_null(strstr(text, "more is better"));
    release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_of_a_page),
        cmocka_unit_test(words_of_a_command_line_stay_whole),
        cmocka_unit_test(a_table_is_fit_for_a_phone),
        cmocka_unit_test(a_limit_is_read_over_the_curves),
        cmocka_unit_test(a_parser_would_see_what_is_wrong),
        cmocka_unit_test(full_disk_is_told),
        cmocka_unit_test(lines_of_few_points),
        cmocka_unit_test(a_gap_is_no_line),
        cmocka_unit_test(no_peak_of_a_long_line_is_lost),
        cmocka_unit_test(comparisons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
