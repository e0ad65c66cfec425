/* SPDX-License-Identifier: Apache-2.0
 *
 * CLIENT: names, the list over all connections, and killing by marking. One thread. */
#include "tests/unit/command/fixture.h"

static void names_must_be_plain(void **state)
{
    char line[128] = "CLIENT SETNAME ";

    (void)state;
    assert_reply("CLIENT GETNAME", "$-1\r\n");
    assert_reply("CLIENT SETNAME a-b.c!~", "+OK\r\n");
    assert_reply("CLIENT GETNAME", "$7\r\na-b.c!~\r\n");
    assert_error("CLIENT SETNAME 'a b'",
                 "ERR a client name can't contain spaces, newlines or special characters");
    assert_error("CLIENT SETNAME \"a\\n\"",
                 "ERR a client name can't contain spaces, newlines or special characters");
    assert_error("CLIENT SETNAME \"\\xe4\"",
                 "ERR a client name can't contain spaces, newlines or special characters");
    assert_error("CLIENT SETNAME \"a\\x00\"",
                 "ERR a client name can't contain spaces, newlines or special characters");
    memset(line + 15, 'x', CONNECTION_NAME_BYTES + 1);
    assert_error(line, "ERR a client name takes at most 64 bytes");
    assert_reply("CLIENT GETNAME", "$7\r\na-b.c!~\r\n");
    line[15 + CONNECTION_NAME_BYTES] = '\0';
    assert_reply(line, "+OK\r\n");
    assert_reply("CLIENT SETNAME ''", "+OK\r\n"); /* takes it away */
    assert_reply("CLIENT GETNAME", "$-1\r\n");
}

static void library_info_is_kept(void **state)
{
    (void)state;
    assert_reply("CLIENT SETINFO LIB-NAME redis-py", "+OK\r\n");
    assert_reply("CLIENT SETINFO lib-ver 5.0", "+OK\r\n");
    assert_non_null(strstr(fixture_run("CLIENT INFO"), " lib-name=redis-py lib-ver=5.0 "));
    assert_error("CLIENT SETINFO COLOUR blue", "ERR CLIENT SETINFO knows LIB-NAME and LIB-VER");
    assert_error("CLIENT SETINFO LIB-NAME 'a b'",
                 "ERR a library name can't contain spaces, newlines or special characters");
    assert_error("CLIENT SETINFO LIB-VER 1234567890123456789012345",
                 "ERR a library version takes at most 24 bytes");
}

static void id_and_info_are_of_this_connection(void **state)
{
    const char *info;

    (void)state;
    assert_reply("CLIENT ID", ":77\r\n");
    segment_set(&fixture.client.entry->commands, 5);
    segment_set32(&fixture.client.entry->worker, 6);
    atomic_store(&fixture.client.entry->protocol, 3);
    atomic_store(&fixture.client.entry->command, command_find("client", 6)->index + 1);
    fixture_run("CLIENT SETNAME me");
    client_become(&fixture.client, "anna");
    assert_non_null(strstr(fixture_run("CLIENT INFO"), " cmd=client user=anna resp=3 "));
    client_become(&fixture.client, "");
    info = fixture_run("CLIENT INFO");
    assert_non_null(strstr(info, "id=77 addr=192.0.2.1:1003 name=me age=0 idle="));
    assert_non_null(strstr(info, " cmd=client user= resp=3 "));
    assert_non_null(strstr(info, " tot-cmds=5 "));
    assert_non_null(strstr(info, " worker=6 tls=no cert=\n"));
    fixture_run("HELLO 3");
    assert_int_equal(fixture_run("CLIENT INFO")[0], '=');
}

static unsigned count_lines(const char *text)
{
    unsigned count = 0;

    while ((text = strstr(text, "id=")) != NULL) {
        count += text[-1] == '\n';
        text++;
    }
    return count;
}

static void the_list_shows_all_that_are_used(void **state)
{
    const char *list;

    (void)state;
    assert_int_equal(count_lines(fixture_run("CLIENT LIST")), 1);
    fixture_connection(0, 100);
    fixture_connection(FIXTURE_CONNECTIONS - 1, 101);
    list = fixture_run("CLIENT LIST");
    assert_int_equal(count_lines(list), 3);
    assert_non_null(strstr(list, "id=100 addr=192.0.2.1:1000 name= "));
    assert_non_null(strstr(list, "id=101 addr=192.0.2.1:1015 name= "));
    assert_non_null(strstr(list, " cmd=NULL ")); /* has sent nothing yet */
    atomic_store(&fixture.segment->connections[0].state, CONNECTION_FREE);
    assert_null(strstr(fixture_run("CLIENT LIST"), "id=100 "));
}

static uint32_t killed(unsigned index)
{
    return segment_get32(&fixture.segment->connections[index].kill);
}

static void killing_marks_and_tells_the_sweepers(void **state)
{
    (void)state;
    fixture_connection(0, 100);
    fixture_connection(1, 101);
    fixture_connection(2, 102);
    assert_reply("CLIENT KILL ID 101", ":1\r\n");
    assert_true(!killed(0) && killed(1) && !killed(2) && !killed(3));
    assert_int_equal(segment_get(&fixture.segment->header->kills), 1);
    assert_reply("CLIENT KILL ADDR 192.0.2.1:1000", ":1\r\n");
    assert_true(killed(0) && !killed(2));
    assert_int_equal(segment_get(&fixture.segment->header->kills), 2);
    assert_reply("CLIENT KILL 192.0.2.1:1002", "+OK\r\n");
    assert_true(killed(2));
    assert_reply("CLIENT KILL ID 5000", ":0\r\n");
    assert_error("CLIENT KILL 192.0.2.9:1", "ERR No such client");
    assert_int_equal(segment_get(&fixture.segment->header->kills), 3); /* nothing new to look at */
}

static void killing_oneself_must_be_asked_for(void **state)
{
    (void)state;
    assert_reply("CLIENT KILL ID 77", ":0\r\n");
    assert_reply("CLIENT KILL ID 77 SKIPME yes", ":0\r\n");
    assert_false(killed(3));
    assert_reply("CLIENT KILL ID 77 SKIPME no", ":1\r\n");
    assert_true(killed(3));
}

static void wrong_ways_to_kill(void **state)
{
#define KILL_SYNTAX "ERR syntax error: CLIENT KILL address, or ID id, ADDR address, SKIPME yes|no"
    (void)state;
    assert_error("CLIENT KILL",
                 "ERR wrong number of arguments for 'client|KILL': it takes 'KILL address | ID id | "
                 "ADDR address [SKIPME yes|no]'");
    assert_error("CLIENT KILL ID 0", KILL_SYNTAX);
    assert_error("CLIENT KILL ID x", KILL_SYNTAX);
    assert_error("CLIENT KILL ID -1", KILL_SYNTAX);
    assert_error("CLIENT KILL ID 1 ADDR", KILL_SYNTAX);
    assert_error("CLIENT KILL SKIPME maybe", KILL_SYNTAX);
    assert_error("CLIENT KILL SKIPME no", "ERR CLIENT KILL needs an ID or an ADDR");
    assert_false(killed(3));
}

static void unknown_subcommands(void **state)
{
    (void)state;
    assert_error("CLIENT FROB", "ERR unknown subcommand 'FROB' of 'client'");
    assert_error("CLIENT ID 1", "ERR wrong number of arguments for 'client|ID': it takes 'ID'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(names_must_be_plain),
        FIXTURE_UNIT(library_info_is_kept),
        FIXTURE_UNIT(id_and_info_are_of_this_connection),
        FIXTURE_UNIT(the_list_shows_all_that_are_used),
        FIXTURE_UNIT(killing_marks_and_tells_the_sweepers),
        FIXTURE_UNIT(killing_oneself_must_be_asked_for),
        FIXTURE_UNIT(wrong_ways_to_kill),
        FIXTURE_UNIT(unknown_subcommands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
