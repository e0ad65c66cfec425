/* SPDX-License-Identifier: Apache-2.0
 *
 * logfmt lines. The log thread formats for all producers and must keep up with them, so numbers and times are
 * written by hand, the date is worked out once a second, and a table decides about each byte. Output goes
 * into room that is large enough for the worst record there can be (FORMAT_LINE_LONGEST), so nothing in here
 * checks for space.
 *
 * Texts come from peers. What is escaped is what could make a reader - a person at a terminal, or a script -
 * see something that was never logged. Runs in the log thread only. */
#include "daemon/log/format.h"

#include <string.h>
#include <time.h>

#include "common/clock.h"

#define LAST_SECOND 253402300799u /* the end of the year 9999: a damaged time stamp goes no further */

void format_init(struct format *format, bool priority)
{
    *format = (struct format){.priority = priority, .second = UINT64_MAX};
    format_sync(format);
}

void format_sync(struct format *format)
{
    format->wall_offset_us = (int64_t)(clock_wall_us() - clock_now_us());
}

uint64_t format_wall_us(const struct format *format, uint64_t time_us)
{
    return time_us + (uint64_t)format->wall_offset_us;
}

static char *put_bytes(char *at, const char *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static char *put_word(char *at, const char *word)
{
    return put_bytes(at, word, strlen(word));
}

static char *put_u64(char *at, uint64_t value)
{
    char digits[20];
    size_t first = sizeof digits;

    do
        digits[--first] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    return put_bytes(at, digits + first, sizeof digits - first);
}

static char *put_i64(char *at, int64_t value)
{
    if (value >= 0)
        return put_u64(at, (uint64_t)value);
    *at++ = '-';
    return put_u64(at, -(uint64_t)value);
}

static char *put_digits(char *at, uint64_t value, size_t width)
{
    for (size_t i = width; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + width;
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

static char *put_time(struct format *format, char *at, uint64_t time_us)
{
    uint64_t wall_us = format_wall_us(format, time_us);
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

/* How many bytes of valid and harmless UTF-8 begin at `text`: 0 when the first has to be escaped. RFC 3629
 * for what is valid: shortest form, no surrogates, nothing beyond U+10FFFF. */
static size_t utf8_harmless(const unsigned char *text, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;
    uint32_t code;

    if (size == 0 || size > length)
        return 0;
    code = text[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    if (code < 0xa0) /* C1 controls: U+009B begins an escape sequence */
        return 0;
    if (code >= 0x2028 && code <= 0x202e) /* line and paragraph separators, embeddings and overrides */
        return 0;
    if (code >= 0x2066 && code <= 0x2069) /* isolates */
        return 0;
    return size;
}

/* Bytes that stand for themselves without quotes around the text. */
static bool plain(unsigned char byte)
{
    return byte > ' ' && byte < 0x7f && byte != '"' && byte != '=' && byte != '\\';
}

static char *put_escape(char *at, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[256] = {
        ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\',
    };

    *at++ = '\\';
    if (letters[byte] != 0) {
        *at++ = letters[byte];
        return at;
    }
    *at++ = 'x';
    *at++ = hex[byte >> 4];
    *at++ = hex[byte & 15];
    return at;
}

static char *put_quoted(char *at, const unsigned char *text, size_t length)
{
    *at++ = '"';
    for (size_t i = 0; i < length;) {
        size_t size =
            plain(text[i]) || text[i] == ' ' || text[i] == '=' ? 1 : utf8_harmless(text + i, length - i);

        if (size == 0)
            at = put_escape(at, text[i++]);
        else
            at = put_bytes(at, (const char *)text + i, size);
        i += size;
    }
    *at++ = '"';
    return at;
}

static char *put_text(char *at, const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t i = 0;

    while (i < length && plain(bytes[i])) {
        at[i] = text[i];
        i++;
    }
    if (length != 0 && i == length)
        return at + length;
    return put_quoted(at, bytes, length);
}

static char *put_value(char *at, const struct schema_field *field, const struct record_value *value)
{
    *at++ = ' ';
    at = put_bytes(at, field->name, field->name_length);
    *at++ = '=';
    switch (field->kind) {
    case LOG_VALUE_U64:
        return put_u64(at, value->u64);
    case LOG_VALUE_I64:
        return put_i64(at, value->i64);
    case LOG_VALUE_TEXT:
        break;
    }
    return put_text(at, value->text, value->length);
}

/* Severities of RFC 5424, which the journal reads between angle brackets (sd-daemon(3)). */
static char *put_priority(char *at, unsigned level)
{
    static const char severities[] = {
        [LOG_DEBUG] = '7',   [LOG_INFO] = '6',  [LOG_NOTICE] = '5',
        [LOG_WARNING] = '4', [LOG_ERROR] = '3', [LOG_ALWAYS] = '6',
    };

    *at++ = '<';
    *at++ = severities[level];
    *at++ = '>';
    return at;
}

size_t format_logfmt(struct format *format, const struct schema *table, const struct record *record,
                     char *line)
{
    const struct schema *schema = &table[record->event];
    char *at = line;

    if (format->priority)
        at = put_priority(at, schema->level);
    at = put_word(at, "ts=");
    at = put_time(format, at, record->time_us);
    at = put_word(at, " level=");
    at = put_word(at, schema_level_name(schema->level));
    at = put_word(at, " event=");
    at = put_bytes(at, schema->name, schema->name_length);
    if (record->worker != LOG_WORKER_NONE) {
        at = put_word(at, " worker=");
        at = put_u64(at, record->worker);
    }
    for (size_t i = 0; i < schema->field_count; i++)
        at = put_value(at, &schema->fields[i], &record->values[i]);
    *at++ = '\n';
    return (size_t)(at - line);
}

size_t format_own(struct format *format, enum log_event_id event, uint64_t time_us,
                  const struct log_value *values, size_t count, char *line)
{
    struct record record;

    record_make(&record, event, time_us, values, count);
    return format_logfmt(format, schema_table(), &record, line);
}
