/* SPDX-License-Identifier: Apache-2.0
 *
 * Both readers of replies, the one that builds trees and the one that only counts, over the same rows: fed
 * whole, byte by byte and at random splits, with the same answers each time; and against each other on
 * mutated streams, since they must never disagree about where a reply ends. Runs in the test's one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "common/resp_reply.h"
#include "common/resp_scan.h"

#define TEXT(bytes) bytes, sizeof(bytes) - 1
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static const struct resp_reply_limits roomy = {
    .depth = RESP_DEPTH_MOST, .elements = 1000000, .bytes = 100000000};

/* A stream and what it is read as, each reply shown as below; '!' at the end: malformed, '~': goes on. */
struct row {
    const char *stream;
    size_t length;
    const char *shown;
    const char *scanned; /* k for a reply, e for an error */
};

static const struct row rows[] = {
    {TEXT(""), "~", "~"},
    {TEXT("+PONG\r\n"), "s(PONG)~", "k~"},
    {TEXT("+\r\n-\r\n"), "s()e()~", "ke~"},
    {TEXT("+a\rb\r\n"), "s(a\rb)~", "k~"},
    {TEXT("-ERR no\r\n+OK\r\n"), "e(ERR no)s(OK)~", "ek~"},
    {TEXT(":0\r\n:-12\r\n:9223372036854775807\r\n:-9223372036854775808\r\n"),
     "i(0)i(-12)i(9223372036854775807)i(-9223372036854775808)~", "kkkk~"},
    {TEXT("$5\r\nhello\r\n$0\r\n\r\n$-1\r\n"), "b(hello)b()n~", "kkk~"},
    {TEXT("$6\r\n\r\n+x\r\n\r\n"), "b(\r\n+x\r\n)~", "k~"},
    {TEXT("*0\r\n*-1\r\n"), "*[]n~", "kk~"},
    {TEXT("*2\r\n+a\r\n*2\r\n:1\r\n$1\r\nx\r\n+z\r\n"), "*[s(a)*[i(1)b(x)]]s(z)~", "kk~"},
    {TEXT("*2\r\n*0\r\n*1\r\n*1\r\n*0\r\n"), "*[*[]*[*[*[]]]]~", "k~"},
    {TEXT("*2\r\n-ERR inside\r\n-ERR too\r\n"), "*[e(ERR inside)e(ERR too)]~", "k~"},
    {TEXT("_\r\n#t\r\n#f\r\n,3.14\r\n,inf\r\n(123456789012345678901234567890\r\n"),
     "nt(1)t(0)d(3.14)d(inf)g(123456789012345678901234567890)~", "kkkkkk~"},
    {TEXT("!8\r\nERR a\r\nb\r\n=7\r\ntxt:abc\r\n"), "E(ERR a\r\nb)v(txt:abc)~", "ek~"},
    {TEXT("%2\r\n+a\r\n:1\r\n+b\r\n~1\r\n:2\r\n%0\r\n~0\r\n"), "%[s(a)i(1)s(b)~[i(2)]]%[]~[]~", "kkk~"},
    {TEXT("|1\r\n+k\r\n*1\r\n:3\r\n-ERR x\r\n"), "e(ERR x)~", "e~"},
    {TEXT("*2\r\n|1\r\n+k\r\n+v\r\n:1\r\n|0\r\n:2\r\n"), "*[i(1)i(2)]~", "k~"},
    {TEXT(">2\r\n+note\r\n-ERR not a reply\r\n+OK\r\n"), ">[s(note)e(ERR not a reply)]s(OK)~", "k~"},
    {TEXT("*3\r\n:1\r\n:2\r\n"), "~", "~"},
    {TEXT("$5\r\nhell"), "~", "~"},
    {TEXT("$5\r\nhello\r"), "~", "~"},
    {TEXT("+half"), "~", "~"},
    {TEXT("PONG\r\n"), "!", "!"},
    {TEXT("\r\n"), "!", "!"},
    {TEXT("+OK\n"), "!", "!"},
    {TEXT("+\n"), "!", "!"},
    {TEXT(":\r\n"), "!", "!"},
    {TEXT(":+1\r\n"), "!", "!"},
    {TEXT(": 1\r\n"), "!", "!"},
    {TEXT(":01\r\n"), "!", "!"},
    {TEXT(":1x\r\n"), "!", "!"},
    {TEXT(":9223372036854775808\r\n"), "!", "!"},
    {TEXT(":00000000000000000000000000000000000000001\r\n"), "!", "!"},
    {TEXT("$-2\r\n"), "!", "!"},
    {TEXT("$\r\n"), "!", "!"},
    {TEXT("$536870913\r\n"), "!", "!"},
    {TEXT("$5\r\nhello+x"), "!", "!"},
    {TEXT("$5\r\nhello\rx"), "!", "!"},
    {TEXT("*-2\r\n"), "!", "!"},
    {TEXT("*2147483649\r\n"), "!", "!"},
    {TEXT("*99999999999999999999\r\n"), "!", "!"},
    {TEXT("*?\r\n"), "!", "!"},
    {TEXT("*1\r\nx"), "!", "!"},
    {TEXT("%-1\r\n"), "!", "!"},
    {TEXT("!-1\r\n"), "!", "!"},
    {TEXT("#x\r\n"), "!", "!"},
    {TEXT("#tt\r\n"), "!", "!"},
    {TEXT("_x\r\n"), "!", "!"},
    {TEXT(",\r\n"), "!", "!"},
    {TEXT("(\r\n"), "!", "!"},
    {TEXT("+OK\r\n\x80\r\n"), "s(OK)!", "k!"},
};

static uint32_t seed = 1;

static size_t random_below(size_t limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

static void show(const struct resp_reply *reply, struct buffer *out)
{
    static const char letters[] = {
        [RESP_STRING] = 's',     [RESP_ERROR] = 'e',      [RESP_INTEGER] = 'i',  [RESP_BULK] = 'b',
        [RESP_ARRAY] = '*',      [RESP_NULL] = 'n',       [RESP_BOOLEAN] = 't',  [RESP_DOUBLE] = 'd',
        [RESP_BIG_NUMBER] = 'g', [RESP_BULK_ERROR] = 'E', [RESP_VERBATIM] = 'v', [RESP_MAP] = '%',
        [RESP_SET] = '~',        [RESP_PUSH] = '>',       [RESP_ATTRIBUTE] = '|'};
    bool aggregate = strchr("*%~>", letters[reply->type]) != NULL;
    size_t i;

    assert_int_equal(buffer_append(out, &letters[reply->type], 1), 0);
    if (reply->text != NULL)
        assert_int_equal(buffer_printf(out, "(%s)", reply->text), 0);
    else if (reply->type == RESP_INTEGER || reply->type == RESP_BOOLEAN)
        assert_int_equal(buffer_printf(out, "(%lld)", (long long)reply->integer), 0);
    if (aggregate)
        assert_int_equal(buffer_append(out, "[", 1), 0);
    assert_int_equal(reply->count, reply->announced);
    for (i = 0; i < reply->count; i++)
        show(&reply->elements[i], out);
    if (aggregate)
        assert_int_equal(buffer_append(out, "]", 1), 0);
}

/* How a stream is cut: each piece of 1 to `most` bytes. */
static size_t next_piece(size_t left, size_t most)
{
    size_t piece = most == 1 ? 1 : 1 + random_below(most);

    return piece < left ? piece : left;
}

/* The tree reader over a stream in pieces. `kinds` counts as the scanner does. */
static void read_pieces(const char *stream, size_t length, size_t most, struct buffer *shown,
                        struct buffer *kinds)
{
    struct resp_reader *reader = resp_reader_new(&roomy);
    struct buffer input = {0};
    enum resp_read found = RESP_READ_INCOMPLETE;
    size_t at = 0;

    assert_non_null(reader);
    while (at < length && found == RESP_READ_INCOMPLETE) {
        size_t piece = next_piece(length - at, most);
        struct resp_reply reply;

        assert_int_equal(buffer_append(&input, stream + at, piece), 0);
        at += piece;
        while ((found = resp_reader_next(reader, &input, &reply)) == RESP_READ_REPLY) {
            show(&reply, shown);
            if (reply.type != RESP_PUSH)
                assert_int_equal(buffer_append(kinds, resp_reply_is_error(&reply) ? "e" : "k", 1), 0);
            resp_reply_clear(&reply);
        }
    }
    assert_true(found == RESP_READ_INCOMPLETE || found == RESP_READ_MALFORMED);
    assert_int_equal(buffer_append(shown, found == RESP_READ_MALFORMED ? "!" : "~", 2), 0);
    assert_int_equal(buffer_append(kinds, found == RESP_READ_MALFORMED ? "!" : "~", 2), 0);
    buffer_free(&input);
    resp_reader_free(&reader);
}

/* The scanner over the same; each piece in a block of its own, so that a look beyond it is caught. */
static void scan_pieces(const char *stream, size_t length, size_t most, struct buffer *kinds)
{
    static const char letters[] = {[RESP_SCAN_OK] = 'k',
                                   [RESP_SCAN_ERROR] = 'e',
                                   [RESP_SCAN_INCOMPLETE] = '~',
                                   [RESP_SCAN_MALFORMED] = '!'};
    struct resp_scanner scanner = {0};
    enum resp_scan found = RESP_SCAN_INCOMPLETE;
    size_t at = 0;

    while (at < length && found != RESP_SCAN_MALFORMED) {
        size_t piece = next_piece(length - at, most), done = 0, used;
        char *block = malloc(piece);

        assert_non_null(block);
        memcpy(block, stream + at, piece);
        at += piece;
        do {
            found = resp_scan(&scanner, block + done, piece - done, &used);
            done += used;
            if (found == RESP_SCAN_OK || found == RESP_SCAN_ERROR)
                assert_int_equal(buffer_append(kinds, &letters[found], 1), 0);
        } while (found != RESP_SCAN_MALFORMED && done < piece);
        free(block);
    }
    assert_int_equal(buffer_append(kinds, found == RESP_SCAN_MALFORMED ? "!" : "~", 2), 0);
}

static void check_row(const struct row *row, size_t most)
{
    struct buffer shown = {0}, kinds = {0}, scanned = {0};

    read_pieces(row->stream, row->length, most, &shown, &kinds);
    scan_pieces(row->stream, row->length, most, &scanned);
    assert_string_equal(buffer_head(&shown), row->shown);
    assert_string_equal(buffer_head(&kinds), row->scanned);
    assert_string_equal(buffer_head(&scanned), row->scanned);
    buffer_free(&shown);
    buffer_free(&kinds);
    buffer_free(&scanned);
}

static void every_row_in_every_cut(void **state)
{
    size_t i, round;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        check_row(&rows[i], 1);
        check_row(&rows[i], rows[i].length + 1);
        for (round = 0; round < 20; round++)
            check_row(&rows[i], 2 + random_below(8));
    }
}

/* All good rows behind each other, some bytes changed: wherever that leads, both readers must say the same.
 */
static void both_readers_agree_on_damaged_streams(void **state)
{
    struct buffer stream = {0};
    size_t i, round;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        if (strlen(rows[i].shown) > 1 && strchr(rows[i].shown, '!') == NULL)
            assert_int_equal(buffer_append(&stream, rows[i].stream, rows[i].length), 0);
    }
    for (round = 0; round < 20000; round++) {
        struct buffer damaged = {0}, shown = {0}, kinds = {0}, scanned = {0};
        size_t changes = random_below(4);

        assert_int_equal(buffer_append(&damaged, buffer_head(&stream), buffer_length(&stream)), 0);
        while (changes-- > 0)
            buffer_head(&damaged)[random_below(buffer_length(&damaged))] =
                "+-:$*%~>|_#\r\n019 "[random_below(17)];
        read_pieces(buffer_head(&damaged), buffer_length(&damaged), 1 + random_below(40), &shown, &kinds);
        scan_pieces(buffer_head(&damaged), buffer_length(&damaged), 1 + random_below(40), &scanned);
        if (strcmp(buffer_head(&kinds), buffer_head(&scanned)) != 0)
            fail_msg("round %zu: tree %s, scan %s", round, buffer_head(&kinds), buffer_head(&scanned));
        buffer_free(&damaged);
        buffer_free(&shown);
        buffer_free(&kinds);
        buffer_free(&scanned);
    }
    buffer_free(&stream);
}

static enum resp_read read_within(const struct resp_reply_limits *limits, const char *stream, size_t length)
{
    struct resp_reader *reader = resp_reader_new(limits);
    struct buffer input = {0};
    struct resp_reply reply;
    enum resp_read found;

    assert_non_null(reader);
    assert_int_equal(buffer_append(&input, stream, length), 0);
    found = resp_reader_next(reader, &input, &reply);
    if (found == RESP_READ_REPLY)
        resp_reply_clear(&reply);
    buffer_free(&input);
    resp_reader_free(&reader);
    return found;
}

static void limits_hold(void **state)
{
    static const struct {
        struct resp_reply_limits limits;
        const char *stream;
        enum resp_read expected;
    } cases[] = {
        {{2, 100, 10000}, "*1\r\n*1\r\n:1\r\n", RESP_READ_REPLY},
        {{2, 100, 10000}, "*1\r\n*1\r\n*1\r\n:1\r\n", RESP_READ_TOO_LARGE},
        {{2, 4, 10000}, "*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n", RESP_READ_REPLY},
        {{2, 3, 10000}, "*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n", RESP_READ_TOO_LARGE},
        {{2, 100, 10000}, "*101\r\n", RESP_READ_TOO_LARGE},
        {{2, 100, 10000}, "%51\r\n", RESP_READ_TOO_LARGE},
        {{2, 100, 10}, "$10\r\n0123456789\r\n", RESP_READ_REPLY},
        {{2, 100, 10}, "$11\r\n", RESP_READ_TOO_LARGE},
        {{2, 100, 10}, "+0123456789a\r\n", RESP_READ_TOO_LARGE},
        {{2, 100, 60}, "*2\r\n:1\r\n:1\r\n", RESP_READ_TOO_LARGE},
        {{2, 100, 10000}, "|1\r\n+k\r\n+v\r\n*1\r\n:1\r\n", RESP_READ_REPLY},
    };
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(cases); i++) {
        enum resp_read found = read_within(&cases[i].limits, cases[i].stream, strlen(cases[i].stream));

        if (found != cases[i].expected)
            fail_msg("case %zu: %d", i, (int)found);
    }
}

/* The budget is per reply: a long stream of replies must not use it up. */
static void limits_start_anew_with_each_reply(void **state)
{
    const struct resp_reply_limits limits = {.depth = 1, .elements = 2, .bytes = 400};
    struct resp_reader *reader = resp_reader_new(&limits);
    struct buffer input = {0};
    int i;

    (void)state;
    assert_non_null(reader);
    for (i = 0; i < 50; i++) {
        struct resp_reply reply;

        assert_int_equal(buffer_append(&input, "*2\r\n$3\r\nabc\r\n:1\r\n", 17), 0);
        assert_int_equal(resp_reader_next(reader, &input, &reply), RESP_READ_REPLY);
        resp_reply_clear(&reply);
    }
    buffer_free(&input);
    resp_reader_free(&reader);
}

static void a_line_without_end_is_refused(void **state)
{
    struct resp_scanner scanner = {0};
    size_t length = RESP_LINE_MOST + 2, used;
    char *line = malloc(length);

    (void)state;
    assert_non_null(line);
    memset(line, 'x', length);
    line[0] = '+';
    assert_int_equal(read_within(&roomy, line, length - 1), RESP_READ_INCOMPLETE);
    assert_int_equal(read_within(&roomy, line, length), RESP_READ_MALFORMED);
    assert_int_equal(resp_scan(&scanner, line, length - 1, &used), RESP_SCAN_INCOMPLETE);
    assert_int_equal(resp_scan(&scanner, line, 1, &used), RESP_SCAN_MALFORMED);
    free(line);
}

static void what_arrives_can_be_seen(void **state)
{
    struct resp_reader *reader = resp_reader_new(&roomy);
    struct buffer input = {0};
    struct resp_reply reply;
    const struct resp_reply *arriving;

    (void)state;
    assert_non_null(reader);
    assert_null(resp_reader_arriving(reader));
    assert_int_equal(buffer_append(&input, "*3\r\n:7\r\n*1\r\n", 12), 0);
    assert_int_equal(resp_reader_next(reader, &input, &reply), RESP_READ_INCOMPLETE);
    arriving = resp_reader_arriving(reader);
    assert_non_null(arriving);
    assert_int_equal(arriving->announced, 3);
    assert_int_equal(arriving->count, 1);
    assert_int_equal(arriving->elements[0].integer, 7);
    assert_int_equal(buffer_append(&input, ":8\r\n:9\r\n", 8), 0);
    assert_int_equal(resp_reader_next(reader, &input, &reply), RESP_READ_REPLY);
    assert_null(resp_reader_arriving(reader));
    assert_int_equal(reply.count, 3);
    resp_reply_clear(&reply);
    buffer_free(&input);
    resp_reader_free(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_in_every_cut),
        cmocka_unit_test(both_readers_agree_on_damaged_streams),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(limits_start_anew_with_each_reply),
        cmocka_unit_test(a_line_without_end_is_refused),
        cmocka_unit_test(what_arrives_can_be_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
