/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_LOG_H
#define CONCUR_LOG_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/config/config.h"
#include "daemon/log/event.h"

/* The producers' side of the log queue: `log_event(EVENT, values...)` copies raw values into the calling thread's lane
 * and returns; the log thread of the master formats and writes. Blocks only for room in the lane, and only when
 * log_set_patience allows it. Callable from any thread that has a lane bound; not from signal handlers. */

struct lane; /* log/lane.h */

enum log_value_kind { LOG_VALUE_U64, LOG_VALUE_I64, LOG_VALUE_TEXT, LOG_VALUE_BYTES };

struct log_bytes {
    const char *at;
    size_t length;
};

struct log_value {
    enum log_value_kind kind;
    union {
        uint64_t u64;
        int64_t i64;
        const char *text; /* NUL-terminated; NULL reads as ""; cut at LOG_TEXT_LONGEST */
        const struct log_bytes
            *bytes; /* a text that may have NULs in it, for a field of kind LOG_VALUE_TEXT */
    };
};

#define LOG_TEXT_LONGEST 512

#define LOG_U(value) ((struct log_value){.kind = LOG_VALUE_U64, .u64 = (value)})
#define LOG_I(value) ((struct log_value){.kind = LOG_VALUE_I64, .i64 = (value)})
#define LOG_S(value) ((struct log_value){.kind = LOG_VALUE_TEXT, .text = (value)})
#define LOG_B(value) ((struct log_value){.kind = LOG_VALUE_BYTES, .bytes = (value)})

/* Records the event with its values, which must match the event's fields in number and kind (asserted). An event below
 * the level costs one load. Binding a lane comes first: this asserts it, for events that are wanted. */
#define log_event(event, ...)                                                                                \
    do {                                                                                                     \
        if (log_wants(event))                                                                                \
            log_put((event), (const struct log_value[]){__VA_ARGS__},                                        \
                    sizeof((const struct log_value[]){__VA_ARGS__}) / sizeof(struct log_value));             \
    } while (0)

/* The same for a caller who has read the monotonic clock in this turn already: reading it is a third of what a record
 * costs. */
#define log_event_at(now_us, event, ...)                                                                     \
    do {                                                                                                     \
        if (log_wants(event))                                                                                \
            log_put_at((now_us), (event), (const struct log_value[]){__VA_ARGS__},                           \
                       sizeof((const struct log_value[]){__VA_ARGS__}) / sizeof(struct log_value));          \
    } while (0)

bool log_wants(enum log_event_id event);
void log_put(enum log_event_id event, const struct log_value *values, size_t count);
void log_put_at(uint64_t now_us, enum log_event_id event, const struct log_value *values, size_t count);

/* What is below `level` is not recorded in this process from now on (events marked always are). Any thread. */
void log_set_level(enum log_level level);

/* How long a log call in this process may wait for room in its lane before the record is dropped after all: 0 (the
 * default) for log.overflow = drop. Once a wait was in vain nobody waits at that lane until the log thread has read on,
 * so a sink that takes nothing delays each producer once. Any thread. */
void log_set_patience(uint64_t wait_us);

/* Both as the configuration has them. */
void log_adopt(const struct config *config);

/* The calling thread never waits, whatever the patience, until it binds again: for a thread that others depend on. */
void log_never_wait(void);

/* Has `alive` called every now and then while the calling thread waits for room in its lane, and when the wait is over: who
 * waits for the log does not hang. Until it binds again; NULL for nobody. */
void log_show_waits(void (*alive)(void *context), void *context);

/* Binds the calling thread to a lane for everything it logs; `worker` (below LOG_WORKERS_MOST, or LOG_WORKER_NONE) is
 * what its records carry. A lane bound by more than one thread must be bound by each of them as shared: they then take
 * its in-process lock. A lane never belongs to two processes at a time. Unbind with NULL. */
#define LOG_WORKERS_MOST (1u << 20)
#define LOG_WORKER_NONE  UINT32_MAX /* the line then has no worker */
void log_bind(struct lane *lane, unsigned worker, bool shared);

/* Numbers over all lanes, for INFO and the last event: attempted = written + dropped + lost + depth, at any moment.
 * Reads shared memory only, any process, never blocks. */
struct log_counts {
    uint64_t attempted, written, dropped, lost;
    uint64_t
        depth; /* records on their way: in the making, in a lane, or formatted and not yet taken by the sink */
    uint64_t depth_bytes,
        peak_bytes;             /* in all lanes together: now, and the most that the log thread ever found */
    uint64_t lanes, lane_bytes; /* how many there are, and what each of them holds at most */
    uint64_t lane_depth_bytes, lane_peak_bytes; /* in the fullest lane, as above */
    uint64_t waits;                             /* times a producer slept until there was room */
    uint64_t wakeups;                           /* times a producer woke the log thread */
};

/* The shared memory of the queue: `lane_count` lanes after a header, in `log_queue_bytes` bytes of zeroed memory that
 * all processes map, at an address divisible by 64. Lanes get `lane_size` bytes, rounded up to a power of two. The
 * master initialises it, workers attach. */
struct log_queue;
size_t log_queue_bytes(unsigned lane_count, size_t lane_size);
struct log_queue *log_queue_init(void *memory, unsigned lane_count, size_t lane_size);
struct log_queue *log_queue_attach(void *memory, size_t bytes); /* NULL when the header is not right */
struct lane *log_queue_lane(struct log_queue *queue, unsigned i);
void log_queue_counts(const struct log_queue *queue, struct log_counts *counts);

#endif
