/* SPDX-License-Identifier: Apache-2.0
 *
 * The connection family, in both versions of the protocol. One thread. */
#include "tests/unit/command/fixture.h"

#include "config.h"
#include "daemon/command/authentication.h"

static void ping_and_echo(void **state)
{
    (void)state;
    assert_reply("PING", "+PONG\r\n");
    assert_reply("PING hello", "$5\r\nhello\r\n");
    assert_reply("PING ''", "$0\r\n\r\n");
    assert_reply("ECHO \"a\\r\\nb\"", "$4\r\na\r\nb\r\n");
}

#define HELLO_FIELDS(proto)                                                                                  \
    "$6\r\nserver\r\n$7\r\nconcurd\r\n$7\r\nversion\r\n$5\r\n" PACKAGE_VERSION "\r\n$5\r\nproto\r\n:" proto  \
    "\r\n$2\r\nid\r\n:77\r\n$4\r\nmode\r\n$4\r\npool\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*"    \
    "0\r\n"

static void hello_chooses_the_version(void **state)
{
    (void)state;
    assert_reply("HELLO", "*14\r\n" HELLO_FIELDS("2"));
    assert_reply("HELLO 3", "%7\r\n" HELLO_FIELDS("3"));
    assert_int_equal(fixture.client.protocol, 3);
    assert_int_equal(atomic_load(&fixture.client.entry->protocol), 3);
    assert_reply("HELLO", "%7\r\n" HELLO_FIELDS("3"));
    assert_reply("HELLO 2", "*14\r\n" HELLO_FIELDS("2"));
    assert_int_equal(fixture.client.protocol, 2);
}

static void hello_refuses_whole(void **state)
{
    (void)state;
    assert_error("HELLO 4", "NOPROTO unsupported protocol version");
    assert_error("HELLO 1", "NOPROTO unsupported protocol version");
    assert_error("HELLO three", "NOPROTO unsupported protocol version");
    assert_error("HELLO 3 NONSENSE", "ERR syntax error in HELLO");
    assert_error("HELLO 3 SETNAME", "ERR syntax error in HELLO");
    assert_error("HELLO 3 AUTH me", "ERR syntax error in HELLO");
    assert_error("HELLO 3 AUTH me secret", "ERR AUTH was sent, but this server has no users configured");
    assert_error("HELLO 3 SETNAME 'a b'",
                 "ERR a client name can't contain spaces, newlines or special characters");
    assert_error("HELLO 3 SETNAME good NONSENSE", "ERR syntax error in HELLO");
    assert_int_equal(fixture.client.protocol, 2); /* nothing of what was refused took effect */
    assert_reply("CLIENT GETNAME", "$-1\r\n");
}

static void hello_sets_a_name(void **state)
{
    (void)state;
    fixture_run("HELLO 3 SETNAME worker-1");
    assert_int_equal(fixture.errors, 0);
    assert_reply("CLIENT GETNAME", "$8\r\nworker-1\r\n");
}

static void auth_without_users_is_an_error(void **state)
{
    (void)state;
    assert_error("AUTH secret", "ERR AUTH was sent, but this server has no users configured");
    assert_error("AUTH me secret", "ERR AUTH was sent, but this server has no users configured");
    assert_error("HELLO 3 AUTH me secret", "ERR AUTH was sent, but this server has no users configured");
}

static int start_with_users(void **state)
{
    fixture_start(state);
    fixture_users("anna:" FIXTURE_HASH "\ndefault:" FIXTURE_HASH "\n");
    fixture.config->auth.allow_anonymous = false;
    fixture.process.authentication = authentication_new(fixture.segment);
    assert_non_null(fixture.process.authentication);
    return 0;
}

static int stop_with_users(void **state)
{
    assert_int_equal(authentication_stop(&fixture.process.authentication, CLOCK_NEVER), 0);
    return fixture_stop(state);
}

static void assert_user(const char *user)
{
    char found[CONNECTION_USER_BYTES + 1];

    shared_text_load(fixture.client.entry->user, SHARED_TEXT_WORDS(CONNECTION_USER_BYTES), found);
    assert_string_equal(found, user);
    assert_int_equal(fixture.client.authenticated, user[0] != '\0');
}

#define WRONG "WRONGPASS invalid username-password pair or user is disabled."

static void auth_checks_who_it_is(void **state)
{
    const struct segment_header *header = fixture.segment->header;

    (void)state;
    assert_error("AUTH anna Secret", WRONG);
    assert_true(fixture.waits > 0);
    assert_user("");
    assert_error("AUTH bert secret", WRONG);
    assert_true(fixture.waits > 0); /* for a hash, as with a name that there is */
    assert_error("AUTH Anna secret", WRONG);
    assert_error("AUTH \"anna\\x00\" secret", WRONG);
    assert_error("AUTH \"\" \"\"", WRONG);
    assert_user("");
    assert_reply("AUTH anna secret", "+OK\r\n");
    assert_user("anna");
    assert_error("AUTH anna Secret", WRONG); /* stays who he is, as in Redis */
    assert_user("anna");
    assert_reply("AUTH secret", "+OK\r\n");
    assert_user("default");
    assert_int_equal(segment_get(&header->auth_successes), 2);
    assert_int_equal(segment_get(&header->auth_failures), 6);
    assert_int_equal(segment_get(&header->auth_busy), 0);
}

static void too_long_a_password_is_told(void **state)
{
    char line[600] = "AUTH anna ";

    (void)state;
    memset(line + 10, 'x', 513);
    assert_error(line, "ERR a password takes at most 512 bytes");
    line[10 + 512] = '\0';
    assert_error(line, WRONG);
}

static void hello_may_authenticate(void **state)
{
    (void)state;
    assert_error("HELLO 3 AUTH anna wrong SETNAME x", WRONG);
    assert_int_equal(fixture.client.protocol, 2);
    assert_user("");
    assert_error("HELLO 3 SETNAME a AUTH anna", "ERR syntax error in HELLO");
    assert_error("HELLO 3 SETNAME a",
                 "NOAUTH HELLO must be called with the client already authenticated, otherwise "
                 "the HELLO <proto> AUTH <user> <pass> option can be used");
    assert_reply("CLIENT GETNAME", "$-1\r\n");
    assert_non_null(strstr(fixture_run("HELLO 3 SETNAME a AUTH anna secret"), "server"));
    assert_user("anna");
    assert_int_equal(fixture.client.protocol, 3);
    assert_reply("CLIENT GETNAME", "$1\r\na\r\n");
    assert_non_null(strstr(fixture_run("HELLO 2"), "server"));
}

static void quit_asks_for_the_end(void **state)
{
    (void)state;
    assert_false(fixture.client.closing);
    assert_reply("QUIT", "+OK\r\n");
    assert_true(fixture.client.closing);
}

static void reset_forgets_name_user_and_version(void **state)
{
    (void)state;
    fixture_run("HELLO 3 SETNAME x");
    client_become(&fixture.client, "anna");
    assert_reply("RESET", "+RESET\r\n");
    assert_false(fixture.client.authenticated);
    assert_null(strstr(fixture_run("CLIENT INFO"), "anna"));
    assert_int_equal(fixture.client.protocol, 2);
    assert_reply("CLIENT GETNAME", "$-1\r\n");
}

static void whoami_tells_who_serves(void **state)
{
    char expected[512];

    (void)state;
    segment_set32(&fixture.segment->processes[0].pid, 4711);
    atomic_load(&fixture.generations->current)->number = 3; /* the worker holds it */
    fixture.worker.tid = 4712;
    snprintf(expected, sizeof expected,
             "$4\r\nmode\r\n$4\r\npool\r\n$5\r\ninner\r\n%s$3\r\npid\r\n:4711\r\n$3\r\ntid\r\n:4712\r\n"
             "$7\r\nprocess\r\n:0\r\n$6\r\nworker\r\n:1\r\n$10\r\nconnection\r\n:77\r\n$10\r\ngeneration\r\n:"
             "3\r\n$4\r\nuser\r\n$-1\r\n",
             "$-1\r\n");
    assert_memory_equal(fixture_run("WHOAMI"), "*18\r\n", 5);
    assert_string_equal(fixture_run("WHOAMI") + 5, expected);
    fixture_run("HELLO 3");
    assert_memory_equal(fixture_run("WHOAMI"), "%9\r\n", 4);
    assert_non_null(strstr(fixture_run("WHOAMI"), "$5\r\ninner\r\n_\r\n"));
    client_become(&fixture.client, "anna");
    assert_non_null(strstr(fixture_run("WHOAMI"), "user\r\n$4\r\nanna\r\n"));
    fixture.segment->header->mode = MODE_PREFORK;
    fixture.segment->header->inner = MODE_EVENT;
    assert_non_null(strstr(fixture_run("WHOAMI"), "mode\r\n$7\r\nprefork\r\n$5\r\ninner\r\n$5\r\nevent\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(ping_and_echo),
        FIXTURE_UNIT(hello_chooses_the_version),
        FIXTURE_UNIT(hello_refuses_whole),
        FIXTURE_UNIT(hello_sets_a_name),
        FIXTURE_UNIT(auth_without_users_is_an_error),
        cmocka_unit_test_setup_teardown(auth_checks_who_it_is, start_with_users, stop_with_users),
        cmocka_unit_test_setup_teardown(too_long_a_password_is_told, start_with_users, stop_with_users),
        cmocka_unit_test_setup_teardown(hello_may_authenticate, start_with_users, stop_with_users),
        FIXTURE_UNIT(quit_asks_for_the_end),
        FIXTURE_UNIT(reset_forgets_name_user_and_version),
        FIXTURE_UNIT(whoami_tells_who_serves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
