/* SPDX-License-Identifier: Apache-2.0
 *
 * Burning CPU time, blocking, and waiting for a lock: what keeps a thread, and on a reactor all of its neighbours. Each
 * goes on in slices, between which it looks whether it should stop: limits.max_command_time, CLIENT KILL and a drain
 * cut them, whatever they wait for. Runs in workers. */
#include "daemon/command/effort.h"

#include <time.h>

#include "common/clock.h"
#include "daemon/command/command.h"
#include "daemon/shm/robust_lock.h"

#define BURN_STRIDE 500   /* steps between two looks at the clocks: about a microsecond */
#define SLICE_US    20000 /* of sleep between two looks at whether to stop */

/* CPU time of this thread: unlike wall time it does not pass while somebody else has the core. */
static uint64_t thread_cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

bool effort_burn(struct call *call, uint64_t cpu_us)
{
    uint64_t until = thread_cpu_us() + cpu_us;
    volatile unsigned steps;

    while (thread_cpu_us() < until) {
        for (steps = 0; steps < BURN_STRIDE; steps++)
            ;
        if (call_should_stop(call))
            return false;
    }
    return true;
}

bool effort_block(struct call *call, uint64_t us)
{
    uint64_t now = clock_now_us();
    uint64_t until = clock_add(now, us);

    while (now < until) {
        struct timespec pause = clock_timespec(until - now < SLICE_US ? until - now : SLICE_US);

        if (call_should_stop(call))
            return false;
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        now = clock_now_us();
    }
    return true;
}

bool effort_lock(struct call *call, struct robust_lock *lock)
{
    uint64_t begun_us;
    bool taken = false;

    if (robust_lock_try(lock))
        return true;
    robust_lock_wait_begins(lock);
    begun_us = clock_now_us();
    while (!taken && !call_should_stop(call))
        taken = robust_lock_try_until(lock, clock_now_us() + SLICE_US);
    robust_lock_wait_ends(lock, clock_now_us() - begun_us);
    return taken;
}
