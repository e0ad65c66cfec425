/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_DRAIN_H
#define CONCUR_LOG_DRAIN_H

#include "daemon/log/batch.h"
#include "daemon/log/format.h"
#include "daemon/log/queue.h"
#include "daemon/log/reader.h"

/* From lanes to lines: reads all lanes in turn into a batch of formatted lines, with the reports about what
 * is missing from them. One thread, the log thread, calls all of this. */

/* A lane, and what there is to report about it beside its records. */
struct drain_lane {
    struct lane_reader reader;
    uint64_t reported_us; /* when drops were last reported; 0: never */
    uint64_t lost;        /* not yet reported */
    bool corrupt;         /* not yet reported */
};

struct drain {
    /* set by drain_init, then read only */
    struct log_queue *queue;
    unsigned lane_count;

    /* owner: the log thread */
    unsigned first; /* the lane that the next pass begins with: behind the one that filled the last batch */
    uint64_t found_bytes; /* in all lanes looked at in this pass */
    bool hurried;         /* no pause between reports */
    struct drain_lane *lanes;
    struct format format;
    struct batch batch;
};

/* 0, or -1 with the reason. `style` and `envelope` as in format_init. drain_free takes one that is all zeroes. */
MUST_USE int drain_init(struct drain *drain, struct log_queue *queue, int style, enum envelope envelope,
                        struct error *error);
void drain_free(struct drain *drain);

/* Adds the reports that are due - log_dropped, log_lost and log_corrupt, whatever the level - and reads lanes
 * until all are empty or the batch is full; then the reports again. Answers whether every lane was read to its
 * end. */
bool drain_fill(struct drain *drain, uint64_t now_us);

/* Whether any lane holds something unread; reads nothing. */
bool drain_waiting(struct drain *drain, uint64_t now_us);

/* Adds a line of the log thread's own, unless it is below the level; false when the batch is full. */
bool drain_say(struct drain *drain, enum log_event_id event, uint64_t time_us, const struct log_value *values,
               size_t count);

/* Accounts for the lines that the sink has taken meanwhile. */
void drain_written(struct drain *drain);

/* Gives up on what the sink has not taken of the batch, or on what a lane holds unread: it counts as dropped and is
 * reported as such, and reports among it are made again. */
void drain_forget_batch(struct drain *drain);
void drain_discard(struct drain *drain, unsigned lane, uint64_t now_us);

/* The lane's producer is gone for good. Once the lane is read to its end: accounts for what is missing, makes
 * it ready for another owner and answers true. */
bool drain_settle(struct drain *drain, unsigned lane, uint64_t now_us);

/* Drops are reported once a second at most; from now on, at the end, without a pause. */
void drain_hurry(struct drain *drain);

#endif
