/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_REPORT_H
#define CONCUR_CONFIG_REPORT_H

#include <stdbool.h>

#include "common/buffer.h"

/* Collects problems, a line each, so that an operator can mend them all at once; CONFIG_PROBLEMS_MOST of
 * them, as a file that is no configuration at all would otherwise fill the screen. Start with {.problems =
 * buffer}. One owner. */
struct report {
    struct buffer *problems;
    unsigned count; /* found, shown or not */
};

void config_report(struct report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether looking any further is of no use. */
bool config_report_full(const struct report *report);

/* 0 without problems, else -1. */
int config_report_result(const struct report *report);

#endif
