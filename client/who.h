/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_WHO_H
#define CONCUR_CLIENT_WHO_H

#include <stddef.h>

#include "common/resp_reply.h"

#define WHO_BYTES 96

/* Writes who answered a WHOAMI as people read it: "prefork, worker 2, pid 812, tid 815"; fields that the
 * reply (a map, or RESP2's flat array) has not are left out, and of a reply that is neither nothing remains
 * but "unknown". */
void who_describe(const struct resp_reply *reply, char text[WHO_BYTES]);

#endif
