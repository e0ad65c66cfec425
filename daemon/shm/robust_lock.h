/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SHM_ROBUST_LOCK_H
#define CONCUR_SHM_ROBUST_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* A lock in shared memory that threads and processes alike take, and that outlives whoever dies with it: the next taker
 * gets it. It is for what needs no repair after that. Workers alone take it: the master's main thread would stop with
 * a holder that is stopped. */
struct robust_lock {
    pthread_mutex_t mutex;
    /* writer: anybody who takes it */
    _Atomic uint64_t recovered;        /* how often a dead holder's lock was taken over */
    _Atomic uint64_t waits, waited_us; /* as told by the two below */
};

/* Makes one in zeroed shared memory. 0, or -1 with the reason. */
MUST_USE int robust_lock_init(struct robust_lock *lock, struct error *error);

/* Takes it: whenever it is free, now or never, until that time on the monotonic clock or never. The latter two answer
 * whether they did. */
void robust_lock_take(struct robust_lock *lock);
MUST_USE bool robust_lock_try(struct robust_lock *lock);
MUST_USE bool robust_lock_try_until(struct robust_lock *lock, uint64_t until_us);

/* Gives it back. The thread that has it. */
void robust_lock_give(struct robust_lock *lock);

/* Counts a wait for it, of however many attempts: when it begins, and what it took when it is over. */
void robust_lock_wait_begins(struct robust_lock *lock);
void robust_lock_wait_ends(struct robust_lock *lock, uint64_t us);

#endif
