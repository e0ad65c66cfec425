/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_REMARK_H
#define CONCUR_CLIENT_LOAD_REMARK_H

#include "client/load/result.h"

#define LOAD_REMARKS_MOST 8

/* What makes the figures less than they seem and is neither a reason to suspect them nor a violation. */
struct load_remark {
    const char *title;                 /* a few words, for a box */
    bool bad;                          /* the load failed by it */
    char text[LOAD_REASON_TEXT_BYTES]; /* a whole sentence, which says all without the title */
};

/* The remarks on a result, the same in every report. Answers how many. */
size_t load_remarks(const struct load_result *result, struct load_remark remarks[LOAD_REMARKS_MOST]);

#endif
