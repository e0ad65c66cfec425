/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a page, written straight to a stream: nothing is kept, nothing has to be freed. Tags are closed
 * as XML wants it, so that a test can have any parser look for what is wrong. Runs in the main thread. */
#include "client/chart/page.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "client/chart/escape.h"
#include "client/chart/style.h"

static const char *const tones[] = {
    [PAGE_PLAIN] = "plain", [PAGE_GOOD] = "good",   [PAGE_WARNING] = "warning",
    [PAGE_BAD] = "bad",     [PAGE_QUIET] = "quiet",
};

/* A formatted text within one element. */
#define ELEMENT(page, before, after)                                                                         \
    do {                                                                                                     \
        va_list arguments;                                                                                   \
        fputs(before, (page)->out);                                                                          \
        va_start(arguments, format);                                                                         \
        escape_vprintf((page)->out, format, arguments);                                                      \
        va_end(arguments);                                                                                   \
        fputs(after, (page)->out);                                                                           \
    } while (0)

static void element(struct page *page, const char *before, const char *text, const char *after)
{
    fputs(before, page->out);
    escape_text(page->out, text);
    fputs(after, page->out);
}

void page_begin(struct page *page, FILE *out, const char *title, const char *subtitle)
{
    *page = (struct page){.out = out};
    fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"color-scheme\" content=\"light dark\"/>\n",
          out);
    element(page, "<title>", title, "</title>\n");
    fprintf(out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n", style_sheet);
    element(page, "<h1>", title, "</h1>\n");
    if (subtitle != NULL)
        element(page, "<p class=\"sub\">", subtitle, "</p>\n");
    fputs("</header>\n", out);
}

int page_end(struct page *page, const char *foot, struct error *error)
{
    page_end_section(page);
    if (foot != NULL)
        element(page, "<footer>", foot, "</footer>\n");
    fputs("</main>\n</body>\n</html>\n", page->out);
    if (fflush(page->out) != 0)
        return error_errno(error, "the page could not be written");
    return ferror(page->out) ? error_set(error, "the page could not be written") : 0;
}

void page_begin_section(struct page *page, const char *title)
{
    page_end_section(page);
    page->in_section = true;
    fprintf(page->out, "<section id=\"s%u\">\n", ++page->sections);
    element(page, "<h2>", title, "</h2>\n");
}

void page_end_section(struct page *page)
{
    if (page->in_section)
        fputs("</section>\n", page->out);
    page->in_section = false;
}

void page_heading(struct page *page, const char *title)
{
    element(page, "<h3>", title, "</h3>\n");
}

void page_text(struct page *page, const char *format, ...)
{
    ELEMENT(page, "<p>", "</p>\n");
}

void page_small(struct page *page, const char *format, ...)
{
    ELEMENT(page, "<p class=\"small\">", "</p>\n");
}

void page_notice(struct page *page, enum page_tone tone, const char *title, const char *format, ...)
{
    fprintf(page->out, "<div class=\"notice %s\">", tones[tone]);
    element(page, "<b>", title, "</b>");
    ELEMENT(page, "<p>", "</p></div>\n");
}

/* The length of the shell's word at the front of a line: up to a blank that is not quoted. */
static size_t word_length(const char *line)
{
    bool quoted = false;
    size_t i;

    for (i = 0; line[i] != '\0' && (quoted || line[i] != ' '); i++) {
        if (line[i] == '\'')
            quoted = !quoted;
        else if (line[i] == '\\' && !quoted && line[i + 1] != '\0')
            i++;
    }
    return i;
}

/* A word at a time, as an option must not be broken at its dashes. */
void page_code(struct page *page, const char *text)
{
    fputs("<pre>", page->out);
    while (*text != '\0') {
        size_t blanks = strspn(text, " "), length = word_length(text + blanks);

        escape_part(page->out, text, blanks);
        if (length > 0) {
            fputs("<span>", page->out);
            escape_part(page->out, text + blanks, length);
            fputs("</span>", page->out);
        }
        text += blanks + length;
    }
    fputs("</pre>\n", page->out);
}

void page_figures(struct page *page, const struct page_figure *figures, size_t count)
{
    size_t i;

    if (count == 0)
        return;
    fputs("<dl class=\"figures\">\n", page->out);
    for (i = 0; i < count; i++) {
        fprintf(page->out, "<div class=\"%s\">", tones[figures[i].tone]);
        element(page, "<dt>", figures[i].label, "</dt>");
        element(page, "<dd class=\"v\">", figures[i].value, "</dd>");
        if (figures[i].note != NULL)
            element(page, "<dd class=\"n\">", figures[i].note, "</dd>");
        fputs("</div>\n", page->out);
    }
    fputs("</dl>\n", page->out);
}

void page_begin_table(struct page *page, const char *caption, const struct page_column *columns, size_t count)
{
    bool headed = false, prose = true;
    size_t i;

    assert(count > 0);
    for (i = 0; i < count; i++) {
        headed = headed || columns[i].title[0] != '\0';
        prose = prose && !columns[i].number;
    }
    page->column = columns;
    page->columns = count;
    page->cell = 0;
    /* Outside of what scrolls, as it would be cut there. */
    element(page, "<div class=\"table\">\n<p class=\"caption\">", caption, "</p>\n");
    /* What scrolls must be reachable by keyboard. */
    element(page, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", caption, "\">\n");
    fputs(!headed              ? "<table class=\"facts\">\n"
          : prose && count > 2 ? "<table class=\"prose\">\n"
                               : "<table>\n",
          page->out);
    fputs(headed ? "<thead><tr>" : "", page->out);
    for (i = 0; i < count && headed; i++)
        element(page, columns[i].number ? "<th scope=\"col\" class=\"r\">" : "<th scope=\"col\">",
                columns[i].title, "</th>");
    fputs(headed ? "</tr></thead>\n<tbody>\n" : "<tbody>\n", page->out);
}

/* Up to the cell's text. */
static void open_cell(struct page *page, enum page_tone tone)
{
    size_t at = page->cell % page->columns;

    fprintf(page->out, "%s class=\"%s%s\">", at == 0 ? "<tr><th scope=\"row\"" : "<td",
            page->column[at].number ? "r " : "", tones[tone]);
}

/* From behind it. */
static void close_cell(struct page *page)
{
    size_t at = page->cell++ % page->columns;

    fprintf(page->out, "%s%s", at == 0 ? "</th>" : "</td>", at + 1 == page->columns ? "</tr>\n" : "");
}

void page_cell(struct page *page, const char *format, ...)
{
    open_cell(page, PAGE_PLAIN);
    ELEMENT(page, "", "");
    close_cell(page);
}

void page_cell_toned(struct page *page, enum page_tone tone, const char *format, ...)
{
    open_cell(page, tone);
    ELEMENT(page, "", "");
    close_cell(page);
}

void page_cell_leading(struct page *page, unsigned section, const char *format, ...)
{
    open_cell(page, PAGE_PLAIN);
    fprintf(page->out, "<a href=\"#s%u\">", section);
    ELEMENT(page, "", "</a>");
    close_cell(page);
}

void page_end_table(struct page *page)
{
    assert(page->cell % page->columns == 0);
    page->columns = 0;
    fputs("</tbody>\n</table>\n</div>\n</div>\n", page->out);
}

void page_begin_details(struct page *page, const char *summary)
{
    element(page, "<details>\n<summary>", summary, "</summary>\n");
}

void page_end_details(struct page *page)
{
    fputs("</details>\n", page->out);
}

void page_begin_grid(struct page *page)
{
    fputs("<div class=\"grid\">\n", page->out);
}

void page_end_grid(struct page *page)
{
    fputs("</div>\n", page->out);
}
