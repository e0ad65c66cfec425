/* SPDX-License-Identifier: Apache-2.0
 *
 * The buffer: growth, reuse of what was consumed, and what happens when memory is short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"

static void expect(const struct buffer *buffer, const char *text)
{
    assert_int_equal(buffer_length(buffer), strlen(text));
    assert_memory_equal(buffer_head(buffer), text, strlen(text));
}

static void test_empty(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(buffer_length(&buffer), 0);
    assert_int_equal(buffer_room(&buffer), 0);
    assert_null(buffer_head(&buffer));
    assert_null(buffer_tail(&buffer));
    assert_int_equal(buffer_reserve(&buffer, 0), 0);
    assert_int_equal(buffer_append(&buffer, NULL, 0), 0);
    assert_null(buffer.data);
    buffer_trim(&buffer);
    buffer_consume(&buffer, 0);
    buffer_free(&buffer);
}

static void test_append_and_printf(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(buffer_append(&buffer, "one", 3), 0);
    assert_int_equal(buffer_printf(&buffer, " %s %d", "two", 3), 0);
    assert_int_equal(buffer_printf(&buffer, "%s", ""), 0);
    expect(&buffer, "one two 3");
    buffer_free(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer_append(&buffer, "again", 5), 0);
    expect(&buffer, "again");
    buffer_free(&buffer);
}

static void test_bytes_of_all_kinds(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(buffer_append(&buffer, "a\0b\xff", 4), 0);
    assert_int_equal(buffer_length(&buffer), 4);
    assert_memory_equal(buffer_head(&buffer), "a\0b\xff", 4);
    buffer_free(&buffer);
}

static void test_consume(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(buffer_append(&buffer, "abcdef", 6), 0);
    buffer_consume(&buffer, 2);
    expect(&buffer, "cdef");
    buffer_consume(&buffer, 4);
    assert_int_equal(buffer_length(&buffer), 0);
    assert_int_equal(buffer.start, 0);
    assert_int_equal(buffer.end, 0);
    buffer_free(&buffer);
}

/* What was consumed is room again before more memory is asked for. */
static void test_consumed_room_is_reused(void **state)
{
    struct buffer buffer = {0};
    char block[256];
    size_t capacity;

    (void)state;
    memset(block, 'x', sizeof block);
    assert_int_equal(buffer_append(&buffer, block, sizeof block), 0);
    capacity = buffer.capacity;
    buffer_consume(&buffer, 250);
    assert_int_equal(buffer_append(&buffer, "0123456789", 10), 0);
    assert_int_equal(buffer.capacity, capacity);
    expect(&buffer, "xxxxxx0123456789");
    buffer_free(&buffer);
}

/* Doubling: the number of moves is logarithmic. */
static void test_growth_is_amortised(void **state)
{
    struct buffer buffer = {0};
    size_t growths = 0, capacity = 0, i;

    (void)state;
    for (i = 0; i < 1000000; i++) {
        assert_int_equal(buffer_append(&buffer, "x", 1), 0);
        growths += buffer.capacity != capacity;
        capacity = buffer.capacity;
    }
    assert_int_equal(buffer_length(&buffer), 1000000);
    assert_true(growths < 16);
    buffer_free(&buffer);
}

/* Appended in runs and consumed in others, the bytes come out as they went in. */
static void test_a_stream_through(void **state)
{
    struct buffer buffer = {0};
    unsigned in = 0, out = 0, round, i;

    (void)state;
    for (round = 0; round < 2000; round++) {
        size_t taken;

        for (i = 0; i < round * 7 % 300; i++, in++)
            assert_int_equal(buffer_append(&buffer, &(unsigned char){(unsigned char)(in % 251)}, 1), 0);
        taken = buffer_length(&buffer) * (round % 5) / 4;
        for (i = 0; i < taken; i++, out++)
            assert_int_equal((unsigned char)buffer_head(&buffer)[i], out % 251);
        buffer_consume(&buffer, taken);
    }
    assert_int_equal(in - out, buffer_length(&buffer));
    buffer_free(&buffer);
}

static void test_trim(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(buffer_append(&buffer, "abcdef", 6), 0);
    buffer_consume(&buffer, 4);
    buffer_trim(&buffer);
    expect(&buffer, "ef");
    assert_int_equal(buffer.capacity, 2);
    assert_int_equal(buffer_append(&buffer, "gh", 2), 0);
    expect(&buffer, "efgh");
    buffer_consume(&buffer, 4);
    buffer_trim(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
}

static void test_too_much(void **state)
{
    struct buffer buffer = {0};

    (void)state;
    assert_int_equal(buffer_append(&buffer, "abc", 3), 0);
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX), -1);
    assert_int_equal(buffer_reserve(&buffer, SIZE_MAX / 2), -1);
    expect(&buffer, "abc");
    buffer_free(&buffer);
}

/* What a secret buffer moves out of is wiped: behind its contents nothing is left of them. */
static void a_secret_leaves_nothing_behind(void **state)
{
    struct buffer buffer = {.secret = true};

    (void)state;
    assert_int_equal(buffer_reserve(&buffer, 64), 0);
    assert_int_equal(buffer_append(&buffer, "0123456789secret", 16), 0);
    memset(buffer_tail(&buffer), 0, buffer_room(&buffer));
    buffer_consume(&buffer, 10);
    assert_int_equal(buffer_reserve(&buffer, buffer.capacity - 8), 0); /* moves down, does not grow */
    assert_memory_equal(buffer_head(&buffer), "secret", 6);
    assert_null(memmem(buffer.data + 6, buffer.capacity - 6, "secret", 6));
    assert_int_equal(buffer_reserve(&buffer, buffer.capacity), 0); /* grows */
    assert_memory_equal(buffer_head(&buffer), "secret", 6);
    buffer_trim(&buffer);
    assert_int_equal(buffer.capacity, 6);
    assert_memory_equal(buffer_head(&buffer), "secret", 6);
    assert_true(buffer.secret);
    buffer_free(&buffer);
    assert_false(buffer.secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_append_and_printf),
        cmocka_unit_test(test_bytes_of_all_kinds),
        cmocka_unit_test(test_consume),
        cmocka_unit_test(test_consumed_room_is_reused),
        cmocka_unit_test(test_growth_is_amortised),
        cmocka_unit_test(test_a_stream_through),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(a_secret_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
