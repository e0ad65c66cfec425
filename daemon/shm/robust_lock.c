/* SPDX-License-Identifier: Apache-2.0
 *
 * A robust process-shared mutex: when its holder dies, the kernel passes it on marked (EOWNERDEAD), and whoever gets it
 * so says that all is well. Waits can be bounded, because a holder that is stopped, not dead, keeps it. Runs in any
 * worker. */
#include "daemon/shm/robust_lock.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "common/clock.h"

/* ThreadSanitizer of gcc 12 knows no pthread_mutex_clocklock, nor a timed lock that a dead holder passes on, and takes
 * the unlock for a mistake: with it attempts are made every so often. */
#if defined __SANITIZE_THREAD__
#define UNTIMED 1
#elif defined __has_feature
#if __has_feature(thread_sanitizer)
#define UNTIMED 1
#endif
#endif
#define ATTEMPTS_US 500

int robust_lock_init(struct robust_lock *lock, struct error *error)
{
    pthread_mutexattr_t attributes;
    int failed;

    failed = pthread_mutexattr_init(&attributes);
    if (failed == 0) {
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        failed = pthread_mutex_init(&lock->mutex, &attributes);
        pthread_mutexattr_destroy(&attributes);
    }
    if (failed == 0)
        return 0;
    errno = failed;
    return error_errno(error, "making a shared lock");
}

/* What an attempt came to: true when the lock is ours. `refusal` is how this one says that it is not. */
static bool taken(struct robust_lock *lock, int failed, int refusal)
{
    if (failed == EOWNERDEAD) {
        failed = pthread_mutex_consistent(&lock->mutex);
        atomic_fetch_add_explicit(&lock->recovered, 1, memory_order_relaxed);
    }
    assert(failed == 0 || failed == refusal);
    return failed == 0;
}

void robust_lock_take(struct robust_lock *lock)
{
    taken(lock, pthread_mutex_lock(&lock->mutex), 0);
}

bool robust_lock_try(struct robust_lock *lock)
{
    return taken(lock, pthread_mutex_trylock(&lock->mutex), EBUSY);
}

bool robust_lock_try_until(struct robust_lock *lock, uint64_t until_us)
{
#ifdef UNTIMED
    const struct timespec pause = clock_timespec(ATTEMPTS_US);

    while (!robust_lock_try(lock)) {
        if (clock_now_us() >= until_us)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
#else
    struct timespec until = clock_timespec(until_us);

    return taken(lock, pthread_mutex_clocklock(&lock->mutex, CLOCK_MONOTONIC, &until), ETIMEDOUT);
#endif
}

void robust_lock_give(struct robust_lock *lock)
{
    int failed = pthread_mutex_unlock(&lock->mutex);

    assert(failed == 0);
    (void)failed;
}

void robust_lock_wait_begins(struct robust_lock *lock)
{
    atomic_fetch_add_explicit(&lock->waits, 1, memory_order_relaxed);
}

void robust_lock_wait_ends(struct robust_lock *lock, uint64_t us)
{
    atomic_fetch_add_explicit(&lock->waited_us, us, memory_order_relaxed);
}
