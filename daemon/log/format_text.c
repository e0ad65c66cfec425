/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts within lines. They come from peers, so what is escaped is what could make a reader - a person at a
 * terminal, or a script - see something that was never logged. Nearly all are plain words: a table decides
 * about each byte, and only a text that has others in it is taken apart. Runs in the log thread only. */
#include <stdbool.h>

#include "daemon/log/format_put.h"

/* What a byte may stand in as it is. */
enum byte_class {
    BARE = 1,      /* a logfmt value without quotes */
    IN_LOGFMT = 2, /* a quoted logfmt value */
    IN_JSON = 4,   /* a JSON string */
};

static const unsigned char classes[256] = {
    [' '] = IN_LOGFMT | IN_JSON,
    ['!'] = BARE | IN_LOGFMT | IN_JSON,
    ['#' ... '<'] = BARE | IN_LOGFMT | IN_JSON,
    ['='] = IN_LOGFMT | IN_JSON,
    ['>' ... '['] = BARE | IN_LOGFMT | IN_JSON,
    [']' ... '~'] = BARE | IN_LOGFMT | IN_JSON,
};

static size_t leading(const unsigned char *text, size_t length, enum byte_class wanted)
{
    size_t i = 0;

    while (i < length && (classes[text[i]] & wanted) != 0)
        i++;
    return i;
}

/* The code point that begins at `text` and how many bytes it takes: 0 when they are no UTF-8. RFC 3629:
 * shortest form, no surrogates, nothing beyond U+10FFFF. */
static size_t decode(const unsigned char *text, size_t length, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

    if (size == 0 || size > length)
        return 0;
    *code = text[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3f);
    }
    if (*code < smallest[size] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
        return 0;
    return size;
}

/* Not so: C1 controls (U+009B begins an escape sequence), line and paragraph separators, and what turns the
 * direction of text: embeddings, overrides, isolates and the three marks. */
static bool harmless(uint32_t code)
{
    return code >= 0xa0 && !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069) &&
           code != 0x061c && code != 0x200e && code != 0x200f;
}

static const char hex[] = "0123456789abcdef";

/* The letter that follows a backslash for this byte, or 0. */
static char letter_of(unsigned char byte)
{
    static const char letters[256] = {
        ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['"'] = '"', ['\\'] = '\\',
    };

    return letters[byte];
}

static char *escape_logfmt(char *at, unsigned char byte)
{
    *at++ = '\\';
    if (letter_of(byte) != 0) {
        *at++ = letter_of(byte);
        return at;
    }
    *at++ = 'x';
    *at++ = hex[byte >> 4];
    *at++ = hex[byte & 15];
    return at;
}

static char *quote_logfmt(char *at, const unsigned char *text, size_t length)
{
    *at++ = '"';
    for (size_t i = 0; i < length;) {
        size_t size = leading(text + i, length - i, IN_LOGFMT);
        uint32_t code;

        if (size == 0 && ((size = decode(text + i, length - i, &code)) == 0 || !harmless(code))) {
            at = escape_logfmt(at, text[i++]);
            continue;
        }
        at = put_bytes(at, text + i, size);
        i += size;
    }
    *at++ = '"';
    return at;
}

char *put_logfmt_text(char *at, const char *text, size_t length)
{
    if (length != 0 && leading((const unsigned char *)text, length, BARE) == length)
        return put_bytes(at, text, length);
    return quote_logfmt(at, (const unsigned char *)text, length);
}

/* Four hexadecimal digits are enough: whatever is beyond them is harmless. */
static char *escape_json(char *at, uint32_t code)
{
    *at++ = '\\';
    if (code < 0x80 && letter_of((unsigned char)code) != 0) {
        *at++ = letter_of((unsigned char)code);
        return at;
    }
    *at++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *at++ = hex[code >> shift & 15];
    return at;
}

char *put_json_text(char *at, const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;

    *at++ = '"';
    for (size_t i = 0; i < length;) {
        size_t plain = leading(bytes + i, length - i, IN_JSON), size;
        uint32_t code;

        at = put_bytes(at, bytes + i, plain);
        i += plain;
        if (i == length)
            break;
        size = decode(bytes + i, length - i, &code);
        if (size != 0 && harmless(code))
            at = put_bytes(at, bytes + i, size);
        else if (size != 0 || bytes[i] < 0x80)
            at = escape_json(at, size != 0 ? code : bytes[i]);
        else
            at = escape_json(at, 0xfffd);
        i += size != 0 ? size : 1;
    }
    *at++ = '"';
    return at;
}
