/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections whose first bytes are a proxy's: the PROXY header that says whose connection it is. They wait for it here, on the
 * main loop, so that neither a worker nor a TLS handshake nor a worker process ever sees it: what is dispatched in the end
 * has its client's address in its entry, as if that client had connected itself.
 *
 * Exactly the header is taken from the socket, as what is behind it may be for TLS, or for another process. So the bytes are
 * looked at first. As long as the header is not whole they all belong to it, and are taken out: else the socket would stay
 * readable, and the loop would spin until the rest comes. Most headers come in one piece, often with the connection itself.
 *
 * Whoever waits here is a client: it has an index and an entry, counts against max_clients, is in CLIENT LIST with its
 * proxy's address, can be killed, and has server.request_timeout from when it was accepted. The sweeper marks it and shuts
 * it down as it does with every connection (connection.c), which makes it readable here. Runs in the master's main thread. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "daemon/backend/turn.h"
#include "daemon/net/proxy_header.h"
#include "daemon/server/server_private.h"

struct proxy_wait {
    struct server *server;
    struct connection *connection;
    struct event *readable; /* NULL until a first look has shown that it must wait */
    struct address peer;    /* the proxy's address */
    struct buffer begun;    /* what was taken of its header so far: less than PROXY_HEADER_MOST */
    struct proxy_wait *following, *preceding;
};

static struct proxy_wait *wait_new(struct server *server, struct connection *connection,
                                   const struct address *peer)
{
    struct proxy_wait *wait = calloc(1, sizeof *wait);

    if (wait == NULL)
        return NULL;
    wait->server = server;
    wait->connection = connection;
    wait->peer = *peer;
    wait->following = server->proxy_waits;
    if (server->proxy_waits != NULL)
        server->proxy_waits->preceding = wait;
    server->proxy_waits = wait;
    segment_add(&server->segment->header->proxy_waiting, 1);
    return wait;
}

/* The connection waits no more: it is out of the loop's epoll set, and whoever has asked for this may hand it on. */
static void wait_free(struct proxy_wait *wait)
{
    struct server *server = wait->server;

    if (wait->preceding != NULL)
        wait->preceding->following = wait->following;
    else
        server->proxy_waits = wait->following;
    if (wait->following != NULL)
        wait->following->preceding = wait->preceding;
    segment_add(&server->segment->header->proxy_waiting, (uint64_t)-1);
    if (wait->readable != NULL)
        event_free(wait->readable);
    buffer_free(&wait->begun);
    free(wait);
}

/* Closing counts for the process that closes, so it must have been given the connection first. */
static void close_unnamed(struct server *server, struct connection *connection, enum close_reason reason)
{
    segment_add(&server->segment->processes[0].dispatched, 1);
    connection_close(server->connections, connection, reason);
}

static void end(struct proxy_wait *wait, enum close_reason reason)
{
    struct server *server = wait->server;
    struct connection *connection = wait->connection;

    wait_free(wait);
    close_unnamed(server, connection, reason);
}

static void complain(struct proxy_wait *wait, const char *reason)
{
    const struct connection_entry *entry = wait->connection->entry;
    const struct segment *segment = wait->server->segment;
    char address[CONNECTION_ADDRESS_BYTES + 1];

    segment_add(&segment->header->proxy_errors, 1);
    log_event(EVENT_PROXY_ERROR, LOG_U(segment_get(&entry->id)),
              LOG_S(shared_text_load(entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), address)),
              LOG_S(segment_listener(segment, segment_get32(&entry->listener))), LOG_S(reason));
}

/* The peer is gone, which without a byte is how some check that somebody listens. */
static void end_gone(struct proxy_wait *wait, enum stream_result result)
{
    enum close_reason reason = result == STREAM_CLOSED ? CLOSE_PEER : CLOSE_ERROR;

    if (buffer_length(&wait->begun) != 0) {
        complain(wait, "the connection ends within the header");
        reason = CLOSE_PROXY_HEADER;
    }
    end(wait, reason);
}

/* There are enough from there: as one that is refused when it connects, it ends without having been anybody. */
static void refuse(struct proxy_wait *wait, const struct address *client)
{
    const struct address from = *client; /* which may be in what is freed */
    struct server *server = wait->server;
    struct connection *connection = wait->connection;
    struct connection_entry *entry = connection->entry;
    uint32_t listener = segment_get32(&entry->listener);
    int fd;

    wait_free(wait);
    if (connection->tls)
        connection_count_failure(server->connections);
    fd = connection_detach(server->connections, connection);
    atomic_store_explicit(&entry->state, CONNECTION_FREE, memory_order_release);
    dispatch_refuse(server, listener, connection->tls, fd, &from, DISPATCH_ADDRESS_FULL);
}

/* The header is whole, and out of the socket: from now on this is a client like any other. */
static void go_on(struct proxy_wait *wait, const struct proxy_header *header)
{
    const struct address *client = header->has_source ? &header->source : &wait->peer;
    struct connection *connection = wait->connection;
    struct server *server = wait->server;

    if (!dispatch_admits(server, client)) {
        refuse(wait, client);
        return;
    }
    addresses_enter(server->addresses, connection->index, client);
    dispatch_name(connection->entry, client);
    wait_free(wait);
    segment_set(&connection->entry->active_us, clock_now_us());
    connection_await_first(server->connections, connection);
    dispatch_named(server, connection);
}

/* The first `length` bytes of the connection, of which those that were not taken before are in the socket still. Answers
 * whether it waits for more. */
static bool read_header(struct proxy_wait *wait, char *bytes, size_t length)
{
    size_t before = buffer_length(&wait->begun);
    int fd = wait->connection->stream.fd;
    struct proxy_header header;

    switch (proxy_header_parse(bytes, length, &header)) {
    case PROXY_HEADER_WHOLE:
        if (stream_take(fd, bytes + before, header.length - before) != 0)
            end_gone(wait, STREAM_ERROR);
        else
            go_on(wait, &header);
        return false;
    case PROXY_HEADER_BAD:
        complain(wait, header.reason);
        end(wait, CLOSE_PROXY_HEADER);
        return false;
    case PROXY_HEADER_MORE:
        break;
    }
    if (stream_take(fd, bytes + before, length - before) != 0)
        end_gone(wait, STREAM_ERROR);
    else if (buffer_append(&wait->begun, bytes + before, length - before) != 0)
        end(wait, CLOSE_MEMORY);
    else
        return true;
    return false;
}

/* Why it was shut down, which makes it readable. A kill may not have reached the sweeper yet, and whoever gets the connection
 * next may not hear of it. */
static enum close_reason marked(const struct connection *connection)
{
    enum close_reason reason = session_marked(&connection->session);

    return reason == CLOSE_NONE && segment_get32(&connection->entry->kill) != 0 ? CLOSE_KILLED : reason;
}

/* Looks at what has come. Answers whether the connection waits still; else there is no `wait` any more. */
static bool look(struct proxy_wait *wait)
{
    size_t before = buffer_length(&wait->begun), length = PROXY_HEADER_MOST - before;
    enum close_reason reason = marked(wait->connection);
    char bytes[PROXY_HEADER_MOST];
    enum stream_result result;

    if (reason != CLOSE_NONE) {
        if (reason == CLOSE_REQUEST_TIMEOUT)
            complain(wait, "no whole header came within server.request_timeout");
        end(wait, reason);
        return false;
    }
    result = stream_peek(wait->connection->stream.fd, bytes + before, &length);
    if (result == STREAM_AGAIN)
        return true;
    if (result != STREAM_OK) {
        end_gone(wait, result);
        return false;
    }
    if (before != 0)
        memcpy(bytes, buffer_head(&wait->begun), before);
    return read_header(wait, bytes, before + length);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)look(context);
}

void proxy_expect(struct server *server, struct connection *connection, const struct address *peer)
{
    struct proxy_wait *wait = wait_new(server, connection, peer);

    if (wait == NULL) {
        close_unnamed(server, connection, CLOSE_MEMORY);
        return;
    }
    connection_set_idle(connection, false);
    connection_arm(server->connections, connection,
                   clock_add(segment_get(&connection->entry->accepted_us),
                             server_config(server)->server.request_timeout_us),
                   CLOSE_REQUEST_TIMEOUT);
    if (!look(wait))
        return;
    wait->readable = event_new(server->base, connection->stream.fd, EV_READ | EV_PERSIST, on_readable, wait);
    if (wait->readable == NULL || event_add(wait->readable, NULL) != 0)
        end(wait, CLOSE_MEMORY);
}

bool proxy_drain(struct server *server, bool cut)
{
    uint64_t draining = segment_get(&server->segment->header->draining_us), now = clock_now_us();
    struct proxy_wait *wait, *following;

    for (wait = server->proxy_waits; wait != NULL; wait = following) {
        following = wait->following;
        if (look(wait) &&
            (cut || !turn_is_young(segment_get(&wait->connection->entry->accepted_us), draining, now)))
            end(wait, CLOSE_DRAIN);
    }
    return server->proxy_waits != NULL;
}

void proxy_close(struct server *server)
{
    while (server->proxy_waits != NULL)
        end(server->proxy_waits, CLOSE_DRAIN);
}
