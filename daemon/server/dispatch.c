/* SPDX-License-Identifier: Apache-2.0
 *
 * From accept to a backend: the limits, the connection's entry in the shared segment, and the choice of an index; and, where
 * clients come through a proxy, a detour by way of proxy.c, which finds out who they are. One acceptor for every mode keeps
 * all of this in one place. Runs in the master's main thread. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/server/server_private.h"

#define REFUSALS_LOGGED_EVERY_US 1000000 /* a flood of clients must not become a flood of log lines */

/* Says why in one line, without waiting for whether it arrives. Nothing where TLS is spoken: a handshake for that would be a
 * gift to whoever floods us. */
void dispatch_refuse(struct server *server, uint32_t listener, bool tls, int fd, const struct address *peer,
                     const char *reason)
{
    char line[128], text[ADDRESS_TEXT_BYTES];
    uint64_t now = clock_now_us();

    snprintf(line, sizeof line, "-LIMIT %s\r\n", reason);
    if (!tls)
        stream_say(fd, line);
    close(fd);
    segment_add(&server->segment->header->rejected_clients, 1);
    if (now - server->refusal_logged_us < REFUSALS_LOGGED_EVERY_US)
        return;
    server->refusal_logged_us = now;
    log_event(EVENT_CONNECTION_REFUSED, LOG_S(address_format(peer, text)),
              LOG_S(segment_listener(server->segment, listener)), LOG_S(reason));
}

/* Indexes come back when whoever closes a connection frees its entry, in any process: they are collected by a look at
 * all entries whenever the stack has run out. */
static void collect_indexes(struct server *server)
{
    uint32_t i;

    for (i = server->segment->header->connections; i-- > 0;) {
        /* pairs with the release in connection_close */
        if (atomic_load_explicit(&server->segment->connections[i].state, memory_order_acquire) ==
                CONNECTION_FREE &&
            /* a worker may end it before we have read that it acknowledged it */
            atomic_load_explicit(&server->connections->table[i].open, memory_order_relaxed) == 0)
            server->free_indexes[server->free_count++] = i;
    }
}

bool dispatch_admits(struct server *server, const struct address *peer)
{
    if (addresses_have_room(server->addresses, peer, server_config(server)->limits.clients_per_address))
        return true;
    segment_add(&server->segment->header->rejected_per_address, 1);
    return false;
}

static bool take_index(struct server *server, uint32_t *index)
{
    if (segment_clients(server->segment) >= server_config(server)->server.max_clients)
        return false;
    if (server->free_count == 0)
        collect_indexes(server);
    if (server->free_count == 0)
        return false;
    *index = server->free_indexes[--server->free_count];
    return true;
}

void dispatch_name(struct connection_entry *entry, const struct address *client)
{
    char text[ADDRESS_TEXT_BYTES];

    address_format(client, text);
    shared_text_store(entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), text, strlen(text));
}

static void fill_entry(struct server *server, struct connection_entry *entry, const struct listener *listener,
                       const struct address *peer)
{
    uint64_t now = clock_now_us();

    segment_set(&entry->id, ++server->last_id);
    segment_set(&entry->accepted_us, now);
    segment_set(&entry->active_us, now);
    segment_set(&entry->request_started_us, 0);
    segment_set32(&entry->listener, listener_number(listener));
    segment_set32(&entry->process, 0);
    segment_set32(&entry->kill, 0);
    segment_set32(&entry->worker, 0);
    segment_set(&entry->commands, 0);
    segment_set(&entry->rx_bytes, 0);
    segment_set(&entry->tx_bytes, 0);
    atomic_store_explicit(&entry->command, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->protocol, 2, memory_order_relaxed);
    atomic_store_explicit(&entry->tls, listener_is_tls(listener) ? CONNECTION_SHAKING : CONNECTION_PLAIN,
                          memory_order_relaxed);
    shared_text_store(entry->certificate, SHARED_TEXT_WORDS(CONNECTION_PEER_BYTES), "", 0);
    dispatch_name(entry, peer);
    shared_text_store(entry->user, SHARED_TEXT_WORDS(CONNECTION_USER_BYTES), "", 0);
    shared_text_store(entry->name, SHARED_TEXT_WORDS(CONNECTION_NAME_BYTES), "", 0);
    shared_text_store(entry->library, SHARED_TEXT_WORDS(CONNECTION_LIBRARY_BYTES), "", 0);
    shared_text_store(entry->library_version, SHARED_TEXT_WORDS(CONNECTION_LIBRARY_BYTES), "", 0);
    atomic_store_explicit(&entry->state, CONNECTION_USED, memory_order_release);
}

void dispatch_named(struct server *server, struct connection *connection)
{
    const struct connection_entry *entry = connection->entry;
    char address[CONNECTION_ADDRESS_BYTES + 1];
    int fd = connection->stream.fd;

    log_event(EVENT_CONNECTION_OPENED, LOG_U(segment_get(&entry->id)),
              LOG_S(shared_text_load(entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), address)),
              LOG_S(segment_listener(server->segment, segment_get32(&entry->listener))),
              LOG_S(connection->tls ? "yes" : "no"));
    if (server_config(server)->server.mode != MODE_PREFORK) /* prefork counts where it sends it */
        segment_add(&server->segment->processes[0].dispatched, 1);
    if (backend_submit(server->backend, connection) == BACKEND_TAKEN)
        return;
    segment_add(&server->segment->header->rejected_clients, 1);
    if (!connection->tls)
        stream_say(fd, BACKEND_REFUSAL);
    connection_close(server->connections, connection, CLOSE_MEMORY);
}

void dispatch_accepted(void *context, struct listener *listener, int fd, const struct address *peer)
{
    static const struct address not_known_yet; /* counts for no address */
    struct server *server = context;
    bool proxied = server_config(server)->server.proxy_protocol;
    struct connection *connection;
    uint32_t index;

    if (!proxied && !dispatch_admits(server, peer)) {
        dispatch_refuse(server, listener_number(listener), listener_is_tls(listener), fd, peer,
                        DISPATCH_ADDRESS_FULL);
        return;
    }
    if (!take_index(server, &index)) {
        segment_add(&server->segment->header->rejected_max_clients, 1);
        dispatch_refuse(server, listener_number(listener), listener_is_tls(listener), fd, peer,
                        "max number of clients reached");
        return;
    }
    fill_entry(server, &server->segment->connections[index], listener, peer);
    addresses_enter(server->addresses, index, proxied ? &not_known_yet : peer);
    connection = connection_open(server->connections, index, fd);
    segment_add(&server->segment->header->total_connections, 1);
    if (connection->tls)
        segment_add(&server->segment->header->tls_connections, 1);
    if (proxied)
        proxy_expect(server, connection, peer);
    else
        dispatch_named(server, connection);
}
