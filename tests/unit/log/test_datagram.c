/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal and syslog as sockets of the tests' own: each line arrives once, whole and in order, whether
 * the receiver is there, slow, gone or back again. */
#include "tests/unit/log/support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/log/sink.h"

static struct batch batch;
static int receiver = -1;

static int listen_there(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, support_path("socket"));
    unlink(address.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int setup(void **state)
{
    (void)state;
    receiver = listen_there();
    return batch_init(&batch);
}

static int teardown(void **state)
{
    (void)state;
    if (receiver >= 0)
        close(receiver);
    unlink(support_path("socket"));
    batch_free(&batch);
    return 0;
}

static void add_line(unsigned number, size_t length)
{
    char *at = batch_room(&batch);
    int used = sprintf(at, "line=%u ", number);

    memset(at + used, 'x', length - (size_t)used);
    batch_add(&batch, length, number);
}

static void add_lines(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        add_line(i, 100);
}

static unsigned pop_all(void)
{
    unsigned count = 0;
    uint32_t lane;

    while (batch_pop(&batch, &lane))
        count++;
    return count;
}

static struct sink *open_sink(const char *kind)
{
    char target[160];
    struct error error;
    struct sink *sink;

    snprintf(target, sizeof target, "%s:%s", kind, support_path("socket"));
    sink = sink_open(target, &error);
    assert_non_null(sink);
    return sink;
}

/* The next datagrams are lines `first` to whatever is there; answers where they end. */
static unsigned expect_lines(unsigned first)
{
    char bytes[65536], expected[32];
    ssize_t length;

    while ((length = recv(receiver, bytes, sizeof bytes - 1, 0)) >= 0) {
        bytes[length] = '\0';
        snprintf(expected, sizeof expected, "line=%u x", first);
        assert_memory_equal(bytes, expected, strlen(expected));
        assert_int_equal(length, 100);
        first++;
    }
    assert_int_equal(errno, EAGAIN);
    return first;
}

static void a_slow_receiver_gets_each_line_once(void **state)
{
    struct sink *sink = open_sink("journald");
    unsigned seen = 0, refusals = 0;
    uint64_t now = 1000;

    (void)state;
    assert_int_equal(sink_envelope(sink), ENVELOPE_JOURNAL);
    add_lines(2000);
    while (!sink_flush(sink, &batch, now)) {
        refusals++;
        now = sink_retry_us(sink);
        seen = expect_lines(seen);
    }
    assert_int_equal(expect_lines(seen), 2000);
    assert_int_equal(pop_all(), 2000);
    assert_true(refusals > 3); /* the kernel's queue is shorter than that */
    assert_int_equal(sink_failing_us(sink, now), 0);
    sink_close(&sink);
}

static void a_missing_receiver_is_told_once_and_found_when_it_comes(void **state)
{
    struct sink *sink = open_sink("syslog");
    struct sink_failure failure;
    uint64_t now = 1000;

    (void)state;
    assert_int_equal(sink_envelope(sink), ENVELOPE_SYSLOG);
    close(receiver);
    unlink(support_path("socket"));
    add_lines(5);
    for (unsigned i = 0; i < 5; i++) {
        assert_false(sink_flush(sink, &batch, now));
        assert_int_equal(sink_news(sink, &failure), i == 0 ? SINK_HAS_FAILED : SINK_NO_NEWS);
        assert_int_equal(failure.error, ENOENT);
        now = sink_retry_us(sink);
    }
    receiver = listen_there();
    assert_true(sink_flush(sink, &batch, now));
    assert_int_equal(sink_news(sink, &failure), SINK_HAS_RECOVERED);
    assert_int_equal(expect_lines(0), 5);
    assert_int_equal(pop_all(), 5);
    sink_close(&sink);
}

static void a_receiver_that_is_restarted_is_found(void **state)
{
    struct sink *sink = open_sink("journald");

    (void)state;
    add_lines(3);
    assert_true(sink_flush(sink, &batch, 1));
    assert_int_equal(expect_lines(0), 3);
    pop_all();
    close(receiver);
    add_lines(4);
    assert_false(sink_flush(sink, &batch, 2)); /* the path is there still, nobody behind it */
    receiver = listen_there();
    assert_true(sink_flush(sink, &batch, 1000000));
    assert_int_equal(expect_lines(0), 4);
    sink_close(&sink);
}

/* The sink's socket takes the lowest descriptor that is free: here it gets a small buffer. */
static struct sink *open_small(const char *kind)
{
    int fd = dup(STDIN_FILENO), small = 1;
    struct sink *sink;

    close(fd);
    sink = open_sink(kind);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    return sink;
}

/* The descriptor that comes with an empty datagram. */
static int receive_descriptor(void)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control;
    char byte;
    struct iovec none = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &none, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int fd;

    assert_int_equal(recvmsg(receiver, &message, 0), 0);
    assert_int_equal(control.header.cmsg_type, SCM_RIGHTS);
    memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
    return fd;
}

static void the_journal_gets_what_is_large_in_a_memfd(void **state)
{
    struct sink *sink = open_small("journald");
    char *text = calloc(1, 50001);
    int fd;

    (void)state;
    add_line(0, 100);
    add_line(1, 50000);
    add_line(2, 100);
    assert_true(sink_flush(sink, &batch, 1));
    assert_int_equal(pop_all(), 3);
    assert_int_equal(recv(receiver, text, 50000, 0), 100);
    fd = receive_descriptor();
    assert_int_equal(pread(fd, text, 50001, 0), 50000);
    assert_memory_equal(text, "line=1 xxx", 10);
    assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    close(fd);
    assert_int_equal(expect_lines(2), 3);
    free(text);
    sink_close(&sink);
}

static void syslog_gets_the_beginning_of_what_is_large(void **state)
{
    struct sink *sink = open_small("syslog");
    char *text = calloc(1, 50001);
    ssize_t length;

    (void)state;
    add_line(0, 50000);
    add_line(1, 100);
    assert_true(sink_flush(sink, &batch, 1));
    assert_int_equal(pop_all(), 2);
    length = recv(receiver, text, 50000, 0);
    assert_true(length >= 480 && length < 50000);
    assert_memory_equal(text, "line=0 xxx", 10);
    assert_int_equal(expect_lines(1), 2);
    free(text);
    sink_close(&sink);
}

/* The same in characters of two bytes, with a length that splits one wherever it is halved. */
static void what_syslog_gets_cut_is_marked_and_whole_characters(void **state)
{
    struct sink *sink = open_small("syslog");
    char *text = calloc(1, 50001), *at = batch_room(&batch);
    ssize_t length;

    (void)state;
    memcpy(at, "line=0 ", 7);
    for (size_t i = 7; i < 49151; i += 2)
        memcpy(at + i, "\xc3\xa9", 2);
    at[49151] = 'x';
    batch_add(&batch, 3u << 14, 0);
    assert_true(sink_flush(sink, &batch, 1));
    length = recv(receiver, text, 50000, 0);
    assert_true(length >= 480);
    assert_memory_equal(text + length - 5, "\xc3\xa9...", 5);
    free(text);
    sink_close(&sink);
}

static void a_path_too_long_is_refused(void **state)
{
    char target[256] = "journald:/";
    struct error error;

    (void)state;
    memset(target + strlen(target), 'x', 200);
    assert_null(sink_open(target, &error));
    assert_non_null(strstr(error.text, "too long"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_slow_receiver_gets_each_line_once),
        TEST(a_missing_receiver_is_told_once_and_found_when_it_comes),
        TEST(a_receiver_that_is_restarted_is_found),
        TEST(the_journal_gets_what_is_large_in_a_memfd),
        TEST(syslog_gets_the_beginning_of_what_is_large),
        TEST(what_syslog_gets_cut_is_marked_and_whole_characters),
        TEST(a_path_too_long_is_refused),
    };

    return cmocka_run_group_tests_name("log/datagram", tests, support_make_directory,
                                       support_remove_directory);
}
