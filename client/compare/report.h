/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_REPORT_H
#define CONCUR_CLIENT_COMPARE_REPORT_H

#include <stdio.h>

#include "client/compare/result.h"

/* The table for people, at most 100 columns wide. */
void compare_report_table(const struct compare_report *report, FILE *out);

/* The JSON of the reference, schema concur.compare/1, into a file ("-": stdout). 0, or -1 with the reason. */
MUST_USE int compare_report_json(const struct compare_report *report, const char *file, struct error *error);

/* The page for people, with charts, into a file ("-": stdout). 0, or -1 with the reason. */
MUST_USE int compare_report_html(const struct compare_report *report, const char *file, struct error *error);

#endif
