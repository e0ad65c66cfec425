/* SPDX-License-Identifier: Apache-2.0
 *
 * The producer's half of a lane. The order of its stores is the whole point, because a producer can be killed
 * between any two of them: the sequence number is taken first, then the record's bytes are written, then the
 * tail is published with release. Whatever the instruction, the consumer finds whole records up to the tail
 * and a count of numbers taken that is too high by at most the one record in the making. (Claiming room by
 * moving the tail first leaves holes.)
 *
 * Runs in every thread of every process that logs, one at a time per lane. */
#include "daemon/log/lane.h"

#include <assert.h>
#include <string.h>

#include "daemon/log/record.h"

#define AHEAD LANE_LINE /* the rest of the current line is ours already */

static_assert(sizeof(struct lane) == 3 * LANE_LINE, "three lines, then the ring");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock hidden in an atomic would not work between processes");

size_t lane_round(size_t bytes)
{
    size_t size = LANE_SMALLEST;

    while (size < bytes && size < LANE_LARGEST)
        size *= 2;
    return size;
}

void lane_init(struct lane *lane, unsigned index, size_t size, uint64_t queue_offset)
{
    assert((uintptr_t)lane % LANE_LINE == 0 && size == lane_round(size));
    lane->size = size;
    lane->index = index;
    lane->queue_offset = queue_offset;
}

/* How much of the lane is in use. The head kept from last time answers until that leaves no `room` below
 * `limit`; only then is the consumer's line read. A result above the lane's size means that its words are
 * damaged. */
static uint64_t lane_used(struct lane *lane, uint64_t tail, uint64_t room, uint64_t limit)
{
    uint64_t used = tail - lane->head_seen;

    if (used > limit || room > limit - used) {
        /* acquire: pairs with the release in reader_release, so that our stores come after its reads */
        lane->head_seen = atomic_load_explicit(&lane->head, memory_order_acquire);
        used = tail - lane->head_seen;
    }
    return used;
}

static void ring_copy_in(unsigned char *ring, uint64_t size, uint64_t position, const void *image,
                         size_t length)
{
    uint64_t offset = position & (size - 1);
    size_t first = length <= size - offset ? length : (size_t)(size - offset);

    memcpy(ring + offset, image, first);
    if (first != length)
        memcpy(ring, (const unsigned char *)image + first, length - first);
}

/* Asks for two cache lines that will be written soon. They are in the consumer's cache from the last time round, and a
 * store that has to fetch its line holds up all stores behind it: on a machine under load that cost more than the whole
 * rest of a record. */
static void ring_prepare(unsigned char *ring, uint64_t size, uint64_t position)
{
    for (uint64_t line = 0; line < 2 * LANE_LINE; line += LANE_LINE) {
        unsigned char *at = ring + ((position + line) & (size - 1));
#if defined(__x86_64__)
        __asm__ volatile("prefetchw %0" : : "m"(*at)); /* the builtin asks for the line to read, by default */
#else
        __builtin_prefetch(at, 1);
#endif
    }
}

/* release: a consumer that sees the drop sees its sequence number taken as well (reader_look acquires). */
static enum lane_outcome lane_drop(struct lane *lane)
{
    uint64_t dropped = atomic_load_explicit(&lane->dropped, memory_order_relaxed);

    atomic_store_explicit(&lane->dropped, dropped + 1, memory_order_release);
    return LANE_DROPPED;
}

enum lane_outcome lane_put(const struct lane_writer *writer, struct record_image *image, bool urgent)
{
    struct lane *lane = writer->lane;
    uint64_t limit = urgent ? writer->size : writer->size - writer->size / 8;
    uint64_t tail = atomic_load_explicit(&lane->tail, memory_order_relaxed); /* our own store */
    uint64_t sequence = atomic_load_explicit(&lane->attempted, memory_order_relaxed);
    uint64_t used, length = image->header.length;

    /* Before anything else, and relaxed: the release stores below order it for whoever sees them. A plain
     * add, as there is one writer. */
    atomic_store_explicit(&lane->attempted, sequence + 1, memory_order_relaxed);
    image->header.sequence = sequence;
    used = lane_used(lane, tail, length, limit);
    if (used > limit || length > limit - used)
        return lane_drop(lane);
    ring_copy_in(lane->ring, writer->size, tail, image, length);
    /* release: pairs with the acquire in reader_look */
    atomic_store_explicit(&lane->tail, tail + length, memory_order_release);
    ring_prepare(lane->ring, writer->size, tail + length + AHEAD);
    used = lane_used(lane, tail + length, 0, writer->size / 2);
    return used > writer->size / 2 ? LANE_FILLING : LANE_TAKEN;
}
