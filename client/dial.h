/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_DIAL_H
#define CONCUR_CLIENT_DIAL_H

#include <stdint.h>
#include <sys/socket.h>

#include "client/target.h"

/* Where to connect to, as the kernel wants it. */
struct dial_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

/* Begins to connect: a non-blocking descriptor, connected or on its way (it becomes writable; ask dial_result
 * then), or -1 with errno. Never blocks; any thread. */
int dial_start(const struct dial_address *address);

/* How a connect that was begun has ended: 0, or its errno. */
int dial_result(int fd);

/* Resolves the target and connects to the first of its addresses that answers. A non-blocking descriptor, or
 * -1 with the reason. `used`, unless NULL, receives that address, so that more connections need no resolver.
 * Blocks for at most `timeout_us` per address, and as long as the resolver takes. */
MUST_USE int dial(const struct target *target, uint64_t timeout_us, struct dial_address *used,
                  struct error *error);

#endif
