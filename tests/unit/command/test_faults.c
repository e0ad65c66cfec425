/* SPDX-License-Identifier: Apache-2.0
 *
 * The faults family: a crash is a crash, in a process of its own, and a hang is deaf. One thread. */
#include "tests/unit/command/fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void crash_ends_the_process(void **state)
{
    const struct rlimit no_core = {0};
    int status;
    pid_t pid = fork();

    (void)state;
    assert_true(pid >= 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        fixture_run("CRASH");
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* Not even a mark ends it before its time. */
static void hang_hears_nothing(void **state)
{
    uint64_t before = clock_now_us();

    (void)state;
    atomic_store(&fixture.mark, 1);
    assert_reply("HANG 30", "+OK\r\n");
    assert_true(clock_now_us() - before >= 30000);
    assert_int_equal(fixture.calls, 1);
    assert_error("HANG 3600001", "ERR argument 1 of 'hang' must be an integer from 0 to 3600000");
}

static void both_are_faults(void **state)
{
    (void)state;
    assert_true((command_find("crash", 5)->command->flags & COMMAND_FAULT) != 0);
    assert_true((command_find("hang", 4)->command->flags & COMMAND_FAULT) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(crash_ends_the_process),
        FIXTURE_UNIT(hang_hears_nothing),
        FIXTURE_UNIT(both_are_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
