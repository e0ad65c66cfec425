/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_WIRE_H
#define CONCUR_CLIENT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "client/dial.h"
#include "client/target.h"
#include "common/tls.h"

/* Bytes to and from a server, plain or TLS, on a descriptor that never waits. One owner at a time. The connections of a
 * load do without it: see load/conn.c. */
struct wire {
    int fd;          /* -1: none */
    struct tls *tls; /* NULL: plain */
    int why;         /* errno of what failed for good, where it was the kernel */
};

#define WIRE_NONE                                                                                            \
    {                                                                                                        \
        .fd = -1                                                                                             \
    }

enum wire_result {
    WIRE_OK,
    WIRE_WANT_READ,  /* not before bytes have come */
    WIRE_WANT_WRITE, /* not before the socket takes more */
    WIRE_CLOSED,     /* the server sends no more */
    WIRE_FAILED      /* see wire_failure */
};

/* Connects as dial() does and, where the target wants TLS, shakes hands, which may take `timeout_us` by itself. 0, or -1
 * with the reason; nothing is left open then. Blocks. */
MUST_USE int wire_open(struct wire *wire, const struct target *target, uint64_t timeout_us,
                       struct dial_address *used, struct error *error);

/* For who connects by himself: makes a connected descriptor the target's kind of wire. It is the wire's from here on. 0, or
 * -1 when memory is short. */
MUST_USE int wire_begin(struct wire *wire, int fd, const struct target *target);

/* Goes on with the handshake; OK when there is nothing (more) to do. Never waits; so for the next two. */
enum wire_result wire_shake(struct wire *wire);

/* Reads or writes up to `*length` bytes; how many it were comes back in it. */
enum wire_result wire_read(struct wire *wire, void *bytes, size_t *length);
enum wire_result wire_write(struct wire *wire, const void *bytes, size_t *length);

/* Whether there are bytes to be read that poll() does not report. */
bool wire_is_pending(const struct wire *wire);

/* Why it answered FAILED, in a few words. */
const char *wire_failure(const struct wire *wire);

/* Says goodbye where TLS has a word for it, closes and frees. Takes one that is not open. */
void wire_close(struct wire *wire);

#endif
