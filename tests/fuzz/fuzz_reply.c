/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server could answer to the client: the reader that builds replies and the scanner that only finds their ends.
 * The same stream comes all at once, a byte at a time and in random pieces; each must see the same replies, and both
 * must agree about where replies end, which are errors, and where the stream is no RESP any more. What is read is also
 * printed, whole and as it arrives, which must come to the same text.
 *
 * The first byte says how much the reader allows ('0' much, '1' little), the rest is the stream. One thread. */
#include "client/print.h"
#include "common/resp_reply.h"
#include "common/resp_scan.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST (1u << 17)

enum cut { CUT_NOWHERE, CUT_EVERYWHERE, CUT_AT_RANDOM };

static const char *const cut_names[] = {"all at once", "a byte at a time", "in random pieces"};

static const struct resp_reply_limits roomy = {
    .depth = RESP_DEPTH_MOST, .elements = 1u << 20, .bytes = 1u << 24};
static const struct resp_reply_limits tight = {.depth = 3, .elements = 20, .bytes = 2000};

/* What was found in a stream, as text: a line for each reply, and how it ended. */
struct story {
    struct buffer replies; /* "end error\n" for each that is no push message */
    struct buffer printed; /* the reader's alone */
    bool malformed, too_large;
};

static size_t piece_of(enum cut cut, struct fuzz_random *random, size_t left)
{
    if (cut == CUT_NOWHERE)
        return left;
    return cut == CUT_EVERYWHERE ? 1 : fuzz_piece(random, left);
}

static void note(struct buffer *replies, size_t end, bool error)
{
    FUZZ_CHECK(buffer_printf(replies, "%zu %d\n", end, error) == 0, "no memory");
}

/* --- the reader ---------------------------------------------------------------------------------------------------- */

struct reading {
    struct resp_reader *reader;
    struct buffer input;
    struct printer printers[2]; /* raw, pretty */
    struct buffer arrived[2];   /* printed of the reply that arrives */
    size_t taken;               /* bytes of the stream so far */
    bool prints_arriving;
};

/* Every value within what was allowed, and every text with its NUL. */
static void check_reply(const struct resp_reply *reply, unsigned depth)
{
    FUZZ_CHECK(depth <= RESP_DEPTH_MOST, "a reply that deep");
    FUZZ_CHECK(reply->count == reply->announced, "%zu of %zu elements", reply->count, reply->announced);
    FUZZ_CHECK(reply->text == NULL || reply->text[reply->length] == '\0', "a text without its NUL");
    for (size_t i = 0; i < reply->count; i++)
        check_reply(&reply->elements[i], depth + 1);
}

static void print_part(struct reading *reading)
{
    const struct resp_reply *arriving = resp_reader_arriving(reading->reader);

    for (int i = 0; reading->prints_arriving && arriving != NULL && i < 2; i++)
        FUZZ_CHECK(print_arriving(&reading->printers[i], arriving, &reading->arrived[i]) == 0, "no memory");
}

static void print_whole(struct reading *reading, const struct resp_reply *reply, struct buffer *printed)
{
    for (int i = 0; i < 2; i++) {
        struct buffer *text = &reading->arrived[i];

        FUZZ_CHECK(print_reply(&reading->printers[i], reply, text) == 0, "no memory");
        FUZZ_CHECK(buffer_append(printed, buffer_head(text), buffer_length(text)) == 0, "no memory");
        buffer_consume(text, buffer_length(text));
    }
}

/* Takes what the input holds by now; false when the stream can't be followed further. */
static bool read_on(struct reading *reading, struct story *story)
{
    for (;;) {
        size_t before = buffer_length(&reading->input);
        struct resp_reply reply = {0};
        enum resp_read found = resp_reader_next(reading->reader, &reading->input, &reply);

        reading->taken += before - buffer_length(&reading->input);
        story->malformed = found == RESP_READ_MALFORMED;
        story->too_large = found == RESP_READ_TOO_LARGE;
        FUZZ_CHECK(found != RESP_READ_NO_MEMORY, "no memory");
        if (found != RESP_READ_REPLY) {
            print_part(reading);
            return found == RESP_READ_INCOMPLETE;
        }
        check_reply(&reply, 0);
        if (reply.type != RESP_PUSH)
            note(&story->replies, reading->taken, resp_reply_is_error(&reply));
        print_whole(reading, &reply, &story->printed);
        resp_reply_clear(&reply);
    }
}

static struct story read_all(const char *bytes, size_t length, enum cut cut,
                             const struct resp_reply_limits *limits)
{
    struct fuzz_random random = fuzz_random_of((const uint8_t *)bytes, length);
    struct reading reading = {.reader = resp_reader_new(limits),
                              .printers = {{.style = PRINT_RAW}, {.style = PRINT_PRETTY}},
                              .prints_arriving = cut == CUT_AT_RANDOM};
    struct story story = {0};
    bool goes_on = true;
    size_t at = 0, piece;

    FUZZ_CHECK(reading.reader != NULL, "no memory");
    for (; at < length && goes_on; at += piece) {
        piece = piece_of(cut, &random, length - at);
        FUZZ_CHECK(buffer_append(&reading.input, bytes + at, piece) == 0, "no memory");
        goes_on = read_on(&reading, &story);
    }
    resp_reader_free(&reading.reader);
    buffer_free(&reading.input);
    buffer_free(&reading.arrived[0]);
    buffer_free(&reading.arrived[1]);
    return story;
}

/* --- the scanner --------------------------------------------------------------------------------------------------- */

static struct story scan_all(const char *bytes, size_t length, enum cut cut)
{
    struct fuzz_random random = fuzz_random_of((const uint8_t *)bytes, length);
    struct resp_scanner scanner = {0};
    struct story story = {0};
    size_t at = 0;

    while (at < length && !story.malformed) {
        size_t piece = piece_of(cut, &random, length - at), until = at + piece;
        char *copy = fuzz_copy(bytes + at, piece);

        while (at < until && !story.malformed) {
            size_t used = 0;
            enum resp_scan found = resp_scan(&scanner, copy + piece - (until - at), until - at, &used);

            FUZZ_CHECK(used <= until - at && (used > 0 || found != RESP_SCAN_INCOMPLETE), "it takes %zu",
                       used);
            at += used;
            story.malformed = found == RESP_SCAN_MALFORMED;
            if (found == RESP_SCAN_OK || found == RESP_SCAN_ERROR)
                note(&story.replies, at, found == RESP_SCAN_ERROR);
        }
        free(copy);
    }
    return story;
}

/* --- what must be true of them ------------------------------------------------------------------------------------- */

static bool same(const struct buffer *one, const struct buffer *other)
{
    size_t length = buffer_length(one);

    return length == buffer_length(other) &&
           (length == 0 || memcmp(buffer_head(one), buffer_head(other), length) == 0);
}

static void check_same(const struct story *one, const struct story *other, const char *how)
{
    FUZZ_CHECK(one->malformed == other->malformed && one->too_large == other->too_large,
               "%s: malformed %d, too large %d; else %d, %d", how, other->malformed, other->too_large,
               one->malformed, one->too_large);
    FUZZ_CHECK(same(&one->replies, &other->replies), "%s:\n%.*selse:\n%.*s", how,
               (int)buffer_length(&other->replies), buffer_head(&other->replies),
               (int)buffer_length(&one->replies), buffer_head(&one->replies));
    FUZZ_CHECK(same(&one->printed, &other->printed), "%s:\n%.*selse:\n%.*s", how,
               (int)buffer_length(&other->printed), buffer_head(&other->printed),
               (int)buffer_length(&one->printed), buffer_head(&one->printed));
}

/* Up to where the reader gave up because of its limits, both tell the same. */
static void check_agreement(const struct story *read, const struct story *scanned)
{
    size_t length = buffer_length(&read->replies);

    if (read->too_large) {
        FUZZ_CHECK(length <= buffer_length(&scanned->replies) &&
                       (length == 0 ||
                        memcmp(buffer_head(&read->replies), buffer_head(&scanned->replies), length) == 0),
                   "read:\n%.*sscanned:\n%.*s", (int)length, buffer_head(&read->replies),
                   (int)buffer_length(&scanned->replies), buffer_head(&scanned->replies));
        return;
    }
    FUZZ_CHECK(same(&read->replies, &scanned->replies), "read:\n%.*sscanned:\n%.*s", (int)length,
               buffer_head(&read->replies), (int)buffer_length(&scanned->replies),
               buffer_head(&scanned->replies));
    FUZZ_CHECK(read->malformed == scanned->malformed, "read: malformed %d, scanned: %d", read->malformed,
               scanned->malformed);
}

static void story_free(struct story *story)
{
    buffer_free(&story->replies);
    buffer_free(&story->printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    const struct resp_reply_limits *limits;
    struct story read[3], scanned[3];
    const char *stream;

    if (length < 1 || length > LONGEST)
        return 0;
    limits = (bytes[0] & 1) != 0 ? &tight : &roomy;
    stream = (const char *)bytes + 1;
    for (int cut = 0; cut < 3; cut++) {
        read[cut] = read_all(stream, length - 1, (enum cut)cut, limits);
        scanned[cut] = scan_all(stream, length - 1, (enum cut)cut);
        check_same(&read[0], &read[cut], cut_names[cut]);
        check_same(&scanned[0], &scanned[cut], cut_names[cut]);
        check_agreement(&read[cut], &scanned[cut]);
    }
    for (int cut = 0; cut < 3; cut++) {
        story_free(&read[cut]);
        story_free(&scanned[cut]);
    }
    return 0;
}
