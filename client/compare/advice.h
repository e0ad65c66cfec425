/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_ADVICE_H
#define CONCUR_CLIENT_COMPARE_ADVICE_H

#include "client/compare/result.h"

/* Puts into words, in the recommendation and its standings, that `chosen` is recommended. */
void advise(struct compare_report *report, unsigned chosen);

#endif
