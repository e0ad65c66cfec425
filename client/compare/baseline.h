/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_BASELINE_H
#define CONCUR_CLIENT_COMPARE_BASELINE_H

#include "client/compare/result.h"

/* An older report, to compare with: the JSON of an earlier comparison. */
struct baseline;

/* Reads and checks a file. 0, or -1 with the reason: can't be read, no JSON, not such a report. */
MUST_USE int baseline_load(struct baseline **baseline, const char *path, struct error *error);

/* Frees; nulls the pointer, takes NULL. */
void baseline_free(struct baseline **baseline);

/* Fills report->baseline: each figure of a workload and model that are in both, and that has changed beyond noise. */
void baseline_compare(const struct baseline *baseline, struct compare_report *report);

/* Whether something got worse. */
bool baseline_is_worse(const struct compare_report *report);

#endif
