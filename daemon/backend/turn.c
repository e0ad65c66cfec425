/* SPDX-License-Identifier: Apache-2.0
 *
 * A turn. Its buffers are lent by the worker for its duration and go back when they are empty, so that parked
 * connections own none. One read and one write a turn in the common case, and one look at the clock. Runs in the worker
 * that has the connection. */
#include "daemon/backend/turn.h"

#include "common/clock.h"
#include "daemon/backend/handshake.h"
#include "daemon/command/worker.h"

#define SPARE_MOST   262144 /* a buffer that grew beyond this is not kept */
#define LAPS_MOST    4 /* of running and sending in one turn: a fast reader of long replies is not alone */
#define LINGER_US    2000000 /* how long a lingering close waits for the peer's end */
#define LINGER_BYTES 1048576 /* and how much it swallows */

static void lend(struct buffer *mine, struct buffer *spare, bool secret)
{
    if (mine->data == NULL) {
        *mine = *spare;
        *spare = (struct buffer){0};
    }
    mine->secret = secret;
}

/* What holds something keeps less than as much again: exact each time, a large request would be copied with each of its
 * parts. */
static void give_back(struct buffer *mine, struct buffer *spare)
{
    size_t length = buffer_length(mine);

    if (length != 0) {
        if (mine->capacity / 2 >= length)
            buffer_trim(mine);
    } else if (spare->data == NULL && mine->capacity <= SPARE_MOST) {
        *spare = *mine;
        *mine = (struct buffer){0};
    } else
        buffer_free(mine);
}

static enum turn_next end(struct connection *connection, enum close_reason reason)
{
    enum close_reason marked = session_marked(&connection->session);

    connection->session.reason = marked != CLOSE_NONE ? marked : reason;
    return TURN_CLOSE;
}

/* Sends what is pending. TURN_AGAIN means that all of it went. */
static enum turn_next flush(struct connection *connection, struct worker *worker)
{
    struct buffer *out = &connection->session.out;

    while (buffer_length(out) != 0) {
        size_t length = buffer_length(out);
        enum stream_result result = stream_write(&connection->stream, buffer_head(out), &length);

        if (result != STREAM_OK)
            return result == STREAM_AGAIN ? TURN_WRITE : end(connection, CLOSE_ERROR);
        connection->tx_bytes += length;
        worker->tally.tx_bytes += length;
        buffer_consume(out, length);
    }
    return TURN_AGAIN;
}

/* From here on the worker is busy with the connection, and no patience of ours runs out. */
static void begin(struct connections *connections, struct connection *connection, struct worker *worker)
{
    worker_begin(worker, connection->session.client.id);
    connection_set_idle(connection, false);
    if (!connection->lingering && !connection->shaking)
        connection_arm(connections, connection, CLOCK_NEVER, CLOSE_NONE);
}

/* Waits outside of TLS, where an end of our own making - the sweeper's, who marks it and shuts the socket - can be told from
 * the peer's: then TLS has not failed and may still say goodbye. */
static enum stream_result read_secure(struct connection *connection, void *bytes, size_t *length,
                                      enum turn_patience patience)
{
    struct stream *stream = &connection->stream;

    if (patience == TURN_PATIENT && !stream_pending(stream) && !stream_wants_room(stream))
        stream_wait_readable(stream);
    if (session_marked(&connection->session) == CLOSE_NONE)
        return stream_read_now(stream, bytes, length);
    *length = 0;
    return STREAM_ERROR;
}

static enum stream_result read_some(struct connection *connection, void *bytes, size_t *length,
                                    enum turn_patience patience)
{
    if (connection->stream.tls != NULL)
        return read_secure(connection, bytes, length, patience);
    return patience == TURN_NOW ? stream_read_now(&connection->stream, bytes, length)
                                : stream_read(&connection->stream, bytes, length);
}

/* A request may have begun of which the session sees nothing: it is in a record that is not whole. Its time runs all the same;
 * and it has not begun when the record was TLS's own affair. */
static void watch_record(struct connection *connection, const struct worker *worker)
{
    struct session *session = &connection->session;

    if (buffer_length(&session->in) != 0)
        return; /* the session knows of it */
    if (!stream_is_within_record(&connection->stream))
        session->request_started_us = 0;
    else if (session->request_started_us == 0)
        session->request_started_us = worker->now_us;
}

/* Reads once. TURN_AGAIN means that there is something to run. */
static enum turn_next fill(struct connections *connections, struct connection *connection,
                           struct worker *worker, enum turn_patience patience)
{
    struct buffer *in = &connection->session.in;
    enum stream_result result;
    size_t length;

    if (buffer_reserve(in, worker->read_room) != 0)
        return end(connection, CLOSE_MEMORY);
    length = buffer_room(in);
    result = read_some(connection, buffer_tail(in), &length, patience);
    if (patience == TURN_PATIENT) /* it may have waited for long: the turn begins now */
        begin(connections, connection, worker);
    if (result == STREAM_AGAIN && connection->stream.tls != NULL)
        watch_record(connection, worker);
    if (result == STREAM_AGAIN)
        return stream_wants_room(&connection->stream) ? TURN_WRITE : TURN_READ;
    if (result == STREAM_ERROR)
        return end(connection, CLOSE_ERROR);
    if (result == STREAM_CLOSED)
        session_end_input(&connection->session);
    in->end += length;
    connection->rx_bytes += length;
    worker->tally.rx_bytes += length;
    return TURN_AGAIN;
}

/* All is said. With TLS that is said, too, as soon as there is room for it; and what a peer sends behind its last request,
 * be it no more than its own goodbye, must not reset the connection. False: later. */
static bool part(struct connection *connection)
{
    struct session *session = &connection->session;

    if (!connection_ends_well(connection, session->reason))
        return true;
    if (!stream_part(&connection->stream))
        return false;
    session->linger = session->linger || stream_unread(&connection->stream) != 0;
    return true;
}

/* The session is over. Closing a socket with unread input resets it, and the reset overtakes the last reply: so after an
 * error reply we only finish our side and read on for a while. */
static enum turn_next over(struct connection *connection)
{
    if (connection->gone)
        return TURN_CLOSE;
    if (connection->stream.tls != NULL && !part(connection))
        return TURN_WRITE;
    if (!connection->session.linger)
        return TURN_CLOSE;
    stream_finish(&connection->stream);
    connection->lingering = true;
    return TURN_READ;
}

static enum turn_next swallow(struct connection *connection, struct worker *worker,
                              enum turn_patience patience)
{
    char bytes[4096];
    size_t length = sizeof bytes;

    enum stream_result result = stream_swallow(&connection->stream, bytes, &length, patience == TURN_PATIENT);

    worker_touch(worker); /* a patient read may have waited for long */
    switch (result) {
    case STREAM_OK:
        connection->lingered_bytes += length;
        worker->tally.rx_bytes += length;
        return connection->lingered_bytes > LINGER_BYTES ? TURN_CLOSE : TURN_AGAIN;
    case STREAM_AGAIN:
        return TURN_READ;
    default:
        return TURN_CLOSE;
    }
}

static enum turn_next run(struct connection *connection, struct worker *worker)
{
    unsigned laps = 0;
    enum turn_next next;

    do {
        if (laps++ == LAPS_MOST)
            return TURN_AGAIN;
        connection->want = session_run(&connection->session, worker);
        next = flush(connection, worker);
        if (next != TURN_AGAIN)
            return next;
    } while (connection->want == SESSION_FLUSH);
    switch (connection->want) {
    case SESSION_READ:
        return TURN_READ;
    case SESSION_WAIT:
        return TURN_WAIT;
    case SESSION_CLOSE:
        return over(connection);
    default:
        return TURN_AGAIN;
    }
}

/* A step of the handshake, which runs in turns as requests do: whoever accepts has nothing to do with it. */
static enum turn_next shake_hands(struct connections *connections, struct connection *connection,
                                  struct worker *worker, enum turn_patience patience)
{
    if (patience == TURN_PATIENT) {
        if (!stream_wants_room(&connection->stream)) /* for which it has been waited already */
            stream_wait_readable(&connection->stream);
        begin(connections, connection, worker);
    }
    switch (handshake_step(connections, connection, worker)) {
    case HANDSHAKE_DONE:
    case HANDSHAKE_WAITS:
        return stream_wants_room(&connection->stream) ? TURN_WRITE : TURN_READ;
    case HANDSHAKE_FAILED:
        break;
    }
    end(connection, connection->session.reason);
    connection_arm(connections, connection, CLOCK_NEVER, CLOSE_NONE);
    return over(connection);
}

static enum turn_next serve(struct connections *connections, struct connection *connection,
                            struct worker *worker, enum turn_patience patience)
{
    bool pending = buffer_length(&connection->session.out) != 0;
    enum turn_next next;

    if (connection->gone)
        return end(connection, CLOSE_ERROR);
    if (connection->lingering)
        return swallow(connection, worker, patience);
    if (connection->shaking)
        return shake_hands(connections, connection, worker, patience);
    next = flush(connection, worker);
    if (next != TURN_AGAIN)
        return next;
    if (connection->want == SESSION_CLOSE)
        return over(connection);
    if (connection->want == SESSION_READ && pending)
        return TURN_READ; /* its patience for input begins only now */
    if (connection->want == SESSION_READ) {
        next = fill(connections, connection, worker, patience);
        if (next != TURN_AGAIN)
            return next;
    }
    return run(connection, worker);
}

/* How long the connection may stay as it is. */
static void arm(struct connections *connections, struct connection *connection, struct worker *worker,
                enum turn_next next)
{
    enum close_reason why = CLOSE_WRITE_TIMEOUT;
    uint64_t deadline = CLOCK_NEVER;

    if (connection->shaking && !connection->lingering)
        return; /* its deadline stands since it was accepted */
    if (connection->lingering) {
        why = connection->session.reason;
        deadline = connection->deadline_us != CLOCK_NEVER ? connection->deadline_us
                                                          : clock_add(worker->now_us, LINGER_US);
    } else if (next == TURN_READ)
        deadline = session_deadline_us(&connection->session, worker, &why);
    else if (next == TURN_WRITE || next == TURN_AGAIN) {
        /* A pool parks one with more to do until it is writable, too, which is up to the peer. */
        deadline = clock_add(worker->now_us, worker->config->server.write_timeout_us);
        segment_set(&connection->untaken,
                    next == TURN_WRITE ? stream_untaken(&connection->stream) : SIZE_MAX);
    }
    connection_set_idle(connection, why == CLOSE_IDLE && !connection->lingering);
    connection_arm(connections, connection, deadline, why);
}

static void show(const struct connection *connection, const struct worker *worker)
{
    /* A turn that only looked is no sign of life of the peer's. */
    if (segment_get(&connection->entry->rx_bytes) != connection->rx_bytes ||
        segment_get(&connection->entry->tx_bytes) != connection->tx_bytes)
        segment_set(&connection->entry->active_us, worker->now_us);
    segment_set(&connection->entry->request_started_us, connection->session.request_started_us);
    segment_set(&connection->entry->rx_bytes, connection->rx_bytes);
    segment_set(&connection->entry->tx_bytes, connection->tx_bytes);
    segment_set32(&connection->entry->worker, worker->number);
}

enum turn_next turn_take(struct connections *connections, struct connection *connection,
                         struct worker *worker, enum turn_patience patience)
{
    enum turn_next next;

    if (patience == TURN_NOW || connection->want != SESSION_READ ||
        buffer_length(&connection->session.out) != 0)
        begin(connections, connection, worker);
    if (connection->want == SESSION_WAIT && session_is_wakeable(&connection->session))
        connection->session.woken = connection_rouse(connection);
    lend(&connection->session.in, &worker->in_spare, worker->generation->users != NULL); /* passwords come */
    lend(&connection->session.out, &worker->out_spare, false);
    next = serve(connections, connection, worker, patience);
    if (next == TURN_READ && connection->stream.tls != NULL && !connection->lingering &&
        stream_pending(&connection->stream))
        next = TURN_AGAIN; /* the socket does not tell of what TLS holds already */
    give_back(&connection->session.in, &worker->in_spare);
    give_back(&connection->session.out, &worker->out_spare);
    show(connection, worker);
    arm(connections, connection, worker, next);
    worker_end(worker, next == TURN_WAIT ? SLOT_WAITING : SLOT_IDLE);
    return next;
}

/* Whoever has connected a moment ago is about to ask, and was accepted: the end of the daemon is no surprise for an idle
 * client, but it is for this one. A worker that is recycled keeps nobody for that; its successor is asked. */
static bool is_awaited(const struct connections *connections, const struct connection *connection)
{
    uint64_t draining = segment_get(&connections->process->segment->header->draining_us);

    return draining != 0 && connection->session.commands == 0 &&
           turn_is_young(segment_get(&connection->entry->accepted_us), draining, clock_now_us());
}

/* Whether it stays for a while, though it could go: nobody else can go on with its TLS. A handshake has its own deadline. */
static bool is_kept(const struct connections *connections, const struct connection *connection)
{
    uint64_t until = atomic_load_explicit(&connections->keeps_until_us, memory_order_relaxed);

    return connection->stream.tls != NULL && until != 0 && (connection->shaking || clock_now_us() < until);
}

/* Bytes that have left the socket: with TLS more than those that the session has seen. */
static uint64_t taken(const struct connection *connection)
{
    return connection->stream.tls != NULL ? stream_received(&connection->stream) : connection->rx_bytes;
}

enum turn_parting turn_part(const struct connections *connections, struct connection *connection)
{
    if (connection->lingering)
        return PARTING_OWES;
    if (is_awaited(connections, connection) || is_kept(connections, connection))
        return PARTING_AWAITS;
    if (connection->shaking && connection->stream.tls == NULL)
        return PARTING_NOW; /* whatever it has sent is for whoever goes on with it */
    if (connection->owed_bytes == 0)
        connection->owed_bytes = taken(connection) + stream_unread(&connection->stream);
    return taken(connection) >= connection->owed_bytes ? PARTING_NOW : PARTING_OWES;
}
