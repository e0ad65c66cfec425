/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_SCHEMA_H
#define CONCUR_LOG_SCHEMA_H

#include "daemon/log/event.h"
#include "daemon/log/log.h"

/* The event table unfolded: what an encoder checks values against and a formatter takes names from. */

/* The levels of rows marked ALWAYS and LOUD: above every threshold, urgent like an error, printed as info and warning. */
#define LOG_ALWAYS (LOG_ERROR + 1)
#define LOG_LOUD   (LOG_ALWAYS + 1)

#define SCHEMA_FIELDS_MOST 16
#define SCHEMA_ERROR_TEXT  "error"

struct schema_field {
    enum log_value_kind kind;
    unsigned char name_length;
    bool is_errno;    /* a line has what it means behind it, as SCHEMA_ERROR_TEXT */
    const char *name; /* not terminated: it points into the table's text */
};

struct schema {
    const char *name;
    unsigned char level; /* enum log_level, LOG_ALWAYS or LOG_LOUD */
    unsigned char name_length, field_count;
    struct schema_field fields[SCHEMA_FIELDS_MOST];
};

/* The level of each event alone, for the one load that an unwanted event may cost. */
extern const unsigned char schema_levels[LOG_EVENT_COUNT];

/* All events, indexed by enum log_event_id. Any thread; the first call unfolds the table (a malformed row is
 * our bug and asserts), later ones cost a check: keep the pointer. */
const struct schema *schema_table(void);

/* "debug" to "error"; LOG_ALWAYS reads "info", LOG_LOUD "warning". */
const char *schema_level_name(unsigned level);

#endif
