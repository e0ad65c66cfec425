/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_LANE_H
#define CONCUR_LOG_LANE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A lane: one producer's byte ring in shared memory, and the producer's half of its protocol (the consumer's
 * is in reader.h). Positions count bytes since the beginning of time and never wrap; the ring's size is a
 * power of two, and a record may lie across its end. There are offsets only, no pointers: processes map the
 * memory at different addresses.
 *
 * Accounting, per lane and for all time: attempted = written + dropped + discarded + lost + still on the way,
 * where `dropped` was refused by the producer for want of room, `discarded` was thrown away by the consumer
 * (a sink that takes nothing, at the end), `lost` was cut short by its producer's death. */

#define LANE_LINE 64 /* bytes of a cache line; the alignment that a lane's memory must have */

struct lane {
    /* set by lane_init, then read only */
    alignas(LANE_LINE) uint64_t size; /* of the ring, in bytes */
    uint64_t queue_offset;            /* how far before this lane its queue's header lies */
    uint32_t index;

    /* writer: the producer, when it binds the lane */
    _Atomic uint32_t pid;

    /* writer: the producer, and while there is none the consumer */
    alignas(LANE_LINE) _Atomic uint64_t tail; /* one past the last published byte */
    _Atomic uint64_t attempted;               /* sequence numbers taken */
    _Atomic uint64_t dropped;
    uint64_t head_seen; /* the producer's alone: head when last looked at, so that the consumer's line stays
                           there */
    _Atomic uint64_t given_up; /* 1 + the head at which a wait for room was in vain; 0: none was */
    _Atomic uint64_t waits;    /* how often a producer slept until there was room */

    /* writer: producers set it, the consumer clears it; a futex */
    _Atomic uint32_t waiting; /* 1: somebody sleeps until the head moves */

    /* writer: the consumer */
    alignas(LANE_LINE) _Atomic uint64_t head; /* first byte not yet read */
    _Atomic uint64_t written;                 /* records whose line a sink took whole */
    _Atomic uint64_t discarded;
    _Atomic uint64_t lost;
    _Atomic uint64_t peak_bytes; /* the most that was ever there unread */
    _Atomic uint64_t generation; /* of owners: how often the lane was given back */

    /* writer: the producer; reader: the consumer, between head and tail */
    alignas(LANE_LINE) unsigned char ring[];
};

#define LANE_SMALLEST 4096u
#define LANE_LARGEST  (1u << 30)

/* The size that a ring asked for with `bytes` gets: the next power of two, within the bounds above. */
size_t lane_round(size_t bytes);

/* Makes an empty lane in zeroed memory of sizeof(struct lane) + `size`, `size` being rounded already. */
void lane_init(struct lane *lane, unsigned index, size_t size, uint64_t queue_offset);

/* A producer's process-local handle: what it may rely on even when the lane's own words are overwritten. */
struct lane_writer {
    struct lane *lane; /* NULL: none */
    size_t size;       /* of its ring */
};

enum lane_outcome {
    LANE_TAKEN,
    LANE_FILLING, /* taken, and more than half of the lane is in use: the consumer should hurry */
    LANE_DROPPED, /* no room: counted, nothing else happened */
};

struct record_image; /* log/record.h */

/* Numbers the record and puts it into the lane. An eighth of the lane is kept for `urgent` records. Never
 * blocks, no system call. One caller at a time per lane. */
enum lane_outcome lane_put(const struct lane_writer *writer, struct record_image *image, bool urgent);

#endif
