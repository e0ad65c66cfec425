/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_BACKEND_FIXTURE_H
#define CONCUR_TESTS_BACKEND_FIXTURE_H

/* The command fixture's server with a table of connections, each over a socket pair whose far end is the
 * client's. */
#include "tests/unit/command/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "daemon/backend/connection.h"

static struct connections *connections;
static int fixture_clients[FIXTURE_CONNECTIONS];

static inline int fixture_start_backend(void **state)
{
    size_t i;

    for (i = 0; i < FIXTURE_CONNECTIONS; i++)
        fixture_clients[i] = -1;
    if (fixture_start(state) != 0)
        return -1;
    connections = connections_new(&fixture.process);
    return connections != NULL ? 0 : -1;
}

static inline int fixture_stop_backend(void **state)
{
    size_t i;

    for (i = 0; i < FIXTURE_CONNECTIONS; i++) {
        if (atomic_load(&connections->table[i].open) != 0)
            close(connection_detach(connections, &connections->table[i]));
        if (fixture_clients[i] >= 0)
            close(fixture_clients[i]);
    }
    connections_free(&connections);
    return fixture_stop(state);
}

/* A client has connected: its end is fixture_clients[index]. */
static inline struct connection *fixture_open(unsigned index, uint64_t id)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    fixture_connection(index, id);
    fixture_clients[index] = pair[1];
    segment_add(&fixture.segment->processes[fixture.process.number].dispatched, 1);
    return connection_open(connections, index, pair[0]);
}

static inline void fixture_client_sends(unsigned index, const char *text)
{
    assert_int_equal(send(fixture_clients[index], text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* All that has arrived at the client, NUL-terminated, until the next look; "" at its end or when there is
 * nothing. */
static inline const char *fixture_client_got(unsigned index)
{
    static char bytes[65536];
    size_t length = 0;
    ssize_t part;

    while ((part = recv(fixture_clients[index], bytes + length, sizeof bytes - 1 - length, 0)) > 0)
        length += (size_t)part;
    bytes[length] = '\0';
    return bytes;
}

/* Whether the server has ended its side. */
static inline bool fixture_client_at_end(unsigned index)
{
    char byte;

    return recv(fixture_clients[index], &byte, 1, MSG_PEEK) == 0;
}

static inline bool fixture_is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* The number that the next descriptor will get: the same before and after when nothing leaked. */
static inline int fixture_next_descriptor(void)
{
    int fd = dup(0);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

#define BACKEND_UNIT(test) cmocka_unit_test_setup_teardown(test, fixture_start_backend, fixture_stop_backend)

#endif
