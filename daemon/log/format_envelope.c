/* SPDX-License-Identifier: Apache-2.0
 *
 * What sinks want around a line. The journal and syslog both carry time, severity and a name of ours beside the
 * text, which leaves out what they have. The journal stamps when a message arrives, and a record has waited in
 * its lane before that: its own time is the field CONCURD_TS.
 *
 * Journal: the native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): NAME=value lines, or, for a value with a
 * newline in it, the name alone, eight bytes of length and the value. Syslog: RFC 5424, the event being the
 * MSGID. Runs in the log thread only. */
#include <assert.h>
#include <ctype.h>
#include <endian.h>

#include "daemon/log/format_private.h"
#include "daemon/log/format_put.h"

#define IDENTIFIER      "concurd"
#define FIELD_PREFIX    "CONCURD_"
#define FACILITY_DAEMON 3u

/* Severities of RFC 5424, which sd-daemon(3) and the journal use as well. */
static unsigned severity_of(unsigned level)
{
    static const unsigned char severities[] = {
        [LOG_DEBUG] = 7, [LOG_INFO] = 6,   [LOG_NOTICE] = 5, [LOG_WARNING] = 4,
        [LOG_ERROR] = 3, [LOG_ALWAYS] = 6, [LOG_LOUD] = 4,
    };

    return severities[level];
}

char *put_priority_item(struct format *format, const struct schema *table, const struct record *record,
                        char *at)
{
    *at++ = '<';
    at = put_u64(at, severity_of(table[record->event].level));
    *at++ = '>';
    return at + format_line(format, table, record, at);
}

/* RFC 5424 section 6: PRINTUSASCII, 33 to 126, for HOSTNAME and MSGID; the latter of at most 32. */
#define MSGID_LONGEST 32
#define MSGID_FITS(id, level, name, fields)                                                                  \
    static_assert(sizeof(name) - 1 <= MSGID_LONGEST, "the event's name is syslog's MSGID");
LOG_EVENTS(MSGID_FITS)
#undef MSGID_FITS

void format_host(struct format *format, const char *name)
{
    size_t length = strnlen(name, sizeof format->host - 1);

    for (size_t i = 0; i < length; i++)
        format->host[i] = name[i] >= 33 && name[i] <= 126 ? name[i] : '?';
    format->host[length] = '\0';
    if (length == 0)
        strcpy(format->host, "-"); /* nil */
}

char *put_syslog_item(struct format *format, const struct schema *table, const struct record *record,
                      char *at)
{
    const struct schema *schema = &table[record->event];

    *at++ = '<';
    at = put_u64(at, 8 * FACILITY_DAEMON + severity_of(schema->level));
    at = put_word(at, ">1 ");
    at = put_time(format, at, record->time_us);
    *at++ = ' ';
    at = put_word(at, format->host);
    at = put_word(at, " " IDENTIFIER " ");
    at = put_u64(at, record->pid != 0 ? record->pid : format->own_pid);
    *at++ = ' ';
    at = put_bytes(at, schema->name, schema->name_length);
    at = put_word(at, " - ");
    return put_message(format, table, record, at) - 1; /* a message has no newline */
}

static char *put_field_name(char *at, const char *name, size_t length)
{
    at = put_word(at, FIELD_PREFIX);
    for (size_t i = 0; i < length; i++)
        *at++ = (char)toupper((unsigned char)name[i]);
    return at;
}

static char *put_field_number(char *at, const char *name, uint64_t value)
{
    at = put_field_name(at, name, strlen(name));
    *at++ = '=';
    at = put_u64(at, value);
    *at++ = '\n';
    return at;
}

static char *put_field_text(char *at, const char *text, size_t length)
{
    uint64_t size = htole64(length);

    if (memchr(text, '\n', length) == NULL) {
        *at++ = '=';
    } else {
        *at++ = '\n';
        at = put_bytes(at, &size, sizeof size);
    }
    at = put_bytes(at, text, length);
    *at++ = '\n';
    return at;
}

static char *put_error_field(char *at, int64_t number)
{
    char text[FORMAT_ERROR_LONGEST];
    const char *reason = format_error(number, text);

    at = put_field_name(at, SCHEMA_ERROR_TEXT, strlen(SCHEMA_ERROR_TEXT));
    return put_field_text(at, reason, strlen(reason));
}

static char *put_field(char *at, const struct schema_field *field, const struct record_value *value)
{
    at = put_field_name(at, field->name, field->name_length);
    if (field->kind == LOG_VALUE_TEXT)
        return put_field_text(at, value->text, value->length);
    *at++ = '=';
    at = field->kind == LOG_VALUE_U64 ? put_u64(at, value->u64) : put_i64(at, value->i64);
    *at++ = '\n';
    return field->is_errno ? put_error_field(at, value->i64) : at;
}

char *put_journal_item(struct format *format, const struct schema *table, const struct record *record,
                       char *at)
{
    const struct schema *schema = &table[record->event];

    at = put_word(at, "PRIORITY=");
    at = put_u64(at, severity_of(schema->level));
    at = put_word(at, "\nSYSLOG_IDENTIFIER=" IDENTIFIER "\nMESSAGE=");
    at = put_message(format, table, record, at);
    at = put_word(at, FIELD_PREFIX "TS=");
    at = put_time(format, at, record->time_us);
    at = put_word(at, "\n" FIELD_PREFIX "EVENT=");
    at = put_bytes(at, schema->name, schema->name_length);
    *at++ = '\n';
    if (record->worker != LOG_WORKER_NONE)
        at = put_field_number(at, "worker", record->worker);
    at = put_field_number(at, "pid", record->pid != 0 ? record->pid : format->own_pid);
    at = put_field_number(at, "tid", record->pid != 0 ? record->tid : format->own_tid);
    for (size_t i = 0; i < schema->field_count; i++)
        at = put_field(at, &schema->fields[i], &record->values[i]);
    return at;
}
