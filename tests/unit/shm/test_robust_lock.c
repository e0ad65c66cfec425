/* SPDX-License-Identifier: Apache-2.0
 *
 * The robust lock: held by one at a time over threads and processes, refused and waited for in time, passed on when its
 * holder is killed, kept when it is only stopped. Processes are forked while the test has one thread. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/shm/robust_lock.h"

#define PARTIES 4
#define EACH    5000

static struct shared {
    struct robust_lock lock;
    volatile uint64_t sum; /* written under the lock alone, in two steps */
    _Atomic int held;
} * shared;

static int make(void **state)
{
    struct error error;

    (void)state;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared != MAP_FAILED ? robust_lock_init(&shared->lock, &error) : -1;
}

static int drop(void **state)
{
    (void)state;
    return munmap(shared, sizeof *shared);
}

static void *add_up(void *unused)
{
    int i;

    (void)unused;
    for (i = 0; i < EACH; i++) {
        uint64_t was;

        robust_lock_take(&shared->lock);
        was = shared->sum;
        shared->sum = was + 1;
        robust_lock_give(&shared->lock);
    }
    return NULL;
}

static void threads_and_processes_take_turns(void **state)
{
    pthread_t threads[PARTIES];
    pid_t pids[PARTIES];
    int i, status;

    (void)state;
    for (i = 0; i < PARTIES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            add_up(NULL);
            _exit(0);
        }
    }
    for (i = 0; i < PARTIES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_up, NULL), 0);
    for (i = 0; i < PARTIES; i++)
        pthread_join(threads[i], NULL);
    for (i = 0; i < PARTIES; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(shared->sum, 2 * PARTIES * EACH);
    assert_int_equal(shared->lock.recovered, 0);
}

/* A process that takes the lock, says so, and keeps it. */
static pid_t fork_holder(void)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        robust_lock_take(&shared->lock);
        shared->held = 1;
        for (;;)
            pause();
    }
    while (shared->held == 0)
        usleep(1000);
    shared->held = 0;
    return pid;
}

static void kill_holder(pid_t pid)
{
    int status;

    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void a_held_lock_is_waited_for_no_longer_than_asked(void **state)
{
    pid_t pid = fork_holder();
    uint64_t before = clock_now_us(), after;

    (void)state;
    kill(pid, SIGSTOP); /* whatever becomes of the holder, but its death */
    assert_false(robust_lock_try(&shared->lock));
    assert_false(robust_lock_try_until(&shared->lock, before + 30000));
    after = clock_now_us();
    assert_in_range(after - before, 30000, UNIT_DEADLINE_US);
    assert_false(robust_lock_try_until(&shared->lock, before)); /* a time that is over */
    kill_holder(pid);
}

static void a_killed_holder_passes_it_on(void **state)
{
    uint64_t round;

    (void)state;
    for (round = 1; round <= 3; round++) {
        kill_holder(fork_holder());
        if (round == 1)
            assert_true(robust_lock_try(&shared->lock));
        else if (round == 2)
            assert_true(robust_lock_try_until(&shared->lock, clock_now_us() + UNIT_DEADLINE_US));
        else
            robust_lock_take(&shared->lock);
        assert_int_equal(shared->lock.recovered, round);
        robust_lock_give(&shared->lock);
        assert_true(robust_lock_try(&shared->lock)); /* whole again */
        robust_lock_give(&shared->lock);
        assert_int_equal(shared->lock.recovered, round);
    }
}

static void waits_are_counted(void **state)
{
    (void)state;
    robust_lock_wait_begins(&shared->lock);
    assert_int_equal(shared->lock.waits, 1);
    assert_int_equal(shared->lock.waited_us, 0);
    robust_lock_wait_ends(&shared->lock, 20);
    robust_lock_wait_begins(&shared->lock);
    robust_lock_wait_ends(&shared->lock, 5);
    assert_int_equal(shared->lock.waits, 2);
    assert_int_equal(shared->lock.waited_us, 25);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, make, drop)
    const struct CMUnitTest tests[] = {
        UNIT(threads_and_processes_take_turns),
        UNIT(a_held_lock_is_waited_for_no_longer_than_asked),
        UNIT(a_killed_holder_passes_it_on),
        UNIT(waits_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
