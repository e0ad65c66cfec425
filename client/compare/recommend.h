/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_RECOMMEND_H
#define CONCUR_CLIENT_COMPARE_RECOMMEND_H

#include "client/compare/result.h"

/* What each merit counts for; they are told in every report. */
struct merit_row {
    const char *name;  /* in JSON */
    const char *words; /* in a sentence */
    double weight;
};

extern const struct merit_row merit_rows[MERITS];

/* Beyond that many times worse counts as that: one disaster is not to decide over all else. */
#define MERIT_WORST 4.0

/* A mean of ratios over workloads, in which one of the user's own counts as much as all others. All zeroes: none yet. */
struct recommend_mean {
    double own_sum, own_count, sum, count; /* of logarithms */
};

void recommend_mean_add(struct recommend_mean *mean, bool own, double ratio);

/* NAN when there are none. */
double recommend_mean_of(const struct recommend_mean *mean);

/* Whether a workload is judged, and that model has done the work of it. */
bool recommend_counts(const struct compare_workload *workload, unsigned count, unsigned model);

/* Whether a merit goes by that figure in a workload. */
bool recommend_goes_by(const struct compare_workload *workload, unsigned count, enum merit merit,
                       enum figure figure);

/* What the others are measured by: the best of the candidates, a suspect one only when there is no other. NULL when
 * nobody has that figure. */
const struct spread *recommend_yardstick(const struct compare_workload *workload, unsigned count,
                                         enum figure figure);

/* The weighed mean of the logarithms of what `one` has, over the merits that both know; NAN when there are none. */
double recommend_score_beside(const struct compare_standing *one, const struct compare_standing *other);

/* Weighs the judged workloads into the one recommendation. */
void recommend(struct compare_report *report);

#endif
