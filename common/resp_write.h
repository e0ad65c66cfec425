/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_RESP_WRITE_H
#define CONCUR_COMMON_RESP_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

/* Replies of the Redis protocol, in the version that the client speaks: what RESP2 lacks is written as its nearest
 * (a map as a flat array, a null as the null bulk string). Appends to a buffer up to `limit` bytes; past that, or when
 * memory is short, nothing more is written and `failed` says so: the reply can't be completed and the connection must
 * end. One owner at a time. */
struct reply {
    struct buffer *out;
    size_t limit;
    int protocol; /* 2 or 3 */
    bool failed;
    bool no_memory;  /* and that was the reason */
    unsigned errors; /* error replies written */
};

void reply_simple(struct reply *reply, const char *text); /* text of ours: no CR, no LF */
void reply_integer(struct reply *reply, int64_t value);
void reply_bulk(struct reply *reply, const char *bytes, size_t length);
void reply_bulk_begin(struct reply *reply,
                      uint64_t length);                 /* `length` bytes and CR LF follow, by reply_raw */
void reply_text(struct reply *reply, const char *text); /* a bulk string */
void reply_null(struct reply *reply);
void reply_array(struct reply *reply, uint64_t count);                      /* `count` replies follow */
void reply_map(struct reply *reply, uint64_t pairs);                        /* 2 * `pairs` replies follow */
void reply_verbatim(struct reply *reply, const char *bytes, size_t length); /* plain text for people */

/* An error reply. Its first word is stable (ERR, LIMIT, TIMEOUT ...). Control bytes that came from a peer's arguments
 * are replaced by '?', so that a reply can't be split; the text is cut at 256 bytes. */
void reply_error(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a peer called something, for '%s' in an error reply: cut at REPLY_SHOWN_LONGEST bytes, a NUL (which would end it
 * there, unlike other control bytes) being a '?'. Answers `text`. */
#define REPLY_SHOWN_LONGEST 64
const char *reply_shown(char text[REPLY_SHOWN_LONGEST + 1], const char *bytes, size_t length);

/* A reply that stands ready, as "+PONG\r\n", or a piece of a bulk string. */
void reply_raw(struct reply *reply, const char *bytes, size_t length);

#endif
