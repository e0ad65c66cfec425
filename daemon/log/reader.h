/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_READER_H
#define CONCUR_LOG_READER_H

#include "daemon/log/lane.h"
#include "daemon/log/record.h"

/* The consumer's half of a lane. Nothing that a producer can write is believed: geometry is kept here, every
 * record is copied out before it is looked at, and a lane in which anything is wrong is closed until its
 * owner is gone. One thread, the log thread, calls all of this. */

/* Sequence numbers that were refused for want of room, gathered until they are reported. */
struct reader_drops {
    uint64_t count; /* 0: nothing to report; the rest is then about what was reported last */
    uint64_t first_sequence, last_sequence;
    uint64_t first_us, last_us; /* of the records around them: the drops lie between */
};

struct lane_reader {
    /* set by reader_init, then read only */
    struct lane *lane;
    size_t size; /* of its ring */
    unsigned index;
    const struct schema *table;

    /* owner: the log thread */
    uint64_t read;      /* next byte; published as the lane's head by reader_release */
    uint64_t tail;      /* the producer's tail when last looked at */
    uint64_t expected;  /* sequence number that the next record has when nothing is missing */
    uint64_t gaps;      /* numbers found missing: catches up with lane->dropped */
    uint64_t consumed;  /* records read */
    uint64_t discarded; /* of those, thrown away */
    uint64_t lost;
    uint64_t newest_us; /* time of the last record read */
    struct reader_drops drops;
    bool closed; /* corrupt */
};

enum reader_outcome { READER_RECORD, READER_EMPTY, READER_CORRUPT };

/* For a lane of a queue that no other reader has read from. */
void reader_init(struct lane_reader *reader, struct lane *lane, size_t size, unsigned index);

/* Looks how far the producer has come, and whether it dropped anything since. READER_RECORD when something
 * can be read. */
enum reader_outcome reader_look(struct lane_reader *reader, uint64_t now_us);

/* How many bytes are there unread now. */
uint64_t reader_depth(const struct lane_reader *reader);

/* Takes the next record up to where reader_look saw the tail. `image` backs the texts of `record`.
 * READER_CORRUPT once: the lane is closed then, `reader->read` being where, and is empty from then on. */
enum reader_outcome reader_next(struct lane_reader *reader, struct record_image *image,
                                struct record *record);

/* Gives the room of everything read back to the producer. */
void reader_release(struct lane_reader *reader);

/* Accounts for `count` of the records read: their lines reached the sink, or never will. */
void reader_written(struct lane_reader *reader, uint64_t count);
void reader_discarded(struct lane_reader *reader, uint64_t count);

/* `count` records from `sequence` on, of about that time, are to be reported as dropped: lines that said so, or were
 * theirs, have not been written. */
void reader_missing(struct lane_reader *reader, uint64_t count, uint64_t sequence, uint64_t time_us);

/* Throws away what is there unread, counting and reporting it like a drop. */
void reader_discard(struct lane_reader *reader, uint64_t now_us);

/* The producer is gone and stores no more, and everything is read: whatever was attempted and has arrived
 * nowhere is lost. Answers how many. A closed lane is emptied and opened again. */
uint64_t reader_settle(struct lane_reader *reader, uint64_t now_us);

#endif
