/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_CLOCK_H
#define CONCUR_COMMON_CLOCK_H

#include <stdint.h>
#include <time.h>

/* A point in time that never comes: the deadline of whoever has none. */
#define CLOCK_NEVER UINT64_MAX

/* Microseconds on the monotonic clock: for every duration and deadline, immune to a jump of the wall clock. Served by
 * the vDSO without a system call. Any thread. */
static inline uint64_t clock_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* Nanoseconds on the same clock. */
static inline uint64_t clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Microseconds since 1970 on the wall clock: for time stamps a person reads, never for arithmetic. */
static inline uint64_t clock_wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* `now + delta`, kept below CLOCK_NEVER. */
static inline uint64_t clock_add(uint64_t now, uint64_t delta)
{
    return delta >= CLOCK_NEVER - now ? CLOCK_NEVER : now + delta;
}

/* Microseconds as the kernel wants them. */
static inline struct timespec clock_timespec(uint64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000u), .tv_nsec = (long)(us % 1000000u) * 1000};
}

#endif
