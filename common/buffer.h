/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_BUFFER_H
#define CONCUR_COMMON_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/error.h"

/* A growable run of bytes, consumed at the front and appended at the back. All zeroes is a valid empty buffer that
 * owns no memory. Not thread-safe: one owner at a time. */
struct buffer {
    char *data;
    size_t start; /* first byte not yet consumed */
    size_t end;   /* one past the last byte */
    size_t capacity;
    bool secret; /* set by its owner: memory that it gives up or moves out of is wiped */
};

/* Frees the memory; the buffer is empty, no secret and usable again afterwards. Takes an already empty one. */
void buffer_free(struct buffer *buffer);

/* Makes room for `room` more bytes behind the end, moving or growing as needed. 0, or -1 when memory is short (the
 * contents stay). */
MUST_USE int buffer_reserve(struct buffer *buffer, size_t room);

/* Appends; 0, or -1 when memory is short (nothing appended). */
MUST_USE int buffer_append(struct buffer *buffer, const void *bytes, size_t length);

/* Appends formatted text, without the NUL; 0 or -1 as above. */
MUST_USE int buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Gives memory back until the buffer holds just its contents (none at all when empty). */
void buffer_trim(struct buffer *buffer);

/* Bytes not yet consumed. */
static inline size_t buffer_length(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* Where they begin and end; NULL for a buffer that owns no memory, as C gives NULL + 0 no meaning. */
static inline char *buffer_head(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data + buffer->start : NULL;
}

static inline char *buffer_tail(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data + buffer->end : NULL;
}

/* Room behind the end without growing. */
static inline size_t buffer_room(const struct buffer *buffer)
{
    return buffer->capacity - buffer->end;
}

/* Drops `length` bytes at the front; an emptied buffer starts again at its beginning. */
static inline void buffer_consume(struct buffer *buffer, size_t length)
{
    buffer->start += length;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}

#endif
