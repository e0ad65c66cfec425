/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_TLS_FIXTURE_H
#define CONCUR_TESTS_TLS_FIXTURE_H

/* Two ends of TLS over a socketpair, in one thread: neither socket waits. */
#include "tests/unit/unit.h"

#include <sys/socket.h>

#include "tests/unit/certificates.h"

#define ROUNDS_MOST 100 /* of a handshake: more is going in circles */

/* A CA, a server that it has signed for localhost and 127.0.0.1, and a client that it has signed. */
static struct identity authority, server_identity, client_identity, stranger;
static char *authority_file;

static inline int make_identities(void **state)
{
    (void)state;
    identity_make(&authority, "Test CA", NULL, NULL, 10);
    identity_make(&server_identity, "server", "DNS:localhost,IP:127.0.0.1,IP:::1", &authority, 10);
    identity_make(&client_identity, "tom", "DNS:tom", &authority, 10);
    identity_make(&stranger, "localhost", "DNS:localhost", NULL, 10);
    authority_file = identity_file(authority.certificate_pem);
    return 0;
}

static inline int clear_identities(void **state)
{
    (void)state;
    identity_clear(&authority);
    identity_clear(&server_identity);
    identity_clear(&client_identity);
    identity_clear(&stranger);
    identity_file_remove(authority_file);
    return 0;
}

static inline struct tls_server_settings server_settings(void)
{
    return (struct tls_server_settings){.certificate = identity_pem(server_identity.certificate_pem),
                                        .key = identity_pem(server_identity.key_pem)};
}

static inline struct tls_context *new_server(const struct tls_server_settings *settings)
{
    struct error error = {""};
    struct tls_context *context = tls_context_server(settings, &error);

    assert_string_equal(error.text, "");
    assert_non_null(context);
    return context;
}

static inline struct tls_context *new_client(const struct tls_client_settings *settings)
{
    struct error error = {""};
    struct tls_context *context = tls_context_client(settings, &error);

    assert_string_equal(error.text, "");
    assert_non_null(context);
    return context;
}

struct pair {
    int fds[2];
    struct tls *client, *server;
    enum tls_result client_result, server_result;
};

static inline void pair_open(struct pair *pair, struct tls_context *client, struct tls_context *server,
                             const char *host)
{
    *pair = (struct pair){.client_result = TLS_WANT_READ, .server_result = TLS_WANT_READ};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair->fds), 0);
    pair->client = tls_new(client, pair->fds[0], host);
    pair->server = tls_new(server, pair->fds[1], NULL);
    assert_true(pair->client != NULL && pair->server != NULL);
}

static inline void pair_close(struct pair *pair)
{
    tls_free(&pair->client);
    tls_free(&pair->server);
    assert_null(pair->client);
    close(pair->fds[0]);
    close(pair->fds[1]);
}

static inline bool is_under_way(enum tls_result result)
{
    return result == TLS_WANT_READ || result == TLS_WANT_WRITE;
}

/* Both go on with the handshake until each has ended it, well or not. */
static inline void pair_shake(struct pair *pair)
{
    int rounds = 0;

    while (is_under_way(pair->client_result) || is_under_way(pair->server_result)) {
        assert_true(rounds++ < ROUNDS_MOST);
        if (is_under_way(pair->client_result))
            pair->client_result = tls_handshake(pair->client, false);
        if (pair->client_result == TLS_ERROR)
            shutdown(pair->fds[0], SHUT_RDWR);
        if (is_under_way(pair->server_result))
            pair->server_result = tls_handshake(pair->server, false);
        if (pair->server_result == TLS_ERROR)
            shutdown(pair->fds[1], SHUT_WR);
    }
}

static inline void assert_shaken(struct pair *pair)
{
    pair_shake(pair);
    assert_int_equal(pair->client_result, TLS_OK);
    assert_int_equal(pair->server_result, TLS_OK);
    assert_true(tls_is_ready(pair->client) && tls_is_ready(pair->server));
}

static inline void assert_written(struct tls *tls, const char *text)
{
    size_t length = strlen(text);

    assert_int_equal(tls_write(tls, text, &length), TLS_OK);
    assert_int_equal(length, strlen(text));
}

static inline void assert_reads(struct tls *tls, const char *text)
{
    char bytes[256];
    size_t length = sizeof bytes;

    assert_int_equal(tls_read(tls, bytes, &length, false), TLS_OK);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(bytes, text, length);
}

/* What a read says that must bring nothing. */
static inline enum tls_result read_nothing(struct tls *tls)
{
    char bytes[256];
    size_t length = sizeof bytes;
    enum tls_result result = tls_read(tls, bytes, &length, false);

    assert_int_equal(length, 0);
    return result;
}

#endif
