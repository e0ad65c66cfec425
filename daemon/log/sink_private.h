/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_SINK_PRIVATE_H
#define CONCUR_LOG_SINK_PRIVATE_H

#include "daemon/log/sink.h"

/* For those who implement a sink: one file each, one table of functions, one row in sink.c. */

enum sink_outcome {
    SINK_TOOK,  /* something */
    SINK_FULL,  /* nothing now; the rest continues where it stopped */
    SINK_ERROR, /* refused, with the reason in sink->error */
};

struct sink_ops {
    /* Opens the sink; `where` is the target behind its prefix, "" when that is all of it. NULL with the reason in `error`. */
    struct sink *(*open)(const char *where, struct error *error);
    /* Offers what the batch has unsent, once, without blocking; tells the batch how much was taken
     * (batch_sent). When a line was cut by an error, sees to it that it begins again on a fresh line. */
    enum sink_outcome (*write)(struct sink *sink, struct batch *batch);
    /* Takes the target anew: 0, or -1 with errno and the old one still in use. Sees to a line of which only a
     * part is in the old one. NULL: there is nothing to take. */
    int (*reopen)(struct sink *sink, struct batch *batch);
    /* Closes and frees. */
    void (*close)(struct sink *sink);
};

/* What all sinks have in common; an implementation's own struct begins with it. */
struct sink {
    /* set by open, then read only */
    const struct sink_ops *ops;
    char *target; /* set by sink_open */
    enum envelope envelope;
    bool is_stderr;

    /* owner: the log thread */
    int error;                 /* errno of the last SINK_ERROR, set by write */
    uint64_t retry_us;         /* when to try again */
    uint64_t wait_us;          /* the pause before that; 0 while all is well */
    uint64_t blocked_since_us; /* 0: the last try took something */
    bool failing;
    enum sink_news news;
    struct sink_failure failure;
};

/* What lines on stderr travel in: a priority when it is the stream that the journal reads. Any thread. */
enum envelope sink_stderr_envelope(void);

extern const struct sink_ops sink_stderr_ops, sink_file_ops;    /* sink_stream.c */
extern const struct sink_ops sink_journal_ops, sink_syslog_ops; /* sink_datagram.c */

#endif
