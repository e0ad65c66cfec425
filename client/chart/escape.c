/* SPDX-License-Identifier: Apache-2.0
 *
 * Text into markup. Whatever a page shows may come from a command line or from a server's reply, which can be
 * any bytes; a report must neither become a script by it nor be rejected by a parser. Any thread. */
#include "client/chart/escape.h"

#include <stdint.h>
#include <string.h>

#include "common/printable.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

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
        size_t length = printable_character(text, &code);
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
        size_t length = printable_character(text, &code);

        text += length > 0 ? length : 1;
        count++;
    }
    return count;
}
