/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SYS_NOTIFY_H
#define CONCUR_SYS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/error.h"

/* The way to the service manager (systemd's sd_notify protocol, spoken directly): one datagram per message, which may
 * hold several lines, as "READY=1\nSTATUS=...". All calls: the main thread. */
struct notify {
    int fd; /* -1: nobody wants to be told */
    struct sockaddr_un to;
    socklen_t to_length;
    uint64_t watchdog_us; /* 0: no watchdog waits for this process */
};

/* Reads NOTIFY_SOCKET (a path, or @ and an abstract name), WATCHDOG_USEC and WATCHDOG_PID and takes them out of the
 * environment, so that no child speaks for us. What can't be used is as good as absent. notify_close takes one that is
 * closed already. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* Whether somebody listens. */
static inline bool notify_wanted(const struct notify *notify)
{
    return notify->fd >= 0;
}

/* Sends one message. Never blocks. 0, also when nobody listens any more; -1 when the receiver's queue is full: what
 * matters is worth another try later. */
MUST_USE int notify_send(const struct notify *notify, const char *message);

#endif
