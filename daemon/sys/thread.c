/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting and joining threads the way the whole daemon does it. */
#include "daemon/sys/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

/* Looking now and then instead of pthread_clockjoin_np, which ThreadSanitizer does not know: it would miss that the
 * thread's end comes before what follows. */
#define JOIN_LOOKS_EVERY_US 500

int thread_start(pthread_t *thread, const char *name, size_t stack_bytes, void *(*run)(void *),
                 void *argument)
{
    pthread_attr_t attributes;
    sigset_t all;
    char short_name[16]; /* the kernel's limit, the NUL included */
    int failed;

    failed = pthread_attr_init(&attributes);
    if (failed != 0)
        return failed;
    if (stack_bytes != 0)
        failed = pthread_attr_setstacksize(&attributes, stack_bytes);
    /* Given to the thread alone: were the caller's own mask filled and put back, ThreadSanitizer, which runs handlers later,
     * would now and then leave it full under a storm of signals. */
    sigfillset(&all);
    if (failed == 0)
        failed = pthread_attr_setsigmask_np(&attributes, &all);
    if (failed == 0)
        failed = pthread_create(thread, &attributes, run, argument);
    pthread_attr_destroy(&attributes);
    if (failed == 0) {
        snprintf(short_name, sizeof short_name, "%s", name);
        pthread_setname_np(*thread, short_name);
    }
    return failed;
}

int thread_join(pthread_t thread, uint64_t until_us)
{
    struct timespec pause = clock_timespec(JOIN_LOOKS_EVERY_US);
    int failed;

    if (until_us == CLOCK_NEVER)
        return pthread_join(thread, NULL);
    while ((failed = pthread_tryjoin_np(thread, NULL)) == EBUSY) {
        if (clock_now_us() >= until_us)
            return ETIMEDOUT;
        nanosleep(&pause, NULL);
    }
    return failed;
}

static void on_kick(int signal)
{
    (void)signal;
}

void thread_kick_prepare(void)
{
    struct sigaction action = {.sa_handler = on_kick}; /* no SA_RESTART: reads must return */

    sigemptyset(&action.sa_mask);
    sigaction(THREAD_KICK, &action, NULL);
}

void thread_kick_allow(void)
{
    sigset_t kick;

    sigemptyset(&kick);
    sigaddset(&kick, THREAD_KICK);
    pthread_sigmask(SIG_UNBLOCK, &kick, NULL);
}

void thread_kick_hold(sigset_t *before)
{
    sigset_t kick;

    sigemptyset(&kick);
    sigaddset(&kick, THREAD_KICK);
    pthread_sigmask(SIG_BLOCK, &kick, before);
}

void thread_kick_resume(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}
