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

/* The JSON of the reference, schema concur.load/1, into a file ("-": stdout). 0, or -1 with the reason. */
MUST_USE int report_json(const struct load_plan *plan, const struct load_result *result, const char *file,
                         struct error *error);

#endif
