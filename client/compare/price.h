/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_PRICE_H
#define CONCUR_CLIENT_COMPARE_PRICE_H

#include "client/compare/result.h"

#define PRICE_BESIDE_BEST MODELS_MOST /* instead of another model: the best in each workload */

/* Appends to a text of RESULT_LINE_BYTES in what `model` is worse than `other`, or with `better` in what it is better:
 * "1.8 times the CPU per request, 1.3 times fewer requests", behind `before`. Only what differs beyond noise counts,
 * each figure by its name, and uncapped. False when there is nothing to say. */
bool price_say(char *text, const char *before, const struct compare_report *report, unsigned model,
               unsigned other, bool better);

#endif
