/* SPDX-License-Identifier: Apache-2.0
 *
 * One command, and its reply on the screen: what `call` does once and `cli` again and again. Nothing waits
 * for the end of a reply that streams: NUMBERS and LETTERS are to be seen as they come. Runs in the main
 * thread. */
#include "client/ask.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FIELD(name) offsetof(struct ask_settings, name)

static const struct option_row rows[] = {
    {0, "raw", OPTION_FLAG, FIELD(raw), 0, 0, NULL, "print values alone (default unless on a terminal)"},
    {0, "no-raw", OPTION_FLAG, FIELD(no_raw), 0, 0, NULL, "print numbers, quotes and types"},
    {'2', NULL, OPTION_CHOICE, FIELD(protocol), 2, 2, NULL, "ask for RESP2 (HELLO 2)"},
    {'3', NULL, OPTION_CHOICE, FIELD(protocol), 3, 3, NULL, "ask for RESP3 (HELLO 3)"},
};

const struct option_table ask_options = {"Options", rows, sizeof rows / sizeof rows[0]};

enum print_style ask_style(const struct ask_settings *settings)
{
    if (settings->raw || settings->no_raw)
        return settings->no_raw ? PRINT_PRETTY : PRINT_RAW;
    return isatty(STDOUT_FILENO) ? PRINT_PRETTY : PRINT_RAW;
}

static int show(struct printer *printer, const struct resp_reply *reply, bool whole, struct buffer *out,
                struct error *error)
{
    int printed = whole ? print_reply(printer, reply, out) : print_arriving(printer, reply, out);

    if (printed != 0)
        return error_set(error, "out of memory");
    return print_flush(out) == 0 ? 0 : error_errno(error, "stdout");
}

/* Shows what arrives until the reply is whole. */
static enum link_event follow(struct link *link, struct printer *printer, struct resp_reply *reply,
                              struct buffer *out, struct error *error)
{
    enum link_event event;

    while ((event = link_read(link, LINK_FOREVER, reply, error)) == LINK_WAITING) {
        const struct resp_reply *arriving = link_arriving(link);

        if (arriving != NULL && show(printer, arriving, false, out, error) != 0)
            return LINK_LOST;
    }
    return event;
}

/* Replies that are a page of text for people: never quoted, and they bring their own line end. */
static const struct {
    const char *first, *second; /* NULL: whatever follows */
} pages[] = {{"INFO", NULL}, {"CLIENT", "LIST"}, {"CLIENT", "INFO"}};

static bool word_is(const struct resp_word *word, const char *name)
{
    return word->length == strlen(name) && strncasecmp(word->bytes, name, word->length) == 0;
}

static bool is_page(const struct resp_word *words, size_t count, const struct resp_reply *reply)
{
    size_t i;

    for (i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (!word_is(&words[0], pages[i].first))
            continue;
        if (pages[i].second == NULL || (count > 1 && word_is(&words[1], pages[i].second)))
            return reply->type == RESP_BULK || reply->type == RESP_VERBATIM;
    }
    return false;
}

static int show_page(const struct resp_reply *page, struct buffer *out, struct error *error)
{
    struct printer printer = {.style = PRINT_RAW};

    if (print_reply(&printer, page, out) != 0)
        return error_set(error, "out of memory");
    out->end--; /* the line end that print_reply adds */
    return print_flush(out) == 0 ? 0 : error_errno(error, "stdout");
}

static int show_whole(struct printer *printer, const struct resp_word *words, size_t count,
                      const struct resp_reply *reply, struct buffer *out, struct error *error)
{
    return is_page(words, count, reply) ? show_page(reply, out, error)
                                        : show(printer, reply, true, out, error);
}

enum ask_result ask(struct link *link, const struct resp_word *words, size_t count, enum print_style style,
                    struct error *error)
{
    struct printer printer = {.style = style};
    struct resp_reply reply = {0};
    struct buffer out = {0};
    enum ask_result result = ASK_LOST;

    if (link_queue(link, words, count, error) != 0 || link_flush(link, error) != 0)
        return ASK_LOST;
    if (follow(link, &printer, &reply, &out, error) == LINK_REPLY &&
        show_whole(&printer, words, count, &reply, &out, error) == 0)
        result = resp_reply_is_error(&reply) ? ASK_ERROR_REPLY : ASK_FINE;
    resp_reply_clear(&reply);
    buffer_free(&out);
    return result;
}
