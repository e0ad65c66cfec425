/* SPDX-License-Identifier: Apache-2.0
 *
 * What a handler may call, seen from handlers of the test's own. One thread. */
#include "tests/unit/command/fixture.h"

static int64_t least, most, integer;
static uint64_t longest_us, duration_us;

static enum command_result run_integer(struct call *call)
{
    if (call_integer(call, 0, least, most, &integer) == 0)
        reply_integer(call_reply(call), integer);
    return COMMAND_DONE;
}

static enum command_result run_duration(struct call *call)
{
    if (call_duration(call, 1, longest_us, &duration_us) == 0)
        reply_integer(call_reply(call), (int64_t)duration_us);
    return COMMAND_DONE;
}

static enum command_result run_word(struct call *call)
{
    reply_integer(call_reply(call), call_arg_is(call, 0, "Word"));
    return COMMAND_DONE;
}

static enum command_result run_sub_one(struct call *call)
{
    reply_integer(call_reply(call), call_argc(call));
    return COMMAND_DONE;
}

static enum command_result run_sub(struct call *call)
{
    static const struct subcommand table[] = {
        {"ONE", "ONE a [b]", 1, 2, run_sub_one},
        {"ANY", "ANY [x ...]", 0, COMMAND_ANY, run_sub_one},
        {0},
    };

    return call_subcommand(call, table);
}

/* Waits twice, counting in its state. */
static enum command_result run_waiter(struct call *call)
{
    uint64_t *words = call_state(call);

    if (words[0]++ < 2)
        return call_wait(call, call_now(call) + 1000);
    assert_int_equal(words[1] + words[2] + words[3], 0);
    reply_integer(call_reply(call), (int64_t)words[0]);
    return COMMAND_DONE;
}

static enum command_result run_stop(struct call *call)
{
    reply_integer(call_reply(call), call_should_stop(call));
    return COMMAND_DONE;
}

static const struct command commands[] = {
    {"tinteger", "n", "x", run_integer, 1, 1, 0}, {"tduration", "x d", "x", run_duration, 2, 2, 0},
    {"tword", "w", "x", run_word, 1, 1, 0},       {"tsub", "s", "x", run_sub, 1, COMMAND_ANY, 0},
    {"twaiter", "", "x", run_waiter, 0, 0, 0},    {"tstop", "", "x", run_stop, 0, 0, 0},
};

static int start(void **state)
{
    static const struct command_family family = {"test", commands, COUNT(commands)};
    static bool registered;
    struct error error;

    fixture_start(state);
    if (!registered && command_register(&family, &error) != 0)
        return -1;
    registered = true;
    return 0;
}

static void integers_within_bounds(void **state)
{
    (void)state;
    least = -5;
    most = 10;
    assert_reply("tinteger -5", ":-5\r\n");
    assert_reply("tinteger 10", ":10\r\n");
    assert_error("tinteger -6", "ERR argument 1 of 'tinteger' must be an integer from -5 to 10");
    assert_error("tinteger 11", "ERR argument 1 of 'tinteger' must be an integer from -5 to 10");
    assert_error("tinteger 1x", "ERR argument 1 of 'tinteger' must be an integer from -5 to 10");
    assert_error("tinteger ' 1'", "ERR argument 1 of 'tinteger' must be an integer from -5 to 10");
    assert_error("tinteger +1", "ERR argument 1 of 'tinteger' must be an integer from -5 to 10");
    assert_error("tinteger 01", "ERR argument 1 of 'tinteger' must be an integer from -5 to 10");
    assert_error("tinteger ''", "ERR argument 1 of 'tinteger' must be an integer from -5 to 10");
    assert_error("tinteger 18446744073709551621",
                 "ERR argument 1 of 'tinteger' must be an integer from -5 to 10");
}

static void integers_without_bounds(void **state)
{
    (void)state;
    least = INT64_MIN;
    most = INT64_MAX;
    assert_reply("tinteger -9223372036854775808", ":-9223372036854775808\r\n");
    assert_reply("tinteger 9223372036854775807", ":9223372036854775807\r\n");
    assert_error("tinteger 9223372036854775808", "ERR value is not an integer or out of range");
    assert_error("tinteger -9223372036854775809", "ERR value is not an integer or out of range");
    assert_error("tinteger 1.5", "ERR value is not an integer or out of range");
}

static void durations_want_their_unit(void **state)
{
    (void)state;
    longest_us = 90000000;
    assert_reply("tduration x 200ms", ":200000\r\n");
    assert_reply("tduration x 90s", ":90000000\r\n");
    assert_reply("tduration x 0", ":0\r\n");
    assert_error("tduration x 91s",
                 "ERR argument 2 of 'tduration' must be a time up to 90s, with its unit: us, ms, s, m, h");
    assert_error("tduration x 5",
                 "ERR argument 2 of 'tduration' must be a time up to 90s, with its unit: us, ms, s, m, h");
    assert_error("tduration x -1s",
                 "ERR argument 2 of 'tduration' must be a time up to 90s, with its unit: us, ms, s, m, h");
}

static void words_are_compared_whole_and_in_any_case(void **state)
{
    (void)state;
    assert_reply("tword WORD", ":1\r\n");
    assert_reply("tword word", ":1\r\n");
    assert_reply("tword wor", ":0\r\n");
    assert_reply("tword words", ":0\r\n");
    assert_reply("tword \"word\\x00\"", ":0\r\n");
    assert_reply("tword ''", ":0\r\n");
}

static void subcommands_check_their_arguments(void **state)
{
    char line[200] = "tsub ", expected[200];

    (void)state;
    assert_reply("tsub one a", ":2\r\n");
    assert_reply("tsub ONE a b", ":3\r\n");
    assert_reply("tsub any", ":1\r\n");
    assert_reply("tsub any 1 2 3 4 5 6", ":7\r\n");
    assert_error("tsub one", "ERR wrong number of arguments for 'tsub|ONE': it takes 'ONE a [b]'");
    assert_error("tsub one a b c", "ERR wrong number of arguments for 'tsub|ONE': it takes 'ONE a [b]'");
    assert_error("tsub \"x\\r\\n+OK\"", "ERR unknown subcommand 'x\?\?+OK' of 'tsub'");
    memset(line + 5, 'y', 100); /* a long word is shown in part */
    snprintf(expected, sizeof expected, "-ERR unknown subcommand '%.64s' of 'tsub'\r\n", line + 5);
    assert_reply(line, expected);
}

static void state_and_wait_last_over_calls(void **state)
{
    (void)state;
    assert_reply("twaiter", ":3\r\n");
    assert_int_equal(fixture.waits, 2);
    assert_int_equal(fixture.waited_us, 2000);
    assert_reply("twaiter", ":3\r\n"); /* and begin anew with the next command */
}

static void stopping_has_three_causes(void **state)
{
    (void)state;
    assert_reply("tstop", ":0\r\n");
    atomic_store(&fixture.mark, 1);
    assert_reply("tstop", ":1\r\n");
    atomic_store(&fixture.mark, 0);
    assert_reply("tstop", ":0\r\n");
    fixture.config->limits.max_command_time_us = 0;
    assert_reply("tstop", ":1\r\n");
}

/* Asking is the sign of life. */
static void asking_is_a_sign_of_life(void **state)
{
    (void)state;
    segment_set(&fixture.worker.slot->beat_us, 0);
    fixture_run("tstop");
    assert_int_equal(segment_get(&fixture.worker.slot->beat_us), fixture.worker.now_us);
    assert_in_range(clock_now_us() - fixture.worker.now_us, 0, UNIT_DEADLINE_US);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, start, fixture_stop)
    const struct CMUnitTest tests[] = {
        UNIT(integers_within_bounds),
        UNIT(integers_without_bounds),
        UNIT(durations_want_their_unit),
        UNIT(words_are_compared_whole_and_in_any_case),
        UNIT(subcommands_check_their_arguments),
        UNIT(state_and_wait_last_over_calls),
        UNIT(stopping_has_three_causes),
        UNIT(asking_is_a_sign_of_life),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
