/* SPDX-License-Identifier: Apache-2.0
 *
 * The counters family, under every guard. One thread; what many workers do to a counter is the business of
 * tests/unit/shm. */
#include "tests/unit/command/fixture.h"

static void counting_up_and_down(void **state)
{
    static const int guards[] = {COUNTERS_ATOMIC, COUNTERS_MUTEX, COUNTERS_NONE};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(guards); i++) {
        fixture.process.counters.guard = guards[i];
        assert_reply("GET n", "$-1\r\n");
        assert_reply("INCR n", ":1\r\n");
        assert_reply("INCRBY n 41", ":42\r\n");
        assert_reply("GET n", "$2\r\n42\r\n");
        assert_reply("DECR n", ":41\r\n");
        assert_reply("DECRBY n 50", ":-9\r\n");
        assert_reply("INCRBY n -1", ":-10\r\n");
        assert_reply("DECRBY n -10", ":0\r\n");
        assert_reply("SET n -7", "+OK\r\n");
        assert_reply("GET n", "$2\r\n-7\r\n");
        assert_reply("DEL n", ":1\r\n");
        assert_reply("DEL n", ":0\r\n");
    }
}

static void null_depends_on_the_version(void **state)
{
    (void)state;
    fixture.client.protocol = 3;
    assert_reply("GET nobody", "_\r\n");
}

static void overflow_is_an_error(void **state)
{
    (void)state;
    assert_reply("SET n 9223372036854775807", "+OK\r\n");
    assert_error("INCR n", "ERR increment or decrement would overflow");
    assert_error("INCRBY n 9223372036854775807", "ERR increment or decrement would overflow");
    assert_reply("GET n", "$19\r\n9223372036854775807\r\n");
    assert_reply("SET n -9223372036854775807", "+OK\r\n");
    assert_error("DECR n", "ERR increment or decrement would overflow"); /* the value that stands for none */
    assert_error("DECRBY n -9223372036854775808", "ERR decrement would overflow");
    assert_reply("GET n", "$20\r\n-9223372036854775807\r\n");
    assert_error("SET n -9223372036854775808", "ERR value is not an integer or out of range");
    assert_error("SET n 9223372036854775808", "ERR value is not an integer or out of range");
    assert_error("SET n ten", "ERR value is not an integer or out of range");
    assert_error("INCRBY n 1.5", "ERR value is not an integer or out of range");
    assert_error("DECRBY n ''", "ERR value is not an integer or out of range");
}

static void names_have_bounds(void **state)
{
    char name[64], line[80];

    (void)state;
    memset(name, 'x', sizeof name);
    snprintf(line, sizeof line, "INCR %.*s", COUNTER_NAME_LONGEST, name);
    assert_reply(line, ":1\r\n");
    snprintf(line, sizeof line, "INCR %.*s", COUNTER_NAME_LONGEST + 1, name);
    assert_error(line, "ERR a counter's name takes 1 to 55 bytes");
    snprintf(line, sizeof line, "GET %.*s", COUNTER_NAME_LONGEST + 1, name);
    assert_reply(line, "$-1\r\n");
    assert_error("INCR ''", "ERR a counter's name takes 1 to 55 bytes");
    assert_error("SET '' 1", "ERR a counter's name takes 1 to 55 bytes");
    assert_reply("GET ''", "$-1\r\n");
    assert_reply("DEL ''", ":0\r\n");
}

static void deleting_several_counts_those_that_were(void **state)
{
    (void)state;
    fixture_run("SET a 1");
    fixture_run("SET b 2");
    assert_reply("DEL a nobody b a", ":2\r\n");
}

static void reading_claims_nothing_and_the_capacity_holds(void **state)
{
    char line[32];
    int i;

    (void)state;
    for (i = 0; i < FIXTURE_COUNTERS * 2; i++) {
        snprintf(line, sizeof line, "GET c%d", i);
        assert_reply(line, "$-1\r\n");
        snprintf(line, sizeof line, "DEL c%d", i);
        assert_reply(line, ":0\r\n");
    }
    for (i = 0; i < FIXTURE_COUNTERS; i++) {
        snprintf(line, sizeof line, "INCR c%d", i);
        assert_reply(line, ":1\r\n");
    }
    assert_error("INCR one-more", "LIMIT no room for another counter: counters.capacity is 8");
    assert_error("SET one-more 1", "LIMIT no room for another counter: counters.capacity is 8");
    assert_reply("INCR c0", ":2\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(counting_up_and_down),
        FIXTURE_UNIT(null_depends_on_the_version),
        FIXTURE_UNIT(overflow_is_an_error),
        FIXTURE_UNIT(names_have_bounds),
        FIXTURE_UNIT(deleting_several_counts_those_that_were),
        FIXTURE_UNIT(reading_claims_nothing_and_the_capacity_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
