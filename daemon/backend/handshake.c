/* SPDX-License-Identifier: Apache-2.0
 *
 * Shaking hands. What it needs is made when the client's first bytes are there: a connection that has said nothing costs as
 * little as a plain one, can still be given to another process, and gets the newest certificate. Time is the sweeper's
 * business, as everywhere: the deadline is set when the connection is opened. Whatever a stranger does here is counted, and
 * told in the log, but no more than once a second: who can fail a handshake can fail a million. Runs in the worker that has
 * the connection. */
#include "daemon/backend/handshake.h"

#include <string.h>

#include "common/tls.h"
#include "daemon/command/worker.h"

#define FAILURES_LOGGED_EVERY_US 1000000

/* Whether this failure is to be told, and of how many others before it nothing was. */
static bool may_log(struct connections *connections, uint64_t now_us, uint64_t *unlogged)
{
    uint64_t last = atomic_load_explicit(&connections->failure_logged_us, memory_order_relaxed);

    if ((last != 0 && now_us - last < FAILURES_LOGGED_EVERY_US) ||
        !atomic_compare_exchange_strong_explicit(&connections->failure_logged_us, &last, now_us,
                                                 memory_order_relaxed, memory_order_relaxed)) {
        atomic_fetch_add_explicit(&connections->failures_unlogged, 1, memory_order_relaxed);
        return false;
    }
    *unlogged = atomic_exchange_explicit(&connections->failures_unlogged, 0, memory_order_relaxed);
    return true;
}

static enum handshake_next fail(struct connections *connections, struct connection *connection,
                                const struct worker *worker, enum close_reason why, const char *reason)
{
    char address[CONNECTION_ADDRESS_BYTES + 1];
    const struct connection_entry *entry = connection->entry;
    uint64_t unlogged;

    connection->session.reason = why;
    if (may_log(connections, worker->now_us, &unlogged))
        log_event(
            EVENT_TLS_FAILED, LOG_U(connection->session.client.id),
            LOG_S(shared_text_load(entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), address)),
            LOG_S(segment_listener(connections->process->segment, segment_get32(&entry->listener))),
            LOG_S(reason), LOG_U(unlogged));
    return HANDSHAKE_FAILED;
}

/* Ended from outside: its time is over, or something that has nothing to do with it. */
static enum handshake_next give_up(struct connections *connections, struct connection *connection,
                                   const struct worker *worker)
{
    enum close_reason marked = session_marked(&connection->session);

    if (marked == CLOSE_TLS)
        return fail(connections, connection, worker, marked, "it took longer than server.request_timeout");
    connection->session.reason = marked;
    return HANDSHAKE_FAILED;
}

/* The client's first bytes are there. */
static enum handshake_next begin(struct connections *connections, struct connection *connection,
                                 const struct worker *worker)
{
    struct tls_context *credentials = worker->generation->credentials;

    if (credentials == NULL)
        return fail(connections, connection, worker, CLOSE_TLS, "there is no certificate any more");
    if (stream_secure(&connection->stream, credentials) != 0)
        return fail(connections, connection, worker, CLOSE_MEMORY, "out of memory");
    return HANDSHAKE_DONE;
}

/* Whether there is anything to begin with. A process on its way out begins nothing that another could do. */
static enum handshake_next look(struct connections *connections, struct connection *connection,
                                const struct worker *worker)
{
    if (stream_is_over(&connection->stream)) {
        connection->session.reason = CLOSE_PEER;
        return HANDSHAKE_FAILED;
    }
    if (stream_unread(&connection->stream) == 0 ||
        atomic_load_explicit(&connections->keeps_until_us, memory_order_relaxed) != 0)
        return HANDSHAKE_WAITS;
    return begin(connections, connection, worker);
}

/* The name that a certificate is for, as CLIENT LIST can show it: printable and without blanks. */
static void show_peer(struct connection_entry *entry, const char *name)
{
    char shown[CONNECTION_PEER_BYTES];
    size_t length = strlen(name), i;

    length = length < sizeof shown ? length : sizeof shown;
    for (i = 0; i < length; i++)
        shown[i] = '!' <= name[i] && name[i] <= '~' ? name[i] : '_';
    shared_text_store(entry->certificate, SHARED_TEXT_WORDS(CONNECTION_PEER_BYTES), shown, length);
}

static enum connection_tls version_of(const struct tls *tls)
{
    return strcmp(tls_version(tls), "TLSv1.3") == 0 ? CONNECTION_TLS_1_3 : CONNECTION_TLS_1_2;
}

static void done(const struct connections *connections, struct connection *connection,
                 const struct worker *worker)
{
    struct segment_header *header = connections->process->segment->header;
    const struct tls *tls = connection->stream.tls;
    struct connection_entry *entry = connection->entry;
    bool resumed = tls_was_resumed(tls);

    connection->shaking = false;
    atomic_store_explicit(&entry->tls, version_of(tls), memory_order_relaxed);
    show_peer(entry, tls_peer(tls));
    segment_set(&entry->active_us, worker->now_us); /* a sign of life */
    atomic_fetch_add_explicit(&header->tls_handshakes, 1, memory_order_relaxed);
    if (resumed)
        atomic_fetch_add_explicit(&header->tls_resumed, 1, memory_order_relaxed);
    log_event(EVENT_TLS_ACCEPTED, LOG_U(connection->session.client.id), LOG_S(tls_version(tls)),
              LOG_S(tls_cipher(tls)), LOG_S(resumed ? "yes" : "no"), LOG_S(tls_peer(tls)));
}

enum handshake_next handshake_step(struct connections *connections, struct connection *connection,
                                   struct worker *worker)
{
    enum handshake_next next = HANDSHAKE_DONE;

    if (session_marked(&connection->session) != CLOSE_NONE)
        return give_up(connections, connection, worker);
    if (connection->stream.tls == NULL)
        next = look(connections, connection, worker);
    if (next != HANDSHAKE_DONE)
        return next;
    switch (stream_handshake(&connection->stream)) {
    case STREAM_OK:
        done(connections, connection, worker);
        return HANDSHAKE_DONE;
    case STREAM_AGAIN:
        return HANDSHAKE_WAITS;
    default:
        if (session_marked(&connection->session) != CLOSE_NONE) /* the sweeper was quicker than the peer */
            return give_up(connections, connection, worker);
        connection->session.linger = true; /* what it did wrong was said in an alert, which is to arrive */
        return fail(connections, connection, worker, CLOSE_TLS, stream_failure(&connection->stream));
    }
}
