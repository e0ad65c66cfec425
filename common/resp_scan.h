/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_RESP_SCAN_H
#define CONCUR_COMMON_RESP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/resp_type.h"

enum resp_scan {
    RESP_SCAN_INCOMPLETE, /* everything given was taken; the reply goes on */
    RESP_SCAN_OK,         /* a whole reply that is no error */
    RESP_SCAN_ERROR,    /* a whole reply that is an error itself (errors inside an aggregate do not count) */
    RESP_SCAN_MALFORMED /* not RESP; the stream can't be followed any further */
};

/* Finds the ends of replies in a stream without keeping or building anything. All zeroes is a scanner at the
 * beginning of a stream. One owner at a time. */
struct resp_scanner {
    const struct resp_kind *kind; /* of the value whose line is being read; NULL at a value's first byte */
    uint64_t pending;             /* values that still belong to this reply */
    uint64_t body_bytes;          /* of a bulk string, its CRLF included, still to come */
    uint32_t line_bytes;          /* of a line that began in an earlier chunk */
    bool judged;                  /* the reply's own type, behind any attributes, has been seen */
    bool error;
    bool push; /* out of band: no reply to anything */
    char last; /* the last byte of an unfinished line */
    char line[RESP_NUMBER_MOST];
};

/* Goes on with the next bytes of the stream, up to the end of one reply at most, and says in `used` how many
 * it took; call again with the rest for the replies behind it. Costs a constant plus the bytes of its lines:
 * the inside of bulk strings is never looked at. Push messages are passed over. No allocation; any thread. */
enum resp_scan resp_scan(struct resp_scanner *scanner, const char *bytes, size_t length, size_t *used);

/* True between replies: what came so far ended with a whole reply. */
static inline bool resp_scan_is_idle(const struct resp_scanner *scanner)
{
    return scanner->pending == 0;
}

#endif
