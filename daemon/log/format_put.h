/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_FORMAT_PUT_H
#define CONCUR_LOG_FORMAT_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How formatting writes: each puts its bytes at `at` and answers where the next go. There is room for the
 * worst record that can be (FORMAT_LINE_LONGEST), so nothing checks for it. */

static inline char *put_bytes(char *at, const void *bytes, size_t length)
{
    memcpy(at, bytes, length);
    return at + length;
}

static inline char *put_word(char *at, const char *word)
{
    return put_bytes(at, word, strlen(word));
}

/* `width` decimal digits. */
static inline char *put_digits(char *at, uint64_t value, size_t width)
{
    for (size_t i = width; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + width;
}

/* Small numbers are most of them, and a known width is a few instructions. */
static inline char *put_u64(char *at, uint64_t value)
{
    char digits[20];
    size_t first = sizeof digits;

    if (value < 10) {
        *at = (char)('0' + value);
        return at + 1;
    }
    do
        digits[--first] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    return put_bytes(at, digits + first, sizeof digits - first);
}

static inline char *put_i64(char *at, int64_t value)
{
    if (value >= 0)
        return put_u64(at, (uint64_t)value);
    *at++ = '-';
    return put_u64(at, -(uint64_t)value);
}

/* Texts as a value of logfmt and of JSON: see format.h for what they escape (format_text.c). */
char *put_logfmt_text(char *at, const char *text, size_t length);
char *put_json_text(char *at, const char *text, size_t length);

#endif
