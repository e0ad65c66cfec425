/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_FORMAT_PRIVATE_H
#define CONCUR_LOG_FORMAT_PRIVATE_H

#include "daemon/log/format.h"

/* Between lines (format.c) and their envelopes (format_envelope.c). */

/* The time as 2026-11-20T05:33:00.123456Z. */
char *put_time(struct format *format, char *at, uint64_t time_us);

/* What an errno means; `text` may back it. */
#define FORMAT_ERROR_LONGEST 128
const char *format_error(int64_t number, char text[FORMAT_ERROR_LONGEST]);

/* The line without time and level, for envelopes that have their own. */
char *put_message(struct format *format, const struct schema *table, const struct record *record, char *at);

/* Syslog's HOSTNAME from what the machine calls itself: printable ASCII, or nil. */
void format_host(struct format *format, const char *name);

/* The record in its envelope, for the kinds that begin with or consist of more than the line. */
char *put_priority_item(struct format *format, const struct schema *table, const struct record *record,
                        char *at);
char *put_journal_item(struct format *format, const struct schema *table, const struct record *record,
                       char *at);
char *put_syslog_item(struct format *format, const struct schema *table, const struct record *record,
                      char *at);

#endif
