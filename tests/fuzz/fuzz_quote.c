/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines that are split into words (common/quote.c), from peers as inline commands and from people in the client. The
 * words stand within the line, in order and without touching what is not theirs; quoted anew they are split into the
 * same words; and as a request, inline or as an array, they are parsed into the same again, of which no beginning is
 * taken for the whole.
 *
 * The first byte says how many words there may be, the rest is the line. One thread. */
#include "common/buffer.h"
#include "common/resp_encode.h"
#include "common/resp_request.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST    4096
#define WORDS_MOST 1024

static const struct resp_limits limits = {.max_request = 1u << 20, .max_args = WORDS_MOST};

struct split {
    char *line; /* rewritten */
    int count;
    struct quote_word words[WORDS_MOST];
};

static struct split split(const char *line, size_t length, size_t most)
{
    struct split split = {.line = fuzz_copy(line, length)};
    size_t end = 0;

    split.count = quote_split(split.line, length, split.words, most);
    FUZZ_CHECK(split.count >= QUOTE_TOO_MANY && split.count <= (int)most, "%d words of %zu", split.count,
               most);
    for (int i = 0; i < split.count; i++) {
        FUZZ_CHECK(split.words[i].offset >= end && split.words[i].offset <= length, "word %d begins at %zu",
                   i, split.words[i].offset);
        FUZZ_CHECK(split.words[i].length <= length - split.words[i].offset, "word %d has %zu bytes", i,
                   split.words[i].length);
        end = split.words[i].offset + split.words[i].length;
    }
    return split;
}

/* Whether these are the words of the split. */
static void check_words(const struct split *expected, const char *bytes, const struct quote_word *words,
                        int count, const char *how)
{
    FUZZ_CHECK(count == expected->count, "%s: %d words, not %d", how, count, expected->count);
    for (int i = 0; i < count; i++)
        FUZZ_CHECK(words[i].length == expected->words[i].length &&
                       memcmp(bytes + words[i].offset, expected->line + expected->words[i].offset,
                              words[i].length) == 0,
                   "%s: word %d differs", how, i);
}

/* The words in double quotes, every byte that needs it escaped. */
static void quote(const struct split *split, struct buffer *line)
{
    for (int i = 0; i < split->count; i++) {
        FUZZ_CHECK(buffer_append(line, i > 0 ? " \"" : "\"", i > 0 ? 2 : 1) == 0, "no memory");
        for (size_t j = 0; j < split->words[i].length; j++) {
            unsigned char byte = (unsigned char)split->line[split->words[i].offset + j];

            if (byte > ' ' && byte < 0x7f && byte != '"' && byte != '\\')
                FUZZ_CHECK(buffer_append(line, &byte, 1) == 0, "no memory");
            else
                FUZZ_CHECK(buffer_printf(line, "\\x%02x", byte) == 0, "no memory");
        }
        FUZZ_CHECK(buffer_append(line, "\"", 1) == 0, "no memory");
    }
}

static void check_quoted(const struct split *expected, struct buffer *line)
{
    static struct resp_arg args[WORDS_MOST];
    struct resp_request request = {0};
    struct split again;

    quote(expected, line);
    again = split(buffer_head(line), buffer_length(line), WORDS_MOST);
    check_words(expected, again.line, again.words, again.count, "quoted");
    free(again.line);
    FUZZ_CHECK(buffer_append(line, "\r\n", 2) == 0, "no memory");
    switch (resp_request_parse(buffer_head(line), buffer_length(line), &limits, args, &request)) {
    case RESP_OK:
        FUZZ_CHECK(request.length == buffer_length(line), "an inline request of %zu", request.length);
        check_words(expected, buffer_head(line), args, (int)request.argc, "inline");
        break;
    case RESP_FOREIGN: /* it has the words of an HTTP request */
        break;
    default:
        FUZZ_CHECK(false, "an inline request is refused: %s", request.problem);
    }
}

static void check_array(const struct split *expected)
{
    static struct resp_word words[WORDS_MOST];
    static struct resp_arg args[WORDS_MOST];
    struct resp_request request = {0};
    struct buffer bytes = {0};
    size_t length;

    for (int i = 0; i < expected->count; i++)
        words[i] = (struct resp_word){expected->line + expected->words[i].offset, expected->words[i].length};
    FUZZ_CHECK(resp_encode(&bytes, words, (size_t)expected->count) == 0, "no memory");
    for (length = 0; length < buffer_length(&bytes); length++) {
        char *part = fuzz_copy(buffer_head(&bytes), length);

        FUZZ_CHECK(resp_request_parse(part, length, &limits, args, &request) == RESP_INCOMPLETE,
                   "%zu bytes of %zu are enough", length, buffer_length(&bytes));
        FUZZ_CHECK(request.need > length && request.need <= buffer_length(&bytes), "%zu of %zu need %zu",
                   length, buffer_length(&bytes), request.need);
        free(part);
    }
    FUZZ_CHECK(resp_request_parse(buffer_head(&bytes), length, &limits, args, &request) == RESP_OK &&
                   request.length == length,
               "what was encoded is refused");
    check_words(expected, buffer_head(&bytes), args, (int)request.argc, "as an array");
    buffer_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct buffer line = {0};
    struct split split_line;

    if (length < 1 || length > LONGEST)
        return 0;
    split_line = split((const char *)bytes + 1, length - 1, bytes[0]);
    if (split_line.count > 0) {
        check_quoted(&split_line, &line);
        check_array(&split_line);
    }
    free(split_line.line);
    buffer_free(&line);
    return 0;
}
