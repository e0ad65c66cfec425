/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection's whole life - opened, its handshake with TLS, requests of every family, replies in parts, its end - with the
 * n-th allocation of the server's side failing, for n from 1 until a life gets by without. It may end the connection, for want
 * of memory and nothing else; it leaves nothing behind (sanitizers and valgrind look), and the next one lives. Both ends in one
 * thread. */
#include "tests/unit/backend/fixture.h"

#include "common/tls.h"
#include "daemon/backend/turn.h"
#include "tests/faults/shortage.h"
#include "tests/unit/common/tls_fixture.h"

#define INDEX       6
#define PLACES_MOST 100000

static struct connection *connection;
static struct tls *client; /* NULL: plain */
static struct tls_context *server_context, *client_context;
static int64_t left; /* allocations of the server's until one fails */

static const char *const requests[] = {
    "PING\r\n",
    "CLIENT SETNAME short\r\n",
    "HELLO 3\r\n",
    "SET life 1\r\n",
    "INCRBY life 2\r\n",
    "INFO\r\n",
    "CLIENT LIST\r\n",
    "COMMAND DOCS\r\n",
    "CONFIG GET *\r\n",
    "NUMBERS 1 20000\r\n",
    "NUMBERS 1 3 EVERY 1ms\r\n",
    "LETTERS a c EVERY 1ms\r\n",
    "SLEEP 1\r\n",
    "PRIMES 1000\r\n",
    "HASH sha256 2 x\r\n",
    "WORK wait=1ms alloc=64k reply=2k\r\n",
    "*2\r\n$4\r\nECHO\r\n$5\r\nhe",
    "llo\r\n",
    "NOSUCH \"a\\x00b\"\r\n",
    "WHOAMI\r\nPING\r\nRESET\r\n",
    "QUIT\r\n",
};

/* The client takes what is there; how many bytes. */
static size_t client_takes(void)
{
    static char bytes[65536];
    size_t taken = 0, length;
    ssize_t got;

    if (client == NULL) {
        while ((got = recv(fixture_clients[INDEX], bytes, sizeof bytes, 0)) > 0)
            taken += (size_t)got;
        return taken;
    }
    if (!tls_is_ready(client) && tls_handshake(client, false) != TLS_OK)
        return 0;
    for (;;) {
        length = sizeof bytes;
        if (tls_read(client, bytes, &length, false) != TLS_OK)
            return taken;
        taken += length;
    }
}

/* False when it can't: the server has ended the connection. */
static bool client_says(const char *text)
{
    size_t length = strlen(text);

    if (client == NULL)
        return send(fixture_clients[INDEX], text, length, MSG_NOSIGNAL) == (ssize_t)length;
    return tls_is_ready(client) && tls_write(client, text, &length) == TLS_OK && length == strlen(text);
}

static enum turn_next take_turn(void)
{
    enum turn_next next;

    atomic_store(&shortage->countdown, left);
    next = turn_take(connections, connection, &fixture.worker, TURN_NOW);
    left = atomic_load(&shortage->countdown);
    atomic_store(&shortage->countdown, 0);
    return next;
}

/* Turns until it wants input or its end. */
static enum turn_next serve(void)
{
    unsigned turns = 0;
    enum turn_next next;

    do {
        assert_true(++turns < 100000);
        next = take_turn();
        client_takes();
        while (next == TURN_WAIT && clock_now_us() < session_wake_us(&connection->session))
            sched_yield();
    } while (next != TURN_READ && next != TURN_CLOSE);
    return next;
}

/* Until both are done with it. False when the server has given up. */
static bool shake_hands(void)
{
    unsigned rounds = 0;

    while (!tls_is_ready(client)) {
        assert_true(++rounds < ROUNDS_MOST);
        client_takes();
        if (serve() == TURN_CLOSE || connection->lingering)
            return false;
    }
    return serve() == TURN_READ;
}

/* Whether it came to its end in good order. */
static bool live(void)
{
    size_t i;

    if (client != NULL && !shake_hands())
        return false;
    for (i = 0; i < COUNT(requests); i++) {
        if (!client_says(requests[i]))
            return false;
        if (serve() == TURN_CLOSE)
            break;
    }
    return i == COUNT(requests) - 1;
}

static void begin_life(bool secure)
{
    int pair[2];
    struct connection_entry *entry = fixture_connection(INDEX, 600);

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    atomic_store(&entry->tls, secure ? CONNECTION_SHAKING : CONNECTION_PLAIN);
    fixture_clients[INDEX] = pair[1];
    segment_add(&fixture.segment->processes[fixture.process.number].dispatched, 1);
    connection = connection_open(connections, INDEX, pair[0]);
    client = secure ? tls_new(client_context, pair[1], "localhost") : NULL;
    assert_true(!secure || client != NULL);
    /* what it would be lent is allocated anew, too */
    buffer_free(&fixture.worker.in_spare);
    buffer_free(&fixture.worker.out_spare);
}

static void end_life(void)
{
    connection_close(connections, connection, connection->session.reason);
    tls_free(&client);
    close(fixture_clients[INDEX]);
    fixture_clients[INDEX] = -1;
}

/* Lives with ever later failures, and one without. How many connections that cost. */
static unsigned live_and_die(bool secure)
{
    unsigned lost = 0;
    int64_t nth,
        sparse = unit_limits_are_real() ? PLACES_MOST : 20; /* valgrind has no time for every place */
    int next_descriptor = fixture_next_descriptor();

    for (nth = 1; nth < PLACES_MOST; nth += 1 + nth / sparse) {
        enum close_reason reason;
        bool well;

        begin_life(secure);
        atomic_store(&shortage->failed, 0);
        left = nth;
        well = live();
        reason = connection->session.reason;
        lost += !well;
        if (!well && reason != CLOSE_MEMORY && !(secure && (reason == CLOSE_TLS || reason == CLOSE_ERROR)))
            fail_msg("allocation %d: closed for %s", (int)nth, close_reason_name(reason));
        end_life();
        assert_int_equal(fixture_next_descriptor(), next_descriptor);
        if (atomic_load(&shortage->failed) == 0) {
            assert_true(well);
            return lost;
        }
    }
    fail_msg("a life takes more than %d allocations", PLACES_MOST);
    return 0;
}

static void a_plain_life(void **state)
{
    (void)state;
    assert_in_range(live_and_die(false), 5, 1000);
}

static void a_life_over_tls(void **state)
{
    const struct tls_client_settings trusting = {.ca_file = authority_file};
    struct generation *generation = atomic_load(&fixture.generations->current);
    const struct tls_server_settings settings = server_settings();

    (void)state;
    server_context = new_server(&settings);
    client_context = new_client(&trusting);
    generation->credentials = tls_context_hold(server_context);
    assert_in_range(live_and_die(true), 20, 10000);
    tls_context_free(&client_context);
    tls_context_free(&server_context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BACKEND_UNIT(a_plain_life),
        BACKEND_UNIT(a_life_over_tls),
    };

    return cmocka_run_group_tests(tests, make_identities, clear_identities);
}
