/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of logfmt and JSON. The log thread formats for all producers and must keep up with them, so nothing is worked
 * out per record that could be before: names and punctuation of each event are rendered once for the style, the date
 * once a second, and who logged it whenever that is another than before. The two styles differ in a few words and in
 * how they quote, which is a table.
 *
 * Output goes into room that is large enough for the worst record there can be, so nothing in here checks for space.
 * Runs in the log thread only. */
#include "daemon/log/format.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/log/format_private.h"
#include "daemon/log/format_put.h"

#define LAST_SECOND 253402300799u /* the end of the year 9999: a damaged time stamp goes no further */

struct format_style {
    const char *begin, *behind_time;
    const char *begin_message; /* without time and level */
    const char *before_key, *behind_key;
    const char *word; /* around words that are never escaped */
    const char *end;
    char *(*put_text)(char *at, const char *text, size_t length);
};

static const struct format_style styles[] = {
    [LOG_FORMAT_LOGFMT] = {.begin = "ts=",
                           .behind_time = "",
                           .begin_message = "",
                           .before_key = " ",
                           .behind_key = "=",
                           .word = "",
                           .end = "\n",
                           .put_text = put_logfmt_text},
    [LOG_FORMAT_JSON] = {.begin = "{\"ts\":\"",
                         .behind_time = "\"",
                         .begin_message = "{",
                         .before_key = ",\"",
                         .behind_key = "\":",
                         .word = "\"",
                         .end = "}\n",
                         .put_text = put_json_text},
};

static char *put_name(char *at, const struct format_style *style, const char *name, size_t length)
{
    at = put_word(at, style->before_key);
    at = put_bytes(at, name, length);
    return put_word(at, style->behind_key);
}

static char *put_named_word(char *at, const struct format_style *style, const char *name, const char *word)
{
    at = put_name(at, style, name, strlen(name));
    at = put_word(at, style->word);
    at = put_word(at, word);
    return put_word(at, style->word);
}

static void render(struct format_event *event, const struct schema *schema, const struct format_style *style)
{
    char *at = put_word(event->head, style->behind_time);

    at = put_named_word(at, style, "level", schema_level_name(schema->level));
    event->message_offset = (size_t)(at - event->head) + 1; /* behind the separator, a blank or a comma */
    at = put_named_word(at, style, "event", schema->name);
    event->head_length = (size_t)(at - event->head);
    assert(event->head_length <= sizeof event->head);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct schema_field *field = &schema->fields[i];
        struct format_key *key = &event->keys[i];

        assert(field->name_length + 4u <= sizeof key->text);
        key->length = (size_t)(put_name(key->text, style, field->name, field->name_length) - key->text);
    }
}

void format_init(struct format *format, int style, enum envelope envelope)
{
    char host[HOST_NAME_MAX + 1] = "";

    *format = (struct format){.second = UINT64_MAX};
    (void)gethostname(host, sizeof host - 1); /* "" when it fails */
    format_host(format, host);
    format_restyle(format, style, envelope);
    format_sync(format);
}

void format_restyle(struct format *format, int style, enum envelope envelope)
{
    format->envelope = envelope;
    if (format->style == &styles[style])
        return;
    format->style = &styles[style];
    format->who_length = 0; /* it is as the old style has it */
    for (size_t i = 0; i < LOG_EVENT_COUNT; i++)
        render(&format->events[i], &schema_table()[i], format->style);
}

void format_identify(struct format *format)
{
    format->own_pid = (uint32_t)getpid();
    format->own_tid = (uint32_t)gettid();
}

void format_sync(struct format *format)
{
    format->wall_offset_us = (int64_t)(clock_wall_us() - clock_now_us());
}

static void show_date(struct format *format, uint64_t second)
{
    time_t time = (time_t)second;
    struct tm tm;
    char *at = format->date;

    gmtime_r(&time, &tm); /* can't fail within LAST_SECOND */
    at = put_digits(at, (uint64_t)tm.tm_year + 1900, 4);
    *at++ = '-';
    at = put_digits(at, (uint64_t)tm.tm_mon + 1, 2);
    *at++ = '-';
    at = put_digits(at, (uint64_t)tm.tm_mday, 2);
    *at++ = 'T';
    at = put_digits(at, (uint64_t)tm.tm_hour, 2);
    *at++ = ':';
    at = put_digits(at, (uint64_t)tm.tm_min, 2);
    *at++ = ':';
    put_digits(at, (uint64_t)tm.tm_sec, 2);
    format->second = second;
}

char *put_time(struct format *format, char *at, uint64_t time_us)
{
    uint64_t wall_us = time_us + (uint64_t)format->wall_offset_us;
    uint64_t second = wall_us / 1000000u;

    if (second > LAST_SECOND)
        second = LAST_SECOND;
    if (second != format->second)
        show_date(format, second);
    at = put_bytes(at, format->date, sizeof "2026-11-20T05:33:00" - 1);
    *at++ = '.';
    at = put_digits(at, wall_us % 1000000u, 6);
    *at++ = 'Z';
    return at;
}

void format_time(struct format *format, uint64_t time_us, char text[FORMAT_TIME])
{
    *put_time(format, text, time_us) = '\0';
}

/* Names of the record's origin; what has none is the log thread's own. */
static void show_who(struct format *format, const struct record *record)
{
    const struct format_style *style = format->style;
    uint32_t pid = record->pid != 0 ? record->pid : format->own_pid;
    uint32_t tid = record->pid != 0 ? record->tid : format->own_tid;
    char *at = format->who;

    if (record->worker != LOG_WORKER_NONE) {
        at = put_name(at, style, "worker", strlen("worker"));
        at = put_u64(at, record->worker);
    }
    at = put_name(at, style, "pid", strlen("pid"));
    at = put_u64(at, pid);
    at = put_name(at, style, "tid", strlen("tid"));
    at = put_u64(at, tid);
    format->who_length = (size_t)(at - format->who);
    format->origin = (struct record_origin){.worker = record->worker, .tid = record->tid};
    format->origin_pid = record->pid;
}

static char *put_who(struct format *format, char *at, const struct record *record)
{
    if (format->who_length == 0 || format->origin.tid != record->tid ||
        format->origin.worker != record->worker || format->origin_pid != record->pid)
        show_who(format, record);
    return put_bytes(at, format->who, format->who_length);
}

static char *put_value(char *at, const struct format_style *style, const struct schema_field *field,
                       const struct record_value *value)
{
    switch (field->kind) {
    case LOG_VALUE_U64:
        return put_u64(at, value->u64);
    case LOG_VALUE_I64:
        return put_i64(at, value->i64);
    case LOG_VALUE_TEXT:
    case LOG_VALUE_BYTES: /* how a text may be given, never what a field is */
        break;
    }
    return style->put_text(at, value->text, value->length);
}

const char *format_error(int64_t number, char text[FORMAT_ERROR_LONGEST])
{
    return strerror_r((int)number, text, FORMAT_ERROR_LONGEST);
}

static char *put_error_text(char *at, const struct format_style *style, int64_t number)
{
    char text[FORMAT_ERROR_LONGEST];
    const char *reason = format_error(number, text);

    at = put_name(at, style, SCHEMA_ERROR_TEXT, strlen(SCHEMA_ERROR_TEXT));
    return style->put_text(at, reason, strlen(reason));
}

/* What stands behind the event's name: who logged it, and its values. */
static char *put_rest(struct format *format, const struct schema *schema, const struct record *record,
                      char *at)
{
    const struct format_style *style = format->style;
    const struct format_event *event = &format->events[record->event];

    at = put_who(format, at, record);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct format_key *key = &event->keys[i];

        memcpy(at, key->text, sizeof key->text); /* a fixed size is two stores, the key's own a call */
        at = put_value(at + key->length, style, &schema->fields[i], &record->values[i]);
        if (schema->fields[i].is_errno)
            at = put_error_text(at, style, record->values[i].i64);
    }
    return put_word(at, style->end);
}

size_t format_line(struct format *format, const struct schema *table, const struct record *record, char *line)
{
    const struct format_event *event = &format->events[record->event];
    char *at = put_word(line, format->style->begin);

    at = put_time(format, at, record->time_us);
    at = put_bytes(at, event->head, event->head_length);
    return (size_t)(put_rest(format, &table[record->event], record, at) - line);
}

char *put_message(struct format *format, const struct schema *table, const struct record *record, char *at)
{
    const struct format_event *event = &format->events[record->event];

    at = put_word(at, format->style->begin_message);
    at = put_bytes(at, event->head + event->message_offset, event->head_length - event->message_offset);
    return put_rest(format, &table[record->event], record, at);
}

size_t format_enveloped(struct format *format, enum envelope envelope, const struct schema *table,
                        const struct record *record, char *item)
{
    static char *(*const put_item[])(struct format *, const struct schema *, const struct record *,
                                     char *) = {
        [ENVELOPE_PRIORITY] = put_priority_item,
        [ENVELOPE_JOURNAL] = put_journal_item,
        [ENVELOPE_SYSLOG] = put_syslog_item,
    };

    if (envelope == ENVELOPE_NONE)
        return format_line(format, table, record, item);
    return (size_t)(put_item[envelope](format, table, record, item) - item);
}

size_t format_item(struct format *format, const struct schema *table, const struct record *record, char *item)
{
    return format_enveloped(format, format->envelope, table, record, item);
}

size_t format_own(struct format *format, enum log_event_id event, uint64_t time_us,
                  const struct log_value *values, size_t count, char *item)
{
    struct record record;

    record_make(&record, event, time_us, values, count);
    return format_item(format, schema_table(), &record, item);
}
