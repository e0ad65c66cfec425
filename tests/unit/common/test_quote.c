/* SPDX-License-Identifier: Apache-2.0
 *
 * The quoting rules, as rows of line and words. Every line is handed over in a block of exactly its length,
 * without a NUL, so that valgrind and the address sanitizer see a read or a write beyond it. Runs in the
 * test's one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/quote.h"

#define WORDS_MOST  8
#define TEXT(bytes) bytes, sizeof(bytes) - 1
#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

struct row {
    const char *line;
    size_t length;
    int count;
    const char *joined; /* each word followed by '|' */
    size_t joined_length;
};

static const struct row rows[] = {
    {TEXT(""), 0, TEXT("")},
    {TEXT(" \t\r\n\v\f "), 0, TEXT("")},
    {TEXT("PING"), 1, TEXT("PING|")},
    {TEXT("  SET  a\tb \r"), 3, TEXT("SET|a|b|")},
    {TEXT("ECHO \"hello world\""), 2, TEXT("ECHO|hello world|")},
    {TEXT("ECHO 'hello world'"), 2, TEXT("ECHO|hello world|")},
    {TEXT("\"\" ''"), 2, TEXT("||")},
    {TEXT("\"\\n\\r\\t\\b\\a\\\\\\\"\""), 1, TEXT("\n\r\t\b\a\\\"|")},
    {TEXT("\"\\x00\\xFf\\x7e\""), 1, TEXT("\0\xff~|")},
    {TEXT("\"\\xZ1\\x1\""), 1, TEXT("xZ1x1|")},
    {TEXT("\"\\q\""), 1, TEXT("q|")},
    {TEXT("'\\n\\'\\x41'"), 1, TEXT("\\n'\\x41|")},
    {TEXT("a\\nb"), 1, TEXT("a\\nb|")},
    {TEXT("foo\"bar baz\" x"), 2, TEXT("foobar baz|x|")},
    {TEXT("a\0b c"), 2, TEXT("a\0b|c|")},
    {TEXT("a\vb"), 1, TEXT("a\vb|")},
    {TEXT("\"a\"\vb"), 2, TEXT("a|b|")},
    {TEXT("\"it's\" 'a \"b\"'"), 2, TEXT("it's|a \"b\"|")},
    {TEXT("1 2 3 4 5 6 7 8"), 8, TEXT("1|2|3|4|5|6|7|8|")},
    {TEXT("1 2 3 4 5 6 7 8 9"), QUOTE_TOO_MANY, TEXT("")},
    {TEXT("\""), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("'"), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("\"abc"), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("'abc\\'"), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("\"abc\\\""), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("\"abc\\"), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("\"abc\"d"), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("'abc'd"), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("\"a\"\"b\""), QUOTE_UNBALANCED, TEXT("")},
    {TEXT("\"a\"\0"), QUOTE_UNBALANCED, TEXT("")},
};

static size_t join(const char *line, const struct quote_word *words, int count, char *joined)
{
    size_t at = 0;
    int i;

    for (i = 0; i < count; i++) {
        memcpy(joined + at, line + words[i].offset, words[i].length);
        at += words[i].length;
        joined[at++] = '|';
    }
    return at;
}

static void every_row_splits_as_redis_does(void **state)
{
    char joined[256];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        struct quote_word words[WORDS_MOST];
        char *line = malloc(rows[i].length > 0 ? rows[i].length : 1);
        int count;

        assert_non_null(line);
        memcpy(line, rows[i].line, rows[i].length);
        count = quote_split(line, rows[i].length, words, WORDS_MOST);
        if (count != rows[i].count)
            fail_msg("row %zu: %d words, expected %d", i, count, rows[i].count);
        if (count >= 0) {
            assert_int_equal(join(line, words, count, joined), rows[i].joined_length);
            assert_memory_equal(joined, rows[i].joined, rows[i].joined_length);
        }
        free(line);
    }
}

/* Whatever the bytes, the words lie within the line, in order, and do not overlap. */
static void random_lines_stay_within_bounds(void **state)
{
    static const char alphabet[] = "ab \t\"\"''\\\\xn0\0\r";
    struct quote_word words[16];
    uint32_t seed = 1;
    int round;

    (void)state;
    for (round = 0; round < 20000; round++) {
        size_t length = (seed >> 8) % 24, i, end = 0;
        char *line = malloc(length > 0 ? length : 1);
        int count, word;

        assert_non_null(line);
        for (i = 0; i < length; i++) {
            seed = seed * 1664525u + 1013904223u;
            line[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        seed = seed * 1664525u + 1013904223u;
        count = quote_split(line, length, words, COUNT(words));
        for (word = 0; word < count; word++) {
            assert_true(words[word].offset >= end);
            end = words[word].offset + words[word].length;
            assert_true(end <= length);
        }
        free(line);
    }
}

static void no_room_at_all_is_too_many(void **state)
{
    char line[] = "PING";

    (void)state;
    assert_int_equal(quote_split(line, 4, NULL, 0), QUOTE_TOO_MANY);
    assert_int_equal(quote_split(line, 0, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_splits_as_redis_does),
        cmocka_unit_test(random_lines_stay_within_bounds),
        cmocka_unit_test(no_room_at_all_is_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
