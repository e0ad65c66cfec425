/* SPDX-License-Identifier: Apache-2.0
 *
 * Text into markup. Whatever a page shows may come from a command line or from a server's reply, which can be
 * any bytes; a report must neither become a script by it nor be rejected by a parser. Any thread. */
#include "client/chart/escape.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

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

/* The length of the character at the front of a NUL-terminated text, or 0 when there is none (RFC 3629:
 * nothing overlong, no surrogates, nothing above U+10FFFF). */
static size_t character(const char *text, uint32_t *code)
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

/* Char of XML 1.0, without the controls that HTML does not want either. */
static int allowed(uint32_t code)
{
    return code >= 0x20 ? code != 0x7f && !(code >= 0x80 && code < 0xa0) && code != 0xfffe && code != 0xffff
                        : code == '\t' || code == '\n';
}

static const char *entity(uint32_t code)
{
    return code == '&'    ? "&amp;"
           : code == '<'  ? "&lt;"
           : code == '>'  ? "&gt;"
           : code == '"'  ? "&quot;"
           : code == '\'' ? "&#39;"
                          : NULL;
}

void escape_part(FILE *out, const char *text, size_t size)
{
    const char *end = text + size;

    while (text < end && text[0] != '\0') {
        uint32_t code = 0;
        size_t length = character(text, &code);
        const char *instead = length > 0 ? entity(code) : NULL;

        if (length == 0 || !allowed(code))
            fputs(REPLACEMENT, out);
        else if (instead != NULL)
            fputs(instead, out);
        else
            fwrite(text, 1, length, out);
        text += length > 0 ? length : 1;
    }
}

void escape_text(FILE *out, const char *text)
{
    escape_part(out, text, strlen(text));
}

void escape_vprintf(FILE *out, const char *format, va_list arguments)
{
    char text[ESCAPE_BYTES];

    vsnprintf(text, sizeof text, format, arguments);
    escape_text(out, text);
}

void escape_printf(FILE *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    escape_vprintf(out, format, arguments);
    va_end(arguments);
}

size_t escape_characters(const char *text)
{
    size_t count = 0;

    while (text[0] != '\0') {
        uint32_t code;
        size_t length = character(text, &code);

        text += length > 0 ? length : 1;
        count++;
    }
    return count;
}
