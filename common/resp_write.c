/* SPDX-License-Identifier: Apache-2.0
 *
 * The reply writer. Numbers are formatted by hand, because a reply is often nothing else. Runs in
 * whichever worker has the session. */
#include "common/resp_write.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_LONGEST 24 /* sign, 20 digits, CR, LF and one to spare */
#define ERROR_LONGEST  256

/* Room for `length` more bytes, or failed. */
static bool has_room(struct reply *reply, size_t length)
{
    if (reply->failed)
        return false;
    if (buffer_length(reply->out) + length > reply->limit)
        reply->failed = true;
    else if (length > buffer_room(reply->out) && buffer_reserve(reply->out, length) != 0)
        reply->failed = reply->no_memory = true;
    return !reply->failed;
}

void reply_raw(struct reply *reply, const char *bytes, size_t length)
{
    if (!has_room(reply, length))
        return;
    if (length != 0)
        memcpy(buffer_tail(reply->out), bytes, length);
    reply->out->end += length;
}

/* "TYPE number CR LF" */
static void header(struct reply *reply, char type, bool negative, uint64_t magnitude)
{
    char text[NUMBER_LONGEST];
    char *at = text + sizeof text;

    *--at = '\n';
    *--at = '\r';
    do {
        *--at = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (negative)
        *--at = '-';
    *--at = type;
    reply_raw(reply, at, (size_t)(text + sizeof text - at));
}

void reply_simple(struct reply *reply, const char *text)
{
    reply_raw(reply, "+", 1);
    reply_raw(reply, text, strlen(text));
    reply_raw(reply, "\r\n", 2);
}

void reply_integer(struct reply *reply, int64_t value)
{
    header(reply, ':', value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void reply_bulk_begin(struct reply *reply, uint64_t length)
{
    header(reply, '$', false, length);
}

void reply_bulk(struct reply *reply, const char *bytes, size_t length)
{
    reply_bulk_begin(reply, length);
    reply_raw(reply, bytes, length);
    reply_raw(reply, "\r\n", 2);
}

void reply_text(struct reply *reply, const char *text)
{
    reply_bulk(reply, text, strlen(text));
}

void reply_null(struct reply *reply)
{
    if (reply->protocol == 3)
        reply_raw(reply, "_\r\n", 3);
    else
        reply_raw(reply, "$-1\r\n", 5);
}

void reply_array(struct reply *reply, uint64_t count)
{
    header(reply, '*', false, count);
}

void reply_map(struct reply *reply, uint64_t pairs)
{
    if (reply->protocol == 3)
        header(reply, '%', false, pairs);
    else
        header(reply, '*', false, pairs * 2);
}

void reply_verbatim(struct reply *reply, const char *bytes, size_t length)
{
    if (reply->protocol != 3) {
        reply_bulk(reply, bytes, length);
        return;
    }
    header(reply, '=', false, length + 4);
    reply_raw(reply, "txt:", 4);
    reply_raw(reply, bytes, length);
    reply_raw(reply, "\r\n", 2);
}

const char *reply_shown(char text[REPLY_SHOWN_LONGEST + 1], const char *bytes, size_t length)
{
    size_t i;

    if (length > REPLY_SHOWN_LONGEST)
        length = REPLY_SHOWN_LONGEST;
    for (i = 0; i < length; i++)
        text[i] = bytes[i] != '\0' ? bytes[i] : '?';
    text[length] = '\0';
    return text;
}

void reply_error(struct reply *reply, const char *format, ...)
{
    char text[ERROR_LONGEST];
    va_list args;
    char *at;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    reply_raw(reply, "-", 1);
    reply_raw(reply, text, strlen(text));
    reply_raw(reply, "\r\n", 2);
    reply->errors++;
}
