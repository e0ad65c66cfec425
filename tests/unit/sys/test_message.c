/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages with descriptors: what arrives, what a full, closed or reset socket says, and that no descriptor
 * leaks when a message is refused. Runs in the test's one thread; one test forks. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/sys/message.h"

static int pair[2];

static int make_pair(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
}

static int close_pair(void **state)
{
    (void)state;
    close(pair[0]);
    if (pair[1] >= 0)
        close(pair[1]);
    return 0;
}

/* The number that the next descriptor will get: the same before and after when nothing leaked. */
static int next_descriptor(void)
{
    int fd = dup(0);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static enum message_result receive(char *bytes, size_t *length, int fds[MESSAGE_FDS])
{
    *length = 16;
    return message_receive(pair[0], bytes, length, fds);
}

static void assert_same_file(int a, int b)
{
    struct stat one, two;

    assert_int_equal(fstat(a, &one), 0);
    assert_int_equal(fstat(b, &two), 0);
    assert_true(one.st_dev == two.st_dev && one.st_ino == two.st_ino);
}

static void messages_keep_their_boundaries_and_order(void **state)
{
    int fds[MESSAGE_FDS];
    char bytes[16];
    size_t length;

    (void)state;
    assert_int_equal(message_send(pair[1], "one", 3, NULL, 0), MESSAGE_OK);
    assert_int_equal(message_send(pair[1], "three", 5, NULL, 0), MESSAGE_OK);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_OK);
    assert_int_equal(length, 3);
    assert_memory_equal(bytes, "one", 3);
    assert_true(fds[0] == -1 && fds[1] == -1);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_OK);
    assert_int_equal(length, 5);
    assert_memory_equal(bytes, "three", 5);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_AGAIN);
}

static void descriptors_arrive_close_on_exec(void **state)
{
    int sent[MESSAGE_FDS], got[MESSAGE_FDS], i;
    unsigned count;
    char bytes[16];
    size_t length;

    (void)state;
    assert_int_equal(pipe(sent), 0);
    for (count = 1; count <= MESSAGE_FDS; count++) {
        assert_int_equal(message_send(pair[1], "x", 1, sent, count), MESSAGE_OK);
        assert_int_equal(receive(bytes, &length, got), MESSAGE_OK);
        for (i = 0; i < MESSAGE_FDS; i++) {
            if ((unsigned)i >= count) {
                assert_int_equal(got[i], -1);
                continue;
            }
            assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
            assert_same_file(got[i], sent[i]);
            close(got[i]);
        }
    }
    close(sent[0]);
    close(sent[1]);
}

static void a_message_too_long_is_an_error_and_leaks_nothing(void **state)
{
    int fds[MESSAGE_FDS], before = next_descriptor(), some = 0;
    char bytes[17] = {0};
    size_t length;

    (void)state;
    assert_int_equal(message_send(pair[1], bytes, 17, &some, 1), MESSAGE_OK);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_ERROR);
    assert_int_equal(next_descriptor(), before);
}

/* It looks like the end, which has no descriptors. Found by fuzz_handover. */
static void an_empty_message_with_descriptors_is_an_error_and_leaks_nothing(void **state)
{
    int fds[MESSAGE_FDS], before = next_descriptor(), some[2] = {0, 0};
    char bytes[16];
    size_t length;

    (void)state;
    assert_int_equal(message_send(pair[1], bytes, 0, some, 1), MESSAGE_OK);
    assert_int_equal(message_send(pair[1], bytes, 0, some, 2), MESSAGE_OK);
    assert_int_equal(message_send(pair[1], "x", 1, NULL, 0), MESSAGE_OK);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_ERROR);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_ERROR);
    assert_int_equal(next_descriptor(), before);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_OK);
    assert_int_equal(length, 1);
}

/* Written by somebody who does not keep to MESSAGE_FDS. */
static void too_many_descriptors_are_an_error_and_leak_nothing(void **state)
{
    enum { MANY = MESSAGE_FDS + 3 };
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * MANY)] = {0};
    char byte = 'x', bytes[16];
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int fds[MESSAGE_FDS], many[MANY] = {0}, before = next_descriptor();
    size_t length;

    (void)state;
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof many);
    memcpy(CMSG_DATA(header), many, sizeof many);
    assert_int_equal(sendmsg(pair[1], &message, 0), 1);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_ERROR);
    assert_int_equal(next_descriptor(), before);
}

/* Full is a pause: after one was received there is room again. */
/* The limit falls between sending and receiving. */
static void descriptors_that_find_no_room_are_said_to_be_gone(void **state)
{
    int two[MESSAGE_FDS] = {0, 0}, fds[MESSAGE_FDS], next;
    struct rlimit before, low;
    char bytes[16];
    size_t length;
    int room;

    (void)state;
    if (!unit_limits_are_real())
        skip();
    next = next_descriptor();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (room = 0; room < MESSAGE_FDS; room++) {
        assert_int_equal(message_send(pair[1], "seen", 4, two, MESSAGE_FDS), MESSAGE_OK);
        low = (struct rlimit){.rlim_cur = (rlim_t)(next + room), .rlim_max = before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        assert_int_equal(receive(bytes, &length, fds), MESSAGE_STRIPPED);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(length, 4);
        assert_memory_equal(bytes, "seen", 4);
        assert_int_equal(fds[0], -1);
        assert_int_equal(fds[1], -1);
        assert_int_equal(next_descriptor(), next);
    }
}

static void a_full_socket_says_again(void **state)
{
    enum message_result result = MESSAGE_OK;
    int fds[MESSAGE_FDS], some = 0, count = 0;
    char bytes[16];
    size_t length;

    (void)state;
    while (result == MESSAGE_OK && count < 100000) {
        result = message_send(pair[1], "x", 1, &some, 1);
        count += result == MESSAGE_OK;
    }
    assert_int_equal(result, MESSAGE_AGAIN);
    assert_true(count >= 64); /* twice what the handover ever has under way to one worker */
    while (count-- > 0) {
        assert_int_equal(receive(bytes, &length, fds), MESSAGE_OK);
        close(fds[0]);
    }
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_AGAIN);
    assert_int_equal(message_send(pair[1], "x", 1, NULL, 0), MESSAGE_OK);
}

static void what_was_sent_before_the_end_is_received_first(void **state)
{
    int fds[MESSAGE_FDS];
    char bytes[16];
    size_t length;

    (void)state;
    assert_int_equal(message_send(pair[1], "last", 4, NULL, 0), MESSAGE_OK);
    close(pair[1]);
    pair[1] = -1;
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_OK);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_CLOSED);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_CLOSED);
}

/* Regression: a peer that died with messages unread resets the socket, which the kernel reports ahead of the
 * peer's own last words; taken for the end, they were never read: acknowledged connections were dispatched a
 * second time. */
static void last_words_survive_a_reset(void **state)
{
    int fds[MESSAGE_FDS], some = 0;
    char bytes[16];
    size_t length;

    (void)state;
    assert_int_equal(message_send(pair[0], "unread", 6, NULL, 0), MESSAGE_OK);
    assert_int_equal(message_send(pair[1], "one", 3, NULL, 0), MESSAGE_OK);
    assert_int_equal(message_send(pair[1], "two", 3, &some, 1), MESSAGE_OK);
    close(pair[1]);
    pair[1] = -1;
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_OK);
    assert_memory_equal(bytes, "one", 3);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_OK);
    assert_memory_equal(bytes, "two", 3);
    close(fds[0]);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_CLOSED);
}

/* The same with a process that is killed, as it happens. */
static void last_words_survive_a_killed_writer(void **state)
{
    int fds[MESSAGE_FDS], status;
    char bytes[16];
    size_t length;
    pid_t pid;

    (void)state;
    assert_int_equal(message_send(pair[0], "unread", 6, NULL, 0), MESSAGE_OK);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(pair[0]);
        if (message_send(pair[1], "words", 5, NULL, 0) == MESSAGE_OK)
            raise(SIGKILL);
        _exit(1);
    }
    close(pair[1]);
    pair[1] = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_OK);
    assert_memory_equal(bytes, "words", 5);
    assert_int_equal(receive(bytes, &length, fds), MESSAGE_CLOSED);
}

/* No SIGPIPE either, which would end the test. */
static void sending_to_nobody_says_closed(void **state)
{
    (void)state;
    close(pair[1]);
    pair[1] = -1;
    assert_int_equal(message_send(pair[0], "x", 1, NULL, 0), MESSAGE_CLOSED);
}

static void a_bad_descriptor_is_an_error(void **state)
{
    int fds[MESSAGE_FDS], bad = 1000000;
    char bytes[16];
    size_t length = sizeof bytes;

    (void)state;
    assert_int_equal(message_send(pair[0], "x", 1, &bad, 1), MESSAGE_ERROR);
    assert_int_equal(message_send(bad, "x", 1, NULL, 0), MESSAGE_ERROR);
    assert_int_equal(message_receive(bad, bytes, &length, fds), MESSAGE_ERROR);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, make_pair, close_pair)
    const struct CMUnitTest tests[] = {
        UNIT(messages_keep_their_boundaries_and_order),
        UNIT(descriptors_arrive_close_on_exec),
        UNIT(a_message_too_long_is_an_error_and_leaks_nothing),
        UNIT(an_empty_message_with_descriptors_is_an_error_and_leaks_nothing),
        UNIT(too_many_descriptors_are_an_error_and_leak_nothing),
        UNIT(descriptors_that_find_no_room_are_said_to_be_gone),
        UNIT(a_full_socket_says_again),
        UNIT(what_was_sent_before_the_end_is_received_first),
        UNIT(last_words_survive_a_reset),
        UNIT(last_words_survive_a_killed_writer),
        UNIT(sending_to_nobody_says_closed),
        UNIT(a_bad_descriptor_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
