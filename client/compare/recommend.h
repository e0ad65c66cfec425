/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_RECOMMEND_H
#define CONCUR_CLIENT_COMPARE_RECOMMEND_H

#include "client/compare/result.h"

/* What each merit counts for; they are told in every report. */
struct merit_row {
    const char *name;           /* in JSON */
    const char *words;          /* in a sentence */
    const char *worse, *better; /* "slower", "faster": behind "1.3 times" */
    double weight;
};

extern const struct merit_row merit_rows[MERITS];

/* Beyond that many times worse counts as that: one disaster is not to decide over all else. */
#define MERIT_WORST 4.0

/* Weighs the judged workloads into the one recommendation. */
void recommend(struct compare_report *report);

#endif
