/* SPDX-License-Identifier: Apache-2.0
 *
 * The server family: COMMAND and CONFIG read from the tables, TIME. One thread. */
#include "tests/unit/command/fixture.h"

static void time_is_the_wall_clock(void **state)
{
    unsigned long long seconds, microseconds;
    uint64_t before = clock_wall_us(), told;
    unsigned seconds_length, microseconds_length;

    (void)state;
    assert_int_equal(sscanf(fixture_run("TIME"), "*2\r\n$%u\r\n%llu\r\n$%u\r\n%llu\r\n", &seconds_length,
                            &seconds, &microseconds_length, &microseconds),
                     4);
    told = seconds * 1000000u + microseconds;
    assert_in_range(told, before, clock_wall_us());
    assert_in_range(microseconds, 0, 999999);
}

static void command_counts_and_lists_the_table(void **state)
{
    char expected[64];
    const char *list;
    size_t i;

    (void)state;
    snprintf(expected, sizeof expected, ":%zu\r\n", command_count());
    assert_reply("COMMAND COUNT", expected);
    snprintf(expected, sizeof expected, "*%zu\r\n", command_count());
    list = fixture_run("COMMAND LIST");
    assert_memory_equal(list, expected, strlen(expected));
    for (i = 0; i < command_count(); i++) {
        const char *name = command_at(i)->command->name;

        snprintf(expected, sizeof expected, "\r\n$%zu\r\n%s\r\n", strlen(name), name);
        assert_non_null(strstr(list, expected));
    }
    snprintf(expected, sizeof expected, "*%zu\r\n", command_count());
    assert_memory_equal(fixture_run("COMMAND"), expected, strlen(expected));
    assert_memory_equal(fixture_run("COMMAND INFO"), expected, strlen(expected));
}

#define NO_MORE "*0\r\n*0\r\n*0\r\n*0\r\n"

static void command_info_has_ten_fields(void **state)
{
    (void)state;
    assert_reply("COMMAND INFO echo",
                 "*1\r\n*10\r\n$4\r\necho\r\n:2\r\n*1\r\n+fast\r\n:0\r\n:0\r\n:0\r\n" NO_MORE);
    assert_reply("COMMAND INFO INCRBY",
                 "*1\r\n*10\r\n$6\r\nincrby\r\n:3\r\n*2\r\n+fast\r\n+counter\r\n:1\r\n:1\r\n:1\r\n" NO_MORE);
    assert_reply("COMMAND INFO del",
                 "*1\r\n*10\r\n$3\r\ndel\r\n:-2\r\n*1\r\n+counter\r\n:1\r\n:-1\r\n:1\r\n" NO_MORE);
    assert_reply("COMMAND INFO nobody ''", "*2\r\n$-1\r\n$-1\r\n");
    fixture.client.protocol = 3;
    assert_reply("COMMAND INFO nobody", "*1\r\n_\r\n");
}

static void command_docs_describe_the_arguments(void **state)
{
    (void)state;
    assert_reply("COMMAND DOCS numbers",
                 "*2\r\n$7\r\nnumbers\r\n*8\r\n"
                 "$7\r\nsummary\r\n$59\r\nThe numbers from..to, streamed one by one, at most 1000000.\r\n"
                 "$5\r\nsince\r\n$5\r\n0.1.0\r\n$5\r\ngroup\r\n$5\r\ntasks\r\n$9\r\narguments\r\n*3\r\n"
                 "*4\r\n$4\r\nname\r\n$4\r\nfrom\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
                 "*4\r\n$4\r\nname\r\n$2\r\nto\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
                 "*6\r\n$4\r\nname\r\n$7\r\nEVERY T\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
                 "$5\r\nflags\r\n*1\r\n+optional\r\n");
    assert_reply("COMMAND DOCS nobody", "*0\r\n");
    fixture.client.protocol = 3;
    assert_memory_equal(fixture_run("COMMAND DOCS ping nobody whoami"), "%2\r\n$4\r\nping\r\n%4\r\n", 18);
    assert_non_null(strstr(fixture_run("COMMAND DOCS whoami"), "$6\r\nwhoami\r\n%3\r\n")); /* it takes none */
    assert_memory_equal(fixture_run("COMMAND DOCS"), "%", 1);
}

static void config_get_answers_patterns(void **state)
{
    (void)state;
    assert_reply("CONFIG GET server.mode", "*2\r\n$11\r\nserver.mode\r\n$4\r\npool\r\n");
    assert_reply("CONFIG GET SERVER.MODE", "*2\r\n$11\r\nserver.mode\r\n$4\r\npool\r\n");
    assert_reply("CONFIG GET faults.* server.mode",
                 "*4\r\n$11\r\nserver.mode\r\n$4\r\npool\r\n$13\r\nfaults.enable\r\n$3\r\nyes\r\n");
    assert_reply("CONFIG GET nothing", "*0\r\n");
    assert_reply("CONFIG GET ''", "*0\r\n");
    assert_reply("CONFIG GET save appendonly",
                 "*4\r\n$4\r\nsave\r\n$0\r\n\r\n$10\r\nappendonly\r\n$2\r\nno\r\n");
    fixture.client.protocol = 3;
    assert_reply("CONFIG GET server.mode", "%1\r\n$11\r\nserver.mode\r\n$4\r\npool\r\n");
    assert_error("CONFIG SET a b", "ERR unknown subcommand 'SET' of 'config'");
}

static void config_get_knows_every_key(void **state)
{
    char expected[32];

    (void)state;
    fixture.client.protocol = 3;
    snprintf(expected, sizeof expected, "%%%zu\r\n", config_key_count() + 2);
    assert_memory_equal(fixture_run("CONFIG GET *"), expected, strlen(expected));
    assert_memory_equal(fixture_run("CONFIG GET * *"), expected, strlen(expected)); /* each once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(time_is_the_wall_clock),      FIXTURE_UNIT(command_counts_and_lists_the_table),
        FIXTURE_UNIT(command_info_has_ten_fields), FIXTURE_UNIT(command_docs_describe_the_arguments),
        FIXTURE_UNIT(config_get_answers_patterns), FIXTURE_UNIT(config_get_knows_every_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
