/* SPDX-License-Identifier: Apache-2.0
 *
 * Growable byte buffers. Growth doubles, so that appending costs amortised constant time; what was consumed at the
 * front is reclaimed by moving before more memory is asked for. Runs in any thread; a buffer has one owner. */
#include "common/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_SMALLEST 256

void buffer_free(struct buffer *buffer)
{
    if (buffer->secret && buffer->data != NULL)
        explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
    *buffer = (struct buffer){0};
}

/* To the beginning of the memory. */
static void move_down(struct buffer *buffer)
{
    size_t length = buffer_length(buffer);

    if (buffer->start == 0)
        return;
    memmove(buffer->data, buffer_head(buffer), length);
    if (buffer->secret)
        explicit_bzero(buffer->data + length, buffer->end - length);
    buffer->start = 0;
    buffer->end = length;
}

/* Gives the buffer, moved down, so much memory; 0, or -1 when it is short. */
static int resize(struct buffer *buffer, size_t capacity)
{
    char *data = buffer->secret ? malloc(capacity) : realloc(buffer->data, capacity);

    if (data == NULL)
        return -1;
    if (buffer->secret && buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->end);
        explicit_bzero(buffer->data, buffer->capacity);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int buffer_reserve(struct buffer *buffer, size_t room)
{
    size_t length = buffer_length(buffer);
    size_t wanted;

    if (room <= buffer_room(buffer))
        return 0;
    if (room > SIZE_MAX / 4 || length > SIZE_MAX / 4)
        return -1;
    move_down(buffer);
    if (room <= buffer_room(buffer))
        return 0;
    wanted = buffer->capacity != 0 ? buffer->capacity : BUFFER_SMALLEST;
    while (wanted - length < room)
        wanted *= 2;
    return resize(buffer, wanted);
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return 0;
    if (buffer_reserve(buffer, length) != 0)
        return -1;
    memcpy(buffer_tail(buffer), bytes, length);
    buffer->end += length;
    return 0;
}

int buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || buffer_reserve(buffer, (size_t)length + 1) != 0)
        return -1;
    va_start(args, format);
    vsnprintf(buffer_tail(buffer), (size_t)length + 1, format, args);
    va_end(args);
    buffer->end += (size_t)length;
    return 0;
}

void buffer_trim(struct buffer *buffer)
{
    size_t length = buffer_length(buffer);

    if (length == 0) {
        buffer_free(buffer);
        return;
    }
    move_down(buffer);
    if (resize(buffer, length) != 0) {
        /* it stays as large as it is */
    }
}
