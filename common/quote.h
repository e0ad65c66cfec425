/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_QUOTE_H
#define CONCUR_COMMON_QUOTE_H

#include <stddef.h>

#include "common/error.h"

/* One word of a split line: where its unquoted bytes now stand in the line that was given. */
struct quote_word {
    size_t offset;
    size_t length;
};

#define QUOTE_UNBALANCED                                                                                     \
    (-1)                    /* a quote without its end, or something else than a blank right behind the end */
#define QUOTE_TOO_MANY (-2) /* more words than the caller has room for */

/* Splits a line into words by the rules that Redis has for inline commands and redis-cli for what is typed:
 * words stand between blanks; "..." knows \n \r \t \b \a \xHH and takes any other escaped byte as it is;
 * '...' knows \' alone; a quote may open in the middle of a word, and behind the closing one a blank or the
 * end must follow.
 *
 * The line needs no NUL, may hold any byte (a NUL is one like others) and is rewritten in place: unquoting
 * only ever shrinks a word. Answers how many words there were, at most `most`, in `words`, or
 * QUOTE_UNBALANCED or QUOTE_TOO_MANY, and then the line's contents are void. No allocation, never blocks, any
 * thread. */
MUST_USE int quote_split(char *line, size_t length, struct quote_word *words, size_t most);

#endif
