/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_RESP_REPLY_H
#define CONCUR_COMMON_RESP_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/resp_type.h"

/* One reply, with everything in it. */
struct resp_reply {
    enum resp_type type;
    int64_t integer;             /* integers; 1 or 0 for booleans */
    char *text;                  /* strings, errors, doubles and big numbers as sent; a NUL follows */
    size_t length;               /* of the text */
    struct resp_reply *elements; /* of an aggregate; keys and values in turn for a map */
    size_t count;                /* elements that are there */
    size_t announced;            /* elements that were announced: more than count while it is arriving */
};

/* Frees what is inside and leaves a reply of all zeroes; takes one of all zeroes. */
void resp_reply_clear(struct resp_reply *reply);

/* True for both kinds of error. */
static inline bool resp_reply_is_error(const struct resp_reply *reply)
{
    return reply->type == RESP_ERROR || reply->type == RESP_BULK_ERROR;
}

#define RESP_DEPTH_MOST 32 /* aggregates within aggregates that a reader can be told to allow */

/* What one reply may cost. */
struct resp_reply_limits {
    size_t depth;    /* aggregates within each other; at most RESP_DEPTH_MOST */
    size_t elements; /* in all aggregates together */
    size_t bytes;    /* of text, and of the tree itself */
};

enum resp_read {
    RESP_READ_INCOMPLETE, /* more bytes are needed */
    RESP_READ_REPLY,      /* one whole reply was taken */
    RESP_READ_MALFORMED,  /* not RESP */
    RESP_READ_TOO_LARGE,  /* beyond the limits */
    RESP_READ_NO_MEMORY
};

/* Builds replies out of a stream, as they arrive. Not thread-safe: one owner at a time. */
struct resp_reader;

/* A reader at the beginning of a stream, or NULL when memory is short. */
struct resp_reader *resp_reader_new(const struct resp_reply_limits *limits);

/* Frees it with whatever it was building; nulls the pointer, takes NULL. */
void resp_reader_free(struct resp_reader **reader);

/* Takes bytes off the front of `input`, up to the end of one reply. Bytes that it can't use yet stay there:
 * append what comes next and call again. On RESP_READ_REPLY the caller owns `reply` and clears it. Attributes
 * are read and dropped; push messages are replies of their own type. Memory follows what has arrived, never
 * what is announced. After any of the last three answers the stream can't be followed further: free the
 * reader. */
MUST_USE enum resp_read resp_reader_next(struct resp_reader *reader, struct buffer *input,
                                         struct resp_reply *reply);

/* The aggregate that is arriving at top level, with the elements that are complete so far, or NULL. It
 * belongs to the reader and is valid until the next call. This is how a streamed array can be shown element
 * by element. */
const struct resp_reply *resp_reader_arriving(const struct resp_reader *reader);

#endif
