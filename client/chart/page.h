/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_CHART_PAGE_H
#define CONCUR_CLIENT_CHART_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/error.h"

/* One HTML page that needs nothing but itself: no script, no font, no picture from elsewhere. It is also
 * well-formed XML. All text that is given is escaped, and what is no UTF-8 in it is replaced. Functions are
 * called in the order in which things stand on the page; they write to a stdio stream whose errors are told
 * once, by page_end. One thread. */
struct page {
    FILE *out;
    bool in_section;
    unsigned sections;    /* numbers their ids, from 1 */
    unsigned figures;     /* numbers the charts' ids */
    size_t columns, cell; /* of the table that is being written */
    const struct page_column *column;
};

/* How a notice, a cell or a key figure is meant. Never by colour alone: notices say it in words as well. */
enum page_tone { PAGE_PLAIN, PAGE_GOOD, PAGE_WARNING, PAGE_BAD, PAGE_QUIET };

/* Head of the document, <h1>, and one line below it (NULL: none). */
void page_begin(struct page *page, FILE *out, const char *title, const char *subtitle);

/* The foot, one line (NULL: none). 0, or -1 when anything of the page could not be written (the stream is
 * flushed but stays the caller's). */
MUST_USE int page_end(struct page *page, const char *foot, struct error *error);

/* <section> with <h2>; closed by the next call of either or by page_end_section. Sections count from 1. */
void page_begin_section(struct page *page, const char *title);
void page_end_section(struct page *page);

/* <h3> within a section. */
void page_heading(struct page *page, const char *title);

/* A paragraph; page_small is one in small print. */
void page_text(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_small(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A box that can't be overlooked: a title in bold, then text. */
void page_notice(struct page *page, enum page_tone tone, const char *title, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A command line or the like, which may be long: in full, wrapped between its words. */
void page_code(struct page *page, const char *text);

/* Key figures in a row: `value` large, `label` above it, `note` below (NULL: none). */
struct page_figure {
    const char *label, *value, *note;
    enum page_tone tone;
};
void page_figures(struct page *page, const struct page_figure *figures, size_t count);

/* A table, cell by cell; the first of each row is its head. Without a single title it is a list of facts, and only as
 * wide as it must be. A wide table scrolls within itself on a phone; one of three columns or more without a number in
 * it is read there row by row. */
struct page_column {
    const char *title;
    bool number; /* aligned to the right */
};
void page_begin_table(struct page *page, const char *caption, const struct page_column *columns,
                      size_t count);
void page_cell(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_cell_toned(struct page *page, enum page_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A cell that leads to a section, which may come later. */
void page_cell_leading(struct page *page, unsigned section, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void page_end_table(struct page *page); /* the last row must be complete */

/* What is folded away until asked for. */
void page_begin_details(struct page *page, const char *summary);
void page_end_details(struct page *page);

/* Small charts beside each other, as many in a row as there is room for. */
void page_begin_grid(struct page *page);
void page_end_grid(struct page *page);

#endif
