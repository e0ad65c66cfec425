/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared header of the log queue: its shape, its totals, and waking.
 *
 * Waking must cost a producer nothing: waking a sleeping thread takes 6-9 us, a hundred times what a record
 * costs. So the consumer looks at the lanes by itself every flush_interval while anything is being logged,
 * and only urgent records and filling lanes shorten that. When nothing was logged for a while it stops
 * looking and says ASLEEP; the first record then pays for waking it, a paced stream never. One
 * compare-and-swap elects who makes the system call.
 *
 * A producer stores its tail, then reads the word; the consumer stores the word, then reads the tails.
 * Without a full fence on either side both may miss each other. The fence would cost each record more than
 * all the rest, so the consumer pays instead: after saying ASLEEP it looks once more an interval later, when
 * every store made by somebody who had not seen the word has long arrived (see logger.c). And it never sleeps
 * longer than a second without a look at the word, however long the interval is: that covers a producer that
 * is killed between the swap and the system call. */
#include "daemon/log/queue.h"

#include <assert.h>

#include "daemon/log/futex.h"
#include "daemon/log/log.h"

#define QUEUE_MAGIC UINT64_C(0x31676f4c72756e43)

static size_t lane_stride(size_t lane_size)
{
    return sizeof(struct lane) + lane_size;
}

/* Any mixing does: it guards against stray stores, not against an adversary. */
static uint64_t geometry_check(uint64_t lane_count, uint64_t lane_size)
{
    return QUEUE_MAGIC ^ (lane_count * UINT64_C(0x9e3779b97f4a7c15)) ^ (lane_size << 17);
}

size_t log_queue_bytes(unsigned lane_count, size_t lane_size)
{
    return sizeof(struct log_queue) + lane_count * lane_stride(lane_round(lane_size));
}

struct log_queue *log_queue_init(void *memory, unsigned lane_count, size_t lane_size)
{
    struct log_queue *queue = memory;

    assert((uintptr_t)memory % LANE_LINE == 0 && lane_count >= 1 && lane_count <= QUEUE_LANES_MOST);
    queue->magic = QUEUE_MAGIC;
    queue->lane_count = lane_count;
    queue->lane_size = lane_round(lane_size);
    queue->check = geometry_check(queue->lane_count, queue->lane_size);
    for (unsigned i = 0; i < lane_count; i++) {
        size_t offset = sizeof *queue + i * lane_stride(queue->lane_size);

        lane_init((struct lane *)((char *)memory + offset), i, queue->lane_size, offset);
    }
    return queue;
}

bool queue_geometry(const struct log_queue *queue, unsigned *lane_count, size_t *lane_size)
{
    uint64_t count = queue->lane_count, size = queue->lane_size;

    if (queue->magic != QUEUE_MAGIC || queue->check != geometry_check(count, size))
        return false;
    if (count < 1 || count > QUEUE_LANES_MOST || size > LANE_LARGEST || size != lane_round(size))
        return false;
    *lane_count = (unsigned)count;
    *lane_size = size;
    return true;
}

struct log_queue *log_queue_attach(void *memory, size_t bytes)
{
    unsigned count;
    size_t size;

    if ((uintptr_t)memory % LANE_LINE != 0 || bytes < sizeof(struct log_queue))
        return NULL;
    if (!queue_geometry(memory, &count, &size) || log_queue_bytes(count, size) > bytes)
        return NULL;
    return memory;
}

struct lane *log_queue_lane(struct log_queue *queue, unsigned i)
{
    unsigned count = 0;
    size_t size = 0;
    bool sound = queue_geometry(queue, &count, &size);

    assert(sound && i < count);
    return (struct lane *)((char *)queue + sizeof *queue + i * lane_stride(size));
}

struct log_queue *queue_of(struct lane *lane)
{
    return (struct log_queue *)((char *)lane - lane->queue_offset);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void count_lane(const struct lane *lane, size_t size, struct log_counts *counts)
{
    /* acquire: what has become of records is read before how many were attempted, so that the sum never
     * exceeds it */
    uint64_t head = atomic_load_explicit(&lane->head, memory_order_acquire);
    uint64_t depth = atomic_load_explicit(&lane->tail, memory_order_acquire) - head;
    uint64_t peak = atomic_load_explicit(&lane->peak_bytes, memory_order_relaxed);

    uint64_t written = atomic_load_explicit(&lane->written, memory_order_acquire);
    uint64_t dropped = atomic_load_explicit(&lane->discarded, memory_order_acquire) +
                       atomic_load_explicit(&lane->dropped, memory_order_acquire);
    uint64_t lost = atomic_load_explicit(&lane->lost, memory_order_acquire);
    uint64_t attempted = atomic_load_explicit(&lane->attempted, memory_order_relaxed);

    counts->written += written;
    counts->dropped += dropped;
    counts->lost += lost;
    counts->attempted += attempted;
    counts->depth += attempted - written - dropped - lost;
    counts->waits += atomic_load_explicit(&lane->waits, memory_order_relaxed);
    depth = depth <= size ? depth : size; /* the two loads are not one, and a closed lane may hold anything */
    counts->depth_bytes += depth;
    counts->lane_depth_bytes = larger(counts->lane_depth_bytes, depth);
    counts->lane_peak_bytes = larger(counts->lane_peak_bytes, larger(peak, depth));
}

void log_queue_counts(const struct log_queue *queue, struct log_counts *counts)
{
    unsigned lane_count;
    size_t size;

    *counts = (struct log_counts){0};
    if (!queue_geometry(queue, &lane_count, &size))
        return;
    counts->wakeups = atomic_load_explicit(&queue->wakeups, memory_order_relaxed);
    for (unsigned i = 0; i < lane_count; i++) {
        const char *at = (const char *)queue + sizeof *queue + i * lane_stride(size);

        count_lane((const struct lane *)at, size, counts);
    }
    counts->lanes = lane_count;
    counts->lane_bytes = size;
    /* The log thread looks at the lanes one after the other, and not now. */
    counts->peak_bytes = larger(atomic_load_explicit(&queue->peak_bytes, memory_order_relaxed),
                                larger(counts->depth_bytes, counts->lane_peak_bytes));
}

void queue_note_depth(struct log_queue *queue, uint64_t bytes)
{
    if (bytes > atomic_load_explicit(&queue->peak_bytes, memory_order_relaxed))
        atomic_store_explicit(&queue->peak_bytes, bytes, memory_order_relaxed);
}

void queue_poke(struct log_queue *queue)
{
    uint32_t state = atomic_load_explicit(&queue->consumer, memory_order_relaxed);

    do {
        if (state == QUEUE_POKED || state == QUEUE_CALLED || state == QUEUE_DEAF)
            return;
        /* release: pairs with the acquire in queue_awake, so that the consumer finds what it was poked for */
    } while (!atomic_compare_exchange_weak_explicit(&queue->consumer, &state, QUEUE_POKED,
                                                    memory_order_release, memory_order_relaxed));
    if (state == QUEUE_AWAKE)
        return;
    atomic_fetch_add_explicit(&queue->wakeups, 1, memory_order_relaxed);
    futex_wake(&queue->consumer, 1);
}

void queue_call(struct log_queue *queue)
{
    /* release: pairs with the acquire in queue_awake */
    atomic_exchange_explicit(&queue->consumer, QUEUE_CALLED, memory_order_release);
    futex_wake(&queue->consumer, 1);
}

void queue_awake(struct log_queue *queue)
{
    /* acquire: pairs with the release in queue_poke and queue_call */
    atomic_exchange_explicit(&queue->consumer, QUEUE_AWAKE, memory_order_acquire);
}

bool queue_sleep(struct log_queue *queue, enum queue_consumer how, uint64_t timeout_us)
{
    uint32_t state = atomic_load_explicit(&queue->consumer, memory_order_relaxed);

    while (state != how) { /* staying asleep needs no store */
        if (state == QUEUE_CALLED || (state == QUEUE_POKED && how != QUEUE_DEAF))
            return false;
        if (atomic_compare_exchange_weak_explicit(&queue->consumer, &state, how, memory_order_seq_cst,
                                                  memory_order_relaxed))
            break;
    }
    for (uint64_t left_us = timeout_us; left_us != 0;) {
        uint64_t nap_us = left_us < QUEUE_UNSEEN_US ? left_us : QUEUE_UNSEEN_US;

        futex_wait(&queue->consumer, how, nap_us);
        if (atomic_load_explicit(&queue->consumer, memory_order_relaxed) != how)
            return false;
        left_us -= nap_us; /* waking for no reason makes it shorter, which does no harm */
    }
    return true;
}
