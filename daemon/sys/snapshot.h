/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SYS_SNAPSHOT_H
#define CONCUR_SYS_SNAPSHOT_H

#include "common/buffer.h"
#include "common/error.h"

/* Bytes in a sealed memfd: written once, then the same for everybody who holds the descriptor. Carries a generation to
 * the workers, and unread input along with a connection. */

/* A close-on-exec descriptor of a memfd with these bytes, sealed against every change; -1 with the reason. */
MUST_USE int snapshot_write(const char *name, const void *bytes, size_t length, struct error *error);

/* Appends what a snapshot holds, refusing an unsealed one and one over `most` bytes. 0 or -1 with the reason. The
 * descriptor stays the caller's. */
MUST_USE int snapshot_read(int fd, size_t most, struct buffer *bytes, struct error *error);

#endif
