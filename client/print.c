/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies as text, in the two forms that users of redis-cli know, byte for byte, so that their eyes and
 * scripts need not be retrained. An aggregate can be printed while it arrives: its announced size fixes the
 * width of the numbers before the first element is there. Runs in the main thread. */
#include "client/print.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define VERBATIM_HEAD 4 /* "txt:" */

struct look {
    char mark;         /* behind an entry's number */
    const char *empty; /* an aggregate without entries */
    unsigned per_entry;
};

static const struct look looks[] = {
    [RESP_ARRAY] = {')', "(empty array)", 1},
    [RESP_MAP] = {'#', "(empty hash)", 2},
    [RESP_SET] = {'~', "(empty set)", 1},
    [RESP_PUSH] = {')', "(empty push)", 1},
};

static const struct look *look_of(const struct resp_reply *reply)
{
    size_t index = (size_t)reply->type;

    return index < sizeof looks / sizeof looks[0] && looks[index].per_entry > 0 ? &looks[index] : NULL;
}

/* A byte string in double quotes, with what a terminal should not see escaped. */
static int append_quoted(struct buffer *out, const char *text, size_t length)
{
    static const char from[] = "\\\"\n\r\t\a\b", to[] = "\\\"nrtab";
    size_t i;

    if (buffer_append(out, "\"", 1) != 0)
        return -1;
    for (i = 0; i < length; i++) {
        const char *special = text[i] != '\0' ? strchr(from, text[i]) : NULL;
        int failed;

        if (special != NULL)
            failed = buffer_printf(out, "\\%c", to[special - from]);
        else if (isprint((unsigned char)text[i]))
            failed = buffer_append(out, &text[i], 1);
        else
            failed = buffer_printf(out, "\\x%02x", (unsigned char)text[i]);
        if (failed != 0)
            return -1;
    }
    return buffer_append(out, "\"", 1);
}

static int pretty_verbatim(struct buffer *out, const struct resp_reply *reply)
{
    size_t skip = reply->length >= VERBATIM_HEAD ? VERBATIM_HEAD : 0;

    return buffer_append(out, reply->text + skip, reply->length - skip);
}

/* A value by itself, without a line end. */
static int pretty_leaf(struct buffer *out, const struct resp_reply *reply)
{
    static const char *const heads[] = {[RESP_ERROR] = "(error) ",
                                        [RESP_BULK_ERROR] = "(error) ",
                                        [RESP_DOUBLE] = "(double) ",
                                        [RESP_BIG_NUMBER] = "(big number) "};
    size_t type = (size_t)reply->type;

    if (reply->type == RESP_NULL)
        return buffer_printf(out, "(nil)");
    if (reply->type == RESP_INTEGER)
        return buffer_printf(out, "(integer) %lld", (long long)reply->integer);
    if (reply->type == RESP_BOOLEAN)
        return buffer_printf(out, "(%s)", reply->integer != 0 ? "true" : "false");
    if (reply->type == RESP_VERBATIM)
        return pretty_verbatim(out, reply);
    if (reply->type == RESP_BULK)
        return append_quoted(out, reply->text, reply->length);
    if (type < sizeof heads / sizeof heads[0] && heads[type] != NULL &&
        buffer_printf(out, "%s", heads[type]) != 0)
        return -1;
    return buffer_append(out, reply->text, reply->length);
}

static int pretty(struct buffer *out, const struct resp_reply *reply, int indent);

/* Whether a value takes more than one line: several entries somewhere down an only child's line. */
static bool is_tall(const struct resp_reply *value)
{
    const struct look *look = look_of(value);

    while (look != NULL && value->count == look->per_entry) {
        value = &value->elements[value->count - 1];
        look = look_of(value);
    }
    return look != NULL && value->count > 0;
}

/* The value behind a map's key; a tall one begins on a line of its own. */
static int pretty_pair(struct buffer *out, const struct resp_reply *value, int indent)
{
    out->end--; /* the key's line end */
    if (buffer_printf(out, " => ") != 0)
        return -1;
    if (is_tall(value) && buffer_printf(out, "\n%*s", indent, "") != 0)
        return -1;
    return pretty(out, value, indent);
}

/* Entry number `index`, which the caller has brought to its column when it is the first. */
static int pretty_entry(struct buffer *out, const struct resp_reply *reply, size_t index, int indent)
{
    const struct look *look = look_of(reply);
    const struct resp_reply *element = &reply->elements[index * look->per_entry];
    int width = snprintf(NULL, 0, "%zu", reply->announced / look->per_entry);

    if (index > 0 && buffer_printf(out, "%*s", indent, "") != 0)
        return -1;
    if (buffer_printf(out, "%*zu%c ", width, index + 1, look->mark) != 0)
        return -1;
    if (pretty(out, element, indent + width + 2) != 0)
        return -1;
    return look->per_entry == 2 ? pretty_pair(out, element + 1, indent + width + 2) : 0;
}

/* A reply with its line end, the first line's indentation left to the caller. */
static int pretty(struct buffer *out, const struct resp_reply *reply, int indent)
{
    const struct look *look = look_of(reply);
    size_t i;

    if (look == NULL)
        return pretty_leaf(out, reply) != 0 ? -1 : buffer_append(out, "\n", 1);
    if (reply->count == 0)
        return buffer_printf(out, "%s\n", look->empty);
    for (i = 0; i < reply->count / look->per_entry; i++) {
        if (pretty_entry(out, reply, i, indent) != 0)
            return -1;
    }
    return 0;
}

static int raw(struct buffer *out, const struct resp_reply *reply);

static int raw_entry(struct buffer *out, const struct resp_reply *reply, size_t index)
{
    const struct look *look = look_of(reply);
    const struct resp_reply *element = &reply->elements[index * look->per_entry];

    if (raw(out, element) != 0)
        return -1;
    if (look->per_entry == 2 && (buffer_append(out, " ", 1) != 0 || raw(out, element + 1) != 0))
        return -1;
    return 0;
}

/* A reply without its last line end. */
static int raw(struct buffer *out, const struct resp_reply *reply)
{
    const struct look *look = look_of(reply);
    size_t i;

    if (look != NULL) {
        for (i = 0; i < reply->count / look->per_entry; i++) {
            if ((i > 0 && buffer_append(out, "\n", 1) != 0) || raw_entry(out, reply, i) != 0)
                return -1;
        }
        return 0;
    }
    if (resp_reply_is_error(reply))
        return buffer_printf(out, "%s\n", reply->text);
    if (reply->type == RESP_INTEGER)
        return buffer_printf(out, "%lld", (long long)reply->integer);
    if (reply->type == RESP_BOOLEAN)
        return pretty_leaf(out, reply);
    if (reply->type == RESP_VERBATIM)
        return pretty_verbatim(out, reply);
    return reply->text != NULL ? buffer_append(out, reply->text, reply->length) : 0;
}

int print_arriving(struct printer *printer, const struct resp_reply *arriving, struct buffer *out)
{
    const struct look *look = look_of(arriving);
    size_t there = look != NULL ? arriving->count / look->per_entry : 0;

    for (; printer->printed < there; printer->printed++) {
        if (printer->style == PRINT_PRETTY) {
            if (pretty_entry(out, arriving, printer->printed, 0) != 0)
                return -1;
        } else if (raw_entry(out, arriving, printer->printed) != 0 || buffer_append(out, "\n", 1) != 0) {
            return -1;
        }
    }
    return 0;
}

int print_reply(struct printer *printer, const struct resp_reply *reply, struct buffer *out)
{
    if (look_of(reply) != NULL && reply->count > 0) {
        int failed = print_arriving(printer, reply, out);

        printer->printed = 0;
        return failed;
    }
    if (printer->style == PRINT_PRETTY)
        return pretty(out, reply, 0);
    return raw(out, reply) != 0 ? -1 : buffer_append(out, "\n", 1);
}

int print_flush(struct buffer *out)
{
    size_t length = buffer_length(out);
    size_t written = length > 0 ? fwrite(buffer_head(out), 1, length, stdout) : 0;

    buffer_consume(out, length);
    return written == length && fflush(stdout) == 0 ? 0 : -1;
}
