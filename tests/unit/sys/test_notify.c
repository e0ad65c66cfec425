/* SPDX-License-Identifier: Apache-2.0
 *
 * systemd's notification datagrams, received by a socket of the test's own. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/sys/notify.h"

/* A socket bound to `path`, '@' standing for the NUL of an abstract name. */
static int receiver(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));

    assert_true(fd >= 0);
    assert_true(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    return fd;
}

static void assert_received(int fd, const char *expected)
{
    char text[256];
    ssize_t length = recv(fd, text, sizeof text, 0);

    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, (size_t)length);
}

static struct notify opened(const char *path)
{
    struct notify notify;

    setenv("NOTIFY_SOCKET", path, 1);
    notify_open(&notify);
    assert_null(getenv("NOTIFY_SOCKET")); /* no child is to speak for us */
    return notify;
}

static void states_reach_a_socket_with_a_path(void **state)
{
    char directory[] = "/tmp/concurd-notify-XXXXXX", path[64];
    struct notify notify;
    int fd;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/socket", directory);
    fd = receiver(path);
    notify = opened(path);
    assert_true(notify_wanted(&notify));
    assert_int_equal(notify_send(&notify, "READY=1\nSTATUS=serving"), 0);
    assert_received(fd, "READY=1\nSTATUS=serving");
    close(fd);
    unlink(path);
    assert_int_equal(notify_send(&notify, "READY=1"),
                     0); /* nobody there: no wait, and nothing to try again */
    fd = receiver(path); /* systemd executed itself anew: another socket at the same place */
    assert_int_equal(notify_send(&notify, "READY=1"), 0);
    assert_received(fd, "READY=1");
    close(fd);
    unlink(path);
    rmdir(directory);
    notify_close(&notify);
    assert_false(notify_wanted(&notify));
}

static void states_reach_an_abstract_socket(void **state)
{
    struct notify notify;
    char name[64];
    int fd;

    (void)state;
    snprintf(name, sizeof name, "@concurd-unit-%ld", (long)getpid());
    fd = receiver(name);
    notify = opened(name);
    assert_int_equal(notify_send(&notify, "WATCHDOG=1"), 0);
    assert_received(fd, "WATCHDOG=1");
    close(fd);
    notify_close(&notify);
}

/* A receiver that reads nothing costs no time, and the sender is told to come again. */
static void a_full_receiver_does_not_block(void **state)
{
    struct notify notify;
    char name[64], text[16];
    int fd, i, sent = 0, received = 0;

    (void)state;
    snprintf(name, sizeof name, "@concurd-unit-%ld", (long)getpid());
    fd = receiver(name);
    notify = opened(name);
    for (i = 0; i < 5000; i++)
        sent += notify_send(&notify, "WATCHDOG=1") == 0;
    assert_in_range(sent, 1, 4999);
    while (recv(fd, text, sizeof text, 0) > 0)
        received++;
    assert_int_equal(received, sent);
    assert_int_equal(notify_send(&notify, "READY=1"), 0);
    assert_received(fd, "READY=1");
    close(fd);
    notify_close(&notify);
}

static void without_a_usable_name_nothing_happens(void **state)
{
    char long_name[300];
    const char *const names[] = {"", "/", "@", "relative", "vsock:2:1234", long_name};
    size_t i;

    (void)state;
    memset(long_name, 'x', sizeof long_name);
    long_name[0] = '/';
    long_name[sizeof long_name - 1] = '\0';
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct notify notify = opened(names[i]);

        assert_false(notify_wanted(&notify));
        assert_int_equal(notify_send(&notify, "READY=1"), 0);
        notify_close(&notify);
    }
}

static uint64_t watchdog(const char *us, const char *pid)
{
    struct notify notify;

    setenv("WATCHDOG_USEC", us, 1);
    if (pid != NULL)
        setenv("WATCHDOG_PID", pid, 1);
    notify = opened("@concurd-unit-watchdog");
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    notify_close(&notify);
    return notify.watchdog_us;
}

static void a_watchdog_counts_when_it_waits_for_this_process(void **state)
{
    char mine[32];

    (void)state;
    snprintf(mine, sizeof mine, "%ld", (long)getpid());
    assert_int_equal(watchdog("3000000", mine), 3000000);
    assert_int_equal(watchdog("3000000", NULL), 3000000);
    assert_int_equal(watchdog("3000000", "1"), 0);
    assert_int_equal(watchdog("3000000", "me"), 0);
    assert_int_equal(watchdog("", mine), 0);
    assert_int_equal(watchdog("3s", mine), 0);
    assert_int_equal(watchdog("0", mine), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_reach_a_socket_with_a_path),
        cmocka_unit_test(states_reach_an_abstract_socket),
        cmocka_unit_test(a_full_receiver_does_not_block),
        cmocka_unit_test(without_a_usable_name_nothing_happens),
        cmocka_unit_test(a_watchdog_counts_when_it_waits_for_this_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
