/* SPDX-License-Identifier: Apache-2.0
 *
 * Handing connections over between processes: the messages and what travels with them. Name, protocol version and
 * counters stand in the connection's shared entry; only input that was read and not used has to be carried, in a sealed
 * memfd. Runs in the main thread of either process, and in a retiring worker's own threads (sending only). */
#include "daemon/backend/handover.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "daemon/command/worker.h"
#include "daemon/sys/snapshot.h"

/* More input than this is never unread: a whole request, as long as any generation allowed, and one read behind it. */
#define UNREAD_MOST(connections) ((connections)->request_most + 1024u * 1024u)

/* All of a message but the keys, which are for one kind. */
#define HEAD_BYTES offsetof(struct handover, tickets)

enum message_result handover_send(int socket, enum handover_kind kind, const struct connection *connection)
{
    struct handover message = {.kind = kind};

    if (connection != NULL) {
        message.index = connection->index;
        message.id = connection->session.client.id;
    }
    return message_send(socket, &message, HEAD_BYTES, NULL, 0);
}

enum message_result handover_send_connection(int socket, enum handover_kind kind,
                                             const struct connection *connection)
{
    struct handover message = {.kind = kind, .index = connection->index, .id = connection->session.client.id};
    const struct buffer *in = &connection->session.in;
    int fds[MESSAGE_FDS] = {connection->stream.fd, -1};
    enum message_result result;
    struct error error;

    if (buffer_length(in) == 0)
        return message_send(socket, &message, HEAD_BYTES, fds, 1);
    fds[1] = snapshot_write("concurd-unread", buffer_head(in), buffer_length(in), &error);
    if (fds[1] < 0)
        return MESSAGE_AGAIN;
    result = message_send(socket, &message, HEAD_BYTES, fds, 2);
    close(fds[1]);
    return result;
}

enum message_result handover_send_generation(int socket, int snapshot, uint32_t number)
{
    struct handover message = {.kind = HANDOVER_GENERATION, .id = number};

    return message_send(socket, &message, HEAD_BYTES, &snapshot, 1);
}

enum message_result handover_send_tickets(int socket, const struct tls_ticket_keys *tickets)
{
    struct handover message = {.kind = HANDOVER_TICKETS, .tickets = *tickets};
    enum message_result result = message_send(socket, &message, sizeof message, NULL, 0);

    explicit_bzero(&message, sizeof message);
    return result;
}

enum message_result handover_refuse(int socket, const struct handover *sent)
{
    struct handover message = {.kind = HANDOVER_REFUSED, .index = sent->index, .id = sent->id};

    return message_send(socket, &message, HEAD_BYTES, NULL, 0);
}

static void close_all(int fds[MESSAGE_FDS])
{
    int i;

    for (i = 0; i < MESSAGE_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Whether so many bytes, with or without a descriptor, can be this message. */
static bool makes_sense(const struct handover *message, size_t length, bool has_descriptor)
{
    bool carries = message->kind == HANDOVER_SENT || message->kind == HANDOVER_RETURNED ||
                   message->kind == HANDOVER_GENERATION;

    return length == (message->kind == HANDOVER_TICKETS ? sizeof *message : HEAD_BYTES) &&
           message->kind >= HANDOVER_READY && message->kind < HANDOVER_KINDS && carries == has_descriptor;
}

enum message_result handover_receive(int socket, struct handover *message, int fds[MESSAGE_FDS])
{
    size_t length = sizeof *message;
    enum message_result result = message_receive(socket, message, &length, fds);

    if (result == MESSAGE_STRIPPED && length == HEAD_BYTES)
        return result;
    if (result != MESSAGE_OK)
        return result == MESSAGE_STRIPPED ? MESSAGE_ERROR : result;
    if (length >= HEAD_BYTES && makes_sense(message, length, fds[0] >= 0))
        return MESSAGE_OK;
    close_all(fds);
    return MESSAGE_ERROR;
}

static bool is_valid(const struct connections *connections, const struct handover *message)
{
    const struct connection_entry *entry;

    if (message->index >= connections->capacity)
        return false;
    entry = &connections->process->segment->connections[message->index];
    return atomic_load_explicit(&entry->state, memory_order_acquire) == CONNECTION_USED &&
           segment_get(&entry->id) == message->id &&
           atomic_load_explicit(&connections->table[message->index].open, memory_order_relaxed) == 0;
}

struct connection *handover_open(struct connections *connections, const struct handover *message,
                                 int fds[MESSAGE_FDS])
{
    struct connection *connection;
    struct error error;
    unsigned protocol;

    if (!is_valid(connections, message)) {
        close_all(fds);
        return NULL;
    }
    protocol = atomic_load_explicit(&connections->process->segment->connections[message->index].protocol,
                                    memory_order_relaxed);
    connection = connection_open(connections, message->index, fds[0]);
    connection_resume(connections, connection, protocol);
    /* Our sweeper may have looked for those who were killed before this one was open here. */
    if (segment_get32(&connection->entry->kill) != 0)
        connection_mark(connection, CLOSE_KILLED);
    if (fds[1] < 0)
        return connection;
    if (snapshot_read(fds[1], UNREAD_MOST(connections), &connection->session.in, &error) == 0)
        connection->want = SESSION_AGAIN;
    else
        connection->gone = true; /* input is missing: the stream can't be continued */
    close(fds[1]);
    return connection;
}
