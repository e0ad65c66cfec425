/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket activation. The parent binds and listens, keeps its own copies, and hands in descriptors with names; so they
 * outlive any one of us, and who connects between two daemons only waits. Everything is looked at before anything is
 * used: a daemon that takes up half of what it was given would leave clients waiting at the other half for ever.
 * Runs in the master's main thread. */
#include "daemon/net/inherit.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/parse.h"

#define FDNAMES_MOST 4096 /* bytes of LISTEN_FDNAMES */

static const struct {
    const char *name;
    enum inherit_role role;
    bool begins; /* names that begin so will do: "tls-public" */
} names[] = {{"concurd", INHERIT_SERVER, false},
             {"server", INHERIT_SERVER, false},
             {"tls", INHERIT_TLS, true},
             {"admin", INHERIT_ADMIN, false}};

/* Reads a variable as a number, and takes it out of the environment. 1, 0 when there is none, or -1. */
static int take_number(const char *variable, uint64_t *number, struct error *error)
{
    const char *text = getenv(variable);
    int result = 1;

    if (text == NULL)
        return 0;
    if (parse_u64(text, strlen(text), number) != 0)
        result = error_set(error, "%s=%.40s is not a number", variable, text);
    unsetenv(variable);
    return result;
}

static int find_role(const char *name, size_t length, enum inherit_role *role)
{
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t own = strlen(names[i].name);

        if ((length == own || (names[i].begins && length > own)) && memcmp(names[i].name, name, own) == 0) {
            *role = names[i].role;
            return 0;
        }
    }
    return -1;
}

static int option(int fd, int which)
{
    int value = -1;
    socklen_t length = sizeof value;

    return getsockopt(fd, SOL_SOCKET, which, &value, &length) == 0 ? value : -1;
}

/* NULL when it can be listened on, else what is wrong with it. */
static const char *look_at(int fd)
{
    struct stat status;
    int family;

    if (fstat(fd, &status) != 0)
        return "is not open";
    if (!S_ISSOCK(status.st_mode))
        return "is no socket";
    if (option(fd, SO_TYPE) != SOCK_STREAM)
        return "is no stream socket (ListenStream=)";
    if (option(fd, SO_ACCEPTCONN) != 1)
        return "does not listen (a connection, as Accept=yes hands in?)";
    family = option(fd, SO_DOMAIN);
    if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
        return "is neither IPv4 nor IPv6 nor a unix socket";
    return NULL;
}

/* The socket's own number, whatever descriptors lead to it; 0 when the kernel gives none. */
static uint64_t cookie(int fd)
{
    uint64_t value = 0;
    socklen_t length = sizeof value;

    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &length) == 0 ? value : 0;
}

/* The descriptor that led to the same socket before, or -1. */
static int find_same(const struct inheritance *inheritance, int fd)
{
    uint64_t own = cookie(fd);
    size_t i;

    for (i = 0; own != 0 && i < inheritance->count; i++)
        if (cookie(inheritance->sockets[i].fd) == own)
            return inheritance->sockets[i].fd;
    return -1;
}

static int prepare(int fd, struct error *error)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return error_errno(error, "inherited descriptor %d", fd);
    return 0;
}

static int add(struct inheritance *inheritance, int fd, const char *name, size_t length, struct error *error)
{
    const char *wrong = look_at(fd);
    enum inherit_role role;
    int same;

    if (wrong != NULL)
        return error_set(error, "inherited descriptor %d, named '%.*s', %s", fd,
                         (int)(length < 60 ? length : 60), name, wrong);
    if (find_role(name, length, &role) != 0)
        return error_set(error,
                         "inherited socket %d is named '%.*s'; it must be concurd, server, tls or admin "
                         "(FileDescriptorName=)",
                         fd, (int)(length < 60 ? length : 60), name);
    same = find_same(inheritance, fd);
    if (same >= 0)
        return error_set(error, "inherited descriptors %d and %d are the same socket", same, fd);
    inheritance->sockets[inheritance->count++] = (struct inherited){.fd = fd, .role = role};
    return prepare(fd, error);
}

static size_t count_names(const char *list)
{
    size_t count = 1;

    for (; *list != '\0'; list++)
        count += *list == ':';
    return count;
}

static int add_all(struct inheritance *inheritance, int first, uint64_t count, const char *list,
                   struct error *error)
{
    uint64_t i;

    if (list == NULL)
        return error_set(error, "%llu sockets are handed in without names (LISTEN_FDNAMES)",
                         (unsigned long long)count);
    if (count_names(list) != count)
        return error_set(error, "LISTEN_FDS=%llu and LISTEN_FDNAMES=%.80s do not fit: %zu names",
                         (unsigned long long)count, list, count_names(list));
    for (i = 0; i < count; i++) {
        size_t length = strcspn(list, ":");

        if (add(inheritance, first + (int)i, list, length, error) != 0)
            return -1;
        list += length + (list[length] == ':');
    }
    if (inherit_count(inheritance, INHERIT_ADMIN) > 1)
        return error_set(error, "%zu sockets are named admin, and one is all that can be used",
                         inherit_count(inheritance, INHERIT_ADMIN));
    return 0;
}

int inherit_take(struct inheritance *inheritance, int first, struct error *error)
{
    const char *list = getenv("LISTEN_FDNAMES");
    char copy[FDNAMES_MOST];
    uint64_t pid = 0, count = 0;
    int for_whom, how_many;

    *inheritance = (struct inheritance){0};
    if (list != NULL && snprintf(copy, sizeof copy, "%s", list) >= (int)sizeof copy)
        return error_set(error, "LISTEN_FDNAMES is longer than %d bytes", FDNAMES_MOST);
    unsetenv("LISTEN_FDNAMES");
    for_whom = take_number("LISTEN_PID", &pid, error);
    if (for_whom < 0) {
        unsetenv("LISTEN_FDS");
        return -1;
    }
    if (for_whom == 0 || pid != (uint64_t)getpid()) {
        unsetenv("LISTEN_FDS"); /* not for us: then nobody else in here may believe it either */
        return 0;
    }
    how_many = take_number("LISTEN_FDS", &count, error);
    if (how_many <= 0 || count == 0)
        return how_many < 0 ? -1 : 0;
    if (count > INHERIT_MOST)
        return error_set(error, "LISTEN_FDS=%llu: more than %d sockets can't be used",
                         (unsigned long long)count, INHERIT_MOST);
    return add_all(inheritance, first, count, list != NULL ? copy : NULL, error);
}

size_t inherit_count(const struct inheritance *inheritance, enum inherit_role role)
{
    size_t count = 0, i;

    for (i = 0; i < inheritance->count; i++)
        count += inheritance->sockets[i].role == role;
    return count;
}
