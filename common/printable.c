/* SPDX-License-Identifier: Apache-2.0
 *
 * Text from elsewhere that is to be shown: what a server says of itself or of an error, and commands, which can be any
 * bytes. It goes through here once, where it comes in, so that the terminal, JSON and pages all show the same. Any
 * thread. */
#include "common/printable.h"

#include <string.h>

/* The length of the sequence that a byte leads, and the bits of its own that it gives. */
static size_t lead(unsigned char byte, uint32_t *bits)
{
    size_t length = byte < 0x80   ? 1
                    : byte < 0xc2 ? 0
                    : byte < 0xe0 ? 2
                    : byte < 0xf0 ? 3
                    : byte < 0xf5 ? 4
                                  : 0;

    *bits = length == 1 ? byte : byte & (0x7fu >> length);
    return length;
}

size_t printable_character(const char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = lead((unsigned char)text[0], code);
    size_t i;

    for (i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) /* the NUL is none of these either */
            return 0;
        *code = *code << 6 | ((unsigned char)text[i] & 0x3f);
    }
    if (length == 0 || *code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
        return 0;
    return length;
}

/* C0, DEL and C1. */
static int is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

void printable(char *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        uint32_t code;
        size_t bytes = printable_character(text + at, &code);

        if (bytes == 0 || is_control(code)) {
            bytes = bytes > 0 ? bytes : 1;
            memset(text + at, '?', bytes);
        }
        at += bytes;
    }
}

void printable_text(char *text)
{
    printable(text, strlen(text));
}
