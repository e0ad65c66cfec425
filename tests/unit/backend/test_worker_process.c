/* SPDX-License-Identifier: Apache-2.0
 *
 * How a worker process begins: this test's own binary is the program, and says over its control socket what it finds.
 * Runs in the test's one thread, and in the child's. */
#include "tests/unit/backend/fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "daemon/backend/worker_process.h"
#include "daemon/sys/snapshot.h"

/* What a child sees of its signals. */
struct found {
    sigset_t blocked, pending;
    bool ignores; /* any */
};

/* In the child: before it has said that it is there the test sends nothing, and then it waits for all to arrive. */
static int be_worker(void)
{
    struct found found = {.ignores = false};
    struct pollfd told = {.fd = HANDOVER_CONTROL_FD, .events = POLLIN};
    struct sigaction action;
    char byte = 0;
    int number;

    if (send(HANDOVER_CONTROL_FD, &byte, 1, MSG_NOSIGNAL) != 1 || poll(&told, 1, 10000) != 1 ||
        recv(HANDOVER_CONTROL_FD, &byte, 1, 0) != 1)
        return 1;
    for (number = 1; number < 32; number++)
        found.ignores =
            found.ignores || (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
    pthread_sigmask(SIG_SETMASK, NULL, &found.blocked);
    sigpending(&found.pending);
    return send(HANDOVER_CONTROL_FD, &found, sizeof found, MSG_NOSIGNAL) == sizeof found ? 0 : 1;
}

static void receive(int control, void *bytes, size_t length)
{
    struct pollfd readable = {.fd = control, .events = POLLIN};

    assert_int_equal(poll(&readable, 1, 10000), 1);
    assert_int_equal(recv(control, bytes, length, 0), (ssize_t)length);
}

/* What a group gets while a worker is on its way does not end it: it died of a HUP for all, and of a terminal's interrupt. */
static void no_signal_to_the_group_ends_one_that_starts(void **state)
{
    static const int group[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2};
    struct backend_host host = {.process = &fixture.process};
    struct worker_process worker;
    struct found found;
    struct error error;
    char byte;
    int low;
    size_t i;

    (void)state;
    signal(SIGHUP, SIG_IGN); /* as the master has it: a worker begins with the defaults all the same */
    low = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    host.program_fd = fcntl(low, F_DUPFD_CLOEXEC, HANDOVER_GENERATION_FD + 1); /* as a daemon's is */
    host.generation_fd = snapshot_write("test", "x", 1, &error);
    assert_true(host.program_fd >= 0 && host.generation_fd >= 0);
    if (worker_process_start(&worker, &host, 1, &error) != 0)
        fail_msg("%s", error.text);
    receive(worker.control, &byte, 1);
    for (i = 0; i < sizeof group / sizeof group[0]; i++)
        assert_int_equal(kill(worker.pid, group[i]), 0);
    assert_int_equal(send(worker.control, &byte, 1, MSG_NOSIGNAL), 1);
    receive(worker.control, &found, sizeof found);
    for (i = 0; i < sizeof group / sizeof group[0]; i++) {
        assert_int_equal(sigismember(&found.blocked, group[i]), 1);
        assert_int_equal(sigismember(&found.pending, group[i]), 1);
    }
    assert_int_equal(sigismember(&found.blocked, SIGCHLD), 0);
    assert_false(found.ignores);
    assert_int_equal(waitpid(worker.pid, &worker.status, 0), worker.pid);
    assert_int_equal(worker.status, 0);
    worker_process_clear(&worker, &host);
    close(low);
    close(host.program_fd);
    close(host.generation_fd);
    signal(SIGHUP, SIG_DFL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {BACKEND_UNIT(no_signal_to_the_group_ends_one_that_starts)};

    if (argc == 2 && strcmp(argv[1], "--worker=1") == 0)
        return be_worker();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
