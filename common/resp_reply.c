/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies as trees, built while they arrive. Aggregates under construction stand on a stack of bounded depth
 * and are handed to their parent when they are whole: no recursion, so no peer can run us out of stack, and
 * no pointer into an array that may still grow. Lines and bulk strings are taken from the caller's buffer
 * only when they are whole, and how far an unfinished line was searched is remembered, so one byte at a time
 * costs no more than all at once. Runs in any thread; a reader has one owner. */
#include "common/resp_reply.h"

#include <stdlib.h>

#define ELEMENTS_FIRST 8

struct frame {
    struct resp_reply reply;
    size_t capacity; /* of its elements */
};

struct resp_reader {
    struct resp_reply_limits limits;
    const struct resp_kind
        *body_kind; /* a bulk string whose length is known and whose bytes are awaited, or NULL */
    size_t body_bytes;
    size_t searched; /* bytes at the input's front known to hold no line end */
    size_t elements; /* spent of the limits by this reply */
    size_t bytes;
    size_t depth;
    struct frame stack[RESP_DEPTH_MOST];
};

void resp_reply_clear(struct resp_reply *reply)
{
    size_t i;

    for (i = 0; i < reply->count; i++)
        resp_reply_clear(&reply->elements[i]);
    free(reply->elements);
    free(reply->text);
    *reply = (struct resp_reply){0};
}

struct resp_reader *resp_reader_new(const struct resp_reply_limits *limits)
{
    struct resp_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return NULL;
    reader->limits = *limits;
    if (reader->limits.depth > RESP_DEPTH_MOST)
        reader->limits.depth = RESP_DEPTH_MOST;
    return reader;
}

void resp_reader_free(struct resp_reader **reader)
{
    if (*reader == NULL)
        return;
    while ((*reader)->depth > 0)
        resp_reply_clear(&(*reader)->stack[--(*reader)->depth].reply);
    free(*reader);
    *reader = NULL;
}

const struct resp_reply *resp_reader_arriving(const struct resp_reader *reader)
{
    if (reader->depth == 0 || reader->stack[0].reply.type == RESP_ATTRIBUTE)
        return NULL;
    return &reader->stack[0].reply;
}

/* Charges bytes to the reply's budget. */
static enum resp_read spend(struct resp_reader *reader, size_t bytes)
{
    if (bytes > reader->limits.bytes - reader->bytes)
        return RESP_READ_TOO_LARGE;
    reader->bytes += bytes;
    return RESP_READ_REPLY;
}

static enum resp_read copy_text(struct resp_reader *reader, const char *text, size_t length,
                                struct resp_reply *value)
{
    enum resp_read affordable = spend(reader, length);

    if (affordable != RESP_READ_REPLY)
        return affordable;
    value->text = malloc(length + 1);
    if (value->text == NULL)
        return RESP_READ_NO_MEMORY;
    memcpy(value->text, text, length);
    value->text[length] = '\0';
    value->length = length;
    return RESP_READ_REPLY;
}

static enum resp_read append_element(struct resp_reader *reader, struct frame *frame,
                                     struct resp_reply *value)
{
    struct resp_reply *grown;
    enum resp_read affordable = spend(reader, sizeof *value);

    if (affordable != RESP_READ_REPLY)
        return affordable;
    if (frame->reply.count == frame->capacity) {
        frame->capacity = frame->capacity > 0 ? frame->capacity * 2 : ELEMENTS_FIRST;
        grown = reallocarray(frame->reply.elements, frame->capacity, sizeof *grown);
        if (grown == NULL)
            return RESP_READ_NO_MEMORY;
        frame->reply.elements = grown;
    }
    frame->reply.elements[frame->reply.count++] = *value;
    *value = (struct resp_reply){0};
    return RESP_READ_REPLY;
}

/* Gives a whole value to the aggregate it belongs to, and that to its own when it is whole by this. Answers
 * RESP_READ_REPLY when `value` is a reply at top level, RESP_READ_INCOMPLETE when it went somewhere. */
static enum resp_read place(struct resp_reader *reader, struct resp_reply *value)
{
    while (reader->depth > 0) {
        struct frame *frame = &reader->stack[reader->depth - 1];
        enum resp_read appended = append_element(reader, frame, value);

        if (appended != RESP_READ_REPLY)
            return appended;
        if (frame->reply.count < frame->reply.announced)
            return RESP_READ_INCOMPLETE;
        reader->depth--;
        if (frame->reply.type == RESP_ATTRIBUTE) {
            resp_reply_clear(&frame->reply);
            return RESP_READ_INCOMPLETE;
        }
        *value = frame->reply;
    }
    reader->elements = 0;
    reader->bytes = 0;
    return RESP_READ_REPLY;
}

static enum resp_read begin_entries(struct resp_reader *reader, const struct resp_kind *kind, int64_t count,
                                    struct resp_reply *value)
{
    size_t announced = (size_t)count * kind->values_per_entry;

    if (announced > reader->limits.elements - reader->elements)
        return RESP_READ_TOO_LARGE;
    reader->elements += announced;
    if (announced == 0 && kind->type == RESP_ATTRIBUTE)
        return RESP_READ_INCOMPLETE;
    *value = (struct resp_reply){.type = kind->type, .announced = announced};
    if (announced == 0)
        return place(reader, value);
    if (reader->depth == reader->limits.depth)
        return RESP_READ_TOO_LARGE;
    reader->stack[reader->depth++] = (struct frame){.reply = *value};
    *value = (struct resp_reply){0};
    return RESP_READ_INCOMPLETE;
}

/* A whole line: a value by itself, or the head of a longer one. */
static enum resp_read read_line(struct resp_reader *reader, const struct resp_kind *kind, const char *line,
                                size_t length, struct resp_reply *value)
{
    int64_t number = 0;
    enum resp_read copied;

    if (resp_line_read(kind, line, length, &number) != 0)
        return RESP_READ_MALFORMED;
    if (kind->shape == RESP_ENTRIES && number >= 0)
        return begin_entries(reader, kind, number, value);
    if (kind->shape == RESP_BYTES && number >= 0) {
        if ((size_t)number > reader->limits.bytes - reader->bytes)
            return RESP_READ_TOO_LARGE;
        reader->body_kind = kind;
        reader->body_bytes = (size_t)number;
        return RESP_READ_INCOMPLETE;
    }
    *value = (struct resp_reply){.type = number < 0 && kind->shape != RESP_NUMBER ? RESP_NULL : kind->type};
    value->integer = kind->shape == RESP_NUMBER ? number : 0;
    if (kind->shape == RESP_TEXT) {
        copied = copy_text(reader, line, length, value);
        if (copied != RESP_READ_REPLY)
            return copied;
    }
    return place(reader, value);
}

/* Sets `stuck` when nothing more can be done without more input. */
static enum resp_read step_line(struct resp_reader *reader, struct buffer *input, struct resp_reply *value,
                                bool *stuck)
{
    const char *head = buffer_head(input);
    size_t length = buffer_length(input);
    const struct resp_kind *kind = resp_kind_of(head[0]);
    const char *end;
    size_t line;
    enum resp_read found;

    if (kind == NULL)
        return RESP_READ_MALFORMED;
    end = memchr(head + reader->searched, '\n', length - reader->searched);
    line = end != NULL ? (size_t)(end - head) : length;
    if (line > 1 + (kind->shape == RESP_TEXT ? RESP_LINE_MOST : RESP_NUMBER_MOST))
        return RESP_READ_MALFORMED;
    if (end == NULL) {
        reader->searched = length;
        *stuck = true;
        return RESP_READ_INCOMPLETE;
    }
    if (line < 2 || head[line - 1] != '\r')
        return RESP_READ_MALFORMED;
    reader->searched = 0;
    found = read_line(reader, kind, head + 1, line - 2, value);
    buffer_consume(input, line + 1);
    return found;
}

static enum resp_read step_body(struct resp_reader *reader, struct buffer *input, struct resp_reply *value,
                                bool *stuck)
{
    const char *head = buffer_head(input);
    size_t length = buffer_length(input);
    enum resp_read copied;

    if (length > reader->body_bytes && head[reader->body_bytes] != '\r')
        return RESP_READ_MALFORMED;
    if (length < reader->body_bytes + 2) {
        *stuck = true;
        return RESP_READ_INCOMPLETE;
    }
    if (head[reader->body_bytes + 1] != '\n')
        return RESP_READ_MALFORMED;
    *value = (struct resp_reply){.type = reader->body_kind->type};
    copied = copy_text(reader, head, reader->body_bytes, value);
    if (copied != RESP_READ_REPLY)
        return copied;
    buffer_consume(input, reader->body_bytes + 2);
    reader->body_kind = NULL;
    return place(reader, value);
}

enum resp_read resp_reader_next(struct resp_reader *reader, struct buffer *input, struct resp_reply *reply)
{
    struct resp_reply value = {0};
    enum resp_read found = RESP_READ_INCOMPLETE;
    bool stuck = false;

    while (found == RESP_READ_INCOMPLETE && !stuck && buffer_length(input) > 0) {
        if (reader->body_kind != NULL)
            found = step_body(reader, input, &value, &stuck);
        else
            found = step_line(reader, input, &value, &stuck);
    }
    if (found == RESP_READ_REPLY)
        *reply = value;
    else
        resp_reply_clear(&value);
    return found;
}
