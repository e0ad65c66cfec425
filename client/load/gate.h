/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_GATE_H
#define CONCUR_CLIENT_LOAD_GATE_H

#include <pthread.h>

#include "common/error.h"

/* Where load threads wait for each other and for the main thread, which meanwhile waits on a descriptor and
 * so can hear signals and the clock too. */
struct gate {
    int arrivals; /* eventfd: written by the load threads, read by the main thread */
    pthread_mutex_t lock;
    pthread_cond_t opened; /* lock: lock */
    unsigned phase;        /* lock: lock */
};

/* 0, or -1 with errno. */
MUST_USE int gate_begin(struct gate *gate);
void gate_end(struct gate *gate);

/* Load threads: says "I am here" and waits until the gate has been opened `phase` times. */
void gate_pass(struct gate *gate, unsigned phase);

/* Main thread: how many have arrived since the last call. Does not block. */
unsigned gate_arrivals(struct gate *gate);

/* Main thread: opens it once more. */
void gate_open(struct gate *gate);

#endif
