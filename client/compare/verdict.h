/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_VERDICT_H
#define CONCUR_CLIENT_COMPARE_VERDICT_H

#include "client/compare/result.h"

/* Judges a workload whose results are summed up; `count` models. */
void verdict_make(struct compare_workload *workload, unsigned count);

#endif
