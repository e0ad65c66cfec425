/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies as bytes, in both versions of the protocol, up to the limit and not beyond. Runs in the test's one
 * thread. */
#include "tests/unit/unit.h"

#include "common/resp_write.h"

static struct buffer out;

static int drop_output(void **state)
{
    (void)state;
    buffer_free(&out);
    return 0;
}

static struct reply reply_of(int protocol)
{
    return (struct reply){.out = &out, .limit = 1u << 20, .protocol = protocol};
}

/* What was written since the last look. */
#define assert_written(text)                                                                                 \
    do {                                                                                                     \
        assert_int_equal(buffer_length(&out), sizeof(text) - 1);                                             \
        assert_memory_equal(buffer_head(&out), text, sizeof(text) - 1);                                      \
        buffer_consume(&out, buffer_length(&out));                                                           \
    } while (0)

static void scalars_are_the_same_in_both_versions(void **state)
{
    int protocol;

    (void)state;
    for (protocol = 2; protocol <= 3; protocol++) {
        struct reply reply = reply_of(protocol);

        reply_simple(&reply, "OK");
        assert_written("+OK\r\n");
        reply_bulk(&reply, "a\r\n\0b", 5);
        assert_written("$5\r\na\r\n\0b\r\n");
        reply_bulk(&reply, NULL, 0);
        assert_written("$0\r\n\r\n");
        reply_text(&reply, "text");
        assert_written("$4\r\ntext\r\n");
        reply_array(&reply, 0);
        assert_written("*0\r\n");
        reply_array(&reply, 1000000);
        assert_written("*1000000\r\n");
        reply_raw(&reply, "+PONG\r\n", 7);
        assert_written("+PONG\r\n");
        assert_false(reply.failed);
        assert_int_equal(reply.errors, 0);
    }
}

static void integers_at_their_bounds(void **state)
{
    struct reply reply = reply_of(2);

    (void)state;
    reply_integer(&reply, 0);
    assert_written(":0\r\n");
    reply_integer(&reply, -1);
    assert_written(":-1\r\n");
    reply_integer(&reply, INT64_MAX);
    assert_written(":9223372036854775807\r\n");
    reply_integer(&reply, INT64_MIN);
    assert_written(":-9223372036854775808\r\n");
    reply_array(&reply, UINT64_MAX);
    assert_written("*18446744073709551615\r\n");
}

static void what_resp2_lacks_is_written_as_its_nearest(void **state)
{
    struct reply two = reply_of(2), three = reply_of(3);

    (void)state;
    reply_null(&two);
    assert_written("$-1\r\n");
    reply_null(&three);
    assert_written("_\r\n");
    reply_map(&two, 7);
    assert_written("*14\r\n");
    reply_map(&three, 7);
    assert_written("%7\r\n");
    reply_verbatim(&two, "a\nb", 3);
    assert_written("$3\r\na\nb\r\n");
    reply_verbatim(&three, "a\nb", 3);
    assert_written("=7\r\ntxt:a\nb\r\n");
}

/* A peer's bytes in an error text can't split the reply. */
static void errors_neutralise_control_bytes(void **state)
{
    struct reply reply = reply_of(2);

    (void)state;
    reply_error(&reply, "ERR unknown command '%s'", "a\r\n+OK\r\n\t\x1b\x7f");
    assert_written("-ERR unknown command 'a\?\?+OK\?\?\?\?\?'\r\n");
    reply_error(&reply, "ERR '%.*s'", 3, "a\0b");
    assert_written("-ERR 'a'\r\n");
    assert_int_equal(reply.errors, 2);
}

static void errors_are_cut(void **state)
{
    struct reply reply = reply_of(2);
    char text[1000];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    reply_error(&reply, "ERR %s", text);
    assert_true(buffer_length(&out) <= 1 + 256 + 2);
    assert_memory_equal(buffer_tail(&out) - 3, "x\r\n", 3);
    assert_false(reply.failed);
}

/* At the limit all fits, one byte over nothing more is written, and what would fit again afterwards is not
 * either. */
static void the_limit_is_exact_and_final(void **state)
{
    struct reply reply = reply_of(2);

    (void)state;
    reply.limit = 10;
    reply_bulk(&reply, "abcd", 4); /* $4 CRLF abcd CRLF */
    assert_false(reply.failed);
    assert_written("$4\r\nabcd\r\n");

    reply_bulk(&reply, "abcde", 5);
    assert_true(reply.failed);
    assert_true(buffer_length(&out) <= 10);
    buffer_consume(&out, buffer_length(&out));
    reply_simple(&reply, "OK");
    assert_int_equal(buffer_length(&out), 0);
}

/* What is pending already counts against the limit. */
static void pending_output_counts(void **state)
{
    struct reply reply = reply_of(2);

    (void)state;
    reply.limit = 10;
    assert_int_equal(buffer_append(&out, "12345678", 8), 0);
    reply_raw(&reply, "ab", 2);
    assert_false(reply.failed);
    reply_raw(&reply, "c", 1);
    assert_true(reply.failed);
    assert_written("12345678ab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(scalars_are_the_same_in_both_versions, drop_output),
        cmocka_unit_test_teardown(integers_at_their_bounds, drop_output),
        cmocka_unit_test_teardown(what_resp2_lacks_is_written_as_its_nearest, drop_output),
        cmocka_unit_test_teardown(errors_neutralise_control_bytes, drop_output),
        cmocka_unit_test_teardown(errors_are_cut, drop_output),
        cmocka_unit_test_teardown(the_limit_is_exact_and_final, drop_output),
        cmocka_unit_test_teardown(pending_output_counts, drop_output),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
