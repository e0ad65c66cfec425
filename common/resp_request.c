/* SPDX-License-Identifier: Apache-2.0
 *
 * The request parser. It lies on the path of every command, so an array is read in one pass without looking at any byte
 * twice; and it faces strangers, so that nothing is believed before it has arrived: an announced length only says what to
 * wait for, and memory never follows it. Runs in whichever worker has the session. */
#include "common/resp_request.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MOST 10 /* of any count or length: more cannot be under a limit that fits 32 bits */

struct cursor {
    const char *at, *end;
};

enum number { NUMBER_OK, NUMBER_SHORT, NUMBER_BAD };

/* Reads "digits CR LF" strictly. */
static inline enum number read_number(struct cursor *cursor, uint64_t *value)
{
    const char *first = cursor->at;
    const char *at = first;
    uint64_t sum = 0;

    /* One digit and its line end: nearly every number of a small request. */
    if (cursor->end - at >= 3 && *at >= '0' && *at <= '9' && at[1] == '\r' && at[2] == '\n') {
        *value = (uint64_t)(*at - '0');
        cursor->at = at + 3;
        return NUMBER_OK;
    }
    while (at < cursor->end && *at >= '0' && *at <= '9' && at - first <= DIGITS_MOST)
        sum = sum * 10 + (uint64_t)(*at++ - '0');
    if (at - first > DIGITS_MOST || (at - first > 1 && *first == '0'))
        return NUMBER_BAD;
    if (at == cursor->end)
        return NUMBER_SHORT;
    if (at == first || *at != '\r')
        return NUMBER_BAD;
    if (at + 1 == cursor->end)
        return NUMBER_SHORT;
    if (at[1] != '\n')
        return NUMBER_BAD;
    cursor->at = at + 2;
    *value = sum;
    return NUMBER_OK;
}

static enum resp_status invalid(struct resp_request *request, const char *problem)
{
    request->problem = problem;
    request->beyond = RESP_WITHIN;
    return RESP_INVALID;
}

static enum resp_status too_large(struct resp_request *request, enum resp_beyond beyond, const char *problem)
{
    request->problem = problem;
    request->beyond = beyond;
    return RESP_INVALID;
}

static enum resp_status too_many(struct resp_request *request)
{
    request->problem = "too many arguments";
    request->beyond = RESP_BEYOND_ARGS;
    return RESP_INVALID;
}

static enum resp_status incomplete(struct resp_request *request, size_t need)
{
    request->need = need;
    return RESP_INCOMPLETE;
}

/* "-1 CR LF" behind a '*': the null array, which is an empty request. */
static enum resp_status parse_null_array(const struct cursor *cursor, size_t length,
                                         struct resp_request *request)
{
    static const char rest[] = "-1\r\n";
    size_t have = (size_t)(cursor->end - cursor->at);

    if (memcmp(cursor->at, rest, have < 4 ? have : 4) != 0)
        return invalid(request, "invalid multibulk length");
    if (have < 4)
        return incomplete(request, length + 1);
    request->argc = 0;
    request->length = 5;
    return RESP_OK;
}

/* One "$length CR LF bytes CR LF". */
static enum resp_status parse_bulk(struct cursor *cursor, const char *bytes, size_t length,
                                   const struct resp_limits *limits, struct resp_arg *arg,
                                   struct resp_request *request)
{
    uint64_t size;

    if (cursor->at == cursor->end)
        return incomplete(request, length + 1);
    if (*cursor->at != '$')
        return invalid(request, "expected '$'");
    cursor->at++;
    switch (read_number(cursor, &size)) {
    case NUMBER_SHORT:
        return incomplete(request, length + 1);
    case NUMBER_BAD:
        return invalid(request, "invalid bulk length");
    case NUMBER_OK:
        break;
    }
    if (size > limits->max_request || (size_t)(cursor->at - bytes) + size + 2 > limits->max_request)
        return too_large(request, RESP_BEYOND_SIZE, "request too large");
    arg->offset = (size_t)(cursor->at - bytes);
    arg->length = size;
    if ((uint64_t)(cursor->end - cursor->at) < size + 2)
        return incomplete(request, arg->offset + size + 2);
    if (cursor->at[size] != '\r' || cursor->at[size + 1] != '\n')
        return invalid(request, "bulk string not followed by CRLF");
    cursor->at += size + 2;
    return RESP_OK;
}

static enum resp_status parse_array(const char *bytes, size_t length, const struct resp_limits *limits,
                                    struct resp_arg *args, struct resp_request *request)
{
    struct cursor cursor = {.at = bytes + 1, .end = bytes + length};
    uint64_t count, i;

    if (cursor.at < cursor.end && *cursor.at == '-')
        return parse_null_array(&cursor, length, request);
    switch (read_number(&cursor, &count)) {
    case NUMBER_SHORT:
        return incomplete(request, length + 1);
    case NUMBER_BAD:
        return invalid(request, "invalid multibulk length");
    case NUMBER_OK:
        break;
    }
    if (count > limits->max_args)
        return too_many(request);
    for (i = 0; i < count; i++) {
        enum resp_status status = parse_bulk(&cursor, bytes, length, limits, &args[i], request);

        if (status != RESP_OK)
            return status;
    }
    request->argc = (unsigned)count;
    request->length = (size_t)(cursor.at - bytes);
    return RESP_OK;
}

static bool word_is(const char *line, const struct resp_arg *word, const char *text)
{
    return word->length == strlen(text) && strncasecmp(line + word->offset, text, word->length) == 0;
}

/* Whether an inline request is the beginning of an HTTP one: a browser made to talk to us (cross-protocol attack). */
static bool is_http(const char *line, const struct resp_arg *words, unsigned count)
{
    const struct resp_arg *last = &words[count - 1];

    if (count >= 3 && last->length >= 5 && strncasecmp(line + last->offset, "HTTP/", 5) == 0)
        return true;
    return word_is(line, &words[0], "Host:") || word_is(line, &words[0], "POST");
}

static enum resp_status parse_inline(char *bytes, size_t length, const struct resp_limits *limits,
                                     struct resp_arg *args, struct resp_request *request)
{
    bool small = limits->max_request < RESP_INLINE_LONGEST;
    size_t longest = small ? limits->max_request : RESP_INLINE_LONGEST;
    size_t seen =
        length < longest ? length : longest; /* what lies beyond is no line's, however much came at once */
    char *line_end = memchr(bytes, '\n', seen);
    size_t line;
    int count;

    if (memchr(bytes, '\0', line_end != NULL ? (size_t)(line_end - bytes) : seen) != NULL)
        return RESP_FOREIGN;
    if (line_end == NULL)
        return length >= longest
                   ? too_large(request, small ? RESP_BEYOND_SIZE : RESP_BEYOND_LINE, "too big inline request")
                   : incomplete(request, length + 1);
    line = (size_t)(line_end - bytes);
    request->length = line + 1;
    if (line > 0 && bytes[line - 1] == '\r')
        line--;
    count = quote_split(bytes, line, args, limits->max_args);
    if (count == QUOTE_UNBALANCED)
        return invalid(request, "unbalanced quotes in request");
    if (count == QUOTE_TOO_MANY)
        return too_many(request);
    request->argc = (unsigned)count;
    return count > 0 && is_http(bytes, args, request->argc) ? RESP_FOREIGN : RESP_OK;
}

enum resp_status resp_request_parse(char *bytes, size_t length, const struct resp_limits *limits,
                                    struct resp_arg *args, struct resp_request *request)
{
    if (length == 0)
        return incomplete(request, 1);
    if (bytes[0] == '*')
        return parse_array(bytes, length, limits, args, request);
    if (bytes[0] == 0x16 || bytes[0] == '\0') /* a TLS record of a handshake */
        return RESP_FOREIGN;
    return parse_inline(bytes, length, limits, args, request);
}
