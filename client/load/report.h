/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_REPORT_H
#define CONCUR_CLIENT_LOAD_REPORT_H

#include <stdio.h>

#include "client/load/run.h"

/* The quantiles that every report gives, with the names that they have there. */
#define REPORT_QUANTILES 5

struct report_quantile {
    const char *name;
    double quantile;
};

extern const struct report_quantile report_quantiles[REPORT_QUANTILES];

/* The table for people. */
void report_table(const struct load_plan *plan, const struct load_result *result, FILE *out);

/* The files that the plan asks for; main thread, block for the disk.
 * Before the load: whether all of them can be written. 0, or -1 with the reason. */
MUST_USE int report_files_check(const struct load_plan *plan, struct error *error);

/* After it: writes them, each whole or not at all. 0, or -1 with the reason of the first that could not be
 * written; the others are written nevertheless. */
MUST_USE int report_files_write(const struct load_plan *plan, const struct load_result *result,
                                struct error *error);

/* Whether one of them goes to stdout ("-"): then the table belongs on stderr. */
bool report_files_on_stdout(const struct load_plan *plan);

/* The writers of the files. 0, or -1 when memory is short; errors of the stream are the caller's. */
MUST_USE int report_json(const struct load_plan *plan, const struct load_result *result, FILE *out);
MUST_USE int report_csv(const struct load_plan *plan, const struct load_result *result, FILE *out);
MUST_USE int report_hgrm(const struct load_plan *plan, const struct load_result *result, FILE *out);
MUST_USE int report_html(const struct load_plan *plan, const struct load_result *result, FILE *out);

/* "closed loop", or "open loop at 8,000 requests/s (uniform)": how the load was driven. Answers `text`. */
const char *report_loop(const struct load_plan *plan, const struct load_result *result, char *text,
                        size_t size);

#endif
