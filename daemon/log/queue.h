/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_QUEUE_H
#define CONCUR_LOG_QUEUE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/log/lane.h"

/* The queue's header in shared memory: its shape, and how producers and the one consumer agree about waking.
 */

/* What the consumer is doing, one word that is also its futex. */
enum queue_consumer {
    QUEUE_AWAKE,  /* looking at the lanes */
    QUEUE_POKED,  /* will look again before it sleeps: nobody needs to wake it */
    QUEUE_CALLED, /* the same, and even if its sink takes nothing */
    QUEUE_DOZING, /* sleeps for an interval: only the urgent wake it */
    QUEUE_ASLEEP, /* nothing was logged for long: any record wakes it */
    QUEUE_DEAF,   /* waits for its sink: producers can't help it, only queue_call does */
};

struct log_queue {
    /* set by log_queue_init, then read only */
    alignas(LANE_LINE) uint64_t magic;
    uint64_t lane_count, lane_size;
    uint64_t check; /* over the two above: geometry is believed only when it fits */

    /* any process */
    alignas(LANE_LINE) _Atomic uint32_t consumer; /* enum queue_consumer */
    _Atomic uint64_t wakeups;                     /* times a producer woke the consumer by a system call */

    /* writer: the consumer */
    _Atomic uint64_t peak_bytes; /* the most that it found in all lanes together */
};

#define QUEUE_LANES_MOST 65536u
#define QUEUE_UNSEEN_US  1000000u /* the longest that a change of the word may go unnoticed, if nobody wakes */

/* How many lanes of which size there are. false when the header is damaged, nothing being stored then. */
bool queue_geometry(const struct log_queue *queue, unsigned *lane_count, size_t *lane_size);

/* The header that a lane belongs to. */
struct log_queue *queue_of(struct lane *lane);

/* Consumer: so much is in all lanes together. */
void queue_note_depth(struct log_queue *queue, uint64_t bytes);

/* Producer: wakes the consumer unless it is up already. At most one caller pays for it, the others a load. */
void queue_poke(struct log_queue *queue);

/* Producer, after each record: one load unless nothing has been logged for long. */
static inline void queue_poke_asleep(struct log_queue *queue)
{
    if (atomic_load_explicit(&queue->consumer, memory_order_relaxed) == QUEUE_ASLEEP)
        queue_poke(queue);
}

/* Any thread of the consumer's process: makes it look at what is asked of it, whatever it is waiting for.
 * What was stored before is seen by the consumer behind queue_awake. */
void queue_call(struct log_queue *queue);

/* Consumer: is about to look at the lanes and at what is asked of it. */
void queue_awake(struct log_queue *queue);

/* Consumer: sleeps as `how` (DOZING, ASLEEP or DEAF) for at most `timeout_us`. true when that time passed,
 * false when poked or called. */
bool queue_sleep(struct log_queue *queue, enum queue_consumer how, uint64_t timeout_us);

#endif
