/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_RESP_TYPE_H
#define CONCUR_COMMON_RESP_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* The types of RESP2 and RESP3 (https://redis.io/docs/reference/protocol-spec/), as whoever reads replies
 * sees them. Nulls are one type, however they were written. */
enum resp_type {
    RESP_STRING,
    RESP_ERROR,
    RESP_INTEGER,
    RESP_BULK,
    RESP_ARRAY,
    RESP_NULL,
    RESP_BOOLEAN,
    RESP_DOUBLE,
    RESP_BIG_NUMBER,
    RESP_BULK_ERROR,
    RESP_VERBATIM,
    RESP_MAP,
    RESP_SET,
    RESP_PUSH,
    RESP_ATTRIBUTE
};

/* What follows the type's first byte. */
enum resp_shape {
    RESP_TEXT,   /* a line that is the value */
    RESP_NUMBER, /* a short line that is the value and must read as a number, boolean or nothing */
    RESP_BYTES,  /* a line with a length, then as many bytes and CRLF */
    RESP_ENTRIES /* a line with a count, then as many entries */
};

struct resp_kind {
    enum resp_type type;
    enum resp_shape shape;
    unsigned values_per_entry; /* 2 for pairs */
    bool nullable;             /* a length or count of -1 is RESP2's null */
};

#define RESP_LINE_MOST    65536               /* bytes of a line of text, its CR included */
#define RESP_NUMBER_MOST  32                  /* bytes of a line that holds a number, its CR included */
#define RESP_BYTES_MOST   (512u << 20)        /* bytes of one bulk string: Redis's own limit */
#define RESP_ENTRIES_MOST (UINT64_C(1) << 31) /* entries of one aggregate */

/* The row for a value's first byte, or NULL when no value starts with it. */
const struct resp_kind *resp_kind_of(char first);

/* Reads the line behind a first byte, without its CRLF, and answers in `number` the integer, the boolean, the
 * length or the count (-1: null); for text it is not touched, and only `length` is looked at. 0, or -1 when
 * the line is wrong for its type or beyond the limits above. */
MUST_USE int resp_line_read(const struct resp_kind *kind, const char *line, size_t length, int64_t *number);

#endif
