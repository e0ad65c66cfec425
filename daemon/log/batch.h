/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_BATCH_H
#define CONCUR_LOG_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "common/error.h"

/* Formatted lines on their way to the sink: one piece of text that a stream takes whole, with the lines' ends
 * for sinks that send one by one and for the accounting. Bounded and allocated once. One thread. */

#define BATCH_BYTES     (256u << 10) /* of text, then it is full; one more line always has room */
#define BATCH_LINES     4096u
#define BATCH_LANE_NONE UINT32_MAX /* a line of the log thread's own */

/* What a reader of the log would not know without the line, should it be forgotten. */
enum batch_news { BATCH_NOTHING, BATCH_RECORD, BATCH_DROPS, BATCH_LOST, BATCH_CORRUPT };

struct batch_content {
    enum batch_news news;
    uint32_t about;    /* the lane */
    uint64_t count;    /* of records: 1, or those that a report says are missing */
    uint64_t sequence; /* of the first of them, and its time; of records and drops only */
    uint64_t time_us;
};

struct batch_line {
    uint32_t end;  /* one past its last byte */
    uint32_t lane; /* whose record it is; BATCH_LANE_NONE: nobody's */
    struct batch_content content;
};

struct batch {
    char *text;
    size_t length;
    size_t sent;             /* bytes that the sink has taken */
    unsigned count, counted; /* lines, and those among them that batch_pop has answered */
    struct batch_line lines[BATCH_LINES];
};

/* 0, or -1 when memory is short. batch_free takes an empty one. */
MUST_USE int batch_init(struct batch *batch);
void batch_free(struct batch *batch);

bool batch_full(const struct batch *batch);

/* Where the next line goes: FORMAT_LINE_LONGEST bytes. Asserts that the batch is not full. */
char *batch_room(struct batch *batch);

/* The line written there, with its newline, belongs to `lane`. */
void batch_add(struct batch *batch, size_t length, uint32_t lane);

/* What the line just added says; nothing until this is called. */
void batch_describe(struct batch *batch, struct batch_content content);

/* What the sink has not taken yet. */
size_t batch_unsent(const struct batch *batch, const char **text);

/* The same line by line, for a sink that takes whole lines: fills in up to `most` and answers how many. */
unsigned batch_unsent_lines(const struct batch *batch, struct iovec *lines, unsigned most);

/* The sink took `length` more bytes. */
void batch_sent(struct batch *batch, size_t length);

/* How many bytes of a line the sink took without its end; with `rewind` that line is begun again. */
size_t batch_partial(const struct batch *batch);
void batch_rewind(struct batch *batch);

/* Answers the lanes of the lines sent whole, one by one: false when there is none left. Emptied behind the
 * last. */
bool batch_pop(struct batch *batch, uint32_t *lane);

/* The same for lines that were not sent, for good, with what they said: forgets them. */
bool batch_forget(struct batch *batch, uint32_t *lane, struct batch_content *content);

#endif
