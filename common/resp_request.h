/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_RESP_REQUEST_H
#define CONCUR_COMMON_RESP_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/quote.h"

/* Requests of the Redis protocol, as arrays of bulk strings or as inline lines: bytes in, arguments out. No memory of
 * its own and no state between calls: an incomplete request is parsed again from its start when more bytes are there,
 * and `need` says from how many on that is worth it. Stricter than Redis: no signs, leading zeros or blanks in lengths,
 * CRLF and nothing else inside array framing. Any thread. */

#define RESP_INLINE_LONGEST 65536 /* bytes of an inline line, as in Redis */

/* One argument: where it stands in the bytes given. */
#define resp_arg quote_word

struct resp_limits {
    size_t max_request; /* bytes of one whole request */
    unsigned max_args;  /* arguments, the command's name included */
};

enum resp_status {
    RESP_OK,
    RESP_INCOMPLETE,
    RESP_INVALID, /* answer `problem`, then close */
    RESP_FOREIGN  /* another protocol (TLS, HTTP, NUL bytes): close without a word */
};

/* Which of the limits an invalid request is beyond. */
enum resp_beyond {
    RESP_WITHIN,
    RESP_BEYOND_SIZE, /* max_request */
    RESP_BEYOND_LINE, /* RESP_INLINE_LONGEST */
    RESP_BEYOND_ARGS  /* max_args */
};

struct resp_request {
    size_t length;           /* RESP_OK: bytes that the request takes */
    size_t need;             /* RESP_INCOMPLETE: no use asking again with fewer bytes */
    unsigned argc;           /* RESP_OK: arguments; 0 is an empty request, to be passed over in silence */
    const char *problem;     /* RESP_INVALID: static text behind "Protocol error: " */
    enum resp_beyond beyond; /* RESP_INVALID */
};

/* Parses one request at the front of `bytes`. An inline request is unquoted in place, so that it must be parsed once
 * only; an array is left as it is. `args` has room for limits->max_args. */
enum resp_status resp_request_parse(char *bytes, size_t length, const struct resp_limits *limits,
                                    struct resp_arg *args, struct resp_request *request);

#endif
