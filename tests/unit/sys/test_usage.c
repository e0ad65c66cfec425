/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process uses: figures that move when something is used, and the limit of descriptors. Children
 * change limits, so that the test's own stay. */
#include "tests/unit/unit.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/sys/usage.h"

static void cpu_time_moves_with_work(void **state)
{
    struct usage before, after;

    (void)state;
    usage_read(&before);
    do
        usage_read(&after); /* both kinds of time: reading is system time */
    while (after.cpu_user_us + after.cpu_sys_us < before.cpu_user_us + before.cpu_sys_us + 30000);
    assert_true(after.cpu_user_us >= before.cpu_user_us && after.cpu_sys_us >= before.cpu_sys_us);
    assert_true(after.rss_anon_bytes > 0);
    assert_true(after.rss_file_bytes > 0);
}

static void sleeping_is_a_voluntary_switch(void **state)
{
    const struct timespec pause = {.tv_nsec = 100000};
    struct usage before, after;
    int i;

    (void)state;
    usage_read(&before);
    for (i = 0; i < 10; i++)
        nanosleep(&pause, NULL);
    usage_read(&after);
    assert_true(after.voluntary_switches >= before.voluntary_switches + 10);
}

static void memory_is_told_apart(void **state)
{
    const size_t bytes = 8u << 20;
    struct usage before, after;
    char *own, *shared;

    (void)state;
    own = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(own != MAP_FAILED && shared != MAP_FAILED);
    usage_read(&before);
    memset(own, 1, bytes);
    memset(shared, 1, bytes);
    usage_read(&after);
    /* at least: a sanitizer's shadow comes on top, but never into what is shared */
    assert_true(after.rss_anon_bytes - before.rss_anon_bytes >= bytes - (1u << 20));
    assert_in_range(after.rss_shared_bytes - before.rss_shared_bytes, bytes - (1u << 20), bytes + (1u << 20));
    munmap(own, bytes);
    munmap(shared, bytes);
}

static void cores_are_those_we_may_use(void **state)
{
    cpu_set_t before, one;
    int core = 0;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    assert_int_equal(usage_cores(), CPU_COUNT(&before));
    while (!CPU_ISSET(core, &before))
        core++;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(usage_cores(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

/* In a child whose limits are `soft` and `hard` and that may not exceed them: what raising to `wanted`
 * answers, and whether it is in force. */
static void assert_raised(rlim_t soft, rlim_t hard, uint64_t wanted, uint64_t expected)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
        uint64_t answered;

        if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || (geteuid() == 0 && setuid(65534) != 0))
            _exit(2);
        answered = usage_raise_files(wanted);
        _exit(getrlimit(RLIMIT_NOFILE, &limit) == 0 && answered == expected && limit.rlim_cur == expected
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void descriptors_are_raised_as_far_as_allowed(void **state)
{
    (void)state;
    if (!unit_limits_are_real())
        skip();
    assert_raised(100, 200, 50, 100);  /* never lowered */
    assert_raised(100, 200, 150, 150); /* within the hard limit */
    assert_raised(100, 200, 200, 200);
    assert_raised(100, 200, 5000, 200); /* beyond it: as far as it goes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_time_moves_with_work),
        cmocka_unit_test(sleeping_is_a_voluntary_switch),
        cmocka_unit_test(memory_is_told_apart),
        cmocka_unit_test(cores_are_those_we_may_use),
        cmocka_unit_test(descriptors_are_raised_as_far_as_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
