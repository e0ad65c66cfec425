/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_FUTEX_H
#define CONCUR_LOG_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/clock.h"

/* Futexes in shared memory: not the private kind, as producers are other processes too. */

/* Wakes up to `count` of those who wait for the word. */
static inline void futex_wake(_Atomic uint32_t *word, int count)
{
    syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

/* Waits while the word is `value`, at most `timeout_us`. Returns for no reason at times. */
static inline void futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t timeout_us)
{
    struct timespec timeout = clock_timespec(timeout_us);

    syscall(SYS_futex, word, FUTEX_WAIT, value, &timeout, NULL, 0);
}

#endif
