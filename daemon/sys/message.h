/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SYS_MESSAGE_H
#define CONCUR_SYS_MESSAGE_H

#include <stddef.h>

#include "common/error.h"

/* Messages with descriptors over a SOCK_SEQPACKET pair. */

#define MESSAGE_FDS 2 /* the most descriptors that one message carries */

enum message_result {
    MESSAGE_OK,
    MESSAGE_STRIPPED, /* received, but this process had no descriptors left for those that it carried: they are gone */
    MESSAGE_AGAIN,  /* the socket is full, or holds nothing: a pause, not a failure */
    MESSAGE_CLOSED, /* the other end is gone, and all that it sent has been received */
    MESSAGE_ERROR   /* anything else, a truncated or oversize message included */
};

/* Sends `length` bytes and `fd_count` descriptors, which stay the caller's. Never blocks, never raises SIGPIPE. The
 * kernel's "too many references" (descriptors in flight) is AGAIN like a full socket. */
MUST_USE enum message_result message_send(int socket, const void *bytes, size_t length, const int *fds,
                                          unsigned fd_count);

/* Receives one message into `bytes`; `*length` is its room before and its length after. Descriptors arrive
 * close-on-exec and are the caller's; unused places hold -1. Never blocks. */
MUST_USE enum message_result message_receive(int socket, void *bytes, size_t *length, int fds[MESSAGE_FDS]);

#endif
