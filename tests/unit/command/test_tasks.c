/* SPDX-License-Identifier: Apache-2.0
 *
 * The tasks family: squares, and streams whose elements come when their time has. One thread. */
#include "tests/unit/command/fixture.h"

static void squares_at_their_bounds(void **state)
{
    (void)state;
    assert_reply("SQUARE 0", ":0\r\n");
    assert_reply("SQUARE -12", ":144\r\n");
    assert_reply("SQUARE 3037000499", ":9223372030926249001\r\n");
    assert_reply("SQUARE -3037000499", ":9223372030926249001\r\n");
    assert_error("SQUARE 3037000500",
                 "ERR argument 1 of 'square' must be an integer from -3037000499 to 3037000499");
    assert_error("SQUARE x", "ERR argument 1 of 'square' must be an integer from -3037000499 to 3037000499");
}

static void numbers_come_in_order(void **state)
{
    (void)state;
    assert_reply("NUMBERS 1 3", "*3\r\n:1\r\n:2\r\n:3\r\n");
    assert_reply("NUMBERS -1 1", "*3\r\n:-1\r\n:0\r\n:1\r\n");
    assert_reply("NUMBERS 7 7", "*1\r\n:7\r\n");
    assert_reply("NUMBERS 1000000000000 1000000000000", "*1\r\n:1000000000000\r\n");
}

static void letters_come_in_order(void **state)
{
    (void)state;
    assert_reply("LETTERS a c", "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    assert_reply("LETTERS Y Z", "*2\r\n$1\r\nY\r\n$1\r\nZ\r\n");
}

/* The first at once, each other when it is due: the header is out before anything is waited for. */
static void elements_wait_for_their_time(void **state)
{
    (void)state;
    assert_reply("NUMBERS 1 4 EVERY 200ms", "*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n");
    assert_int_equal(fixture.waits, 3);
    assert_int_equal(fixture.waited_us, 600000);
    assert_reply("letters a b every 1s", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_int_equal(fixture.waited_us, 1000000);
    assert_reply("NUMBERS 1 2 EVERY 0", "*2\r\n:1\r\n:2\r\n");
    assert_int_equal(fixture.waits, 0);
}

/* Long streams go out in parts. */
static void a_long_stream_comes_in_parts(void **state)
{
    const char *reply;
    size_t length, i, elements = 0;

    (void)state;
    reply = fixture_run("NUMBERS 1 100000");
    length = strlen(reply);
    assert_true(fixture.calls > 10);
    assert_memory_equal(reply, "*100000\r\n:1\r\n:2\r\n", 17);
    assert_string_equal(reply + length - 9, ":100000\r\n");
    for (i = 0; i < length; i++)
        elements += reply[i] == ':';
    assert_int_equal(elements, 100000);
}

static void ranges_have_bounds(void **state)
{
    (void)state;
    assert_error("NUMBERS 2 1", "ERR the range must go upwards and hold at most 1000000 elements");
    assert_error("NUMBERS 1 1000001", "ERR the range must go upwards and hold at most 1000000 elements");
    assert_error("NUMBERS x 1",
                 "ERR argument 1 of 'numbers' must be an integer from -1000000000000 to 1000000000000");
    assert_error("NUMBERS 1 1000000000001",
                 "ERR argument 2 of 'numbers' must be an integer from -1000000000000 to 1000000000000");
    assert_error("LETTERS b a", "ERR the range must go upwards and hold at most 1000000 elements");
    assert_error("LETTERS a Z", "ERR both letters must be small or both capital");
    assert_error("LETTERS A z", "ERR both letters must be small or both capital");
    assert_error("LETTERS 1 2", "ERR argument 1 of 'letters' must be one letter, a to z or A to Z");
    assert_error("LETTERS a bb", "ERR argument 2 of 'letters' must be one letter, a to z or A to Z");
    assert_error("LETTERS a ''", "ERR argument 2 of 'letters' must be one letter, a to z or A to Z");
    assert_error("LETTERS \"\\xe4\" z", "ERR argument 1 of 'letters' must be one letter, a to z or A to Z");
}

static void every_has_its_syntax(void **state)
{
    (void)state;
    assert_error("NUMBERS 1 2 EVERY", "ERR syntax error: 'numbers' takes from to [EVERY T]");
    assert_error("NUMBERS 1 2 OFTEN 1s", "ERR syntax error: 'numbers' takes from to [EVERY T]");
    assert_error("NUMBERS 1 2 EVERY 5",
                 "ERR argument 4 of 'numbers' must be a time up to 1h, with its unit: us, ms, s, m, h");
    assert_error("NUMBERS 1 2 EVERY 2h",
                 "ERR argument 4 of 'numbers' must be a time up to 1h, with its unit: us, ms, s, m, h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(squares_at_their_bounds),      FIXTURE_UNIT(numbers_come_in_order),
        FIXTURE_UNIT(letters_come_in_order),        FIXTURE_UNIT(elements_wait_for_their_time),
        FIXTURE_UNIT(a_long_stream_comes_in_parts), FIXTURE_UNIT(ranges_have_bounds),
        FIXTURE_UNIT(every_has_its_syntax),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
