/* SPDX-License-Identifier: Apache-2.0
 *
 * The meeting point of the load threads and the main thread. Not a pthread barrier: that would hold the main
 * thread where it hears no signal and prints no progress, and would wait for ever for a thread that could not
 * be started. */
#include "client/load/gate.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int gate_begin(struct gate *gate)
{
    gate->arrivals = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    gate->phase = 0;
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->opened, NULL);
    return gate->arrivals >= 0 ? 0 : -1;
}

void gate_end(struct gate *gate)
{
    if (gate->arrivals >= 0)
        close(gate->arrivals);
    pthread_cond_destroy(&gate->opened);
    pthread_mutex_destroy(&gate->lock);
}

void gate_pass(struct gate *gate, unsigned phase)
{
    uint64_t one = 1;

    while (write(gate->arrivals, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    pthread_mutex_lock(&gate->lock);
    while (gate->phase < phase)
        pthread_cond_wait(&gate->opened, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

unsigned gate_arrivals(struct gate *gate)
{
    uint64_t count = 0;

    return read(gate->arrivals, &count, sizeof count) == (ssize_t)sizeof count ? (unsigned)count : 0;
}

void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->phase++;
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&gate->lock);
}
