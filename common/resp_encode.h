/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_RESP_ENCODE_H
#define CONCUR_COMMON_RESP_ENCODE_H

#include <stddef.h>

#include "common/buffer.h"

/* A word of a command: any bytes, not owned. */
struct resp_word {
    const char *bytes;
    size_t length;
};

/* Appends a command to `buffer` as RESP wants requests: an array of bulk strings. 0, or -1 when memory is
 * short (then nothing was appended). */
MUST_USE int resp_encode(struct buffer *buffer, const struct resp_word *words, size_t count);

/* The same for words that are C strings, such as a program's arguments. */
MUST_USE int resp_encode_strings(struct buffer *buffer, const char *const *strings, size_t count);

#endif
