/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_UNIT_H
#define CONCUR_TESTS_UNIT_H

/* What unit tests share: cmocka with the headers that it wants before itself, random numbers that are the
 * same in every run, memory that ends where the bytes end so that a look beyond is caught, and waiting with a
 * deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/clock.h"

#define COUNT(array)     (sizeof(array) / sizeof(array)[0])
#define UNIT_DEADLINE_US 20000000u

/* xorshift64* (Vigna), one state per program. */
static inline uint64_t unit_random(void)
{
    static uint64_t state = 88172645463325252u;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline size_t unit_random_below(size_t bound)
{
    return (size_t)(unit_random() % bound);
}

/* A copy in a block of exactly that length; the caller frees it. */
static inline char *unit_copy(const char *bytes, size_t length)
{
    char *copy = malloc(length + (length == 0));

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    return copy;
}

/* Whether a limit on descriptors reaches the kernel: valgrind keeps it to itself, and then closes what is too
 * much. */
static inline bool unit_limits_are_real(void)
{
    struct rlimit before, lower;
    unsigned long long real = 0;
    char line[256];
    FILE *limits;

    if (getrlimit(RLIMIT_NOFILE, &before) != 0)
        return false;
    lower = before;
    lower.rlim_cur--;
    limits = setrlimit(RLIMIT_NOFILE, &lower) == 0 ? fopen("/proc/self/limits", "r") : NULL;
    while (limits != NULL && fgets(line, sizeof line, limits) != NULL)
        if (sscanf(line, "Max open files %llu", &real) == 1)
            break;
    if (limits != NULL)
        fclose(limits);
    setrlimit(RLIMIT_NOFILE, &before);
    return real == lower.rlim_cur;
}

/* Looks until it is true; fails when that takes too long. */
#define unit_wait_until(condition)                                                                           \
    do {                                                                                                     \
        uint64_t unit_deadline = clock_now_us() + UNIT_DEADLINE_US;                                          \
        while (!(condition)) {                                                                               \
            assert_true(clock_now_us() < unit_deadline);                                                     \
            sched_yield();                                                                                   \
        }                                                                                                    \
    } while (0)

#endif
