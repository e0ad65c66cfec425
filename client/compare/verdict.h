/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_VERDICT_H
#define CONCUR_CLIENT_COMPARE_VERDICT_H

#include "client/compare/result.h"

/* Sums the runs of a result up: the spread of every figure over those that count, and what must be said about them. */
void verdict_sum_up(struct compare_result *result);

/* Whether a result's requests failed more than by accident, where they were not made to. */
bool verdict_is_troubled(const struct compare_result *result);

/* Judges a workload whose results are summed up; `count` models. */
void verdict_make(struct compare_workload *workload, unsigned count);

#endif
