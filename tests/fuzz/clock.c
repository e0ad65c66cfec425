/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock of the harnesses. It takes the place of the C library's functions, which the daemon's sources call as ever:
 * the linker finds these first. For the thread that started it alone: others, as those that check passwords, have the
 * machine's. */
#include "tests/fuzz/clock.h"

#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Thread_local bool started;
static _Thread_local uint64_t now_us;

void fuzz_clock_start(uint64_t us)
{
    started = true;
    now_us = us;
}

void fuzz_clock_stop(void)
{
    started = false;
}

void fuzz_clock_advance(uint64_t us)
{
    if (us > now_us)
        now_us = us;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    if (!started || id == CLOCK_REALTIME)
        return (int)syscall(SYS_clock_gettime, id, now);
    now_us += FUZZ_CLOCK_TICK_US;
    now->tv_sec = (time_t)(now_us / 1000000u);
    now->tv_nsec = (long)(now_us % 1000000u) * 1000;
    return 0;
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *time, struct timespec *left)
{
    uint64_t us = (uint64_t)time->tv_sec * 1000000u + (uint64_t)time->tv_nsec / 1000u;

    if (!started)
        return syscall(SYS_clock_nanosleep, id, flags, time, left) == 0 ? 0 : -1;
    fuzz_clock_advance((flags & TIMER_ABSTIME) != 0 ? us : now_us + us);
    return 0;
}
