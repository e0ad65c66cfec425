/* SPDX-License-Identifier: Apache-2.0
 *
 * An early end that is asked for between two runs must not be lost, nor kill us before there is a report: the signals
 * stay blocked and pending. Called by the main thread. */
#include "client/compare/interrupt.h"

#include <pthread.h>
#include <signal.h>

void interrupt_block(void)
{
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
}

bool interrupt_is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}
