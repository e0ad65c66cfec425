/* SPDX-License-Identifier: Apache-2.0
 *
 * Connecting, over IPv4, IPv6 and unix sockets. All connects are non-blocking, because a blocking one obeys
 * the kernel's patience (minutes) and not ours. dial() runs in the main thread, the rest in any. */
#include "client/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define ADDRESSES_MOST 8

int dial_start(const struct dial_address *address)
{
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;

    if (fd < 0)
        return -1;
    if (address->storage.ss_family != AF_UNIX)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)&address->storage, address->length) != 0 &&
        errno != EINPROGRESS) {
        int why = errno;

        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

int dial_result(int fd)
{
    int result = 0;
    socklen_t length = sizeof result;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &result, &length) == 0 ? result : errno;
}

static int resolve_unix(const struct target *target, struct dial_address *address, struct error *error)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t length = strlen(target->socket);

    if (length == 0 || length >= sizeof un.sun_path)
        return error_set(error, "a unix socket's path has 1 to %zu bytes: %s", sizeof un.sun_path - 1,
                         target->socket);
    memcpy(un.sun_path, target->socket, length + 1);
    memcpy(&address->storage, &un, sizeof un);
    address->length = sizeof un;
    return 1;
}

/* Answers how many addresses there are. */
static int resolve(const struct target *target, struct dial_address *addresses, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found, *one;
    char port[8];
    int count = 0, failed;

    if (target->socket != NULL)
        return resolve_unix(target, addresses, error);
    snprintf(port, sizeof port, "%u", (unsigned)target->port);
    failed = getaddrinfo(target->host, port, &hints, &found);
    if (failed != 0)
        return error_set(error, "%s: %s", target->host, gai_strerror(failed));
    for (one = found; one != NULL && count < ADDRESSES_MOST; one = one->ai_next) {
        memcpy(&addresses[count].storage, one->ai_addr, one->ai_addrlen);
        addresses[count++].length = one->ai_addrlen;
    }
    freeaddrinfo(found);
    return count;
}

/* A connected descriptor, or -1 with errno. */
static int connect_within(const struct dial_address *address, uint64_t timeout_us)
{
    struct pollfd ready = {.fd = dial_start(address), .events = POLLOUT};
    int count, why;

    if (ready.fd < 0)
        return -1;
    do
        count = poll(&ready, 1, (int)(timeout_us / 1000));
    while (count < 0 && errno == EINTR);
    why = count < 0 ? errno : count == 0 ? ETIMEDOUT : dial_result(ready.fd);
    if (why == 0)
        return ready.fd;
    close(ready.fd);
    errno = why;
    return -1;
}

int dial(const struct target *target, uint64_t timeout_us, struct dial_address *used, struct error *error)
{
    struct dial_address addresses[ADDRESSES_MOST] = {0};
    int count = resolve(target, addresses, error);
    int i;

    for (i = 0; i < count; i++) {
        int fd = connect_within(&addresses[i], timeout_us);

        if (fd >= 0) {
            if (used != NULL)
                *used = addresses[i];
            return fd;
        }
    }
    return count < 0 ? -1 : error_errno(error, "could not connect to %s", target->name);
}
