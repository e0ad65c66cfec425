/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads as the daemon starts them: signals blocked, a name, a stack, a bounded join, and a kick that takes
 * one out of a read. Runs in the test's main thread and those that it starts. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "daemon/sys/thread.h"

struct seen {
    sigset_t mask;
    char name[16];
    size_t stack_bytes;
};

static _Atomic bool told;

static void *look_around(void *argument)
{
    struct seen *seen = argument;
    pthread_attr_t attributes;

    while (!atomic_load(&told)) /* the name is given from outside */
        sched_yield();
    pthread_sigmask(SIG_SETMASK, NULL, &seen->mask);
    pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &seen->stack_bytes);
    pthread_attr_destroy(&attributes);
    return NULL;
}

static struct seen seen_by(const char *name, size_t stack_bytes)
{
    struct seen seen = {0};
    pthread_t thread;

    atomic_store(&told, false);
    assert_int_equal(thread_start(&thread, name, stack_bytes, look_around, &seen), 0);
    atomic_store(&told, true);
    assert_int_equal(thread_join(thread, clock_now_us() + UNIT_DEADLINE_US), 0);
    return seen;
}

static void a_thread_has_its_name_and_no_signals(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, THREAD_KICK};
    struct seen seen = seen_by("worker", 0);
    sigset_t ours;
    size_t i;

    (void)state;
    assert_string_equal(seen.name, "worker");
    pthread_sigmask(SIG_SETMASK, NULL, &ours);
    for (i = 0; i < COUNT(signals); i++) {
        assert_int_equal(sigismember(&seen.mask, signals[i]), 1);
        assert_int_equal(sigismember(&ours, signals[i]), 0); /* the starter's are as they were */
    }
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    assert_string_equal(seen_by("a name that is longer than the kernel's", 0).name, "a name that is ");
}

static void the_stack_is_as_large_as_asked(void **state)
{
    struct seen seen = seen_by("stack", 512 * 1024);

    (void)state;
    assert_in_range(seen.stack_bytes, 512 * 1024, 1024 * 1024);
}

static void an_impossible_stack_is_an_errno(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(thread_start(&thread, "x", 1, look_around, NULL), EINVAL);
}

static void *wait_until_told(void *argument)
{
    while (!atomic_load((_Atomic bool *)argument))
        sched_yield();
    return NULL;
}

static void joining_gives_up_in_time(void **state)
{
    _Atomic bool go = false;
    uint64_t before = clock_now_us();
    pthread_t thread;

    (void)state;
    assert_int_equal(thread_start(&thread, "late", 0, wait_until_told, &go), 0);
    assert_int_equal(thread_join(thread, before + 20000), ETIMEDOUT);
    assert_true(clock_now_us() >= before + 20000);
    atomic_store(&go, true);
    assert_int_equal(thread_join(thread, clock_now_us() + UNIT_DEADLINE_US), 0);
}

struct reading {
    int fd;
    _Atomic bool reads;
    int reason;
};

static void *read_for_ever(void *argument)
{
    struct reading *reading = argument;
    char byte;

    thread_kick_allow();
    atomic_store(&reading->reads, true);
    if (read(reading->fd, &byte, 1) < 0)
        reading->reason = errno;
    return NULL;
}

static void a_kick_ends_a_blocking_read(void **state)
{
    struct reading reading = {0};
    pthread_t thread;
    int ends[2];

    (void)state;
    thread_kick_prepare();
    assert_int_equal(pipe(ends), 0);
    reading.fd = ends[0];
    assert_int_equal(thread_start(&thread, "reader", 0, read_for_ever, &reading), 0);
    unit_wait_until(atomic_load(&reading.reads));
    /* one kick may come before the read began: repeated, as the backend does, until it has an effect */
    unit_wait_until((pthread_kill(thread, THREAD_KICK), thread_join(thread, clock_now_us() + 1000) == 0));
    assert_int_equal(reading.reason, EINTR);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_has_its_name_and_no_signals),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(the_stack_is_as_large_as_asked),
        cmocka_unit_test(an_impossible_stack_is_an_errno),
        cmocka_unit_test(joining_gives_up_in_time),
        cmocka_unit_test(a_kick_ends_a_blocking_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
