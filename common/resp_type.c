/* SPDX-License-Identifier: Apache-2.0
 *
 * The types of RESP as one table, and the reading of their first lines: the part that the tree-building
 * reader and the skipping scanner share, so that the two can never disagree about what is malformed. Streamed
 * types ("*?") are not known: no server sends them. Runs in any thread of either program. */
#include "common/resp_type.h"

#include "common/parse.h"

static const struct resp_kind kinds[] = {
    ['+'] = {RESP_STRING, RESP_TEXT, 1, false},       ['-'] = {RESP_ERROR, RESP_TEXT, 1, false},
    [':'] = {RESP_INTEGER, RESP_NUMBER, 1, false},    ['$'] = {RESP_BULK, RESP_BYTES, 1, true},
    ['*'] = {RESP_ARRAY, RESP_ENTRIES, 1, true},      ['_'] = {RESP_NULL, RESP_NUMBER, 1, false},
    ['#'] = {RESP_BOOLEAN, RESP_NUMBER, 1, false},    [','] = {RESP_DOUBLE, RESP_TEXT, 1, false},
    ['('] = {RESP_BIG_NUMBER, RESP_TEXT, 1, false},   ['!'] = {RESP_BULK_ERROR, RESP_BYTES, 1, false},
    ['='] = {RESP_VERBATIM, RESP_BYTES, 1, false},    ['%'] = {RESP_MAP, RESP_ENTRIES, 2, false},
    ['~'] = {RESP_SET, RESP_ENTRIES, 1, false},       ['>'] = {RESP_PUSH, RESP_ENTRIES, 1, false},
    ['|'] = {RESP_ATTRIBUTE, RESP_ENTRIES, 2, false},
};

const struct resp_kind *resp_kind_of(char first)
{
    unsigned char index = (unsigned char)first;

    if (index >= sizeof kinds / sizeof kinds[0] || kinds[index].values_per_entry == 0)
        return NULL;
    return &kinds[index];
}

static int read_length(const struct resp_kind *kind, const char *line, size_t length, int64_t *number)
{
    int64_t most = kind->shape == RESP_BYTES ? (int64_t)RESP_BYTES_MOST : (int64_t)RESP_ENTRIES_MOST;

    if (parse_i64(line, length, number) != 0)
        return -1;
    return *number >= (kind->nullable ? -1 : 0) && *number <= most ? 0 : -1;
}

static int read_number(const struct resp_kind *kind, const char *line, size_t length, int64_t *number)
{
    if (kind->type == RESP_INTEGER)
        return parse_i64(line, length, number);
    if (kind->type == RESP_NULL)
        return length == 0 ? 0 : -1;
    if (length != 1 || (line[0] != 't' && line[0] != 'f'))
        return -1;
    *number = line[0] == 't';
    return 0;
}

static int read_text(const struct resp_kind *kind, size_t length)
{
    bool may_be_empty = kind->type == RESP_STRING || kind->type == RESP_ERROR;

    return length > 0 || may_be_empty ? 0 : -1;
}

int resp_line_read(const struct resp_kind *kind, const char *line, size_t length, int64_t *number)
{
    if (kind->shape == RESP_TEXT)
        return read_text(kind, length);
    if (kind->shape == RESP_NUMBER)
        return read_number(kind, line, length, number);
    return read_length(kind, line, length, number);
}
