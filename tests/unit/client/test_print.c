/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies as text: the expected column was taken from redis-cli 7.0, --no-raw and --raw. Printing while it
 * arrives, a byte at a time, must give the same as printing it whole. Runs in the test's one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/print.h"

static const struct {
    const char *stream, *pretty, *raw;
} rows[] = {
    {"+PONG\r\n", "PONG\n", "PONG\n"},
    {"-ERR no\r\n", "(error) ERR no\n", "ERR no\n\n"},
    {":-7\r\n", "(integer) -7\n", "-7\n"},
    {"$8\r\na\"\\\n\t\x01\xff \r\n", "\"a\\\"\\\\\\n\\t\\x01\\xff \"\n", "a\"\\\n\t\x01\xff \n"},
    {"$-1\r\n", "(nil)\n", "\n"},
    {"*0\r\n", "(empty array)\n", "\n"},
    {"~0\r\n", "(empty set)\n", "\n"},
    {"%0\r\n", "(empty hash)\n", "\n"},
    {",3.141\r\n", "(double) 3.141\n", "3.141\n"},
    {"#t\r\n", "(true)\n", "(true)\n"},
    {"=8\r\ntxt:a\r\nb\r\n", "a\r\nb\n", "a\r\nb\n"},
    {"*3\r\n:1\r\n$1\r\nx\r\n$-1\r\n", "1) (integer) 1\n2) \"x\"\n3) (nil)\n", "1\nx\n\n"},
    {"*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n:3\r\n", "1) 1) (integer) 1\n   2) (empty array)\n2) 1) (integer) 3\n",
     "1\n\n3\n"},
    {"*10\r\n:0\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n*2\r\n:9\r\n:9\r\n",
     " 1) (integer) 0\n 2) (integer) 1\n 3) (integer) 2\n 4) (integer) 3\n 5) (integer) 4\n 6) (integer) 5\n"
     " 7) (integer) 6\n 8) (integer) 7\n 9) (integer) 8\n10) 1) (integer) 9\n    2) (integer) 9\n",
     "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n9\n"},
    {"~2\r\n+a\r\n+b\r\n", "1~ a\n2~ b\n", "a\nb\n"},
    {"%2\r\n:0\r\n#f\r\n:1\r\n#t\r\n", "1# (integer) 0 => (false)\n2# (integer) 1 => (true)\n",
     "0 (false)\n1 (true)\n"},
    {"%2\r\n+a\r\n%1\r\n+b\r\n:1\r\n+c\r\n*2\r\n:1\r\n:2\r\n",
     "1# a => 1# b => (integer) 1\n2# c => \n   1) (integer) 1\n   2) (integer) 2\n", "a b 1\nc 1\n2\n"},
    {"%1\r\n+a\r\n*1\r\n*2\r\n:1\r\n:2\r\n", "1# a => \n   1) 1) (integer) 1\n      2) (integer) 2\n",
     "a 1\n2\n"},
};

static const struct resp_reply_limits limits = {.depth = 8, .elements = 1000, .bytes = 100000};

static void print(const char *stream, size_t piece, enum print_style style, struct buffer *out)
{
    struct resp_reader *reader = resp_reader_new(&limits);
    struct printer printer = {.style = style};
    struct buffer input = {0};
    struct resp_reply reply;
    enum resp_read found = RESP_READ_INCOMPLETE;
    size_t length = strlen(stream), at;

    assert_non_null(reader);
    for (at = 0; at < length && found == RESP_READ_INCOMPLETE; at += piece) {
        assert_int_equal(buffer_append(&input, stream + at, length - at < piece ? length - at : piece), 0);
        found = resp_reader_next(reader, &input, &reply);
        if (found == RESP_READ_INCOMPLETE && resp_reader_arriving(reader) != NULL)
            assert_int_equal(print_arriving(&printer, resp_reader_arriving(reader), out), 0);
    }
    assert_int_equal(found, RESP_READ_REPLY);
    assert_int_equal(print_reply(&printer, &reply, out), 0);
    assert_int_equal(printer.printed, 0);
    assert_int_equal(buffer_append(out, "", 1), 0);
    resp_reply_clear(&reply);
    buffer_free(&input);
    resp_reader_free(&reader);
}

static void prints_as_redis_cli(void **state)
{
    size_t i, piece;

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (piece = 1; piece < 200; piece += 40) {
            struct buffer pretty = {0}, raw = {0};

            print(rows[i].stream, piece, PRINT_PRETTY, &pretty);
            assert_string_equal(buffer_head(&pretty), rows[i].pretty);
            print(rows[i].stream, piece, PRINT_RAW, &raw);
            assert_string_equal(buffer_head(&raw), rows[i].raw);
            buffer_free(&pretty);
            buffer_free(&raw);
        }
    }
}

static void elements_show_as_soon_as_they_are_whole(void **state)
{
    struct resp_reader *reader = resp_reader_new(&limits);
    struct printer printer = {.style = PRINT_PRETTY};
    struct buffer input = {0}, out = {0};
    struct resp_reply reply;

    (void)state;
    assert_non_null(reader);
    assert_int_equal(buffer_append(&input, "*2\r\n:1\r\n$3\r\nab", 14), 0);
    assert_int_equal(resp_reader_next(reader, &input, &reply), RESP_READ_INCOMPLETE);
    assert_int_equal(print_arriving(&printer, resp_reader_arriving(reader), &out), 0);
    assert_int_equal(buffer_length(&out), strlen("1) (integer) 1\n"));
    assert_int_equal(print_arriving(&printer, resp_reader_arriving(reader), &out), 0);
    assert_int_equal(buffer_length(&out), strlen("1) (integer) 1\n"));
    buffer_free(&input);
    buffer_free(&out);
    resp_reader_free(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_as_redis_cli),
        cmocka_unit_test(elements_show_as_soon_as_they_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
