/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_FORMAT_H
#define CONCUR_LOG_FORMAT_H

#include "daemon/log/record.h"

/* Records as lines of text, and lines in what a sink wants around them. One thread per context. */

/* What a sink's lines travel in. */
enum envelope {
    ENVELOPE_NONE,
    ENVELOPE_PRIORITY, /* <N> before the line: the syslog severity, as the journal reads it from a stream */
    ENVELOPE_JOURNAL,  /* a datagram of the journal's native protocol, each field having its own */
    ENVELOPE_SYSLOG,   /* a message of RFC 5424 */
    /* The latter two carry time and level beside the message, which is the line without them. */
};

/* What stands before each value of an event, rendered once. */
#define FORMAT_KEY_LONGEST 24

struct format_key {
    char text[FORMAT_KEY_LONGEST];
    size_t length;
};

struct format_event {
    char head[96]; /* from behind the time to before the worker */
    size_t head_length;
    size_t message_offset; /* where in it the event's name begins, time and level left out */
    struct format_key keys[SCHEMA_FIELDS_MOST];
};

struct format_style; /* logfmt or JSON */

struct format {
    /* set by format_init and format_restyle */
    const struct format_style *style;
    enum envelope envelope;
    char host[65]; /* for syslog */
    struct format_event events[LOG_EVENT_COUNT];

    /* owner: the log thread */
    uint32_t own_pid, own_tid; /* who says what was never in a lane; set by format_identify */
    int64_t wall_offset_us;    /* what to add to monotonic time, set by format_sync */
    uint64_t second;           /* the wall second that `date` shows */
    char date[24];             /* "2026-11-20T05:33:00" */
    struct record_origin
        origin; /* whom `who` shows: most records come from the same thread as the one before */
    uint32_t origin_pid;
    char who[96];
    size_t who_length;
};

/* Nothing with so many fields is longer: every byte of every text escaped (6 bytes at most) and once more as it is for
 * the journal's own field, names, time and punctuation. */
#define FORMAT_LONGEST(fields) (512 + (fields) * (128 + 7 * LOG_TEXT_LONGEST))
#define FORMAT_LINE_LONGEST    FORMAT_LONGEST(SCHEMA_FIELDS_MOST)

/* `style` is an enum log_format. */
void format_init(struct format *format, int style, enum envelope envelope);

/* Goes on in another style or envelope. */
void format_restyle(struct format *format, int style, enum envelope envelope);

/* What has no producer is said by the calling thread from now on. */
void format_identify(struct format *format);

/* Takes the difference between the wall clock and the monotonic one anew; once per look at the lanes, so that
 * time stamps follow when the wall clock is set. */
void format_sync(struct format *format);

/* Monotonic time as lines show it, terminated. */
#define FORMAT_TIME (sizeof "2026-11-20T05:33:00.123456Z")
void format_time(struct format *format, uint64_t time_us, char text[FORMAT_TIME]);

/* Writes the record as one line with its newline into `line`, which holds FORMAT_LINE_LONGEST, and answers its length:
 *   ts=2026-11-20T05:33:00.123456Z level=info event=ready worker=0 pid=7 tid=7 listen=127.0.0.1:7070 mode=pool
 *   {"ts":"2026-11-20T05:33:00.123456Z","level":"info","event":"ready","worker":0,"pid":7,"tid":7,...}
 * Names are the same in both. In logfmt a text is quoted when it is empty or holds anything beyond plain characters;
 * what could forge a line, a field or a terminal's escape sequence is written as \n, \r, \t, \", \\ or \xNN: controls
 * (C1 too), DEL, what is no UTF-8, line and paragraph separators, and marks that turn the direction of text. JSON
 * writes the same as \n, \r, \t, \", \\ or \uNNNN, and \ufffd for each byte that is no UTF-8. */
size_t format_line(struct format *format, const struct schema *table, const struct record *record,
                   char *line);

/* The same in the sink's envelope, and in any. */
size_t format_item(struct format *format, const struct schema *table, const struct record *record,
                   char *item);
size_t format_enveloped(struct format *format, enum envelope envelope, const struct schema *table,
                        const struct record *record, char *item);

/* format_item for what was never in a lane, from values as log_put takes them. */
size_t format_own(struct format *format, enum log_event_id event, uint64_t time_us,
                  const struct log_value *values, size_t count, char *item);

#endif
