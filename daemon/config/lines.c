/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines for inih. inih splits sections, keys and values well, but forgives too much for a daemon that must
 * not start on a misread file: it cuts a line that exceeds its buffer and takes the rest for another, reads
 * an indented line as more of the value before, ignores what follows a section's bracket and sections without
 * keys, takes ':' for '=', ends strings at a NUL, and gives no line numbers. So it is given only lines that
 * it can't misread: each is taken here from the text, judged, and handed over as "[section]" or "key = value"
 * without comments and indentation.
 *
 * Runs in the thread that builds the configuration. */
#include "daemon/config/lines.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/config/config.h"
#include "daemon/config/keys.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* A run of bytes inside the text. */
struct slice {
    const char *bytes;
    size_t length;
};

/* Arguments for "%.*s", cut to what a message shows; every known section is shorter. */
#define SHOWN_LONGEST 60
#define SHOWN(slice)  (int)((slice).length < SHOWN_LONGEST ? (slice).length : SHOWN_LONGEST), (slice).bytes

void config_lines_report(const struct lines *lines, const struct error *error)
{
    config_report(lines->report, "%s:%u: %s", lines->name, lines->number, error->text);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static struct slice trim(struct slice slice)
{
    while (slice.length > 0 && is_blank(slice.bytes[0])) {
        slice.bytes++;
        slice.length--;
    }
    while (slice.length > 0 && is_blank(slice.bytes[slice.length - 1]))
        slice.length--;
    return slice;
}

/* The next line without its end (LF or CRLF); false when there is none. A byte order mark, which some editors
 * put before the first line, is no part of it. */
static bool take_line(struct lines *lines, struct slice *line)
{
    const char *end;

    if (lines->offset == 0 && lines->length >= 3 && memcmp(lines->text, BYTE_ORDER_MARK, 3) == 0)
        lines->offset = 3;
    if (lines->offset >= lines->length)
        return false;
    line->bytes = lines->text + lines->offset;
    end = memchr(line->bytes, '\n', lines->length - lines->offset);
    line->length = end != NULL ? (size_t)(end - line->bytes) : lines->length - lines->offset;
    lines->offset += line->length + (end != NULL);
    lines->number++;
    if (line->length > 0 && line->bytes[line->length - 1] == '\r')
        line->length--;
    return true;
}

/* A comment begins at the line's start or after a blank, so that a ';' inside a value stays. */
static struct slice without_comment(struct slice line)
{
    size_t i;

    for (i = 0; i < line.length; i++) {
        bool begins = i == 0 || is_blank(line.bytes[i - 1]);

        if (begins && (line.bytes[i] == ';' || line.bytes[i] == '#')) {
            line.length = i;
            break;
        }
    }
    return trim(line);
}

static int check_bytes(struct slice line, struct error *error)
{
    size_t i;

    for (i = 0; i < line.length; i++) {
        unsigned char byte = (unsigned char)line.bytes[i];

        if (byte == 0)
            return error_set(error, "the line holds a NUL byte");
        if (iscntrl(byte) && byte != '\t')
            return error_set(error, "the line holds the control character 0x%02x", byte);
    }
    return 0;
}

/* An unknown section is reported once, its keys not at all: they would all be unknown. */
static int check_section(struct lines *lines, struct slice line, char *name, size_t size, struct error *error)
{
    const char *end = memchr(line.bytes, ']', line.length);
    struct slice inside;

    lines->skipping = true;
    if (end == NULL)
        return error_set(error, "'%.*s' has no closing bracket", SHOWN(line));
    if (end != line.bytes + line.length - 1)
        return error_set(error, "nothing may follow the bracket of '%.*s'", SHOWN(line));
    inside = trim((struct slice){line.bytes + 1, line.length - 2});
    snprintf(name, size, "%.*s", SHOWN(inside));
    if (!config_section_known(name))
        return config_section_unknown(name, error);
    lines->skipping = false;
    return 0;
}

/* The key must have nothing that inih would read otherwise, such as a ':'; whether there is such a key comes
 * later. */
static int check_pair(struct slice line, struct slice *key, struct slice *value, struct error *error)
{
    const char *equals = memchr(line.bytes, '=', line.length);
    size_t i;

    if (equals == NULL)
        return error_set(error, "expected 'key = value' or '[section]', found '%.*s'", SHOWN(line));
    *key = trim((struct slice){line.bytes, (size_t)(equals - line.bytes)});
    *value = trim((struct slice){equals + 1, line.length - (size_t)(equals - line.bytes) - 1});
    if (key->length == 0)
        return error_set(error, "there is no key before the '='");
    for (i = 0; i < key->length; i++) {
        unsigned char byte = (unsigned char)key->bytes[i];

        if (!isalnum(byte) && byte != '_' && byte != '-')
            return error_set(error, "'%.*s' is no key", SHOWN(*key));
    }
    return 0;
}

/* Writes the line as inih gets it: 1 when written, 0 when there is nothing to write, -1 when it is wrong. */
static int write_line(struct lines *lines, struct slice line, char *text, size_t size, struct error *error)
{
    struct slice key = {0}, value = {0};
    size_t longest = size - 2 < CONFIG_LINE_LONGEST ? size - 2 : CONFIG_LINE_LONGEST; /* but for LF and NUL */
    char section[SHOWN_LONGEST + 1];

    if (line.length == 0)
        return 0;
    if (check_bytes(line, error) != 0)
        return -1;
    if (line.bytes[0] == '[') {
        if (check_section(lines, line, section, sizeof section, error) != 0)
            return -1;
        snprintf(text, size, "[%s]\n", section);
        return 1;
    }
    if (lines->skipping)
        return 0;
    if (check_pair(line, &key, &value, error) != 0)
        return -1;
    if (key.length + strlen(" = ") + value.length > longest)
        return error_set(error, "the line is too long: %zu bytes without comments, at most %zu can be read",
                         key.length + strlen(" = ") + value.length, longest);
    snprintf(text, size, "%.*s = %.*s\n", (int)key.length, key.bytes, (int)value.length, value.bytes);
    return 1;
}

char *config_lines_next(char *line, int size, void *stream)
{
    struct lines *lines = stream;
    struct error error;
    struct slice raw;

    assert(size > SHOWN_LONGEST + (int)strlen("[]\n"));
    while (!config_report_full(lines->report) && take_line(lines, &raw)) {
        int written;

        if (memchr(raw.bytes, '\0', raw.length) == NULL)
            raw = without_comment(raw);
        written = write_line(lines, raw, line, (size_t)size, &error);
        if (written > 0)
            return line;
        if (written < 0)
            config_lines_report(lines, &error);
    }
    return NULL;
}
