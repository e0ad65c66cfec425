/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_OUTCOME_H
#define CONCUR_CLIENT_COMPARE_OUTCOME_H

#include "client/compare/result.h"

/* Sums the runs of a result up: the spread of every figure over those that count, and what must be said about them. */
void outcome_sum_up(struct compare_result *result);

/* Whether requests failed more than by accident, unless `crashes`: then they were made to. */
bool outcome_is_failing(const struct compare_result *result, bool crashes);

/* Whether a result is one to be warned of: a repeat of it could not be run, or requests failed more than by accident
 * (unless `crashes`: then they were made to). */
bool outcome_is_troubled(const struct compare_result *result, bool crashes);

/* Those who may be best at a workload: who have figures and are not troubled, or when all are, all who have figures.
 * Fills `among` for `count` models; answers how many they are. */
size_t outcome_candidates(const struct compare_workload *workload, unsigned count, bool *among);

#endif
