/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS in turns over a socket pair: the handshake and its deadline, what TLS holds back from the socket, ends in good order
 * and others, and what becomes of it in a process that is on its way out. One thread. */
#include "tests/unit/backend/fixture.h"

#include <sys/ioctl.h>

#include "daemon/backend/turn.h"
#include "tests/unit/certificates.h"

#define INDEX  6
#define ROUNDS 100

static struct connection *connection;
static struct identity identity;
static struct tls_context *trusting;
static struct tls *client;

static int make_identity(void **state)
{
    const struct tls_client_settings anybody = {.insecure = true};
    struct error error;

    (void)state;
    identity_make(&identity, "localhost", "DNS:localhost", NULL, 10);
    trusting = tls_context_client(&anybody, &error);
    return trusting != NULL ? 0 : -1;
}

static int clear_identity(void **state)
{
    (void)state;
    identity_clear(&identity);
    tls_context_free(&trusting);
    return 0;
}

static int start(void **state)
{
    const struct tls_server_settings settings = {.certificate = identity_pem(identity.certificate_pem),
                                                 .key = identity_pem(identity.key_pem)};
    int result = fixture_start_backend(state);
    int pair[2];
    struct error error;

    atomic_load(&fixture.generations->current)->credentials = tls_context_server(&settings, &error);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    fixture_connection(INDEX, 600);
    segment_set(&fixture.segment->connections[INDEX].accepted_us, clock_now_us());
    atomic_store(&fixture.segment->connections[INDEX].tls, CONNECTION_SHAKING);
    fixture_clients[INDEX] = pair[1];
    segment_add(&fixture.segment->processes[0].dispatched, 1);
    connection = connection_open(connections, INDEX, pair[0]);
    client = tls_new(trusting, pair[1], NULL);
    assert_non_null(client);
    return result;
}

static int stop(void **state)
{
    tls_free(&client);
    return fixture_stop_backend(state);
}

static enum turn_next take(void)
{
    return turn_take(connections, connection, &fixture.worker, TURN_NOW);
}

static enum turn_next take_all(void)
{
    enum turn_next next;
    unsigned turns = 0;

    do {
        assert_true(++turns < 10000);
        next = take();
    } while (next == TURN_AGAIN);
    return next;
}

static void shake(void)
{
    unsigned rounds = 0;

    while (tls_handshake(client, false) != TLS_OK) {
        assert_true(++rounds < ROUNDS);
        assert_int_equal(take_all(), TURN_READ);
    }
    assert_int_equal(take_all(), TURN_READ);
    assert_false(connection->shaking);
}

static void client_sends(const char *text)
{
    size_t length = strlen(text);

    assert_int_equal(tls_write(client, text, &length), TLS_OK);
    assert_int_equal(length, strlen(text));
}

/* All that has come, or how it ended. */
static enum tls_result client_reads(char *bytes, size_t room)
{
    enum tls_result result;
    size_t used = 0, length;

    do {
        length = room - 1 - used;
        result = tls_read(client, bytes + used, &length, false);
        used += length;
    } while (result == TLS_OK);
    bytes[used] = '\0';
    return result;
}

static void assert_client_got(const char *expected, enum tls_result end)
{
    char bytes[4096];

    assert_int_equal(client_reads(bytes, sizeof bytes), end);
    assert_string_equal(bytes, expected);
}

static uint64_t failures(void)
{
    return segment_get(&fixture.segment->header->tls_handshake_failures);
}

static void closes(enum turn_next next, enum close_reason reason)
{
    assert_int_equal(next, TURN_CLOSE);
    assert_string_equal(close_reason_name(connection->session.reason), close_reason_name(reason));
    connection_close(connections, connection, connection->session.reason);
}

static void nothing_is_made_before_the_first_byte(void **state)
{
    (void)state;
    assert_int_equal(segment_get(&connections->deadlines[INDEX]),
                     segment_get(&connection->entry->accepted_us) +
                         fixture.config->server.request_timeout_us);
    assert_int_equal(atomic_load(&connections->deadline_reasons[INDEX]), CLOSE_TLS);
    assert_int_equal(atomic_load(&connection->idle), 0);
    assert_int_equal(take(), TURN_READ);
    assert_null(connection->stream.tls);
    assert_string_equal(segment_tls_name(connection->entry), "handshake");
    shutdown(fixture_clients[INDEX], SHUT_WR);
    closes(take(), CLOSE_PEER);
    assert_int_equal(failures(), 1);
}

static void a_handshake_keeps_its_deadline_to_its_end(void **state)
{
    uint64_t deadline = segment_get(&connections->deadlines[INDEX]);

    (void)state;
    assert_int_equal(tls_handshake(client, false), TLS_WANT_READ);
    assert_int_equal(take(), TURN_READ);
    assert_non_null(connection->stream.tls);
    assert_int_equal(segment_get(&connections->deadlines[INDEX]), deadline);
    shake();
    assert_int_equal(segment_get(&connections->deadlines[INDEX]), CLOCK_NEVER);
    assert_int_equal(atomic_load(&connection->idle), 1);
    assert_string_equal(segment_tls_name(connection->entry), "TLSv1.3");
    assert_int_equal(segment_get(&fixture.segment->header->tls_handshakes), 1);
    assert_int_equal(failures(), 0);
}

static void requests_are_answered_and_counted_as_plain_bytes(void **state)
{
    (void)state;
    shake();
    client_sends("PING\r\nECHO a\r\n");
    assert_int_equal(take_all(), TURN_READ);
    assert_client_got("+PONG\r\n$1\r\na\r\n", TLS_WANT_READ);
    assert_int_equal(segment_get(&connection->entry->rx_bytes), 14);
    assert_int_equal(segment_get(&connection->entry->tx_bytes), 14);
}

/* Two records in the socket are one read for TLS: epoll would not tell of the second. */
static void what_tls_holds_already_is_taken_before_parking(void **state)
{
    (void)state;
    shake();
    client_sends("PING\r\n");
    client_sends("ECHO second\r\n");
    assert_int_equal(take(), TURN_AGAIN);
    assert_int_equal(stream_unread(&connection->stream), 0);
    assert_int_equal(take_all(), TURN_READ);
    assert_client_got("+PONG\r\n$6\r\nsecond\r\n", TLS_WANT_READ);
}

static void what_is_no_tls_fails_with_an_alert_and_lingers(void **state)
{
    char byte;

    (void)state;
    fixture_client_sends(INDEX, "PING\r\nPING\r\n");
    assert_int_equal(take(), TURN_READ);
    assert_true(connection->lingering);
    assert_string_equal(close_reason_name(connection->session.reason), "tls");
    assert_in_range(segment_get(&connections->deadlines[INDEX]), fixture.worker.now_us,
                    fixture.worker.now_us + 2000000);
    while (recv(fixture_clients[INDEX], &byte, 1, 0) == 1)
        ;
    assert_true(fixture_client_at_end(INDEX));
    shutdown(fixture_clients[INDEX], SHUT_WR);
    closes(take_all(), CLOSE_TLS);
    assert_int_equal(failures(), 1);
    assert_int_equal(connection->session.commands, 0);
}

static void its_time_is_over(void **state)
{
    (void)state;
    assert_int_equal(tls_handshake(client, false), TLS_WANT_READ);
    assert_int_equal(take(), TURN_READ);
    connections_sweep(connections, segment_get(&connections->deadlines[INDEX]));
    closes(take(), CLOSE_TLS);
    assert_int_equal(failures(), 1);
}

static void without_credentials_nobody_is_let_in(void **state)
{
    struct generation *generation = atomic_load(&fixture.generations->current);

    (void)state;
    tls_context_free(&generation->credentials);
    assert_int_equal(tls_handshake(client, false), TLS_WANT_READ);
    closes(take(), CLOSE_TLS);
}

static void a_goodbye_is_answered(void **state)
{
    (void)state;
    shake();
    client_sends("PING\r\n");
    assert_true(tls_finish(client));
    closes(take_all(), CLOSE_PEER);
    assert_client_got("+PONG\r\n", TLS_CLOSED);
}

static void a_cut_is_an_abort_and_is_not_answered(void **state)
{
    (void)state;
    shake();
    client_sends("INCR half");
    assert_int_equal(take_all(), TURN_READ);
    shutdown(fixture_clients[INDEX], SHUT_WR);
    closes(take_all(), CLOSE_ERROR);
    assert_int_equal(connection->session.commands, 0);
    assert_client_got("", TLS_ERROR);
}

static void an_idle_connection_is_told_goodbye(void **state)
{
    (void)state;
    shake();
    connection_mark(connection, CLOSE_IDLE);
    closes(take_all(), CLOSE_IDLE);
    assert_client_got("", TLS_CLOSED);
}

static void one_whose_command_runs_is_not(void **state)
{
    (void)state;
    shake();
    client_sends("SLEEP 3600000\r\n");
    assert_int_equal(take_all(), TURN_WAIT);
    connection_mark(connection, CLOSE_KILLED);
    assert_int_equal(stream_sleep(&connection->stream, 0), STREAM_ERROR); /* which wakes whoever sleeps */
    connection->gone = true;
    closes(take(), CLOSE_KILLED);
    assert_client_got("", TLS_ERROR);
}

/* More than TLS reads ahead: a close would reset the connection, and the reset overtake the reply. */
static void what_comes_behind_quit_is_swallowed(void **state)
{
    char junk[16384];
    unsigned i;

    (void)state;
    shake();
    client_sends("QUIT\r\n");
    memset(junk, 'x', sizeof junk);
    for (i = 0; i < 5; i++) {
        size_t length = sizeof junk;

        assert_int_equal(tls_write(client, junk, &length), TLS_OK);
    }
    assert_int_equal(take(), TURN_READ);
    assert_true(connection->lingering);
    assert_client_got("+OK\r\n", TLS_CLOSED);
    shutdown(fixture_clients[INDEX], SHUT_WR);
    closes(take_all(), CLOSE_QUIT);
}

/* Whether the next send would find no room, found out without trying: TLS would have to go on with what it tried. */
static bool is_full(int fd)
{
    int used, room;
    socklen_t length = sizeof room;

    assert_int_equal(ioctl(fd, TIOCOUTQ, &used), 0);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &length), 0);
    return used >= room;
}

/* TLS had something of its own to say, and the thread has waited until there was room for it: it is said now, and not when
 * the peer says something. */
static void who_waited_for_room_does_not_wait_for_bytes(void **state)
{
    (void)state;
    shake();
    connection->stream.wants_room = true;
    alarm(10); /* for one who does */
    assert_int_equal(turn_take(connections, connection, &fixture.worker, TURN_PATIENT), TURN_READ);
    alarm(0);
    assert_false(stream_wants_room(&connection->stream));
    assert_int_equal(atomic_load(&connection->idle), 1);
}

/* The reply has filled the socket to the brim. */
static void a_goodbye_waits_for_room(void **state)
{
    static char bytes[1 << 20];
    enum turn_next next;
    enum tls_result end;

    (void)state;
    shake();
    client_sends("PING\r\n");
    assert_int_equal(take(), TURN_READ);
    while (!is_full(connection->stream.fd)) {
        size_t length = 1;

        assert_int_equal(stream_write(&connection->stream, "x", &length), STREAM_OK);
    }
    connection->session.reason = CLOSE_QUIT;
    connection->want = SESSION_CLOSE;
    next = take();
    assert_int_equal(next, TURN_WRITE);
    end = client_reads(bytes, sizeof bytes);
    while (next == TURN_WRITE)
        next = take();
    if (end == TLS_WANT_READ)
        end = client_reads(bytes, sizeof bytes);
    assert_int_equal(end, TLS_CLOSED);
    closes(next, CLOSE_QUIT);
}

static void a_process_on_its_way_out_begins_nothing(void **state)
{
    (void)state;
    assert_int_equal(tls_handshake(client, false), TLS_WANT_READ);
    connections_keep(connections, CLOCK_NEVER);
    assert_int_equal(take(), TURN_READ);
    assert_null(connection->stream.tls);
    assert_int_equal(turn_part(connections, connection), PARTING_NOW);
}

static void and_keeps_what_has_begun_for_its_time(void **state)
{
    (void)state;
    shake();
    connections_keep(connections, CLOCK_NEVER);
    assert_int_equal(turn_part(connections, connection), PARTING_AWAITS);
    connections_keep(connections, clock_now_us());
    client_sends("PING\r\n");
    assert_int_equal(turn_part(connections, connection), PARTING_OWES);
    client_sends("ECHO late\r\n");
    assert_int_equal(take(), TURN_AGAIN);
    assert_int_equal(take_all(), TURN_READ);
    assert_int_equal(turn_part(connections, connection), PARTING_NOW);
    connection_close(connections, connection, CLOSE_DRAIN);
    assert_client_got("+PONG\r\n$4\r\nlate\r\n", TLS_CLOSED);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        UNIT(nothing_is_made_before_the_first_byte),
        UNIT(a_handshake_keeps_its_deadline_to_its_end),
        UNIT(requests_are_answered_and_counted_as_plain_bytes),
        UNIT(what_tls_holds_already_is_taken_before_parking),
        UNIT(what_is_no_tls_fails_with_an_alert_and_lingers),
        UNIT(its_time_is_over),
        UNIT(without_credentials_nobody_is_let_in),
        UNIT(a_goodbye_is_answered),
        UNIT(a_cut_is_an_abort_and_is_not_answered),
        UNIT(an_idle_connection_is_told_goodbye),
        UNIT(one_whose_command_runs_is_not),
        UNIT(what_comes_behind_quit_is_swallowed),
        UNIT(who_waited_for_room_does_not_wait_for_bytes),
        UNIT(a_goodbye_waits_for_room),
        UNIT(a_process_on_its_way_out_begins_nothing),
        UNIT(and_keeps_what_has_begun_for_its_time),
    };

    return cmocka_run_group_tests(tests, make_identity, clear_identity);
}
