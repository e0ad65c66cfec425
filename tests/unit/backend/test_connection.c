/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of connections: opening, closing, marks, and the sweeper that only marks and shuts down. One
 * thread, and in one test a second that sweeps. */
#include "tests/unit/backend/fixture.h"

#include <pthread.h>

static unsigned told_closed;

static void on_closed(void *context)
{
    assert_ptr_equal(context, &told_closed);
    told_closed++;
}

static struct connection_entry *entry_of(unsigned index)
{
    return &fixture.segment->connections[index];
}

static void closing_gives_everything_back(void **state)
{
    struct connection *connection = fixture_open(2, 500);
    int fd = connection->stream.fd;

    (void)state;
    told_closed = 0;
    connections->closed = on_closed;
    connections->context = &told_closed;
    assert_int_equal(atomic_load(&connections->open), 1);
    assert_int_equal(connection->session.client.id, 500);
    assert_int_equal(segment_process_clients(fixture.segment, 0), 1);
    assert_int_equal(buffer_append(&connection->session.in, "PING", 4), 0); /* to be freed with it */
    connection_close(connections, connection, CLOSE_PEER);
    assert_int_equal(atomic_load(&connections->open), 0);
    assert_false(fixture_is_open(fd));
    assert_true(fixture_client_at_end(2));
    assert_int_equal(atomic_load(&entry_of(2)->state), CONNECTION_FREE);
    assert_int_equal(segment_process_clients(fixture.segment, 0), 0);
    assert_int_equal(told_closed, 1);
}

/* What a command kept is let go of under a lock of its own, and freeing TLS takes its time: the sweeper would spin. */
static void look_at_guard(void *kept)
{
    struct connection *connection = kept;

    assert_int_equal(atomic_load(&connection->guard), 0);
    told_closed++;
}

static void nothing_is_let_go_of_under_the_guard(void **state)
{
    struct connection *connection = fixture_open(2, 500);

    (void)state;
    told_closed = 0;
    connection->session.progress.memory = connection;
    connection->session.progress.release = look_at_guard;
    connection_close(connections, connection, CLOSE_PEER);
    assert_int_equal(told_closed, 1);
}

static void an_index_is_used_again_as_new(void **state)
{
    struct connection *connection = fixture_open(2, 500);

    (void)state;
    connection->gone = connection->lingering = true;
    connection->rx_bytes = 9;
    session_mark(&connection->session, CLOSE_KILLED);
    connection->session.client.protocol = 3;
    connection_arm(connections, connection, 1, CLOSE_IDLE);
    connection_close(connections, connection, CLOSE_KILLED);
    close(fixture_clients[2]);
    assert_ptr_equal(fixture_open(2, 501), connection);
    assert_int_equal(connection->session.client.id, 501);
    assert_int_equal(connection->session.client.protocol, 2);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    assert_false(connection->gone || connection->lingering);
    assert_int_equal(connection->rx_bytes, 0);
    connections_sweep(connections, clock_now_us()); /* the old deadline is nobody's now */
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
}

static void detaching_leaves_socket_and_entry(void **state)
{
    struct connection *connection = fixture_open(2, 500);
    int fd = connection_detach(connections, connection);

    (void)state;
    assert_true(fixture_is_open(fd));
    assert_int_equal(atomic_load(&connections->open), 0);
    assert_int_equal(atomic_load(&entry_of(2)->state), CONNECTION_USED);
    assert_int_equal(segment_process_clients(fixture.segment, 0), 1);
    connection_mark(connection, CLOSE_KILLED); /* a late one touches nothing */
    assert_int_equal(send(fd, "x", 1, 0), 1);
    close(fd);
}

static void resuming_goes_on_where_another_left(void **state)
{
    struct connection *connection;

    (void)state;
    connection = fixture_open(2, 500);
    segment_set(&entry_of(2)->commands, 7);
    segment_set(&entry_of(2)->rx_bytes, 70);
    segment_set(&entry_of(2)->tx_bytes, 700);
    connection_resume(connections, connection, 3);
    assert_int_equal(connection->session.client.protocol, 3);
    assert_int_equal(atomic_load(&entry_of(2)->protocol), 3);
    assert_int_equal(connection->session.commands, 7);
    assert_int_equal(connection->rx_bytes, 70);
    assert_int_equal(connection->tx_bytes, 700);
    connection_resume(connections, connection, 200); /* an entry is anybody's to write */
    assert_int_equal(connection->session.client.protocol, 2);
}

static void marking_shuts_down_and_does_not_close(void **state)
{
    struct connection *connection = fixture_open(2, 500);

    (void)state;
    connection_mark(connection, CLOSE_IDLE);
    connection_mark(connection, CLOSE_KILLED);
    assert_int_equal(session_marked(&connection->session), CLOSE_IDLE);
    assert_true(fixture_is_open(connection->stream.fd)); /* its owner closes it */
    assert_int_equal(atomic_load(&connection->open), 1);
    assert_true(fixture_client_at_end(2));
}

static void marking_all_marks_the_open_ones(void **state)
{
    struct connection *one = fixture_open(0, 500), *other = fixture_open(FIXTURE_CONNECTIONS - 1, 501);

    (void)state;
    connection_mark(other, CLOSE_KILLED);
    connections_mark_all(connections, CLOSE_DRAIN);
    assert_int_equal(session_marked(&one->session), CLOSE_DRAIN);
    assert_int_equal(session_marked(&other->session), CLOSE_KILLED);
    assert_int_equal(session_marked(&connections->table[5].session), CLOSE_NONE);
}

/* The server writes something to it. */
static void say(struct connection *connection)
{
    size_t length = 5;

    assert_int_equal(stream_write(&connection->stream, "hello", &length), STREAM_OK);
}

/* Whoever takes something, or has taken all, has time again; who takes nothing has not. */
static void a_peer_that_takes_its_replies_is_not_overdue(void **state)
{
    const uint64_t patience = fixture.config->server.write_timeout_us;
    struct connection *connection = fixture_open(0, 500);
    char bytes[5];

    (void)state;
    say(connection);
    say(connection);
    segment_set(&connection->untaken, stream_untaken(&connection->stream));
    connection_arm(connections, connection, 1000, CLOSE_WRITE_TIMEOUT);
    assert_int_equal(recv(fixture_clients[0], bytes, sizeof bytes, 0), sizeof bytes);
    connections_sweep(connections, 1000);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    assert_int_equal(segment_get(&connections->deadlines[0]), 1000 + patience);
    assert_int_equal(recv(fixture_clients[0], bytes, sizeof bytes, 0), sizeof bytes);
    connections_sweep(connections, 1000 + patience);
    connections_sweep(connections, 1000 + 2 * patience); /* nothing is left to take: it is us who is slow */
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    say(connection);
    segment_set(&connection->untaken, SIZE_MAX); /* not known what there was */
    connections_sweep(connections, 1000 + 3 * patience);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    connections_sweep(connections, 999 + 4 * patience);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    connections_sweep(connections, 1000 + 4 * patience);
    assert_int_equal(session_marked(&connection->session), CLOSE_WRITE_TIMEOUT);
}

static void the_sweeper_marks_what_is_overdue(void **state)
{
    struct connection *early = fixture_open(0, 500), *late = fixture_open(1, 501),
                      *never = fixture_open(4, 502);
    uint64_t now = clock_now_us();

    (void)state;
    connection_arm(connections, early, now + 1000, CLOSE_REQUEST_TIMEOUT);
    connection_arm(connections, late, now + 2000, CLOSE_WRITE_TIMEOUT);
    say(late);
    segment_set(&late->untaken, 0);
    connections_sweep(connections, now + 999);
    assert_int_equal(session_marked(&early->session), CLOSE_NONE);
    connections_sweep(connections, now + 1000);
    assert_int_equal(session_marked(&early->session), CLOSE_REQUEST_TIMEOUT);
    assert_int_equal(session_marked(&late->session), CLOSE_NONE);
    assert_true(fixture_client_at_end(0));
    assert_false(fixture_client_at_end(1));
    connections_sweep(connections, now + 1000000000000);
    assert_int_equal(session_marked(&late->session), CLOSE_WRITE_TIMEOUT);
    assert_int_equal(session_marked(&never->session), CLOSE_NONE);
}

static void rearming_takes_the_new_time_and_reason(void **state)
{
    struct connection *connection = fixture_open(0, 500);

    (void)state;
    connection_arm(connections, connection, 1000, CLOSE_REQUEST_TIMEOUT);
    connection_arm(connections, connection, 5000, CLOSE_IDLE);
    connections_sweep(connections, 4999);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    connection_arm(connections, connection, CLOCK_NEVER, CLOSE_NONE);
    connections_sweep(connections, CLOCK_NEVER - 1);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    connection_arm(connections, connection, 6000, CLOSE_IDLE);
    connections_sweep(connections, 6000);
    assert_int_equal(session_marked(&connection->session), CLOSE_IDLE);
}

static void rearming_for_the_same_time_takes_the_new_reason(void **state)
{
    struct connection *connection = fixture_open(0, 500);

    (void)state;
    connection_arm(connections, connection, 1000, CLOSE_TLS);
    connection_arm(connections, connection, 1000, CLOSE_REQUEST_TIMEOUT);
    connections_sweep(connections, 1000);
    assert_int_equal(session_marked(&connection->session), CLOSE_REQUEST_TIMEOUT);
}

static void a_fresh_connection_is_idle_from_the_start(void **state)
{
    struct connection *connection;
    uint64_t now = clock_now_us();

    (void)state;
    fixture.config->server.idle_timeout_us = 5000000;
    connection = fixture_open(0, 500);
    segment_set(&entry_of(0)->active_us, now);
    connections_sweep(connections, now + 4999999);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    connections_sweep(connections, now + 5000000);
    assert_int_equal(session_marked(&connection->session), CLOSE_IDLE);
}

/* Its patience began in another process, before any that the sweeper has seen here. */
static void who_comes_idle_is_overdue_when_it_would_have_been(void **state)
{
    struct connection *connection;

    (void)state;
    fixture.config->server.idle_timeout_us = 5000000;
    connections_sweep(connections, 10000000);
    connection = fixture_open(0, 500);
    segment_set(&entry_of(0)->active_us, 6000000);
    connection_resume(connections, connection, 2);
    connections_sweep(connections, 10900000);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    connections_sweep(connections, 11000000);
    assert_int_equal(session_marked(&connection->session), CLOSE_IDLE);
}

/* Who was idle already kept the time-out of the configuration that it fell idle with; without any it had none for ever. */
static void another_idle_timeout_is_everybodys(void **state)
{
    struct connection *idle = fixture_open(0, 500), *busy = fixture_open(1, 501),
                      *unread = fixture_open(2, 502);

    (void)state;
    segment_set(&entry_of(0)->active_us, 1000);
    segment_set(&entry_of(1)->active_us, 1000);
    segment_set(&entry_of(2)->active_us, 1000);
    connection_set_idle(busy, false);
    fixture_client_sends(2, "x");
    connections_sweep(connections, 1000000000);
    assert_int_equal(session_marked(&idle->session), CLOSE_NONE);
    fixture.config->server.idle_timeout_us = 5000000;
    connections_adopt(connections);
    connections_sweep(connections, 5000999);
    assert_int_equal(session_marked(&idle->session), CLOSE_NONE);
    fixture.config->server.idle_timeout_us = 2000000; /* less than was looked ahead for */
    connections_adopt(connections);
    connections_sweep(connections, 5000999);
    assert_int_equal(session_marked(&idle->session), CLOSE_IDLE);
    assert_int_equal(session_marked(&busy->session), CLOSE_NONE);
    assert_int_equal(session_marked(&unread->session), CLOSE_NONE); /* we are slow, not the client */
    assert_int_equal(recv(unread->stream.fd, &(char){0}, 1, 0), 1);
    connections_sweep(connections, 5001000);
    assert_int_equal(session_marked(&unread->session), CLOSE_IDLE);
}

static void the_sweeper_finds_kills_of_its_own(void **state)
{
    struct connection *ours = fixture_open(0, 500);

    (void)state;
    fixture_connection(1, 501); /* another process's */
    segment_set32(&entry_of(0)->kill, 1);
    segment_set32(&entry_of(1)->kill, 1);
    connections_sweep(connections, 0);
    assert_int_equal(session_marked(&ours->session),
                     CLOSE_NONE); /* nobody said that there is something to see */
    atomic_fetch_add(&fixture.segment->header->kills, 1);
    connections_sweep(connections, 0);
    assert_int_equal(session_marked(&ours->session), CLOSE_KILLED);
    assert_int_equal(session_marked(&connections->table[1].session), CLOSE_NONE);
}

static _Atomic bool enough;

static void *sweep_on(void *argument)
{
    (void)argument;
    while (!atomic_load(&enough)) {
        connections_sweep(connections, 1000);
        connections_mark_all(connections, CLOSE_DRAIN);
    }
    return NULL;
}

/* While others mark and sweep, connections come and go: no descriptor of somebody else's is ever shut down.
 */
static void sweeping_races_with_closing(void **state)
{
    pthread_t sweeper;
    int round, probe[2];
    char byte;

    (void)state;
    atomic_store(&enough, false);
    assert_int_equal(pthread_create(&sweeper, NULL, sweep_on, NULL), 0);
    for (round = 0; round < 3000; round++) {
        struct connection *connection = fixture_open(1, (uint64_t)round + 1);

        connection_arm(connections, connection, round % 2 == 0 ? 500 : CLOCK_NEVER, CLOSE_IDLE);
        connection_close(connections, connection, CLOSE_PEER);
        close(fixture_clients[1]);
        fixture_clients[1] = -1;
        /* these get the numbers that have just become free */
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, probe), 0);
        assert_int_equal(recv(probe[0], &byte, 1, 0), -1);
        assert_int_equal(send(probe[0], "x", 1, MSG_NOSIGNAL), 1);
        assert_int_equal(recv(probe[1], &byte, 1, 0), 1);
        close(probe[0]);
        close(probe[1]);
    }
    atomic_store(&enough, true);
    pthread_join(sweeper, NULL);
    assert_int_equal(atomic_load(&connections->open), 0);
}

static void count_wakes(void *context, struct connection *connection)
{
    (void)connection;
    ++*(unsigned *)context;
}

/* A wake that comes before the sleep is not lost, one that comes during it is told at once, and one for a connection that is
 * gone is nobody's. */
static void a_sleeper_is_woken_whenever_the_wake_comes(void **state)
{
    struct connection *connection = fixture_open(2, 500);
    unsigned wakes = 0;

    (void)state;
    connections_wake(connections, 2, 500);
    assert_false(connection_sleep(connection, count_wakes, &wakes)); /* it has come already */
    assert_true(connection_rouse(connection));
    assert_int_equal(wakes, 0);

    assert_true(connection_sleep(connection, count_wakes, &wakes));
    connections_wake(connections, 2, 501); /* of another that had the index before */
    assert_int_equal(wakes, 0);
    connections_wake(connections, 2, 500);
    assert_int_equal(wakes, 1);
    assert_true(connection_rouse(connection));
    assert_false(connection_rouse(connection)); /* once */

    assert_true(connection_sleep(connection, count_wakes, &wakes));
    assert_false(connection_rouse(connection)); /* its own time was over */
    connections_wake(connections, 2, 500);      /* late: nobody is told */
    assert_int_equal(wakes, 1);

    connection_close(connections, connection, CLOSE_PEER);
    connections_wake(connections, 2, 500);
    close(fixture_clients[2]);
    connection = fixture_open(2, 501);
    assert_true(connection_sleep(connection, count_wakes, &wakes)); /* what came before is not its own */
    connections_wake(connections, 2, 500);
    assert_int_equal(wakes, 1);
}

/* Where no thread keeps the time of a wait, the sweeper does. */
static void the_sweeper_wakes_who_has_waited_long_enough(void **state)
{
    struct connection *connection = fixture_open(2, 500);
    unsigned wakes = 0;

    (void)state;
    connection_arm(connections, connection, 1000, CLOSE_NONE);
    assert_true(connection_sleep(connection, count_wakes, &wakes));
    connections_sweep(connections, 999);
    assert_int_equal(wakes, 0);
    connections_sweep(connections, 1000);
    assert_int_equal(wakes, 1);
    assert_int_equal(session_marked(&connection->session), CLOSE_NONE);
    assert_false(fixture_client_at_end(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BACKEND_UNIT(closing_gives_everything_back),
        BACKEND_UNIT(nothing_is_let_go_of_under_the_guard),
        BACKEND_UNIT(an_index_is_used_again_as_new),
        BACKEND_UNIT(detaching_leaves_socket_and_entry),
        BACKEND_UNIT(resuming_goes_on_where_another_left),
        BACKEND_UNIT(marking_shuts_down_and_does_not_close),
        BACKEND_UNIT(marking_all_marks_the_open_ones),
        BACKEND_UNIT(the_sweeper_marks_what_is_overdue),
        BACKEND_UNIT(a_peer_that_takes_its_replies_is_not_overdue),
        BACKEND_UNIT(rearming_takes_the_new_time_and_reason),
        BACKEND_UNIT(rearming_for_the_same_time_takes_the_new_reason),
        BACKEND_UNIT(a_fresh_connection_is_idle_from_the_start),
        BACKEND_UNIT(who_comes_idle_is_overdue_when_it_would_have_been),
        BACKEND_UNIT(another_idle_timeout_is_everybodys),
        BACKEND_UNIT(the_sweeper_finds_kills_of_its_own),
        BACKEND_UNIT(a_sleeper_is_woken_whenever_the_wake_comes),
        BACKEND_UNIT(the_sweeper_wakes_who_has_waited_long_enough),
        BACKEND_UNIT(sweeping_races_with_closing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
