/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_NET_PROXY_HEADER_H
#define CONCUR_NET_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "daemon/net/address.h"

/* The header that a proxy sends before a client's bytes: the PROXY protocol, versions 1 (a line of text) and 2 (binary), as
 * in HAProxy's doc/proxy-protocol.txt. It is read strictly: whoever sends something else is no proxy of ours. */

/* The longest header that is read, which is more than the specification wants: a version 2 header announces up to 65,551
 * bytes, nearly all of them extensions, of which a client's certificate is the largest known. */
#define PROXY_HEADER_MOST 4096

enum proxy_header_result {
    PROXY_HEADER_WHOLE,
    PROXY_HEADER_MORE, /* all bytes belong to the header so far, and there must come more */
    PROXY_HEADER_BAD
};

struct proxy_header {
    size_t length;   /* WHOLE: of these bytes the first so many are the header */
    bool has_source; /* WHOLE: it says whose connection it is; else (LOCAL, UNKNOWN) it is the proxy's own */
    struct address source; /* that client's address; an IPv4 address in IPv6's clothes as plain IPv4 */
    const char *reason;    /* BAD: why */
};

/* Reads a header from the first `length` bytes of a connection. The answer to a beginning is MORE until it can't become a
 * header any more, and never more than PROXY_HEADER_MOST bytes are asked for. A unix path comes without blanks and control
 * bytes, as "?". Keeps nothing, allocates nothing; any thread. */
MUST_USE enum proxy_header_result proxy_header_parse(const void *bytes, size_t length,
                                                     struct proxy_header *header);

#endif
