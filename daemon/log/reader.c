/* SPDX-License-Identifier: Apache-2.0
 *
 * The consumer's half of a lane: reading without trust, and finding out about every record that is missing.
 *
 * What is missing shows in two ways. Between two records it is a gap in their sequence numbers. Behind the
 * last one it is the lane's own count of drops running ahead of the gaps found so far: as nothing was
 * published since, those numbers follow the last record without a break. A producer that died may have taken
 * one number more, which is then neither published nor counted: that one is lost.
 *
 * Runs in the log thread only. */
#include "daemon/log/reader.h"

#include <assert.h>
#include <string.h>

#include "daemon/log/lane_wait.h"

void reader_init(struct lane_reader *reader, struct lane *lane, size_t size, unsigned index)
{
    *reader = (struct lane_reader){
        .lane = lane,
        .size = size,
        .index = index,
        .table = schema_table(),
    };
}

/* The numbers from `expected` on are missing, `count` of them, up to a moment `until_us`. */
static void note_drops(struct lane_reader *reader, uint64_t count, uint64_t until_us)
{
    struct reader_drops *drops = &reader->drops;

    if (count == 0)
        return;
    if (drops->count == 0) {
        drops->first_sequence = reader->expected;
        drops->first_us = reader->newest_us != 0 ? reader->newest_us : until_us;
    }
    drops->count += count;
    drops->last_sequence = reader->expected + count - 1;
    drops->last_us = until_us;
    reader->expected += count;
}

/* Drops behind the last record, everything up to `tail` being read. Bounded by the numbers taken, whatever a
 * damaged count says. */
static void note_trailing_drops(struct lane_reader *reader, uint64_t dropped, uint64_t now_us)
{
    uint64_t attempted = atomic_load_explicit(&reader->lane->attempted, memory_order_relaxed);
    uint64_t taken = attempted - reader->expected;
    uint64_t fresh = dropped - reader->gaps;

    if (fresh == 0 || fresh > taken)
        return;
    reader->gaps += fresh;
    note_drops(reader, fresh, now_us);
}

enum reader_outcome reader_look(struct lane_reader *reader, uint64_t now_us)
{
    uint64_t dropped;

    if (reader->closed)
        return READER_EMPTY;
    /* In this order: when no record shows behind these drops, none was published before them. acquire: pairs
     * with the release in lane_drop. */
    dropped = atomic_load_explicit(&reader->lane->dropped, memory_order_acquire);
    /* acquire: pairs with the release of the tail in lane_put */
    reader->tail = atomic_load_explicit(&reader->lane->tail, memory_order_acquire);
    if (reader->tail != reader->read)
        return READER_RECORD;
    note_trailing_drops(reader, dropped, now_us);
    return READER_EMPTY;
}

uint64_t reader_depth(const struct lane_reader *reader)
{
    uint64_t depth = atomic_load_explicit(&reader->lane->tail, memory_order_relaxed) - reader->read;

    return !reader->closed && depth <= reader->size ? depth : 0;
}

static void copy_out(const struct lane_reader *reader, uint64_t position, void *to, size_t length)
{
    size_t offset = position & (reader->size - 1);
    size_t first = length <= reader->size - offset ? length : reader->size - offset;

    memcpy(to, reader->lane->ring + offset, first);
    if (first != length)
        memcpy((unsigned char *)to + first, reader->lane->ring, length - first);
}

/* Copies the next record out; false when there can't be one. The header is copied once and then used from the
 * copy: a process gone wild may still be writing. */
static bool fetch(const struct lane_reader *reader, struct record_image *image)
{
    uint64_t available = reader->tail - reader->read;

    if (available > reader->size || available % RECORD_ALIGNMENT != 0 || available < sizeof image->header)
        return false;
    copy_out(reader, reader->read, &image->header, sizeof image->header);
    if (!record_header_valid(&image->header, reader->table, available))
        return false;
    copy_out(reader, reader->read + sizeof image->header, image->payload,
             image->header.length - sizeof image->header);
    return true;
}

/* A number may run ahead, but not behind, and not beyond what was taken. */
static bool sequence_valid(const struct lane_reader *reader, uint64_t sequence)
{
    uint64_t attempted = atomic_load_explicit(&reader->lane->attempted, memory_order_relaxed);

    return sequence - reader->expected < attempted - reader->expected;
}

enum reader_outcome reader_next(struct lane_reader *reader, struct record_image *image, struct record *record)
{
    uint64_t gap;

    if (reader->closed || reader->read == reader->tail)
        return READER_EMPTY;
    if (!fetch(reader, image) || !sequence_valid(reader, image->header.sequence) ||
        record_parse(image, reader->table, record) != 0) {
        reader->closed = true;
        return READER_CORRUPT;
    }
    record->pid =
        atomic_load_explicit(&reader->lane->pid, memory_order_relaxed); /* the tail's acquire covers it */
    gap = record->sequence - reader->expected;
    reader->gaps += gap;
    note_drops(reader, gap, record->time_us);
    reader->expected = record->sequence + 1;
    reader->newest_us = record->time_us;
    reader->read += image->header.length;
    reader->consumed++;
    return READER_RECORD;
}

void reader_release(struct lane_reader *reader)
{
    struct lane *lane = reader->lane;
    uint64_t head = atomic_load_explicit(&lane->head, memory_order_relaxed); /* our own store */
    uint64_t depth;

    if (reader->read == head)
        return;
    /* The depth only falls here, so right before is when it is at its highest. */
    depth = atomic_load_explicit(&lane->tail, memory_order_relaxed) - head;
    if (depth <= reader->size && depth > atomic_load_explicit(&lane->peak_bytes, memory_order_relaxed))
        atomic_store_explicit(&lane->peak_bytes, depth, memory_order_relaxed);
    /* release: pairs with the acquire in lane_used; our reads come before the producer's next stores */
    atomic_store_explicit(&lane->head, reader->read, memory_order_release);
    lane_wake(lane);
}

/* release: pairs with the acquires in count_lane */
static void add(_Atomic uint64_t *counter, uint64_t count)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed); /* one writer */

    atomic_store_explicit(counter, value + count, memory_order_release);
}

void reader_written(struct lane_reader *reader, uint64_t count)
{
    add(&reader->lane->written, count);
}

void reader_discarded(struct lane_reader *reader, uint64_t count)
{
    reader->discarded += count;
    add(&reader->lane->discarded, count);
}

void reader_missing(struct lane_reader *reader, uint64_t count, uint64_t sequence, uint64_t time_us)
{
    struct reader_drops *drops = &reader->drops;

    if (drops->count == 0 || sequence < drops->first_sequence) {
        drops->first_sequence = sequence;
        drops->first_us = time_us;
    }
    if (sequence + count - 1 > drops->last_sequence)
        drops->last_sequence = sequence + count - 1;
    if (time_us > drops->last_us)
        drops->last_us = time_us;
    drops->count += count;
}

void reader_discard(struct lane_reader *reader, uint64_t now_us)
{
    struct record_image image;
    struct record record;
    uint64_t count = 0, first = reader->expected, since_us = reader->newest_us;

    reader_look(reader, now_us);
    while (reader_next(reader, &image, &record) == READER_RECORD)
        count++;
    reader_look(reader, now_us);
    reader_release(reader);
    if (count == 0)
        return;
    reader_discarded(reader, count);
    /* The gaps between them were noted on the way; together they are everything from the first one on. */
    if (reader->drops.count == 0 || reader->drops.first_sequence > first) {
        reader->drops.first_sequence = first;
        reader->drops.first_us = since_us != 0 ? since_us : now_us;
    }
    reader->drops.count += count;
    reader->drops.last_sequence = reader->expected - 1;
    reader->drops.last_us = now_us;
}

/* Makes a corrupt lane an empty one. Its producer is gone, so its words are ours to write. */
static void reopen(struct lane_reader *reader)
{
    struct lane *lane = reader->lane;

    atomic_store_explicit(&lane->tail, 0, memory_order_relaxed);
    atomic_store_explicit(&lane->head, 0, memory_order_relaxed);
    reader->read = reader->tail = 0;
    reader->closed = false;
}

uint64_t reader_settle(struct lane_reader *reader, uint64_t now_us)
{
    struct lane *lane = reader->lane;
    uint64_t dropped = atomic_load_explicit(&lane->dropped, memory_order_acquire);
    uint64_t accounted = reader->consumed + dropped + reader->lost;
    uint64_t attempted = atomic_load_explicit(&lane->attempted, memory_order_relaxed);
    uint64_t lost;

    if (attempted < accounted) { /* nonsense in a damaged lane: made to fit */
        attempted = accounted;
        atomic_store_explicit(&lane->attempted, attempted, memory_order_relaxed);
    }
    if (reader->closed)
        reopen(reader);
    else
        note_trailing_drops(reader, dropped, now_us);
    lane->head_seen =
        atomic_load_explicit(&lane->head, memory_order_relaxed); /* the next owner's to rely on */
    lost = attempted - accounted;
    reader->lost += lost;
    reader->gaps = dropped;
    reader->expected = attempted;
    add(&lane->lost, lost);
    add(&lane->generation, 1);
    return lost;
}
