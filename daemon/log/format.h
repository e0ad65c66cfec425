/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_FORMAT_H
#define CONCUR_LOG_FORMAT_H

#include "daemon/log/record.h"

/* Records as lines of text. One thread per context. */

struct format {
    bool priority; /* begin lines with <N>, the syslog severity, as the journal reads it from a stream */

    /* owner: the log thread */
    int64_t wall_offset_us; /* what to add to monotonic time, set by format_sync */
    uint64_t second;        /* the wall second that `date` shows */
    char date[24];          /* "2026-11-20T05:33:00" */
};

/* No line is longer: every byte of every text escaped, names, time and punctuation. */
#define FORMAT_LINE_LONGEST (256 + SCHEMA_FIELDS_MOST * (72 + 4 * LOG_TEXT_LONGEST))

void format_init(struct format *format, bool priority);

/* Takes the difference between the wall clock and the monotonic one anew; once per look at the lanes, so that
 * time stamps follow when the wall clock is set. */
void format_sync(struct format *format);

/* Monotonic time as wall time, microseconds since 1970. */
uint64_t format_wall_us(const struct format *format, uint64_t time_us);

/* Writes the record as one line of logfmt with its newline into `line`, which holds FORMAT_LINE_LONGEST, and
 * answers its length: ts=2026-11-20T05:33:00.123456Z level=info event=ready worker=0 listen=127.0.0.1:7070
 * mode=pool A text is quoted when it is empty or holds anything beyond plain characters. Within, bytes that
 * could forge a line, a field or a terminal's escape sequence are written as \n, \r, \t, \", \\ or \xNN:
 * controls (C1 too), DEL, what is no UTF-8, line and paragraph separators, and marks that turn the direction
 * of text. */
size_t format_logfmt(struct format *format, const struct schema *table, const struct record *record,
                     char *line);

/* The same from values as log_put takes them: a line of the log thread's own. */
size_t format_own(struct format *format, enum log_event_id event, uint64_t time_us,
                  const struct log_value *values, size_t count, char *line);

#endif
