/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass over all lanes. Lines come in lane order, each with its own time stamp: sorting would mean to wait
 * for the slowest producer. What is missing is reported from here, straight into the batch, because a report
 * that had to queue behind what overflowed would be dropped as well; whatever the level, because what is
 * missing is not for a filter to hide; before each pass, because under load none may ever come to an end; and
 * at most once a second per lane, because a flood that drops must not become a flood of reports. Runs in the
 * log thread. */
#include "daemon/log/drain.h"

#include <assert.h>
#include <stdlib.h>

#define DROP_REPORT_US 1000000u

int drain_init(struct drain *drain, struct log_queue *queue, int style, enum envelope envelope,
               struct error *error)
{
    size_t size;

    if (!queue_geometry(queue, &drain->lane_count, &size))
        return error_set(error, "the log queue is damaged");
    drain->queue = queue;
    drain->lanes = calloc(drain->lane_count, sizeof *drain->lanes);
    if (drain->lanes == NULL || batch_init(&drain->batch) != 0) {
        drain_free(drain);
        return error_set(error, "not enough memory for the log");
    }
    for (unsigned i = 0; i < drain->lane_count; i++)
        reader_init(&drain->lanes[i].reader, log_queue_lane(queue, i), size, i);
    format_init(&drain->format, style, envelope);
    return 0;
}

void drain_free(struct drain *drain)
{
    free(drain->lanes);
    drain->lanes = NULL;
    batch_free(&drain->batch);
}

static void add_record(struct drain *drain, const struct lane_reader *reader, const struct record *record)
{
    size_t length = format_item(&drain->format, reader->table, record, batch_room(&drain->batch));

    batch_add(&drain->batch, length, reader->index);
    batch_describe(&drain->batch, (struct batch_content){.news = BATCH_RECORD,
                                                         .about = reader->index,
                                                         .count = 1,
                                                         .sequence = record->sequence,
                                                         .time_us = record->time_us});
}

/* Reads one lane to its end, or until the batch is full; whether it came to the end. */
static bool read_lane(struct drain *drain, struct drain_lane *lane, uint64_t now_us)
{
    struct lane_reader *reader = &lane->reader;
    enum reader_outcome outcome = reader_look(reader, now_us);
    struct record_image image;
    struct record record;

    drain->found_bytes += reader_depth(reader);
    while (outcome == READER_RECORD && !batch_full(&drain->batch)) {
        outcome = reader_next(reader, &image, &record);
        if (outcome == READER_RECORD)
            add_record(drain, reader, &record);
    }
    reader_release(reader);
    if (outcome == READER_CORRUPT)
        lane->corrupt = true;
    return outcome != READER_RECORD;
}

/* Adds a line whatever its level; false when the batch is full. */
static bool say(struct drain *drain, enum log_event_id event, uint64_t time_us,
                const struct log_value *values, size_t count)
{
    size_t length;

    if (batch_full(&drain->batch))
        return false;
    length = format_own(&drain->format, event, time_us, values, count, batch_room(&drain->batch));
    batch_add(&drain->batch, length, BATCH_LANE_NONE);
    return true;
}

bool drain_say(struct drain *drain, enum log_event_id event, uint64_t time_us, const struct log_value *values,
               size_t count)
{
    return !log_wants(event) || say(drain, event, time_us, values, count);
}

static void report_drops(struct drain *drain, struct drain_lane *lane, uint64_t now_us)
{
    struct reader_drops *drops = &lane->reader.drops;
    char first[FORMAT_TIME], last[FORMAT_TIME];
    const struct log_value values[] = {
        LOG_U(lane->reader.index),   LOG_U(drops->count), LOG_U(drops->first_sequence),
        LOG_U(drops->last_sequence), LOG_S(first),        LOG_S(last),
    };

    if (drops->count == 0)
        return;
    if (!drain->hurried && lane->reported_us != 0 && now_us - lane->reported_us < DROP_REPORT_US)
        return;
    format_time(&drain->format, drops->first_us, first);
    format_time(&drain->format, drops->last_us, last);
    if (!say(drain, EVENT_LOG_DROPPED, now_us, values, sizeof values / sizeof values[0]))
        return;
    batch_describe(&drain->batch, (struct batch_content){.news = BATCH_DROPS,
                                                         .about = lane->reader.index,
                                                         .count = drops->count,
                                                         .sequence = drops->first_sequence,
                                                         .time_us = drops->first_us});
    drops->count = 0; /* the rest stays, should the line be forgotten */
    lane->reported_us = now_us;
}

/* A report about what is missing from the lane, beside drops: whether it was said. */
static bool say_missing(struct drain *drain, const struct drain_lane *lane, enum log_event_id event,
                        enum batch_news news, uint64_t count, uint64_t now_us)
{
    const struct log_value values[] = {LOG_U(lane->reader.index), LOG_U(count)};

    if (!say(drain, event, now_us, values, 2))
        return false;
    batch_describe(&drain->batch,
                   (struct batch_content){.news = news, .about = lane->reader.index, .count = count});
    return true;
}

static void report(struct drain *drain, struct drain_lane *lane, uint64_t now_us)
{
    report_drops(drain, lane, now_us);
    if (lane->corrupt)
        lane->corrupt =
            !say_missing(drain, lane, EVENT_LOG_CORRUPT, BATCH_CORRUPT, lane->reader.read, now_us);
    if (lane->lost != 0 && say_missing(drain, lane, EVENT_LOG_LOST, BATCH_LOST, lane->lost, now_us))
        lane->lost = 0;
}

static void report_all(struct drain *drain, uint64_t now_us)
{
    for (unsigned i = 0; i < drain->lane_count; i++)
        report(drain, &drain->lanes[i], now_us);
}

/* What was in all lanes as they were looked at: `read` of them have been, the rest is behind `first`. */
static void note_depth(struct drain *drain, unsigned read)
{
    for (unsigned i = 0; i < drain->lane_count - read; i++)
        drain->found_bytes += reader_depth(&drain->lanes[(drain->first + i) % drain->lane_count].reader);
    queue_note_depth(drain->queue, drain->found_bytes);
}

bool drain_fill(struct drain *drain, uint64_t now_us)
{
    format_sync(&drain->format);
    report_all(drain, now_us);
    drain->found_bytes = 0;
    for (unsigned i = 0; i < drain->lane_count; i++) {
        unsigned at = (drain->first + i) % drain->lane_count;

        if (!read_lane(drain, &drain->lanes[at], now_us)) {
            drain->first = (at + 1) % drain->lane_count; /* a busy lane does not keep the others waiting */
            note_depth(drain, i + 1);
            return false;
        }
    }
    note_depth(drain, drain->lane_count);
    drain->first = 0;
    report_all(drain, now_us);
    return true;
}

bool drain_waiting(struct drain *drain, uint64_t now_us)
{
    for (unsigned i = 0; i < drain->lane_count; i++)
        if (reader_look(&drain->lanes[i].reader, now_us) == READER_RECORD)
            return true;
    return false;
}

void drain_written(struct drain *drain)
{
    uint32_t lane;

    while (batch_pop(&drain->batch, &lane))
        if (lane != BATCH_LANE_NONE)
            reader_written(&drain->lanes[lane].reader, 1);
}

/* A line is forgotten: what it said is to be said, or to be reported as missing, another time. */
static void take_back(struct drain_lane *lane, const struct batch_content *content)
{
    switch (content->news) {
    case BATCH_NOTHING:
        break;
    case BATCH_RECORD:
        reader_discarded(&lane->reader, 1);
        reader_missing(&lane->reader, content->count, content->sequence, content->time_us);
        break;
    case BATCH_DROPS:
        reader_missing(&lane->reader, content->count, content->sequence, content->time_us);
        break;
    case BATCH_LOST:
        lane->lost += content->count;
        break;
    case BATCH_CORRUPT:
        lane->corrupt = true;
        break;
    }
}

void drain_forget_batch(struct drain *drain)
{
    struct batch_content content;
    uint32_t lane;

    drain_written(drain);
    while (batch_forget(&drain->batch, &lane, &content))
        if (content.news != BATCH_NOTHING)
            take_back(&drain->lanes[content.about], &content);
}

void drain_discard(struct drain *drain, unsigned lane, uint64_t now_us)
{
    struct lane_reader *reader = &drain->lanes[lane].reader;
    bool was_closed = reader->closed;

    reader_discard(reader, now_us);
    if (reader->closed && !was_closed)
        drain->lanes[lane].corrupt = true;
}

bool drain_settle(struct drain *drain, unsigned lane, uint64_t now_us)
{
    struct lane_reader *reader = &drain->lanes[lane].reader;

    if (reader_look(reader, now_us) == READER_RECORD)
        return false;
    drain->lanes[lane].lost += reader_settle(reader, now_us);
    return true;
}

void drain_hurry(struct drain *drain)
{
    drain->hurried = true;
}
