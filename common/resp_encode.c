/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands as RESP arrays of bulk strings: the one form in which every byte can be sent, so the only one the
 * client uses. Either the whole command is appended or nothing, since half a command would desynchronise the
 * stream. Runs in any thread; the buffer has one owner. */
#include "common/resp_encode.h"

static int append_word(struct buffer *buffer, const char *bytes, size_t length)
{
    if (buffer_printf(buffer, "$%zu\r\n", length) != 0 || buffer_append(buffer, bytes, length) != 0)
        return -1;
    return buffer_append(buffer, "\r\n", 2);
}

int resp_encode(struct buffer *buffer, const struct resp_word *words, size_t count)
{
    size_t before = buffer_length(buffer);
    size_t i;

    if (buffer_printf(buffer, "*%zu\r\n", count) != 0)
        return -1;
    for (i = 0; i < count; i++) {
        if (append_word(buffer, words[i].bytes, words[i].length) != 0) {
            buffer->end = buffer->start + before;
            return -1;
        }
    }
    return 0;
}

int resp_encode_strings(struct buffer *buffer, const char *const *strings, size_t count)
{
    size_t before = buffer_length(buffer);
    size_t i;

    if (buffer_printf(buffer, "*%zu\r\n", count) != 0)
        return -1;
    for (i = 0; i < count; i++) {
        if (append_word(buffer, strings[i], strlen(strings[i])) != 0) {
            buffer->end = buffer->start + before;
            return -1;
        }
    }
    return 0;
}
