/* SPDX-License-Identifier: Apache-2.0
 *
 * Handing over between two processes that both live in this one: a master and a worker with tables of their
 * own over one segment, and the control socket between them. One thread. */
#include "tests/unit/backend/fixture.h"

#include "daemon/backend/handover.h"
#include "daemon/backend/worker_process.h"
#include "daemon/sys/snapshot.h"

#define INDEX 4
#define ID    900

static struct process worker_side;
static struct connections *worker_table;
static int control[2]; /* the master's end, the worker's end */

static int start(void **state)
{
    int result = fixture_start_backend(state);

    process_init(&worker_side, 1, fixture.generations, fixture.segment, fixture.process.log, 4, 4);
    worker_table = connections_new(&worker_side);
    if (worker_table == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return -1;
    return result;
}

static int stop(void **state)
{
    unsigned i;

    for (i = 0; i < worker_table->capacity; i++)
        if (atomic_load(&worker_table->table[i].open) != 0)
            close(connection_detach(worker_table, &worker_table->table[i]));
    connections_free(&worker_table);
    close(control[0]);
    close(control[1]);
    return fixture_stop_backend(state);
}

static void assert_same_socket(int a, int b)
{
    char byte = 0;

    assert_int_equal(send(a, "?", 1, 0), 1);
    assert_int_equal(recv(fixture_clients[INDEX], &byte, 1, 0), 1);
    assert_int_equal(send(b, "!", 1, 0), 1);
    assert_int_equal(recv(fixture_clients[INDEX], &byte, 1, 0), 1);
    assert_int_equal(byte, '!');
}

/* The next message at one end, which must be of that kind. */
static struct handover receive(int socket, enum handover_kind kind, int fds[MESSAGE_FDS])
{
    struct handover message;

    assert_int_equal(handover_receive(socket, &message, fds), MESSAGE_OK);
    assert_int_equal(message.kind, kind);
    return message;
}

/* Sends a connection from one table and opens it in the other. */
static struct connection *pass(enum handover_kind kind, const struct connection *connection, int from, int to,
                               struct connections *table)
{
    struct handover message;
    int fds[MESSAGE_FDS];

    assert_int_equal(handover_send_connection(from, kind, connection), MESSAGE_OK);
    message = receive(to, kind, fds);
    assert_int_equal(message.index, connection->index);
    assert_int_equal(message.id, connection->session.client.id);
    return handover_open(table, &message, fds);
}

static void a_connection_goes_to_a_worker_and_comes_back(void **state)
{
    struct connection *ours = fixture_open(INDEX, ID), *theirs;
    struct handover message;
    int fds[MESSAGE_FDS];

    (void)state;
    theirs = pass(HANDOVER_SENT, ours, control[0], control[1], worker_table);
    assert_non_null(theirs);
    assert_int_equal(theirs->session.client.id, ID);
    assert_int_equal(theirs->want, SESSION_READ);
    assert_int_equal(fcntl(theirs->stream.fd, F_GETFD), FD_CLOEXEC);
    assert_same_socket(ours->stream.fd, theirs->stream.fd);

    assert_int_equal(handover_send(control[1], HANDOVER_ACKNOWLEDGED, theirs), MESSAGE_OK);
    message = receive(control[0], HANDOVER_ACKNOWLEDGED, fds);
    assert_int_equal(message.index, INDEX);
    assert_int_equal(message.id, ID);
    close(connection_detach(connections, ours));

    theirs->session.client.protocol = 3;
    atomic_store(&theirs->entry->protocol, 3);
    segment_set(&theirs->entry->commands, 12);
    segment_set(&theirs->entry->tx_bytes, 99);
    shared_text_store(theirs->entry->name, SHARED_TEXT_WORDS(CONNECTION_NAME_BYTES), "me", 2);
    assert_false(theirs->session.client.authenticated);
    client_become(&theirs->session.client, "anna");
    ours = pass(HANDOVER_RETURNED, theirs, control[1], control[0], connections);
    close(connection_detach(worker_table, theirs));
    assert_non_null(ours);
    assert_int_equal(ours->session.client.protocol, 3);
    assert_true(ours->session.client.authenticated);
    assert_int_equal(ours->session.commands, 12);
    assert_int_equal(ours->tx_bytes, 99);
    assert_int_equal(buffer_length(&ours->session.in), 0);
    fixture_client_sends(INDEX, "x");
    assert_int_equal(recv(ours->stream.fd, (char[1]){0}, 1, 0), 1);
}

/* Its sweeper may have looked for those who were killed a moment before the connection was there. */
static void who_was_killed_on_the_way_is_marked(void **state)
{
    struct connection *ours = fixture_open(INDEX, ID), *theirs;

    (void)state;
    segment_set32(&ours->entry->kill, 1);
    atomic_fetch_add(&fixture.segment->header->kills, 1);
    connections_sweep(worker_table, 1);
    theirs = pass(HANDOVER_SENT, ours, control[0], control[1], worker_table);
    assert_non_null(theirs);
    assert_int_equal(session_marked(&theirs->session), CLOSE_KILLED);
    assert_true(fixture_client_at_end(INDEX));
}

/* The worker died with it in its socket: the master's copy goes to the next one. */
static void what_was_not_received_is_sent_again(void **state)
{
    struct connection *ours = fixture_open(INDEX, ID), *theirs;

    (void)state;
    assert_int_equal(handover_send_connection(control[0], HANDOVER_SENT, ours), MESSAGE_OK);
    close(control[0]);
    close(control[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
    theirs = pass(HANDOVER_SENT, ours, control[0], control[1], worker_table);
    assert_non_null(theirs);
    assert_same_socket(ours->stream.fd, theirs->stream.fd);
}

static void unread_input_travels_along(void **state)
{
    struct connection *theirs, *ours = fixture_open(INDEX, ID);
    size_t length = 300000, i;
    char *bytes = malloc(length);
    int before;

    (void)state;
    assert_non_null(bytes);
    for (i = 0; i < length; i++)
        bytes[i] = (char)unit_random();
    assert_int_equal(buffer_append(&ours->session.in, bytes, length), 0);
    buffer_consume(&ours->session.in, 1000); /* used already */
    before = fixture_next_descriptor();
    theirs = pass(HANDOVER_SENT, ours, control[0], control[1], worker_table);
    assert_non_null(theirs);
    assert_int_equal(buffer_length(&theirs->session.in), length - 1000);
    assert_memory_equal(buffer_head(&theirs->session.in), bytes + 1000, length - 1000);
    assert_int_equal(theirs->want, SESSION_AGAIN); /* there may be whole requests in it */
    assert_false(theirs->gone);
    close(connection_detach(worker_table, theirs));
    assert_int_equal(fixture_next_descriptor(), before); /* the memfd is gone on both sides */
    free(bytes);
}

static void unread_input_that_is_missing_ends_the_connection(void **state)
{
    struct handover message = {.kind = HANDOVER_SENT, .index = INDEX, .id = ID};
    struct connection *theirs;
    int fds[MESSAGE_FDS];

    (void)state;
    fixture_open(INDEX, ID);
    fds[0] = dup(connections->table[INDEX].stream.fd);
    fds[1] = open("/dev/null", O_RDONLY | O_CLOEXEC); /* no snapshot */
    theirs = handover_open(worker_table, &message, fds);
    assert_non_null(theirs);
    assert_true(theirs->gone);
    assert_false(fixture_is_open(fds[1]));
}

static void unread_input_over_the_limit_ends_the_connection(void **state)
{
    struct connection *theirs, *ours = fixture_open(INDEX, ID);

    (void)state;
    fixture.config->limits.max_request = 1024;
    assert_int_equal(buffer_reserve(&ours->session.in, 3u << 20), 0);
    memset(buffer_tail(&ours->session.in), 'x', 3u << 20);
    ours->session.in.end += 3u << 20;
    theirs = pass(HANDOVER_SENT, ours, control[0], control[1], worker_table);
    assert_non_null(theirs);
    assert_true(theirs->gone);
    assert_int_equal(buffer_length(&theirs->session.in), 0);
}

static void assert_stale(const struct handover *message)
{
    int fds[MESSAGE_FDS] = {dup(0), dup(0)};

    assert_null(handover_open(worker_table, message, fds));
    assert_false(fixture_is_open(fds[0]));
    assert_false(fixture_is_open(fds[1]));
}

static void a_stale_index_is_refused(void **state)
{
    struct handover message = {.kind = HANDOVER_SENT, .index = INDEX, .id = ID};
    int fds[MESSAGE_FDS] = {dup(0), -1};

    (void)state;
    fixture_connection(INDEX, ID);
    message.id = ID + 1;
    assert_stale(&message); /* the entry is somebody else's by now */
    message.id = ID;
    message.index = FIXTURE_CONNECTIONS;
    assert_stale(&message);
    message.index = UINT32_MAX;
    assert_stale(&message);
    message.index = INDEX;
    atomic_store(&fixture.segment->connections[INDEX].state, CONNECTION_FREE);
    assert_stale(&message); /* closed meanwhile */
    atomic_store(&fixture.segment->connections[INDEX].state, CONNECTION_USED);
    assert_non_null(handover_open(worker_table, &message, fds));
    assert_stale(&message); /* it is open here */
}

/* What no master or worker of ours would send, with descriptors or without: refused, and nothing leaks. */
static void messages_that_make_no_sense_are_errors(void **state)
{
    static const struct {
        uint32_t kind;
        size_t length;
        unsigned fd_count;
    } rows[] = {
        {0, sizeof(struct handover), 0},
        {HANDOVER_KINDS, sizeof(struct handover), 0},
        {UINT32_MAX, sizeof(struct handover), 1},
        {HANDOVER_SENT, sizeof(struct handover), 0},
        {HANDOVER_RETURNED, sizeof(struct handover), 0},
        {HANDOVER_GENERATION, sizeof(struct handover), 0},
        {HANDOVER_ACKNOWLEDGED, sizeof(struct handover), 1},
        {HANDOVER_READY, sizeof(struct handover), 2},
        {HANDOVER_SENT, sizeof(struct handover) - 1, 1},
        {HANDOVER_SENT, 4, 2},
        {HANDOVER_SENT, sizeof(struct handover) + 8, 1},
    };
    int fds[MESSAGE_FDS], some[MESSAGE_FDS] = {0, 0}, before = fixture_next_descriptor();
    struct handover message[2] = {{0}};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        message[0].kind = rows[i].kind;
        assert_int_equal(message_send(control[1], message, rows[i].length, some, rows[i].fd_count),
                         MESSAGE_OK);
        assert_int_equal(handover_receive(control[0], &message[1], fds), MESSAGE_ERROR);
        assert_int_equal(fixture_next_descriptor(), before);
    }
    assert_int_equal(handover_receive(control[0], &message[1], fds), MESSAGE_AGAIN);
}

static void plain_messages_arrive(void **state)
{
    static const enum handover_kind kinds[] = {HANDOVER_READY, HANDOVER_ROOM, HANDOVER_DRAIN, HANDOVER_RETIRE,
                                               HANDOVER_CUT};
    int fds[MESSAGE_FDS];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(kinds); i++)
        assert_int_equal(handover_send(control[0], kinds[i], NULL), MESSAGE_OK);
    for (i = 0; i < COUNT(kinds); i++)
        receive(control[1], kinds[i], fds);
}

static void a_generation_arrives_with_its_snapshot(void **state)
{
    struct error error;
    int snapshot = snapshot_write("unit", "text", 4, &error), before = fixture_next_descriptor();
    struct buffer text = {0};
    int fds[MESSAGE_FDS];

    (void)state;
    assert_int_equal(handover_send_generation(control[0], snapshot, 7), MESSAGE_OK);
    assert_int_equal(receive(control[1], HANDOVER_GENERATION, fds).id, 7);
    assert_int_equal(fds[1], -1);
    assert_int_equal(snapshot_read(fds[0], 100, &text, &error), 0);
    assert_memory_equal(buffer_head(&text), "text", 4);
    buffer_free(&text);
    close(fds[0]);
    assert_int_equal(fixture_next_descriptor(), before);
    close(snapshot);
}

static void keys_of_sessions_arrive_whole(void **state)
{
    struct tls_ticket_keys keys;
    struct handover message;
    int fds[MESSAGE_FDS];

    (void)state;
    assert_int_equal(tls_ticket_keys_make(&keys), 0);
    assert_int_equal(tls_ticket_keys_rotate(&keys), 0);
    assert_int_equal(handover_send_tickets(control[0], &keys), MESSAGE_OK);
    message = receive(control[1], HANDOVER_TICKETS, fds);
    assert_memory_equal(&message.tickets, &keys, sizeof keys);
    /* neither without its keys, nor another with some */
    assert_int_equal(handover_send(control[0], HANDOVER_TICKETS, NULL), MESSAGE_OK);
    assert_int_equal(handover_receive(control[1], &message, fds), MESSAGE_ERROR);
    message = (struct handover){.kind = HANDOVER_DRAIN};
    assert_int_equal(message_send(control[0], &message, sizeof message, NULL, 0), MESSAGE_OK);
    assert_int_equal(handover_receive(control[1], &message, fds), MESSAGE_ERROR);
}

/* Acknowledgements of all that may be under way fit a socket that nobody reads. */
static void acknowledgements_always_fit(void **state)
{
    struct connection *ours = fixture_open(INDEX, ID);
    unsigned i;

    (void)state;
    for (i = 0; i < HANDOVER_UNACKNOWLEDGED_MOST; i++) {
        assert_int_equal(handover_send_connection(control[0], HANDOVER_SENT, ours), MESSAGE_OK);
        assert_int_equal(handover_send(control[1], HANDOVER_ACKNOWLEDGED, ours), MESSAGE_OK);
    }
}

static void what_is_sent_is_settled_once(void **state)
{
    struct worker_process worker = {.number = 1};
    uint32_t i;

    (void)state;
    for (i = 0; i < HANDOVER_UNACKNOWLEDGED_MOST; i++)
        worker_process_sent(&worker, i * 10);
    assert_true(worker_process_settled(&worker, 150));
    assert_false(worker_process_settled(&worker, 150)); /* an acknowledgement said twice means nothing */
    assert_false(worker_process_settled(&worker, 7));
    assert_int_equal(worker.unacknowledged_count, HANDOVER_UNACKNOWLEDGED_MOST - 1);
    for (i = 0; i < HANDOVER_UNACKNOWLEDGED_MOST; i++)
        assert_int_equal(worker_process_settled(&worker, i * 10), i != 15);
    assert_int_equal(worker.unacknowledged_count, 0);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        UNIT(a_connection_goes_to_a_worker_and_comes_back),
        UNIT(a_generation_arrives_with_its_snapshot),
        UNIT(who_was_killed_on_the_way_is_marked),
        UNIT(what_was_not_received_is_sent_again),
        UNIT(unread_input_travels_along),
        UNIT(unread_input_that_is_missing_ends_the_connection),
        UNIT(unread_input_over_the_limit_ends_the_connection),
        UNIT(a_stale_index_is_refused),
        UNIT(messages_that_make_no_sense_are_errors),
        UNIT(plain_messages_arrive),
        UNIT(keys_of_sessions_arrive_whole),
        UNIT(acknowledgements_always_fit),
        UNIT(what_is_sent_is_settled_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
