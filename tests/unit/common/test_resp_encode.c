/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands as bytes. Runs in the test's one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/resp_encode.h"

static void assert_bytes(const struct buffer *buffer, const char *expected, size_t length)
{
    assert_int_equal(buffer_length(buffer), length);
    assert_memory_equal(buffer_head(buffer), expected, length);
}

static void any_byte_passes(void **state)
{
    static const char expected[] = "*3\r\n$3\r\nSET\r\n$4\r\na\r\n\0\r\n$0\r\n\r\n";
    const struct resp_word words[] = {{"SET", 3}, {"a\r\n", 4}, {"", 0}};
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(resp_encode(&buffer, words, 3), 0);
    assert_bytes(&buffer, expected, sizeof expected - 1);
    buffer_free(&buffer);
}

static void appends_behind_what_is_there(void **state)
{
    static const char expected[] = "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$12\r\nhello, world\r\n";
    const char *const first[] = {"PING"};
    const char *const second[] = {"ECHO", "hello, world"};
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(resp_encode_strings(&buffer, first, 1), 0);
    assert_int_equal(resp_encode_strings(&buffer, second, 2), 0);
    assert_bytes(&buffer, expected, sizeof expected - 1);
    buffer_free(&buffer);
}

static void a_long_word_grows_the_buffer(void **state)
{
    static char word[100000];
    const struct resp_word words[] = {{word, sizeof word}};
    struct buffer buffer = {0};

    (void)state;
    memset(word, 'x', sizeof word);
    assert_int_equal(resp_encode(&buffer, words, 1), 0);
    assert_int_equal(buffer_length(&buffer), strlen("*1\r\n$100000\r\n\r\n") + sizeof word);
    assert_memory_equal(buffer_tail(&buffer) - 3, "x\r\n", 3);
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_byte_passes),
        cmocka_unit_test(appends_behind_what_is_there),
        cmocka_unit_test(a_long_word_grows_the_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
