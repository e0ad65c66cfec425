/* SPDX-License-Identifier: Apache-2.0
 *
 * systemd's notification protocol: one datagram of KEY=VALUE lines to the unix socket named in the environment
 * (sd_notify(3) documents it as stable for exactly this use). Spoken directly because libsystemd would bring
 * compression libraries into a network daemon. The socket is not connected: the receiver may be replaced (systemd
 * re-executes itself), and its path then leads to the next one. Runs in the master's main thread. */
#include "daemon/sys/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/parse.h"

static int set_address(struct notify *notify, const char *path)
{
    size_t length = path != NULL ? strlen(path) : 0;

    if (length < 2 || (path[0] != '/' && path[0] != '@') || length >= sizeof notify->to.sun_path)
        return -1;
    notify->to.sun_family = AF_UNIX;
    memcpy(notify->to.sun_path, path, length);
    if (path[0] == '@') /* an abstract name */
        notify->to.sun_path[0] = '\0';
    notify->to_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return 0;
}

/* The watchdog's patience, when it is with this process. */
static uint64_t read_watchdog(void)
{
    const char *patience = getenv("WATCHDOG_USEC"), *whose = getenv("WATCHDOG_PID");
    uint64_t us, pid;

    if (patience == NULL || parse_u64(patience, strlen(patience), &us) != 0)
        return 0;
    if (whose != NULL && (parse_u64(whose, strlen(whose), &pid) != 0 || pid != (uint64_t)getpid()))
        return 0;
    return us;
}

void notify_open(struct notify *notify)
{
    *notify = (struct notify){.fd = -1};
    if (set_address(notify, getenv("NOTIFY_SOCKET")) == 0)
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify->fd >= 0)
        notify->watchdog_us = read_watchdog();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}

int notify_send(const struct notify *notify, const char *message)
{
    ssize_t sent;

    if (notify->fd < 0)
        return 0;
    do
        sent = sendto(notify->fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT,
                      (const struct sockaddr *)&notify->to, notify->to_length);
    while (sent < 0 && errno == EINTR);
    return sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM) ? -1
                                                                                                        : 0;
}
