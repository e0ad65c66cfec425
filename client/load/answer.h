/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_ANSWER_H
#define CONCUR_CLIENT_LOAD_ANSWER_H

#include <stdbool.h>

#include "client/load/mix.h"

enum answer_kind {
    ANSWER_BYTES,   /* the reply, byte by byte */
    ANSWER_INTEGER, /* any integer */
    ANSWER_BULK     /* a string of that length, whatever is in it */
};

/* What the right reply to a command of the mix is. Made before the threads start, then read only. */
struct answer {
    enum answer_kind kind;
    char *bytes;   /* ANSWER_BYTES; what is drawn for the request is to be drawn for the reply, too */
    size_t length; /* of the reply */
    size_t *holes; /* ANSWER_BYTES: offsets of placeholders, in the order in which the request has them */
    size_t first;  /* the request's placeholder that the first of them is */
    size_t hole_count;
    const struct resp_word
        *counter;  /* the counter that the command moves; NULL: none, or one that is drawn */
    int64_t delta; /* by this much */
};

/* Works the right reply out. 0, or -1 with the reason: no memory, or it is not known. Blocks for as long as counting
 * primes takes. */
MUST_USE int answer_make(struct answer *answer, const struct mix_command *command, struct error *error);
void answer_clear(struct answer *answer);

/* Whether that is the right reply to request `number`. Any thread. */
bool answer_is_right(const struct answer *answer, const struct mix *mix, uint64_t seed, uint64_t number,
                     const char *reply, size_t length);

/* The most bytes of a reply that answer_is_right needs to see, for the longest of them. */
size_t answer_longest(const struct answer *answers, size_t count);

#endif
