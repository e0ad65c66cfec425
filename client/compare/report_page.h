/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_REPORT_PAGE_H
#define CONCUR_CLIENT_COMPARE_REPORT_PAGE_H

#include "client/chart/page.h"
#include "client/compare/result.h"

/* The parts of a comparison's page. 0 and -1 where memory can be short. Main thread. */

/* A value of a figure for a table: in UTF-8, "-" when it is unknown; answers `text` of MEASURE_TEXT_BYTES. */
const char *page_value(enum figure figure, double value, char *text);

/* A sentence of ours, which has its microseconds in ASCII, with the page's unit; cut to fit. Answers `text`. */
const char *page_sentence(const char *sentence, char *text, size_t size);

/* One workload: charts, verdict, table. */
void page_workload(struct page *page, const struct compare_report *report, unsigned index);

/* The curves of the rate sweep, where there is one. */
MUST_USE int page_sweep(struct page *page, const struct compare_report *report);

#endif
