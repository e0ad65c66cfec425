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

static void states_reach_a_socket_with_a_path(void **state)
{
    char directory[] = "/tmp/concurd-notify-XXXXXX", path[64];
    int fd;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/socket", directory);
    fd = receiver(path);
    setenv("NOTIFY_SOCKET", path, 1);
    notify_systemd("READY=1\nSTATUS=serving");
    assert_received(fd, "READY=1\nSTATUS=serving");
    close(fd);
    unlink(path);
    notify_systemd("READY=1"); /* nobody there: no error, no wait */
    rmdir(directory);
}

static void states_reach_an_abstract_socket(void **state)
{
    char name[64];
    int fd;

    (void)state;
    snprintf(name, sizeof name, "@concurd-unit-%ld", (long)getpid());
    fd = receiver(name);
    setenv("NOTIFY_SOCKET", name, 1);
    notify_systemd("WATCHDOG=1");
    assert_received(fd, "WATCHDOG=1");
    close(fd);
}

/* A receiver that reads nothing costs messages, never time. */
static void a_full_receiver_does_not_block(void **state)
{
    char name[64];
    int fd, i, received = 0;
    char text[16];

    (void)state;
    snprintf(name, sizeof name, "@concurd-unit-%ld", (long)getpid());
    fd = receiver(name);
    setenv("NOTIFY_SOCKET", name, 1);
    for (i = 0; i < 5000; i++)
        notify_systemd("WATCHDOG=1");
    while (recv(fd, text, sizeof text, 0) > 0)
        received++;
    assert_in_range(received, 1, 4999);
    close(fd);
}

static void without_a_usable_name_nothing_happens(void **state)
{
    char long_name[300];

    (void)state;
    memset(long_name, 'x', sizeof long_name);
    long_name[0] = '/';
    long_name[sizeof long_name - 1] = '\0';
    unsetenv("NOTIFY_SOCKET");
    notify_systemd("READY=1");
    setenv("NOTIFY_SOCKET", "", 1);
    notify_systemd("READY=1");
    setenv("NOTIFY_SOCKET", "relative", 1);
    notify_systemd("READY=1");
    setenv("NOTIFY_SOCKET", long_name, 1);
    notify_systemd("READY=1");
    unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_reach_a_socket_with_a_path),
        cmocka_unit_test(states_reach_an_abstract_socket),
        cmocka_unit_test(a_full_receiver_does_not_block),
        cmocka_unit_test(without_a_usable_name_nothing_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
