/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams over a socket pair: what each state of the peer says. Runs in the test's one thread, but for a
 * sleeper. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/net/stream.h"

static struct stream stream;
static int peer;

static int make_pair(void **state)
{
    int pair[2];

    (void)state;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    stream.fd = pair[0];
    peer = pair[1];
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    close(stream.fd);
    if (peer >= 0)
        close(peer);
    return 0;
}

static void close_peer(void)
{
    close(peer);
    peer = -1;
}

/* Reads up to 8 bytes. */
static enum stream_result read_some(char *bytes, size_t *length)
{
    *length = 8;
    return stream_read(&stream, bytes, length);
}

static void bytes_come_and_go(void **state)
{
    char bytes[8];
    size_t length = 5;

    (void)state;
    assert_int_equal(stream_write(&stream, "hello", &length), STREAM_OK);
    assert_int_equal(length, 5);
    assert_int_equal(recv(peer, bytes, sizeof bytes, 0), 5);
    assert_memory_equal(bytes, "hello", 5);

    assert_int_equal(read_some(bytes, &length), STREAM_AGAIN);
    assert_int_equal(length, 0);
    assert_int_equal(send(peer, "0123456789", 10, 0), 10);
    assert_int_equal(read_some(bytes, &length), STREAM_OK);
    assert_int_equal(length, 8);
    length = 8;
    assert_int_equal(stream_read_now(&stream, bytes, &length), STREAM_OK);
    assert_int_equal(length, 2);
    assert_memory_equal(bytes, "89", 2);
}

static void the_end_comes_behind_the_bytes(void **state)
{
    char bytes[8];
    size_t length;

    (void)state;
    assert_int_equal(send(peer, "x", 1, 0), 1);
    shutdown(peer, SHUT_WR);
    assert_int_equal(read_some(bytes, &length), STREAM_OK);
    assert_int_equal(read_some(bytes, &length), STREAM_CLOSED);
    assert_int_equal(length, 0);
    length = 1;
    assert_int_equal(stream_write(&stream, "y", &length), STREAM_OK); /* half closed: it still reads */
}

/* Whole on a unix socket too, where each send is a piece of its own. */
static void what_is_peeked_at_stays_until_it_is_taken(void **state)
{
    char bytes[8];
    size_t length = sizeof bytes;

    (void)state;
    assert_int_equal(stream_peek(stream.fd, bytes, &length), STREAM_AGAIN);
    assert_int_equal(length, 0);
    assert_int_equal(send(peer, "0123", 4, 0), 4);
    assert_int_equal(send(peer, "456789", 6, 0), 6);
    length = sizeof bytes;
    assert_int_equal(stream_peek(stream.fd, bytes, &length), STREAM_OK);
    assert_int_equal(length, sizeof bytes);
    assert_memory_equal(bytes, "01234567", sizeof bytes);
    assert_int_equal(stream_take(stream.fd, bytes, 5), 0);
    assert_memory_equal(bytes, "01234", 5);
    assert_int_equal(stream_take(stream.fd, bytes, 0), 0);
    assert_int_equal(read_some(bytes, &length), STREAM_OK);
    assert_int_equal(length, 5);
    assert_memory_equal(bytes, "56789", 5);
    assert_int_equal(stream_take(stream.fd, bytes, 1), -1);
    close_peer();
    assert_int_equal(stream_peek(stream.fd, bytes, &length), STREAM_CLOSED);
    assert_int_equal(stream_take(stream.fd, bytes, 1), -1);
}

/* SIGPIPE would end the test. */
static void writing_to_nobody_is_an_error(void **state)
{
    size_t length = 1;

    (void)state;
    close_peer();
    assert_int_equal(stream_write(&stream, "x", &length), STREAM_ERROR);
    assert_int_equal(length, 0);
}

static void a_reset_is_an_error(void **state)
{
    const struct linger at_once = {.l_onoff = 1};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    struct stream reset = {0};
    char bytes[8];
    size_t length = 8;

    (void)state;
    assert_int_equal(bind(listening, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, size), 0);
    reset.fd = accept(listening, NULL, NULL);
    assert_true(reset.fd >= 0);
    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(client);
    assert_int_equal(stream_read(&reset, bytes, &length), STREAM_ERROR);
    close(reset.fd);
    close(listening);
}

static void a_full_peer_says_again(void **state)
{
    static char bytes[65536];
    enum stream_result result;
    size_t total = 0, length;

    (void)state;
    do {
        length = sizeof bytes;
        result = stream_write(&stream, bytes, &length);
        total += length;
    } while (result == STREAM_OK && total < (64u << 20));
    assert_int_equal(result, STREAM_AGAIN);
    assert_int_equal(length, 0);
    while (total > 0) {
        ssize_t got = recv(peer, bytes, sizeof bytes, 0);

        assert_true(got > 0);
        total -= (size_t)got;
    }
    stream_wait_writable(&stream);
    length = 1;
    assert_int_equal(stream_write(&stream, bytes, &length), STREAM_OK);
}

static void finishing_ends_what_the_peer_reads(void **state)
{
    char bytes[8];
    size_t length;

    (void)state;
    stream_finish(&stream);
    assert_int_equal(recv(peer, bytes, sizeof bytes, 0), 0);
    assert_int_equal(send(peer, "x", 1, 0), 1);
    assert_int_equal(read_some(bytes, &length), STREAM_OK);
}

static void reading_now_never_waits(void **state)
{
    char bytes[8];
    size_t length = 8;

    (void)state;
    assert_int_equal(stream_set_blocking(&stream, 1), 0);
    assert_int_equal(fcntl(stream.fd, F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(stream_read_now(&stream, bytes, &length), STREAM_AGAIN);
    assert_int_equal(stream_set_blocking(&stream, 0), 0);
    assert_int_equal(fcntl(stream.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
}

static void writing_never_waits_even_on_a_blocking_socket(void **state)
{
    (void)state;
    assert_int_equal(stream_set_blocking(&stream, 1), 0);
    a_full_peer_says_again(state);
}

static void sleeping_lasts_until_its_time(void **state)
{
    uint64_t now = clock_now_us();

    (void)state;
    assert_int_equal(stream_sleep(&stream, now + 20000), STREAM_AGAIN);
    assert_true(clock_now_us() >= now + 20000);
    assert_int_equal(stream_sleep(&stream, now), STREAM_AGAIN); /* over already */
}

/* Neither bytes nor a half-close wake it: the client waits for its reply. */
static void data_does_not_end_a_sleep(void **state)
{
    uint64_t now = clock_now_us();

    (void)state;
    assert_int_equal(send(peer, "x", 1, 0), 1);
    shutdown(peer, SHUT_WR);
    assert_int_equal(stream_sleep(&stream, now + 20000), STREAM_AGAIN);
    assert_true(clock_now_us() >= now + 20000);
}

static void a_hangup_ends_a_sleep(void **state)
{
    uint64_t now = clock_now_us();

    (void)state;
    close_peer();
    assert_int_equal(stream_sleep(&stream, now + UNIT_DEADLINE_US), STREAM_ERROR);
    assert_true(clock_now_us() < now + UNIT_DEADLINE_US);
}

static void *shut_down_soon(void *argument)
{
    const struct timespec pause = {.tv_nsec = 5000000};

    (void)argument;
    nanosleep(&pause, NULL);
    shutdown(stream.fd, SHUT_RDWR);
    return NULL;
}

/* What the sweeper does to a connection of another thread. */
static void a_shutdown_of_our_own_ends_a_sleep(void **state)
{
    uint64_t now = clock_now_us();
    pthread_t sweeper;

    (void)state;
    assert_int_equal(pthread_create(&sweeper, NULL, shut_down_soon, NULL), 0);
    assert_int_equal(stream_sleep(&stream, now + UNIT_DEADLINE_US), STREAM_ERROR);
    assert_true(clock_now_us() < now + UNIT_DEADLINE_US);
    pthread_join(sweeper, NULL);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, make_pair, close_pair)
    const struct CMUnitTest tests[] = {
        UNIT(bytes_come_and_go),
        UNIT(the_end_comes_behind_the_bytes),
        UNIT(what_is_peeked_at_stays_until_it_is_taken),
        UNIT(writing_to_nobody_is_an_error),
        UNIT(a_reset_is_an_error),
        UNIT(a_full_peer_says_again),
        UNIT(finishing_ends_what_the_peer_reads),
        UNIT(reading_now_never_waits),
        UNIT(writing_never_waits_even_on_a_blocking_socket),
        UNIT(sleeping_lasts_until_its_time),
        UNIT(data_does_not_end_a_sleep),
        UNIT(a_hangup_ends_a_sleep),
        UNIT(a_shutdown_of_our_own_ends_a_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
