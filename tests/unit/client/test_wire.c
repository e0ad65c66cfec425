/* SPDX-License-Identifier: Apache-2.0
 *
 * Wires, plain and TLS, against the other end in this thread. Opening one, which waits, is tried against a server in a thread of
 * its own that does one thing to whoever comes. */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include "client/wire.h"
#include "tests/unit/certificates.h"

static struct identity authority, server_identity;
static char *authority_file;
static struct tls_context *server_context;

static int make_all(void **state)
{
    struct tls_server_settings settings = {0};
    struct error error = {""};

    (void)state;
    identity_make(&authority, "Test CA", NULL, NULL, 10);
    identity_make(&server_identity, "server", "DNS:localhost", &authority, 10);
    authority_file = identity_file(authority.certificate_pem);
    settings.certificate = identity_pem(server_identity.certificate_pem);
    settings.key = identity_pem(server_identity.key_pem);
    server_context = tls_context_server(&settings, &error);
    assert_string_equal(error.text, "");
    return 0;
}

static int clear_all(void **state)
{
    (void)state;
    tls_context_free(&server_context);
    identity_clear(&authority);
    identity_clear(&server_identity);
    identity_file_remove(authority_file);
    return 0;
}

static void prepare(struct target *target, bool tls)
{
    struct error error = {""};

    *target = (struct target)TARGET_DEFAULT;
    target->host = "localhost";
    target->tls = tls;
    target->ca_file = tls ? authority_file : NULL;
    assert_int_equal(target_prepare(target, &error), 0);
}

static void open_ends(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

static void plain_wires_answer_the_same_words(void **state)
{
    char bytes[16];
    size_t length = sizeof bytes;
    struct target target;
    struct wire wire;
    int fds[2];

    (void)state;
    prepare(&target, false);
    open_ends(fds);
    assert_int_equal(wire_begin(&wire, fds[0], &target), 0);
    assert_null(wire.tls);
    assert_int_equal(wire_shake(&wire), WIRE_OK);
    assert_int_equal(wire_read(&wire, bytes, &length), WIRE_WANT_READ);
    assert_int_equal(length, 0);
    length = 4;
    assert_int_equal(wire_write(&wire, "PING", &length), WIRE_OK);
    assert_int_equal(length, 4);
    assert_int_equal(recv(fds[1], bytes, sizeof bytes, 0), 4);
    assert_false(wire_is_pending(&wire));
    shutdown(fds[1], SHUT_WR);
    length = sizeof bytes;
    assert_int_equal(wire_read(&wire, bytes, &length), WIRE_CLOSED);
    close(fds[1]);
    length = 4;
    assert_int_equal(wire_write(&wire, "PING", &length), WIRE_FAILED);
    assert_string_equal(wire_failure(&wire), "Broken pipe");
    wire_close(&wire);
    assert_int_equal(wire.fd, -1);
    wire_close(&wire);
    target_wipe(&target);
}

static void secure_wires_shake_hands_and_say_goodbye(void **state)
{
    enum tls_result theirs = TLS_WANT_READ;
    struct target target;
    struct wire wire;
    struct tls *server;
    char bytes[16];
    size_t length;
    int fds[2], rounds = 0;

    (void)state;
    prepare(&target, true);
    open_ends(fds);
    server = tls_new(server_context, fds[1], NULL);
    assert_int_equal(wire_begin(&wire, fds[0], &target), 0);
    while (wire_shake(&wire) != WIRE_OK || theirs != TLS_OK) {
        assert_true(rounds++ < 100);
        if (theirs != TLS_OK)
            theirs = tls_handshake(server, false);
    }
    length = 4;
    assert_int_equal(wire_write(&wire, "PING", &length), WIRE_OK);
    length = sizeof bytes;
    assert_int_equal(tls_read(server, bytes, &length, false), TLS_OK);
    assert_int_equal(length, 4);
    for (rounds = 0; rounds < 2; rounds++) {
        length = 5;
        assert_int_equal(tls_write(server, "+PONG", &length), TLS_OK);
    }
    length = 5;
    assert_int_equal(wire_read(&wire, bytes, &length), WIRE_OK);
    assert_true(wire_is_pending(&wire));
    assert_int_equal(wire_read(&wire, bytes, &length), WIRE_OK);
    assert_false(wire_is_pending(&wire));
    wire_close(&wire);
    length = sizeof bytes;
    assert_int_equal(tls_read(server, bytes, &length, false), TLS_CLOSED);
    tls_free(&server);
    close(fds[1]);
    target_wipe(&target);
}

/* A server that takes one client. */
struct host {
    pthread_t thread;
    int listener;
    const char *says; /* in place of a handshake; NULL: nothing, and waits for the client to go */
};

static void *serve(void *argument)
{
    struct host *host = argument;
    int fd = accept(host->listener, NULL, NULL);
    char bytes[4096];

    if (host->says != NULL && recv(fd, bytes, sizeof bytes, 0) > 0 &&
        send(fd, host->says, strlen(host->says), MSG_NOSIGNAL) < 0)
        abort();
    if (host->says == NULL || host->says[0] != '\0') {
        while (recv(fd, bytes, sizeof bytes, 0) > 0) {
        }
    }
    close(fd);
    return NULL;
}

/* What opening a wire to that server says within 200 ms. */
static void assert_opening(const char *says, const char *what)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct host host = {.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .says = says};
    char expected[sizeof(struct error)];
    socklen_t size = sizeof address;
    struct target target;
    struct wire wire;
    struct error error = {""};

    assert_int_equal(bind(host.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(host.listener, 1), 0);
    assert_int_equal(getsockname(host.listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pthread_create(&host.thread, NULL, serve, &host), 0);
    prepare(&target, true);
    target.host = "127.0.0.1";
    target.port = ntohs(address.sin_port);
    assert_int_equal(target_prepare(&target, &error), 0);
    assert_int_equal(wire_open(&wire, &target, 200000, NULL, &error), -1);
    snprintf(expected, sizeof expected, "no TLS with 127.0.0.1:%u: %s", (unsigned)target.port, what);
    assert_string_equal(error.text, expected);
    assert_int_equal(wire.fd, -1);
    assert_null(wire.tls);
    pthread_join(host.thread, NULL);
    close(host.listener);
    target_wipe(&target);
}

static void why_there_is_no_tls_is_said(void **state)
{
    (void)state;
    assert_opening(NULL, "no handshake within 200 ms");
    assert_opening("-ERR max number of clients reached\r\n", "the peer speaks no TLS");
    assert_opening("", "closed during the handshake");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_wires_answer_the_same_words),
        cmocka_unit_test(secure_wires_shake_hands_and_say_goodbye),
        cmocka_unit_test(why_there_is_no_tls_is_said),
    };

    return cmocka_run_group_tests(tests, make_all, clear_all);
}
