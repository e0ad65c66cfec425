/* SPDX-License-Identifier: Apache-2.0
 *
 * Splitting a line into words by Redis's quoting rules, in place. Both programs need the same answer: the
 * daemon for inline commands from peers it does not trust, the client for what a person types. So there is
 * one scanner, which works within the bytes it was given and asks for no memory: every escape is longer than
 * what it stands for, hence the writing position never passes the reading one. Follows sdssplitargs (Redis,
 * src/sds.c), two details included that are easy to lose: vertical tab and form feed separate words but do
 * not end one, and a backslash outside quotes is an ordinary byte. Runs in any thread. */
#include "common/quote.h"

#include <limits.h>
#include <stdbool.h>

struct scanner {
    char *line;
    size_t length;
    size_t at; /* next byte to read */
    size_t to; /* next byte to write; never beyond `at` */
};

static bool ends_word(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
    return ends_word(c) || c == '\v' || c == '\f';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static size_t bytes_left(const struct scanner *scanner)
{
    return scanner->length - scanner->at;
}

static void skip_blanks(struct scanner *scanner)
{
    while (bytes_left(scanner) > 0 && is_blank(scanner->line[scanner->at]))
        scanner->at++;
}

static void put(struct scanner *scanner, char c, size_t read)
{
    scanner->line[scanner->to++] = c;
    scanner->at += read;
}

static char escaped(char c)
{
    static const char from[] = "nrtba", to[] = "\n\r\t\b\a";
    size_t i;

    for (i = 0; i < sizeof from - 1; i++) {
        if (from[i] == c)
            return to[i];
    }
    return c;
}

/* One byte, or one escape, between double quotes. */
static void read_double(struct scanner *scanner)
{
    const char *s = scanner->line + scanner->at;
    size_t left = bytes_left(scanner);

    if (left >= 4 && s[0] == '\\' && s[1] == 'x' && hex_value(s[2]) >= 0 && hex_value(s[3]) >= 0)
        put(scanner, (char)(hex_value(s[2]) * 16 + hex_value(s[3])), 4);
    else if (left >= 2 && s[0] == '\\')
        put(scanner, escaped(s[1]), 2);
    else
        put(scanner, s[0], 1);
}

/* One byte, or the one escape there is, between single quotes. */
static void read_single(struct scanner *scanner)
{
    const char *s = scanner->line + scanner->at;

    if (bytes_left(scanner) >= 2 && s[0] == '\\' && s[1] == '\'')
        put(scanner, '\'', 2);
    else
        put(scanner, s[0], 1);
}

/* From behind an opening quote to behind the closing one. */
static int read_quoted(struct scanner *scanner, char quote)
{
    while (bytes_left(scanner) > 0 && scanner->line[scanner->at] != quote) {
        if (quote == '"')
            read_double(scanner);
        else
            read_single(scanner);
    }
    if (bytes_left(scanner) == 0)
        return QUOTE_UNBALANCED;
    scanner->at++;
    return bytes_left(scanner) == 0 || is_blank(scanner->line[scanner->at]) ? 0 : QUOTE_UNBALANCED;
}

static int read_word(struct scanner *scanner, struct quote_word *word)
{
    word->offset = scanner->to = scanner->at;
    while (bytes_left(scanner) > 0 && !ends_word(scanner->line[scanner->at])) {
        char c = scanner->line[scanner->at];

        if (c != '"' && c != '\'') {
            put(scanner, c, 1);
            continue;
        }
        scanner->at++;
        if (read_quoted(scanner, c) != 0)
            return QUOTE_UNBALANCED;
        break; /* a word ends with its closing quote */
    }
    word->length = scanner->to - word->offset;
    return 0;
}

int quote_split(char *line, size_t length, struct quote_word *words, size_t most)
{
    struct scanner scanner = {.line = line, .length = length};
    size_t count = 0;

    for (skip_blanks(&scanner); bytes_left(&scanner) > 0; skip_blanks(&scanner)) {
        if (count == most || count == INT_MAX)
            return QUOTE_TOO_MANY;
        if (read_word(&scanner, &words[count]) != 0)
            return QUOTE_UNBALANCED;
        count++;
    }
    return (int)count;
}
