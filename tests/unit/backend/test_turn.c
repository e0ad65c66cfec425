/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns over a socket pair: what each state of peer and session makes of one, which deadline stands
 * afterwards, and that an idle connection owns no memory. One thread. */
#include "tests/unit/backend/fixture.h"

#include "daemon/backend/turn.h"

#define INDEX 6

static struct connection *connection;

static int start(void **state)
{
    int result = fixture_start_backend(state);

    connection = fixture_open(INDEX, 600);
    return result;
}

static enum turn_next take(void)
{
    return turn_take(connections, connection, &fixture.worker, TURN_NOW);
}

/* Takes turns until the connection wants something from outside. */
static enum turn_next take_all(void)
{
    enum turn_next next;
    unsigned turns = 0;

    do {
        assert_true(++turns < 100000);
        next = take();
    } while (next == TURN_AGAIN);
    return next;
}

static void client_sends(const char *text)
{
    fixture_client_sends(INDEX, text);
}

#define assert_client_got(text) assert_string_equal(fixture_client_got(INDEX), text)

static void assert_closes(enum turn_next next, enum close_reason reason)
{
    assert_int_equal(next, TURN_CLOSE);
    assert_string_equal(close_reason_name(connection->session.reason), close_reason_name(reason));
}

static uint64_t deadline(void)
{
    return segment_get(&connections->deadlines[INDEX]);
}

static void assert_deadline(uint64_t expected, enum close_reason reason)
{
    assert_int_equal(deadline(), expected);
    assert_int_equal(atomic_load(&connections->deadline_reasons[INDEX]), reason);
}

static void a_request_is_read_run_and_answered_in_one_turn(void **state)
{
    (void)state;
    client_sends("PING\r\nECHO a\r\n");
    assert_int_equal(take(), TURN_READ);
    assert_client_got("+PONG\r\n$1\r\na\r\n");
    assert_int_equal(segment_get(&fixture.worker.slot->commands), 2);
    assert_int_equal(segment_get(&fixture.worker.slot->rx_bytes), 14);
    assert_int_equal(segment_get(&fixture.worker.slot->tx_bytes), 14);
    assert_int_equal(segment_get(&connection->entry->rx_bytes), 14);
    assert_int_equal(segment_get(&connection->entry->tx_bytes), 14);
    assert_int_equal(segment_get32(&connection->entry->worker), fixture.worker.number);
    assert_int_equal(segment_get32(&fixture.worker.slot->state), SLOT_IDLE);
    assert_int_equal(segment_get(&fixture.worker.slot->connection), 600);
}

static void an_idle_connection_owns_no_memory(void **state)
{
    (void)state;
    client_sends("PING\r\n");
    take();
    assert_client_got("+PONG\r\n");
    assert_null(connection->session.in.data);
    assert_null(connection->session.out.data);
    assert_non_null(fixture.worker.in_spare.data); /* what it was lent went back */
    assert_int_equal(take(), TURN_READ);           /* woken for nothing */
    assert_null(connection->session.in.data);
    assert_client_got("");
    assert_deadline(CLOCK_NEVER, CLOSE_NONE);
}

static void part_of_a_request_keeps_just_its_bytes(void **state)
{
    (void)state;
    client_sends("PI");
    assert_int_equal(take(), TURN_READ);
    assert_int_equal(buffer_length(&connection->session.in), 2);
    assert_in_range(connection->session.in.capacity, 2, 64);
    assert_deadline(connection->session.request_started_us + fixture.config->server.request_timeout_us,
                    CLOSE_REQUEST_TIMEOUT);
    client_sends("NG\r\n");
    assert_int_equal(take(), TURN_READ);
    assert_client_got("+PONG\r\n");
    assert_null(connection->session.in.data);
    assert_int_equal(deadline(), CLOCK_NEVER);
}

/* Between two requests, and not while one has come in part, or its reply is waited for: those have times of their own. */
static void between_two_requests_it_is_idle(void **state)
{
    (void)state;
    client_sends("PING\r\n");
    assert_int_equal(take(), TURN_READ);
    assert_int_equal(connection->idle, 1);
    assert_int_equal(deadline(), CLOCK_NEVER);
    assert_int_equal(segment_get(&connection->entry->active_us), fixture.worker.now_us);
    client_sends("PI");
    assert_int_equal(take(), TURN_READ);
    assert_int_equal(connection->idle, 0);
    client_sends("NG\r\nSLEEP 50\r\n");
    assert_int_equal(take(), TURN_WAIT);
    assert_int_equal(connection->idle, 0);
}

static void a_long_pipeline_is_served_in_turns(void **state)
{
    char expected[701] = "";
    int i, turns = 1;

    (void)state;
    fixture.config->limits.requests_per_turn = 10;
    for (i = 0; i < 100; i++) {
        client_sends("PING\r\n");
        memcpy(expected + i * 7, "+PONG\r\n", 8);
    }
    while (take() == TURN_AGAIN) {
        /* a pool waits until it is writable: for no longer than for one that has replies left */
        assert_deadline(fixture.worker.now_us + fixture.config->server.write_timeout_us, CLOSE_WRITE_TIMEOUT);
        turns++;
    }
    assert_int_equal(turns, 10);
    assert_client_got(expected);
}

static void a_peer_that_does_not_read_is_waited_for(void **state)
{
    enum turn_next next = TURN_AGAIN;
    size_t got = 0, part;

    (void)state;
    client_sends("NUMBERS 100000 299999\r\nPING\r\n"); /* more than the socket holds */
    while (next == TURN_AGAIN)
        next = take();
    assert_int_equal(next, TURN_WRITE);
    assert_deadline(fixture.worker.now_us + fixture.config->server.write_timeout_us, CLOSE_WRITE_TIMEOUT);
    assert_int_equal(take(), TURN_WRITE); /* still no room: nothing runs meanwhile */
    assert_true(buffer_length(&connection->session.out) <= fixture.config->limits.max_output);
    while (next == TURN_WRITE || next == TURN_AGAIN) {
        got += strlen(fixture_client_got(INDEX));
        next = take();
    }
    assert_int_equal(next, TURN_READ);
    while ((part = strlen(fixture_client_got(INDEX))) > 0)
        got += part;
    assert_int_equal(got, 9 + 200000 * 9 + 7);
    assert_int_equal(deadline(), CLOCK_NEVER);
    assert_null(connection->session.out.data);
}

static void a_waiting_command_has_no_deadline_of_ours(void **state)
{
    (void)state;
    client_sends("SLEEP 100\r\nPING\r\n");
    assert_int_equal(take(), TURN_WAIT);
    assert_deadline(CLOCK_NEVER, CLOSE_NONE);
    assert_int_equal(segment_get32(&fixture.worker.slot->state), SLOT_WAITING);
    assert_client_got("");
    unit_wait_until(clock_now_us() >= session_wake_us(&connection->session));
    assert_int_equal(take(), TURN_READ);
    assert_client_got("+OK\r\n+PONG\r\n");
}

static void a_peer_that_hung_up_while_waiting_is_closed(void **state)
{
    (void)state;
    client_sends("SLEEP 3600000\r\n");
    assert_int_equal(take(), TURN_WAIT);
    connection->gone = true;
    assert_closes(take(), CLOSE_ERROR);
}

static void a_peer_that_ends_is_closed(void **state)
{
    (void)state;
    client_sends("PING\r\n");
    shutdown(fixture_clients[INDEX], SHUT_WR);
    assert_int_equal(take(), TURN_READ);
    assert_client_got("+PONG\r\n"); /* half-closed: the reply first */
    assert_closes(take(), CLOSE_PEER);
}

static void a_peer_that_is_gone_is_an_error(void **state)
{
    (void)state;
    client_sends("NUMBERS 1 1000000\r\n");
    close(fixture_clients[INDEX]);
    fixture_clients[INDEX] = -1;
    assert_closes(take_all(), CLOSE_ERROR);
}

static void quit_closes_behind_its_reply(void **state)
{
    (void)state;
    client_sends("QUIT\r\nPING\r\n");
    assert_closes(take(), CLOSE_QUIT);
    assert_client_got("+OK\r\n");
}

static void a_mark_is_why_it_closes(void **state)
{
    (void)state;
    connection_mark(connection, CLOSE_KILLED); /* shuts down: the read ends */
    assert_closes(take(), CLOSE_KILLED);
}

static void a_mark_ends_a_write(void **state)
{
    (void)state;
    client_sends("NUMBERS 100000 299999\r\n");
    assert_int_equal(take_all(), TURN_WRITE);
    connection_mark(connection, CLOSE_WRITE_TIMEOUT);
    assert_closes(take(), CLOSE_WRITE_TIMEOUT);
}

/* Closing at once would reset the connection and overtake the reply. */
static void an_error_reply_lingers_until_the_peer_ends(void **state)
{
    uint64_t until;

    (void)state;
    client_sends("*1\r\n:1\r\n");
    assert_int_equal(take(), TURN_READ);
    assert_client_got("-ERR Protocol error: expected '$'\r\n");
    assert_true(fixture_client_at_end(INDEX));
    until = deadline();
    assert_in_range(until, fixture.worker.now_us, fixture.worker.now_us + 10000000);
    client_sends("PING\r\n"); /* swallowed */
    assert_int_equal(take(), TURN_AGAIN);
    assert_int_equal(take(), TURN_READ);
    assert_int_equal(deadline(), until); /* not pushed on by what it sends */
    assert_int_equal(segment_get(&fixture.worker.slot->commands), 0);
    close(fixture_clients[INDEX]);
    fixture_clients[INDEX] = -1;
    assert_closes(take_all(), CLOSE_PROTOCOL_ERROR);
}

static void lingering_has_an_end(void **state)
{
    static char bytes[65536];
    enum turn_next next = TURN_READ;
    unsigned rounds = 0;

    (void)state;
    client_sends("*1\r\n:1\r\n");
    assert_int_equal(take(), TURN_READ);
    while (next != TURN_CLOSE) {
        assert_true(rounds++ < 1000);
        if (send(fixture_clients[INDEX], bytes, sizeof bytes, MSG_NOSIGNAL) < 0)
            assert_int_equal(errno, EAGAIN);
        next = take_all();
    }
    assert_closes(next, CLOSE_PROTOCOL_ERROR);
    assert_in_range(connection->lingered_bytes, 1u << 20, (1u << 20) + sizeof bytes);
}

static void another_protocol_is_closed_at_once(void **state)
{
    (void)state;
    client_sends("GET / HTTP/1.1\r\n\r\n");
    assert_closes(take(), CLOSE_FOREIGN);
    assert_client_got("");
}

/* A blocking thread's turn waits for its input itself. */
static void a_patient_turn_waits_in_its_read(void **state)
{
    (void)state;
    assert_int_equal(stream_set_blocking(&connection->stream, 1), 0);
    client_sends("PING\r\n");
    assert_int_equal(turn_take(connections, connection, &fixture.worker, TURN_PATIENT), TURN_READ);
    assert_client_got("+PONG\r\n");
    assert_int_equal(turn_take(connections, connection, &fixture.worker, TURN_NOW), TURN_READ);
}

/* Input that came along with the connection is run before anything is read. */
static void unread_input_is_run_first(void **state)
{
    (void)state;
    assert_int_equal(buffer_append(&connection->session.in, "ECHO 1\r\nECHO ", 13), 0);
    connection->want = SESSION_AGAIN;
    client_sends("2\r\n");
    assert_int_equal(take(), TURN_READ);
    assert_client_got("$1\r\n1\r\n");
    assert_int_equal(take(), TURN_READ);
    assert_client_got("$1\r\n2\r\n");
}

/* In a drain, who was accepted a moment ago and has not asked yet is waited for; nobody else is, and nobody in a worker
 * that is only recycled. */
static void a_first_request_is_awaited_in_a_drain(void **state)
{
    _Atomic uint64_t *draining = &fixture.segment->header->draining_us;
    _Atomic uint64_t *accepted = &connection->entry->accepted_us;
    uint64_t now = clock_now_us();

    (void)state;
    assert_int_equal(take(), TURN_READ);
    assert_int_equal(turn_part(connections, connection), PARTING_NOW); /* recycling */
    segment_set(draining, now);
    segment_set(accepted, now - TURN_YOUNG_US + 1);
    assert_int_equal(turn_part(connections, connection), PARTING_AWAITS);
    segment_set(accepted, now - TURN_YOUNG_US);
    assert_int_equal(turn_part(connections, connection), PARTING_NOW); /* idle for too long */
    segment_set(draining, now - TURN_YOUNG_US);
    segment_set(accepted, now - TURN_YOUNG_US);
    assert_int_equal(turn_part(connections, connection), PARTING_NOW); /* waited for long enough */
    segment_set(accepted, now); /* out of the listener's queue, after the drain began */
    client_sends("PI");
    assert_int_equal(take(), TURN_READ);
    assert_int_equal(turn_part(connections, connection), PARTING_AWAITS); /* half of it has come */
    client_sends("NG\r\n");
    assert_int_equal(take(), TURN_READ);
    assert_client_got("+PONG\r\n");
    assert_int_equal(turn_part(connections, connection), PARTING_NOW);
}

/* What had arrived when it was asked first is answered, what comes later is not waited for. */
static void what_had_arrived_is_owed(void **state)
{
    (void)state;
    client_sends("PING\r\n");
    assert_int_equal(take(), TURN_READ);
    client_sends("PING\r\n");
    assert_int_equal(turn_part(connections, connection), PARTING_OWES);
    assert_int_equal(take(), TURN_READ);
    client_sends("PING\r\n");
    assert_int_equal(turn_part(connections, connection), PARTING_NOW);
    assert_client_got("+PONG\r\n+PONG\r\n");
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, start, fixture_stop_backend)
    const struct CMUnitTest tests[] = {
        UNIT(a_request_is_read_run_and_answered_in_one_turn),
        UNIT(an_idle_connection_owns_no_memory),
        UNIT(part_of_a_request_keeps_just_its_bytes),
        UNIT(between_two_requests_it_is_idle),
        UNIT(a_long_pipeline_is_served_in_turns),
        UNIT(a_peer_that_does_not_read_is_waited_for),
        UNIT(a_waiting_command_has_no_deadline_of_ours),
        UNIT(a_peer_that_hung_up_while_waiting_is_closed),
        UNIT(a_peer_that_ends_is_closed),
        UNIT(a_peer_that_is_gone_is_an_error),
        UNIT(quit_closes_behind_its_reply),
        UNIT(a_mark_is_why_it_closes),
        UNIT(a_mark_ends_a_write),
        UNIT(an_error_reply_lingers_until_the_peer_ends),
        UNIT(lingering_has_an_end),
        UNIT(another_protocol_is_closed_at_once),
        UNIT(a_patient_turn_waits_in_its_read),
        UNIT(unread_input_is_run_first),
        UNIT(a_first_request_is_awaited_in_a_drain),
        UNIT(what_had_arrived_is_owed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
