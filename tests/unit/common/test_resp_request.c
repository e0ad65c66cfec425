/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests: a table of streams with what each must give, cut at every place and a byte at a time, and random
 * damage. Every parse happens in a block that ends where the bytes end. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include "common/buffer.h"
#include "common/resp_request.h"

#define MAX_REQUEST 1000u
#define MAX_ARGS    8u

static const struct resp_limits limits = {.max_request = MAX_REQUEST, .max_args = MAX_ARGS};

struct row {
    const char *bytes;
    size_t length;
    const char *shown; /* "<word><word> length", "bad PROBLEM" or "foreign" */
};

#define ROW(text, shown)                                                                                     \
    {                                                                                                        \
        text, sizeof(text) - 1, shown                                                                        \
    }

static const struct row rows[] = {
    /* arrays */
    ROW("*1\r\n$4\r\nPING\r\n", "<PING> 14"),
    ROW("*2\r\n$4\r\nECHO\r\n$5\r\na\r\nb$\r\n", "<ECHO><a\r\nb$> 25"),
    ROW("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "<ECHO><> 20"), ROW("*1\r\n$4\r\nPING\r\nrest", "<PING> 14"),
    ROW("*8\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n$1\r\ne\r\n$1\r\nf\r\n$1\r\ng\r\n$1\r\nh\r\n",
        "<a><b><c><d><e><f><g><h> 60"),
    /* empty requests, to be passed over */
    ROW("*0\r\n", " 4"), ROW("*0\r\n*1\r\n$4\r\nPING\r\n", " 4"), ROW("*-1\r\n", " 5"), ROW("\r\n", " 2"),
    ROW("\n", " 1"), ROW(" \t \r\n", " 5"),
    /* counts */
    ROW("*-2\r\n", "bad invalid multibulk length"), ROW("*-10\r\n", "bad invalid multibulk length"),
    ROW("*-0\r\n", "bad invalid multibulk length"), ROW("*-01\r\n", "bad invalid multibulk length"),
    ROW("*-\r\n", "bad invalid multibulk length"),
    ROW("*+1\r\n$4\r\nPING\r\n", "bad invalid multibulk length"),
    ROW("*01\r\n$4\r\nPING\r\n", "bad invalid multibulk length"),
    ROW("*00\r\n", "bad invalid multibulk length"),
    ROW("* 1\r\n$4\r\nPING\r\n", "bad invalid multibulk length"),
    ROW("*1 \r\n$4\r\nPING\r\n", "bad invalid multibulk length"),
    ROW("*\t1\r\n", "bad invalid multibulk length"), ROW("*\r\n", "bad invalid multibulk length"),
    ROW("*x\r\n", "bad invalid multibulk length"), ROW("*1x\r\n", "bad invalid multibulk length"),
    ROW("*0x1\r\n", "bad invalid multibulk length"), ROW("*1.0\r\n", "bad invalid multibulk length"),
    ROW("*1\0\r\n", "bad invalid multibulk length"),
    ROW("*1\n$4\r\nPING\r\n", "bad invalid multibulk length"),
    ROW("*1\r$4\r\nPING\r\n", "bad invalid multibulk length"), ROW("*9\r\n", "bad too many arguments"),
    ROW("*2147483648\r\n", "bad too many arguments"),
    ROW("*4294967297\r\n", "bad too many arguments"), /* 1, when cut to 32 bits */
    ROW("*9999999999\r\n", "bad too many arguments"),
    ROW("*18446744073709551617\r\n", "bad invalid multibulk length"), /* 1, when cut to 64 bits */
    ROW("*-18446744073709551615\r\n", "bad invalid multibulk length"),
    /* lengths */
    ROW("*1\r\n$-1\r\n", "bad invalid bulk length"), ROW("*1\r\n$-5\r\nPING\r\n", "bad invalid bulk length"),
    ROW("*1\r\n$+4\r\nPING\r\n", "bad invalid bulk length"),
    ROW("*1\r\n$04\r\nPING\r\n", "bad invalid bulk length"),
    ROW("*1\r\n$ 4\r\nPING\r\n", "bad invalid bulk length"),
    ROW("*1\r\n$4 \r\nPING\r\n", "bad invalid bulk length"),
    ROW("*1\r\n$\r\nPING\r\n", "bad invalid bulk length"),
    ROW("*1\r\n$4x\r\nPING\r\n", "bad invalid bulk length"),
    ROW("*1\r\n$4\nPING\r\n", "bad invalid bulk length"),
    ROW("*1\r\n$4\rPING\r\n", "bad invalid bulk length"), ROW("*1\r\n$1000\r\n", "bad request too large"),
    ROW("*1\r\n$4294967300\r\nPING\r\n", "bad request too large"),             /* 4, cut to 32 bits */
    ROW("*1\r\n$18446744073709551620\r\nPING\r\n", "bad invalid bulk length"), /* 4, cut to 64 bits */
    ROW("*2\r\n$4\r\nECHO\r\n$990\r\n", "bad request too large"),
    /* elements that are no bulk strings */
    ROW("*1\r\n+PING\r\n", "bad expected '$'"), ROW("*1\r\n:1\r\n", "bad expected '$'"),
    ROW("*1\r\n*1\r\n$4\r\nPING\r\n", "bad expected '$'"), ROW("*1\r\n\r\n", "bad expected '$'"),
    ROW("*2\r\n$4\r\nECHO\r\nhello\r\n", "bad expected '$'"),
    /* a string's end */
    ROW("*1\r\n$4\r\nPINGxx", "bad bulk string not followed by CRLF"),
    ROW("*1\r\n$4\r\nPING\n\r", "bad bulk string not followed by CRLF"),
    ROW("*1\r\n$4\r\nPING\nx", "bad bulk string not followed by CRLF"),
    ROW("*1\r\n$4\r\nPING\rx", "bad bulk string not followed by CRLF"),
    ROW("*1\r\n$3\r\nPING\r\n", "bad bulk string not followed by CRLF"),
    ROW("*1\r\n$5\r\nPING\r\n*", "bad bulk string not followed by CRLF"),
    /* inline */
    ROW("PING\r\n", "<PING> 6"), ROW("PING\n", "<PING> 5"),
    ROW("  ECHO   a\tb \r\nPING\r\n", "<ECHO><a><b> 15"),
    ROW("ECHO \"a b\\n\\x41\" 'c d'\r\n", "<ECHO><a b\nA><c d> 24"), ROW("ECHO \"\"\r\n", "<ECHO><> 9"),
    ROW("$4\r\n", "<$4> 4"), ROW("PING\r\r\n", "<PING> 7"), ROW("get key\r\n", "<get><key> 9"),
    ROW("GET HTTP/1.1\r\n", "<GET><HTTP/1.1> 14"), /* two words are no request line */
    ROW("a b c d e f g h\n", "<a><b><c><d><e><f><g><h> 16"),
    ROW("a b c d e f g h i\n", "bad too many arguments"),
    ROW("ECHO \"a\r\n", "bad unbalanced quotes in request"),
    ROW("ECHO 'a\r\n", "bad unbalanced quotes in request"),
    ROW("ECHO \"a\"b\r\n", "bad unbalanced quotes in request"),
    ROW("ECHO 'a\"\r\n", "bad unbalanced quotes in request"),
    ROW("ECHO \"a\\\"\r\n", "bad unbalanced quotes in request"),
    /* other protocols */
    ROW("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "foreign"), ROW("get / http/1.0\n", "foreign"),
    ROW("OPTIONS * HTTP/1.1\r\n", "foreign"), ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "foreign"),
    ROW("POST / x\r\n", "foreign"), ROW("POST\r\n", "foreign"), ROW("Host: localhost:7070\r\n", "foreign"),
    ROW("host: a\r\n", "foreign"),
    ROW("\x16\x03\x01\x02\x00\x01\x00", "foreign"), /* a ClientHello's record */
    ROW("\x16", "foreign"), ROW("\0", "foreign"), ROW("PI\0NG\r\n", "foreign"), ROW("PING\0", "foreign"),
    ROW("PING\r\n\0", "<PING> 6"), /* behind the request: the next one's business */
};

/* Parses a copy of the bytes and shows what came of it; `status` and `request` as resp_request_parse gives
 * them. */
static enum resp_status parse(const char *bytes, size_t length, const struct resp_limits *within,
                              struct resp_request *request, char *shown, size_t room)
{
    char *copy = unit_copy(bytes, length);
    struct resp_arg *args = calloc(within->max_args, sizeof *args);
    enum resp_status status = resp_request_parse(copy, length, within, args, request);
    int at = 0;
    unsigned i;

    shown[0] = '\0';
    if (status == RESP_INVALID)
        snprintf(shown, room, "bad %s", request->problem);
    else if (status == RESP_FOREIGN)
        snprintf(shown, room, "foreign");
    else if (status == RESP_OK) {
        assert_true(request->length <= length);
        assert_true(request->argc <= within->max_args);
        for (i = 0; i < request->argc; i++) {
            assert_true(args[i].offset <= request->length &&
                        args[i].length <= request->length - args[i].offset);
            at +=
                snprintf(shown + at, room - (size_t)at, "<%.*s>", (int)args[i].length, copy + args[i].offset);
            assert_true((size_t)at < room);
        }
        snprintf(shown + at, room - (size_t)at, " %zu", request->length);
    }
    free(args);
    free(copy);
    return status;
}

static void every_row_gives_what_it_must(void **state)
{
    struct resp_request request;
    char shown[2048];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        parse(rows[i].bytes, rows[i].length, &limits, &request, shown, sizeof shown);
        if (strcmp(shown, rows[i].shown) != 0)
            fail_msg("row %zu '%s': '%s', not '%s'", i, rows[i].bytes, shown, rows[i].shown);
    }
}

/* Up to the first byte at which the answer is known, `need` promises more than there is and never too much;
 * from there on more bytes change nothing. */
static void every_cut_is_honest(void **state)
{
    struct resp_request request;
    char shown[2048];
    size_t i, cut, decided, first;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        first = rows[i].length + 1;
        for (cut = rows[i].length + 1; cut-- > 0;)
            if (parse(rows[i].bytes, cut, &limits, &request, shown, sizeof shown) != RESP_INCOMPLETE)
                first = cut;
        decided = first;
        assert_true(decided >= 1 && decided <= rows[i].length);
        for (cut = 0; cut <= rows[i].length; cut++) {
            enum resp_status status = parse(rows[i].bytes, cut, &limits, &request, shown, sizeof shown);

            if (cut >= decided && strcmp(shown, rows[i].shown) != 0)
                fail_msg("row %zu cut to %zu: '%s'", i, cut, shown);
            if (cut < decided && (status != RESP_INCOMPLETE || request.need <= cut || request.need > decided))
                fail_msg("row %zu cut to %zu: needs %zu of %zu", i, cut, request.need, decided);
        }
    }
}

/* Where a length is announced, all of it is waited for at once: no look at every byte of a large argument. */
static void a_large_argument_is_waited_for_at_once(void **state)
{
    struct resp_request request;
    char shown[2048];

    (void)state;
    assert_int_equal(parse("*1\r\n$500\r\n", 10, &limits, &request, shown, sizeof shown), RESP_INCOMPLETE);
    assert_int_equal(request.need, 512);
}

static void limits_are_exact(void **state)
{
    struct resp_request request;
    char bytes[MAX_REQUEST + 8], shown[2048];
    int head;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    head = snprintf(bytes, sizeof bytes, "*1\r\n$988\r\n"); /* 10 + 988 + 2 */
    bytes[head] = 'x';
    memcpy(bytes + MAX_REQUEST - 2, "\r\n", 2);
    assert_int_equal(parse(bytes, MAX_REQUEST, &limits, &request, shown, sizeof shown), RESP_OK);
    assert_int_equal(request.length, MAX_REQUEST);
    memcpy(bytes, "*1\r\n$989\r\n", 10);
    assert_int_equal(parse(bytes, 10, &limits, &request, shown, sizeof shown), RESP_INVALID);
    assert_string_equal(request.problem, "request too large");
}

static enum resp_status parse_line(size_t length, const char *end, const struct resp_limits *within,
                                   struct resp_request *request)
{
    static char shown[RESP_INLINE_LONGEST + 64];
    char *line = malloc(length + 1);
    enum resp_status status;

    assert_non_null(line);
    memset(line, 'x', length + 1);
    if (end != NULL)
        memcpy(line + length - strlen(end), end, strlen(end));
    status = parse(line, length, within, request, shown, sizeof shown);
    free(line);
    return status;
}

static void a_line_without_end_is_refused_at_64_kib(void **state)
{
    static const struct resp_limits roomy = {.max_request = 1u << 20, .max_args = 8};
    struct resp_request request;

    (void)state;
    assert_int_equal(parse_line(RESP_INLINE_LONGEST - 1, NULL, &roomy, &request), RESP_INCOMPLETE);
    assert_int_equal(request.need, RESP_INLINE_LONGEST);
    assert_int_equal(parse_line(RESP_INLINE_LONGEST, NULL, &roomy, &request), RESP_INVALID);
    assert_string_equal(request.problem, "too big inline request");
    assert_int_equal(request.beyond, RESP_BEYOND_LINE);
    assert_int_equal(parse_line(RESP_INLINE_LONGEST, "\n", &roomy, &request), RESP_OK);
    assert_int_equal(request.length, RESP_INLINE_LONGEST);
    /* the end may stand right behind: it is not looked for there */
    assert_int_equal(parse_line(RESP_INLINE_LONGEST + 1, "\n", &roomy, &request), RESP_INVALID);
    /* a smaller max_request holds for lines as well */
    assert_int_equal(parse_line(MAX_REQUEST - 1, NULL, &limits, &request), RESP_INCOMPLETE);
    assert_int_equal(parse_line(MAX_REQUEST, NULL, &limits, &request), RESP_INVALID);
    assert_string_equal(request.problem, "too big inline request");
    assert_int_equal(request.beyond, RESP_BEYOND_SIZE);
}

/* What comes behind the longest line is not looked at, however much of it is there: the answer would depend on how the
 * bytes were cut. Found by fuzz_session. */
static void a_nul_behind_the_longest_line_is_not_seen(void **state)
{
    char bytes[MAX_REQUEST + 1], shown[64];
    struct resp_request request;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    bytes[MAX_REQUEST] = '\0';
    assert_int_equal(parse(bytes, sizeof bytes, &limits, &request, shown, sizeof shown), RESP_INVALID);
    assert_string_equal(request.problem, "too big inline request");
    bytes[MAX_REQUEST - 1] = '\0';
    assert_int_equal(parse(bytes, sizeof bytes, &limits, &request, shown, sizeof shown), RESP_FOREIGN);
}

/* Feeds a stream piece by piece into a buffer, parsing whenever `need` says so; what was seen goes to `seen`.
 */
static void follow(const char *stream, size_t length, size_t most, struct buffer *seen)
{
    struct buffer in = {0};
    struct resp_arg args[MAX_ARGS];
    struct resp_request request;
    enum resp_status status = RESP_INCOMPLETE;
    size_t at = 0, need = 1;
    unsigned i;

    while (at < length && (status == RESP_OK || status == RESP_INCOMPLETE)) {
        size_t piece = most == 1 ? 1 : 1 + unit_random_below(most);

        piece = piece < length - at ? piece : length - at;
        assert_int_equal(buffer_append(&in, stream + at, piece), 0);
        at += piece;
        while (buffer_length(&in) >= need) {
            status = resp_request_parse(buffer_head(&in), buffer_length(&in), &limits, args, &request);
            if (status != RESP_OK)
                break;
            for (i = 0; i < request.argc; i++)
                assert_int_equal(
                    buffer_printf(seen, "<%.*s>", (int)args[i].length, buffer_head(&in) + args[i].offset), 0);
            assert_int_equal(buffer_printf(seen, " %zu\n", request.length), 0);
            buffer_consume(&in, request.length);
            need = 1;
            if (buffer_length(&in) == 0)
                break;
        }
        if (status == RESP_INCOMPLETE)
            need = request.need;
    }
    if (status == RESP_INVALID)
        assert_int_equal(buffer_printf(seen, "bad %s\n", request.problem), 0);
    if (status == RESP_FOREIGN)
        assert_int_equal(buffer_printf(seen, "foreign\n"), 0);
    assert_int_equal(buffer_append(seen, "", 1), 0);
    buffer_free(&in);
}

/* Good requests one behind the other and one row of any kind at the end. */
static void make_stream(struct buffer *stream, size_t last)
{
    size_t i;

    for (i = 0; i < 6; i++) {
        const struct row *row = &rows[unit_random_below(COUNT(rows))];
        const char *behind = strrchr(row->shown, ' ');

        if (behind != NULL && strtoul(behind, NULL, 10) == row->length) /* a whole request and nothing else */
            assert_int_equal(buffer_append(stream, row->bytes, row->length), 0);
    }
    assert_int_equal(buffer_append(stream, rows[last].bytes, rows[last].length), 0);
}

static void any_cut_of_a_stream_gives_the_same(void **state)
{
    size_t i, round;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        struct buffer stream = {0}, whole = {0};

        make_stream(&stream, i);
        follow(buffer_head(&stream), buffer_length(&stream), buffer_length(&stream) + 1, &whole);
        assert_true(buffer_length(&whole) > 1);
        for (round = 0; round < 12; round++) {
            struct buffer pieces = {0};

            follow(buffer_head(&stream), buffer_length(&stream), round == 0 ? 1 : 2 + round, &pieces);
            if (strcmp(buffer_head(&whole), buffer_head(&pieces)) != 0)
                fail_msg("row %zu, round %zu: '%s', in pieces '%s'", i, round, buffer_head(&whole),
                         buffer_head(&pieces));
            buffer_free(&pieces);
        }
        buffer_free(&whole);
        buffer_free(&stream);
    }
}

/* Whatever arrives, the answers keep their promises (parse checks those of RESP_OK), and what is waited for
 * stays within the limit, give or take one line of a header. */
static void random_bytes_never_confuse_it(void **state)
{
    static const char alphabet[] = "*$\r\n\r\n019 -+:\"'\\xPING\0\x16";
    struct resp_request request;
    char bytes[96], shown[2048];
    size_t round, i, length;

    (void)state;
    for (round = 0; round < 300000; round++) {
        if (round % 2 == 0) {
            length = unit_random_below(sizeof bytes);
            for (i = 0; i < length; i++)
                bytes[i] = alphabet[unit_random_below(sizeof alphabet - 1)];
        } else {
            const struct row *row = &rows[unit_random_below(COUNT(rows))];

            length = row->length < sizeof bytes ? row->length : sizeof bytes;
            memcpy(bytes, row->bytes, length);
            for (i = unit_random_below(4); i > 0; i--)
                bytes[unit_random_below(length)] = (char)unit_random();
        }
        if (parse(bytes, length, &limits, &request, shown, sizeof shown) == RESP_INCOMPLETE)
            assert_true(request.need > length && request.need <= MAX_REQUEST + 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_gives_what_it_must),
        cmocka_unit_test(every_cut_is_honest),
        cmocka_unit_test(a_large_argument_is_waited_for_at_once),
        cmocka_unit_test(limits_are_exact),
        cmocka_unit_test(a_line_without_end_is_refused_at_64_kib),
        cmocka_unit_test(a_nul_behind_the_longest_line_is_not_seen),
        cmocka_unit_test(any_cut_of_a_stream_gives_the_same),
        cmocka_unit_test(random_bytes_never_confuse_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
