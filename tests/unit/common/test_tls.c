/* SPDX-License-Identifier: Apache-2.0
 *
 * Two ends of TLS over a socketpair: handshakes, bytes, ends good and bad. The test's one thread is both ends. */
#include "tests/unit/common/tls_fixture.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/time.h>

#define FLOOD_UPDATES 5000
#define MOST_AT_ONCE  40000 /* bytes out of a socket in one call: two of the largest records, and something */

static struct tls_context *client_context, *server_context;

static void make_contexts(const char *min_version)
{
    struct tls_server_settings server = server_settings();
    struct tls_client_settings client = {.ca_file = authority_file};

    server.min_version = min_version;
    client_context = new_client(&client);
    server_context = new_server(&server);
}

static void clear_contexts(void)
{
    tls_context_free(&client_context);
    tls_context_free(&server_context);
    assert_null(server_context);
}

static int open_pair(void **state)
{
    struct pair *pair = malloc(sizeof *pair);

    assert_non_null(pair);
    make_contexts(NULL);
    pair_open(pair, client_context, server_context, "localhost");
    *state = pair;
    return 0;
}

static int close_pair(void **state)
{
    pair_close(*state);
    free(*state);
    clear_contexts();
    return 0;
}

static void bytes_go_both_ways(void **state)
{
    struct pair *pair = *state;

    assert_false(tls_is_ready(pair->client));
    assert_shaken(pair);
    assert_string_equal(tls_version(pair->client), "TLSv1.3");
    assert_string_equal(tls_version(pair->server), "TLSv1.3");
    assert_string_equal(tls_cipher(pair->client), tls_cipher(pair->server));
    assert_string_equal(tls_peer(pair->client), "server");
    assert_string_equal(tls_peer(pair->server), "");
    assert_null(tls_verify_failure(pair->client));
    assert_written(pair->client, "PING\r\n");
    assert_reads(pair->server, "PING\r\n");
    assert_written(pair->server, "+PONG\r\n");
    assert_reads(pair->client, "+PONG\r\n");
    assert_int_equal(read_nothing(pair->client), TLS_WANT_READ);
    assert_int_equal(read_nothing(pair->server), TLS_WANT_READ);
}

/* Whoever has said that he says no more is still told the answer. */
static void close_notify_closes_one_direction(void **state)
{
    struct pair *pair = *state;
    size_t length = 1;

    assert_shaken(pair);
    assert_written(pair->client, "PING\r\n");
    tls_finish(pair->client);
    tls_finish(pair->client);
    shutdown(pair->fds[0], SHUT_WR);
    assert_int_equal(tls_write(pair->client, "x", &length), TLS_ERROR);
    assert_reads(pair->server, "PING\r\n");
    assert_int_equal(read_nothing(pair->server), TLS_CLOSED);
    assert_int_equal(read_nothing(pair->server), TLS_CLOSED);
    assert_written(pair->server, "+PONG\r\n");
    tls_finish(pair->server);
    assert_reads(pair->client, "+PONG\r\n");
    assert_int_equal(read_nothing(pair->client), TLS_CLOSED);
}

static void a_cut_is_no_end(void **state)
{
    struct pair *pair = *state;
    size_t length = 1;

    assert_shaken(pair);
    assert_written(pair->client, "PING\r\n");
    shutdown(pair->fds[0], SHUT_WR);
    assert_reads(pair->server, "PING\r\n");
    assert_int_equal(read_nothing(pair->server), TLS_ERROR);
    assert_string_equal(tls_failure(pair->server), "cut without close_notify");
    assert_int_equal(read_nothing(pair->server), TLS_ERROR);
    assert_int_equal(tls_write(pair->server, "x", &length), TLS_ERROR);
    assert_int_equal(length, 0);
    assert_false(tls_pending(pair->server));
    assert_int_equal(tls_errno(pair->server), 0);
    tls_finish(pair->server);
}

static void a_cut_handshake_fails(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(tls_handshake(pair->client, false), TLS_WANT_READ);
    shutdown(pair->fds[0], SHUT_WR);
    assert_int_equal(tls_handshake(pair->server, false), TLS_ERROR);
    assert_string_equal(tls_failure(pair->server), "closed during the handshake");
    assert_int_equal(tls_handshake(pair->server, false), TLS_ERROR);
    assert_false(tls_is_ready(pair->server));
}

/* What a peer that speaks no TLS says first, and what is said about it. */
static void plain_bytes_are_told(void **state)
{
    static const struct {
        const char *bytes, *failure;
    } rows[] = {{"PING\r\n", "the peer speaks no TLS"},
                {"*1\r\n$4\r\nPING\r\n", "the peer speaks no TLS"},
                {"GET / HTTP/1.1\r\n\r\n", "the peer speaks HTTP without TLS"},
                {"\r\n\r\n\r\n\r\n", "the peer speaks no TLS"}};
    size_t i;

    (void)state;
    make_contexts(NULL);
    for (i = 0; i < COUNT(rows); i++) {
        struct pair pair;

        pair_open(&pair, client_context, server_context, "localhost");
        assert_int_equal(write(pair.fds[0], rows[i].bytes, strlen(rows[i].bytes)), strlen(rows[i].bytes));
        assert_int_equal(tls_handshake(pair.server, false), TLS_ERROR);
        assert_string_equal(tls_failure(pair.server), rows[i].failure);
        pair_close(&pair);
    }
    clear_contexts();
}

/* The answer of a server that speaks no TLS. */
static void a_plain_server_is_told(void **state)
{
    struct pair *pair = *state;
    const char *reply = "-ERR Protocol error: TLS on the plain port\r\n";

    assert_int_equal(tls_handshake(pair->client, false), TLS_WANT_READ);
    assert_int_equal(write(pair->fds[1], reply, strlen(reply)), strlen(reply));
    assert_int_equal(tls_handshake(pair->client, false), TLS_ERROR);
    assert_string_equal(tls_failure(pair->client), "the peer speaks no TLS");
    assert_null(tls_verify_failure(pair->client));
}

/* Several records in one read of the socket: epoll is silent about all but the first. */
static void what_was_read_ahead_is_pending(void **state)
{
    struct pair *pair = *state;
    char bytes[2];
    size_t length = sizeof bytes;

    assert_shaken(pair);
    assert_false(tls_pending(pair->server));
    assert_written(pair->client, "abc");
    assert_written(pair->client, "de");
    assert_false(tls_pending(pair->server));
    assert_int_equal(tls_read(pair->server, bytes, &length, false), TLS_OK);
    assert_memory_equal(bytes, "ab", 2);
    assert_true(tls_pending(pair->server));
    length = sizeof bytes;
    assert_int_equal(tls_read(pair->server, bytes, &length, false), TLS_OK);
    assert_int_equal(length, 1);
    assert_true(tls_pending(pair->server));
    assert_reads(pair->server, "de");
    assert_false(tls_pending(pair->server));
    assert_int_equal(read_nothing(pair->server), TLS_WANT_READ);
}

/* Moves up to that many bytes that one end has sent to the other. */
static size_t move_bytes(int from, int to, size_t most)
{
    char bytes[4096];
    ssize_t got = recv(from, bytes, most < sizeof bytes ? most : sizeof bytes, MSG_DONTWAIT);

    if (got <= 0)
        return 0;
    assert_int_equal(send(to, bytes, (size_t)got, 0), got);
    return (size_t)got;
}

/* Ends whose bytes pass through our hands: from `near[1]` to `far[0]` and back. */
struct relay {
    int near[2], far[2];
    struct tls *client, *server;
};

static void relay_open(struct relay *relay)
{
    make_contexts(NULL);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, relay->near), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, relay->far), 0);
    relay->client = tls_new(client_context, relay->near[0], "127.0.0.1");
    relay->server = tls_new(server_context, relay->far[1], NULL);
    assert_true(relay->client != NULL && relay->server != NULL);
}

static void relay_close(struct relay *relay)
{
    tls_free(&relay->client);
    tls_free(&relay->server);
    close(relay->near[0]);
    close(relay->near[1]);
    close(relay->far[0]);
    close(relay->far[1]);
    clear_contexts();
}

/* One byte at a time, each end trying after each. */
static void relay_shake(struct relay *relay)
{
    enum tls_result client = TLS_WANT_READ, server = TLS_WANT_READ;

    while (client != TLS_OK || server != TLS_OK) {
        size_t moved;

        if (client != TLS_OK)
            client = tls_handshake(relay->client, false);
        assert_true(client == TLS_OK || client == TLS_WANT_READ);
        moved = move_bytes(relay->near[1], relay->far[0], 1);
        if (server != TLS_OK)
            server = tls_handshake(relay->server, false);
        assert_true(server == TLS_OK || server == TLS_WANT_READ);
        moved += move_bytes(relay->far[0], relay->near[1], 1);
        assert_true(moved > 0 || (client == TLS_OK && server == TLS_OK));
    }
}

static void one_byte_at_a_time_is_enough(void **state)
{
    struct relay relay;

    (void)state;
    relay_open(&relay);
    relay_shake(&relay);
    assert_written(relay.client, "P");
    assert_written(relay.client, "ING");
    assert_int_equal(read_nothing(relay.server), TLS_WANT_READ);
    while (move_bytes(relay.near[1], relay.far[0], 1) > 0 && !tls_pending(relay.server)) {
        char byte;
        size_t length = 1;
        enum tls_result result = tls_read(relay.server, &byte, &length, false);

        assert_true(result == TLS_WANT_READ || (result == TLS_OK && byte == 'P'));
        assert_false(tls_pending(relay.server)); /* a part of a record is nothing that a read could take */
        if (result == TLS_OK)
            break;
    }
    while (move_bytes(relay.near[1], relay.far[0], 1) > 0) {
    }
    assert_reads(relay.server, "ING");
    relay_close(&relay);
}

/* Behind a whole record lies a part of one: that is looked at once, and is then no reason to look again. */
static void a_part_of_a_record_is_not_pending_for_ever(void **state)
{
    struct relay relay;

    (void)state;
    relay_open(&relay);
    relay_shake(&relay);
    assert_written(relay.client, "one");
    while (move_bytes(relay.near[1], relay.far[0], 4096) > 0) {
    }
    assert_written(relay.client, "two");
    assert_int_equal(move_bytes(relay.near[1], relay.far[0], 7), 7);
    assert_reads(relay.server, "one");
    assert_true(tls_pending(relay.server));
    assert_int_equal(read_nothing(relay.server), TLS_WANT_READ);
    assert_false(tls_pending(relay.server));
    while (move_bytes(relay.near[1], relay.far[0], 4096) > 0) {
    }
    assert_reads(relay.server, "two");
    relay_close(&relay);
}

/* A reader that does not read: the write stops, and goes on from bytes that lie elsewhere by then. */
static void a_write_that_stopped_goes_on(void **state)
{
    struct pair *pair = *state;
    size_t whole = 4 << 20, written = 0, read = 0;
    char *bytes = malloc(whole), *back = malloc(whole), *moved;
    bool stopped = false;
    size_t i;

    assert_true(bytes != NULL && back != NULL);
    for (i = 0; i < whole; i++)
        bytes[i] = (char)unit_random();
    assert_shaken(pair);
    while (read < whole) {
        size_t length = whole - written;
        enum tls_result result = length > 0 ? tls_write(pair->server, bytes + written, &length) : TLS_OK;

        assert_true(result == TLS_OK || result == TLS_WANT_WRITE);
        written += length;
        if (result == TLS_OK && written < whole)
            continue;
        stopped = stopped || result == TLS_WANT_WRITE;
        moved = unit_copy(bytes, whole);
        free(bytes);
        bytes = moved;
        for (length = whole - read; tls_read(pair->client, back + read, &length, false) == TLS_OK;
             length = whole - read)
            read += length;
    }
    assert_true(stopped);
    assert_memory_equal(bytes, back, whole);
    free(bytes);
    free(back);
}

static void a_write_to_nobody_fails_quietly(void **state)
{
    struct pair *pair = *state;
    size_t length = 1;

    assert_shaken(pair);
    shutdown(pair->fds[0], SHUT_RDWR);
    assert_int_equal(tls_write(pair->server, "x", &length), TLS_ERROR); /* a SIGPIPE would have ended us */
    assert_string_equal(tls_failure(pair->server), "Broken pipe");
    assert_int_equal(tls_errno(pair->server), EPIPE);
}

static void wake(int signal_number)
{
    (void)signal_number;
}

static void set_blocking(int fd)
{
    assert_int_equal(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK), 0);
}

/* On a blocking socket, too, and a signal ends the wait of those who may. */
static void reads_wait_only_when_they_may(void **state)
{
    struct sigaction action = {.sa_handler = wake};
    struct itimerval soon = {.it_value.tv_usec = 20000, .it_interval.tv_usec = 20000}, never = {0};
    struct pair *pair = *state;
    char byte;
    size_t length = 1;

    assert_shaken(pair);
    set_blocking(pair->fds[1]);
    assert_int_equal(read_nothing(pair->server), TLS_WANT_READ);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(tls_read(pair->server, &byte, &length, true), TLS_WANT_READ);
    setitimer(ITIMER_REAL, &never, NULL);
    assert_written(pair->client, "x");
    length = 1;
    assert_int_equal(tls_read(pair->server, &byte, &length, true), TLS_OK);
    assert_int_equal(byte, 'x');
}

/* A client of TLS 1.2, OpenSSL's own, since ours can't even ask. */
static SSL *old_client(SSL_CTX **context, int fd)
{
    SSL *ssl;

    *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(*context, TLS1_2_VERSION);
    ssl = SSL_new(*context);
    assert_non_null(ssl);
    SSL_set_fd(ssl, fd);
    SSL_set_connect_state(ssl);
    return ssl;
}

static void shake_with_old(SSL *old, struct tls *server)
{
    enum tls_result result = TLS_WANT_READ;
    int rounds = 0;

    while (SSL_do_handshake(old) != 1 || result != TLS_OK) {
        assert_true(rounds++ < ROUNDS_MOST);
        if (result != TLS_OK)
            result = tls_handshake(server, false);
        assert_true(result == TLS_OK || result == TLS_WANT_READ);
    }
}

static void renegotiation_is_refused(void **state)
{
    struct pair *pair = *state;
    SSL_CTX *context;
    SSL *old = old_client(&context, pair->fds[0]);
    char byte;

    shake_with_old(old, pair->server);
    assert_string_equal(tls_version(pair->server), "TLSv1.2");
    assert_int_equal(SSL_renegotiate(old), 1);
    assert_int_equal(SSL_do_handshake(old), -1); /* the question is sent */
    assert_int_equal(read_nothing(pair->server), TLS_WANT_READ);
    assert_int_equal(SSL_read(old, &byte, 1), -1);
    assert_int_equal(SSL_get_error(old, -1), SSL_ERROR_SSL);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
    ERR_clear_error();
    SSL_free(old);
    SSL_CTX_free(context);
}

/* What a client has made beforehand: nothing but new keys, and a word at the end. */
static size_t make_flood(SSL *ssl, char *bytes, size_t size)
{
    BIO *out = BIO_new(BIO_s_mem());
    int length, i;

    assert_non_null(out);
    SSL_set0_wbio(ssl, out);
    for (i = 0; i < FLOOD_UPDATES; i++) {
        assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(ssl), 1);
    }
    assert_int_equal(SSL_write(ssl, "PING\r\n", 6), 6);
    length = BIO_read(out, bytes, (int)size);
    assert_in_range(length, FLOOD_UPDATES * 20, size - 1);
    return (size_t)length;
}

/* OpenSSL would read on until the peer's last byte, and whoever shares the thread would wait for that. */
static void a_flood_of_new_keys_does_not_keep_the_thread(void **state)
{
    static char flood[FLOOD_UPDATES * 64];
    struct pair *pair = *state;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    size_t length, sent = 0, calls = 0, got;
    enum tls_result result;
    char word[16];

    SSL_set_fd(ssl, pair->fds[0]);
    SSL_set_connect_state(ssl);
    shake_with_old(ssl, pair->server);
    length = make_flood(ssl, flood, sizeof flood);
    do {
        ssize_t count = sent < length ? send(pair->fds[0], flood + sent, length - sent, 0) : 0;
        uint64_t before = tls_received(pair->server);

        sent += count > 0 ? (size_t)count : 0;
        got = sizeof word;
        result = tls_read(pair->server, word, &got, false);
        assert_in_range(tls_received(pair->server) - before, 0, MOST_AT_ONCE);
        assert_true(result == TLS_OK || (result == TLS_WANT_READ && !tls_pending(pair->server)));
    } while (result != TLS_OK && ++calls < FLOOD_UPDATES);
    assert_int_equal(result, TLS_OK);
    assert_int_equal(got, 6);
    assert_in_range(calls, length / MOST_AT_ONCE, FLOOD_UPDATES);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

/* Errors that another connection left in this thread are not ours. */
static void errors_of_others_do_not_matter(void **state)
{
    struct pair *pair = *state;

    assert_shaken(pair);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    assert_int_equal(read_nothing(pair->server), TLS_WANT_READ);
    assert_written(pair->client, "x");
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    assert_reads(pair->server, "x");
    tls_finish(pair->client);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    assert_int_equal(read_nothing(pair->server), TLS_CLOSED);
}

/* A connection goes on though nobody else holds its context: that is what a reload does. */
static void a_connection_holds_its_context(void **state)
{
    struct pair *pair = *state;
    struct tls_context *other = tls_context_hold(server_context);

    clear_contexts();
    tls_context_free(&other);
    assert_shaken(pair);
    assert_written(pair->client, "x");
    assert_reads(pair->server, "x");
    make_contexts(NULL);
}

static void nothing_is_freed_twice(void **state)
{
    struct tls *tls = NULL;
    struct tls_context *context = NULL;
    struct tls_session *session = NULL;

    (void)state;
    tls_free(&tls);
    tls_context_free(&context);
    tls_session_free(&session);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PAIR(bytes_go_both_ways),
        WITH_PAIR(close_notify_closes_one_direction),
        WITH_PAIR(a_cut_is_no_end),
        WITH_PAIR(a_cut_handshake_fails),
        cmocka_unit_test(plain_bytes_are_told),
        WITH_PAIR(a_plain_server_is_told),
        WITH_PAIR(what_was_read_ahead_is_pending),
        cmocka_unit_test(one_byte_at_a_time_is_enough),
        cmocka_unit_test(a_part_of_a_record_is_not_pending_for_ever),
        WITH_PAIR(a_write_that_stopped_goes_on),
        WITH_PAIR(a_write_to_nobody_fails_quietly),
        WITH_PAIR(reads_wait_only_when_they_may),
        WITH_PAIR(renegotiation_is_refused),
        WITH_PAIR(a_flood_of_new_keys_does_not_keep_the_thread),
        WITH_PAIR(errors_of_others_do_not_matter),
        WITH_PAIR(a_connection_holds_its_context),
        cmocka_unit_test(nothing_is_freed_twice),
    };

    return cmocka_run_group_tests(tests, make_identities, clear_identities);
}
