/* SPDX-License-Identifier: Apache-2.0
 *
 * The session, without a socket: bytes in, replies out, what it wants next and by when. Whatever the cut of
 * the input, the replies are the same. Time is the worker's, put forward by hand. One thread. */
#include "tests/unit/command/fixture.h"

#include "daemon/session/session.h"

static struct session session;
static struct buffer sent; /* what a client would have received */

static int start(void **state)
{
    fixture_start(state);
    session_init(&session, fixture.client.entry);
    worker_begin(&fixture.worker, 77);
    return 0;
}

static int stop(void **state)
{
    session_free(&session);
    buffer_free(&sent);
    return fixture_stop(state);
}

static void feed_bytes(const char *bytes, size_t length)
{
    assert_int_equal(buffer_append(&session.in, bytes, length), 0);
}

static void feed(const char *text)
{
    feed_bytes(text, strlen(text));
}

static enum session_want run(void)
{
    return session_run(&session, &fixture.worker);
}

static void send_out(void)
{
    if (buffer_length(&session.out) == 0)
        return;
    assert_int_equal(buffer_append(&sent, buffer_head(&session.out), buffer_length(&session.out)), 0);
    buffer_consume(&session.out, buffer_length(&session.out));
}

/* Does what a backend does, until the session wants input or the end. */
static enum session_want drive(void)
{
    enum session_want want;
    unsigned turns = 0;

    do {
        assert_true(++turns < 1000000);
        want = run();
        send_out();
        if (want == SESSION_WAIT)
            fixture.worker.now_us = session_wake_us(&session);
    } while (want != SESSION_READ && want != SESSION_CLOSE);
    return want;
}

/* What came out since the last look. */
#define assert_sent(text)                                                                                    \
    do {                                                                                                     \
        send_out();                                                                                          \
        assert_int_equal(buffer_append(&sent, "", 1), 0);                                                    \
        assert_string_equal(buffer_head(&sent), text);                                                       \
        buffer_consume(&sent, buffer_length(&sent));                                                         \
    } while (0)

static void assert_closed(enum session_want want, enum close_reason reason)
{
    assert_int_equal(want, SESSION_CLOSE);
    assert_string_equal(close_reason_name(session.reason), close_reason_name(reason));
}

/* --- requests and replies
 * ------------------------------------------------------------------------------------------- */

static void requests_are_answered_in_order(void **state)
{
    (void)state;
    assert_int_equal(run(), SESSION_READ);
    feed("*1\r\n$4\r\nPING\r\nECHO a\r\n*2\r\n$4\r\necho\r\n$1\r\nb\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent("+PONG\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_true(session_at_boundary(&session));
    assert_int_equal(buffer_length(&session.in), 0);
    assert_int_equal(fixture.worker.tally.commands, 3);
    assert_int_equal(segment_get(&session.client.entry->commands), 3);
    assert_string_equal(command_at(atomic_load(&session.client.entry->command) - 1u)->command->name, "echo");
}

static void empty_requests_are_passed_over(void **state)
{
    (void)state;
    feed("*0\r\n*-1\r\n\r\n\n  \r\nPING\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent("+PONG\r\n");
    assert_int_equal(fixture.worker.tally.commands, 1);
}

static void what_no_handler_should_see_is_refused(void **state)
{
    (void)state;
    feed("NOSUCH a\r\n\"\"\r\nECHO\r\nECHO a b\r\nPING a b\r\nping\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent("-ERR unknown command 'NOSUCH'\r\n-ERR unknown command ''\r\n"
                "-ERR wrong number of arguments for 'echo' command\r\n"
                "-ERR wrong number of arguments for 'echo' command\r\n"
                "-ERR wrong number of arguments for 'ping' command\r\n+PONG\r\n");
    assert_int_equal(fixture.worker.tally.error_replies, 5);
    assert_int_equal(fixture.worker.tally.commands, 6);
}

static void faults_need_to_be_enabled(void **state)
{
    (void)state;
    fixture.config->faults.enable = false;
    feed("HANG 3600000\r\nCRASH\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent("-NOPERM command 'hang' needs [faults] enable = yes\r\n"
                "-NOPERM command 'crash' needs [faults] enable = yes\r\n");
}

static void a_disabled_command_is_refused(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(command_disable("spin", &error), 0);
    feed("SPIN 1\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent("-NOPERM command 'spin' is disabled here ([commands] disable)\r\n");
}

/* Without a user nothing is told, not even which commands there are. */
static void strangers_may_only_authenticate(void **state)
{
    (void)state;
    fixture.config->auth.allow_anonymous = false;
    feed("PING\r\nNOSUCH\r\nECHO\r\nHANG 1\r\nHELLO 3\r\nRESET\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent(
        "-NOAUTH Authentication required.\r\n-NOAUTH Authentication required.\r\n"
        "-NOAUTH Authentication required.\r\n-NOAUTH Authentication required.\r\n"
        "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> "
        "AUTH <user> <pass> option can be used\r\n+RESET\r\n");
    assert_int_equal(session.client.protocol, 2);
    assert_int_equal(fixture.worker.tally.error_replies, 5);
    fixture_users("anna:" FIXTURE_HASH);
    client_become(&session.client, "anna");
    feed("PING\r\nRESET\r\nPING\r\nQUIT\r\n");
    assert_closed(run(), CLOSE_QUIT);
    assert_sent("+PONG\r\n+RESET\r\n-NOAUTH Authentication required.\r\n+OK\r\n");
}

/* A reload's users count for those who are in: who is gone from the file is nobody, whose password changed is who he was. */
static void who_is_gone_from_the_users_is_nobody(void **state)
{
    (void)state;
    fixture.config->auth.allow_anonymous = false;
    fixture_users("anna:" FIXTURE_HASH);
    client_become(&session.client, "anna");
    feed("PING\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent("+PONG\r\n");
    fixture_users("bert:" FIXTURE_HASH);
    atomic_load(&fixture.generations->current)->number++;
    feed("PING\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent("-NOAUTH Authentication required.\r\n");
    client_become(&session.client, "bert");
    atomic_load(&fixture.generations->current)->number++;
    fixture_users(
        "bert:$scrypt$ln=10,r=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$SVuM0KSexiHimepMIq8EAUTo2etmecfCLZSlwiAM8gU");
    feed("PING\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_sent("+PONG\r\n");
}

/* Neither a password nor what was mistyped for one stays in the session's memory. */
static void requests_with_secrets_are_wiped(void **state)
{
    (void)state;
    fixture.config->auth.allow_anonymous = false;
    fixture_users("anna:" FIXTURE_HASH);
    assert_int_equal(buffer_reserve(&session.in, 1024), 0);
    feed("AUTH tooth brush bananas\r\nAUHT annas bananas\r\n*2\r\n$4\r\nAUTH\r\n$7\r\nban");
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(buffer_length(&session.in), 21);
    assert_null(memmem(session.in.data, session.in.start, "bananas", 7));
    session.in.secret = true;
    buffer_trim(&session.in); /* as a parked session does */
    assert_int_equal(session.in.capacity, 21);
}

/* How often that limit was met by the worker of these tests. */
static uint64_t met(enum limit limit)
{
    return segment_get(&fixture.worker.slot->limits[limit]);
}

static void a_new_session(void)
{
    session_free(&session);
    session_init(&session, fixture.client.entry);
}

/* Ten arguments and 16 KiB, as announced: nothing of it needs to come. */
static void strangers_have_narrow_limits(void **state)
{
    char *line = calloc(1, 16384 + 1);

    (void)state;
    fixture.config->auth.allow_anonymous = false;
    feed("*10\r\n");
    assert_int_equal(run(), SESSION_READ);
    a_new_session();
    feed("*11\r\n");
    assert_closed(run(), CLOSE_PROTOCOL_ERROR);
    assert_sent("-ERR Protocol error: too many arguments before authentication\r\n");
    a_new_session();
    feed("*1\r\n$16370\r\n");
    assert_int_equal(run(), SESSION_READ);
    a_new_session();
    feed("*1\r\n$16373\r\n");
    assert_closed(run(), CLOSE_PROTOCOL_ERROR);
    assert_sent("-ERR Protocol error: request too large before authentication\r\n");
    assert_int_equal(met(LIMIT_BEFORE_AUTH), 2);
    a_new_session();
    assert_non_null(line);
    memset(line, 'x', 16384);
    feed(line);
    assert_closed(run(), CLOSE_PROTOCOL_ERROR);
    assert_sent("-ERR Protocol error: request too large before authentication\r\n");
    free(line);
    assert_int_equal(met(LIMIT_BEFORE_AUTH), 3);
    assert_int_equal(met(LIMIT_MAX_ARGS) + met(LIMIT_MAX_REQUEST), 0);
    a_new_session();
    fixture_users("anna:" FIXTURE_HASH);
    client_become(&session.client, "anna"); /* and who has said who he is has the others */
    feed("*11\r\n");
    assert_int_equal(run(), SESSION_READ);
}

/* The limits of the configuration stay where they are narrower still. */
static void strangers_have_no_more_than_others(void **state)
{
    (void)state;
    fixture.config->auth.allow_anonymous = false;
    fixture.worker.limits.max_args = 3;
    feed("*4\r\n");
    assert_closed(run(), CLOSE_PROTOCOL_ERROR);
    assert_int_equal(met(LIMIT_BEFORE_AUTH), 1);
}

/* However much a stranger asks for without reading: what waits for him is bounded, and he is not cut for it. */
static void strangers_have_little_output(void **state)
{
    size_t most = 0;
    int i;

    (void)state;
    fixture.config->auth.allow_anonymous = false;
    fixture.config->limits.requests_per_turn = 100000;
    for (i = 0; i < 10000; i++)
        feed("PING\r\n");
    for (i = 0; i < 1000 && run() == SESSION_FLUSH; i++) {
        most = buffer_length(&session.out) > most ? buffer_length(&session.out) : most;
        send_out();
    }
    assert_in_range(i, 30, 100);
    assert_in_range(most, 4096, 16384);
    assert_int_equal(fixture.worker.tally.error_replies, 10000);
}

static void each_limit_that_is_met_is_counted(void **state)
{
    (void)state;
    feed("*1025\r\n");
    assert_closed(run(), CLOSE_PROTOCOL_ERROR);
    a_new_session();
    feed("*1\r\n$1048577\r\n");
    assert_closed(run(), CLOSE_PROTOCOL_ERROR);
    a_new_session();
    feed("*1\r\n:5\r\n"); /* beyond no limit, just wrong */
    assert_closed(run(), CLOSE_PROTOCOL_ERROR);
    a_new_session();
    fixture.config->limits.requests_per_turn = 2;
    feed("PING\r\nPING\r\nPING\r\n");
    assert_int_equal(run(), SESSION_AGAIN);
    assert_int_equal(run(), SESSION_READ);
    /* in which the first number goes out, be it under valgrind */
    fixture.config->limits.max_command_time_us = 200000;
    feed("SLEEP 300\r\nNUMBERS 1 3 EVERY 300ms\r\n");
    assert_closed(drive(), CLOSE_REPLY_CUT);
    assert_int_equal(met(LIMIT_MAX_ARGS), 1);
    assert_int_equal(met(LIMIT_MAX_REQUEST), 1);
    assert_int_equal(met(LIMIT_REQUESTS_PER_TURN), 1);
    assert_int_equal(met(LIMIT_MAX_COMMAND_TIME), 2);
    assert_int_equal(met(LIMIT_BEFORE_AUTH) + met(LIMIT_DISABLED), 0);
}

/* A reply can't be split by what a peer sends as a command's name. */
static void control_bytes_in_a_name_are_neutralised(void **state)
{
    char expected[256], name[101];

    (void)state;
    feed("*1\r\n$9\r\nX\r\n+OK\r\n\x01\r\n");
    feed_bytes("*1\r\n$3\r\na\0b\r\n", 13);
    assert_int_equal(run(), SESSION_READ);
    assert_sent("-ERR unknown command 'X\?\?+OK\?\?\?'\r\n-ERR unknown command 'a\?b'\r\n");
    memset(name, 'y', 100); /* and a long one is shown in part */
    name[100] = '\0';
    feed(name);
    feed("\r\n");
    assert_int_equal(run(), SESSION_READ);
    snprintf(expected, sizeof expected, "-ERR unknown command '%.64s'\r\n", name);
    assert_sent(expected);
}

/* --- the end
 * -------------------------------------------------------------------------------------------------------- */

static void a_protocol_error_is_answered_and_ends_it(void **state)
{
    (void)state;
    feed("PING\r\n*1\r\n:1\r\nPING\r\n");
    assert_closed(run(), CLOSE_PROTOCOL_ERROR);
    assert_sent("+PONG\r\n-ERR Protocol error: expected '$'\r\n");
    assert_true(session.linger); /* so that the reply still arrives */
    assert_int_equal(fixture.worker.tally.error_replies, 1);
    assert_int_equal(fixture.worker.tally.commands, 1);
}

static void another_protocol_is_not_answered(void **state)
{
    (void)state;
    feed("PING\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nPING\r\n");
    assert_closed(run(), CLOSE_FOREIGN);
    assert_sent("+PONG\r\n");
    assert_false(session.linger);
}

static void quit_ends_it_behind_its_reply(void **state)
{
    (void)state;
    feed("QUIT\r\nPING\r\n");
    assert_closed(run(), CLOSE_QUIT);
    assert_sent("+OK\r\n");
    assert_false(session.linger);
}

static void a_half_closed_peer_gets_its_replies(void **state)
{
    (void)state;
    feed("PING\r\nPING\r\nPI");
    session_end_input(&session);
    assert_closed(run(), CLOSE_PEER);
    assert_sent("+PONG\r\n+PONG\r\n");
}

static void a_half_closed_peer_is_waited_for(void **state)
{
    (void)state;
    feed("SLEEP 100\r\nPING\r\n");
    session_end_input(&session);
    assert_int_equal(run(), SESSION_WAIT);
    assert_closed(drive(), CLOSE_PEER);
    assert_sent("+OK\r\n+PONG\r\n");
}

static void a_mark_ends_it_and_the_first_one_stays(void **state)
{
    (void)state;
    feed("PING\r\n");
    assert_true(session_mark(&session, CLOSE_IDLE));
    assert_false(session_mark(&session, CLOSE_KILLED));
    assert_closed(run(), CLOSE_IDLE);
    assert_sent("");
}

static void a_mark_ends_a_wait(void **state)
{
    (void)state;
    feed("SLEEP 100\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    session_mark(&session, CLOSE_DRAIN);
    assert_closed(run(), CLOSE_DRAIN);
    assert_sent("");
}

/* --- shares and output
 * ---------------------------------------------------------------------------------------------- */

static unsigned count_replies(void)
{
    unsigned count = (unsigned)(buffer_length(&session.out) / 7); /* +PONG CRLF */

    send_out();
    buffer_consume(&sent, buffer_length(&sent));
    return count;
}

static void a_turn_has_its_share_of_requests(void **state)
{
    int i;

    (void)state;
    fixture.config->limits.requests_per_turn = 4;
    for (i = 0; i < 10; i++)
        feed("PING\r\n");
    assert_int_equal(run(), SESSION_AGAIN);
    assert_int_equal(count_replies(), 4);
    assert_int_equal(run(), SESSION_AGAIN);
    assert_int_equal(count_replies(), 4);
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(count_replies(), 2);
    for (i = 0; i < 4; i++)
        feed("PING\r\n");
    assert_int_equal(run(), SESSION_READ); /* the share was enough: nothing is left to come back for */
    assert_int_equal(count_replies(), 4);
    for (i = 0; i < 100; i++)
        feed("*0\r\n"); /* empty ones take their share, too */
    assert_int_equal(run(), SESSION_AGAIN);
}

static void much_output_is_sent_first(void **state)
{
    static char value[40000];
    char header[64];
    int i;

    (void)state;
    memset(value, 'x', sizeof value);
    for (i = 0; i < 4; i++) {
        snprintf(header, sizeof header, "*2\r\n$4\r\nECHO\r\n$%zu\r\n", sizeof value);
        feed(header);
        feed_bytes(value, sizeof value);
        feed("\r\n");
    }
    assert_int_equal(run(), SESSION_FLUSH);
    assert_true(buffer_length(&session.out) >= 65536 && buffer_length(&session.out) < 65536 + sizeof value);
    send_out();
    assert_int_equal(run(), SESSION_FLUSH);
    send_out();
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(buffer_length(&sent), 4 * (sizeof value + 10)); /* $40000 CRLF ... CRLF */
}

static void a_reply_over_the_limit_ends_it(void **state)
{
    (void)state;
    fixture.config->limits.max_output = 1024;
    feed("COMMAND\r\nPING\r\n");
    assert_closed(run(), CLOSE_OUTPUT_LIMIT);
    assert_true(buffer_length(&session.out) <= 1024);
}

/* With little room for output, many replies that are each small enough are sent in parts: it is no fault of a
 * peer that reads them. */
static void little_room_for_output_is_no_end(void **state)
{
    char line[400];
    int i;

    (void)state;
    fixture.config->limits.max_output = 4096;
    memset(line, 'x', sizeof line);
    for (i = 0; i < 32; i++) {
        feed("ECHO ");
        feed_bytes(line, sizeof line);
        feed("\r\n");
    }
    assert_int_equal(run(), SESSION_FLUSH);
    assert_int_equal(drive(), SESSION_READ);
    assert_int_equal(buffer_length(&sent), 32 * (6 + sizeof line + 2));
}

/* A stream is sent on in parts: it may be larger than what may be pending at a time. */
static void a_long_stream_stays_bounded(void **state)
{
    enum session_want want;
    size_t most = 0, total = 0;

    (void)state;
    fixture.config->limits.max_output = 200000;
    feed("NUMBERS 100000 199999\r\nPING\r\n");
    do {
        want = run();
        most = buffer_length(&session.out) > most ? buffer_length(&session.out) : most;
        total += buffer_length(&session.out);
        buffer_consume(&session.out, buffer_length(&session.out));
    } while (want == SESSION_FLUSH || want == SESSION_AGAIN);
    assert_int_equal(want, SESSION_READ);
    assert_int_equal(total, 9 + 100000 * 9 + 7); /* *100000 CRLF, :nnnnnn CRLF each, +PONG CRLF */
    assert_in_range(most, 1000, 65536 + 9 * 512);
}

/* --- waiting
 * -------------------------------------------------------------------------------------------------------- */

/* limits.cpu_commands: it waits like any command that waits, and its time runs meanwhile. */
static void a_cpu_command_waits_for_its_permit(void **state)
{
    struct permits *permits = fixture.segment->cpu_permits;
    struct permit other = {0};

    (void)state;
    fixture.config->limits.cpu_commands = 1;
    assert_true(permits_take(permits, &other, 2, 1));
    feed("PRIMES 10\r\nBLOCK 0\r\nPING\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    assert_false(session_at_boundary(&session));
    assert_sent("");
    assert_int_equal(permits_waiting(permits), 1);
    permits_give(permits, &other);
    fixture.worker.now_us = session_wake_us(&session);
    assert_int_equal(run(), SESSION_READ);
    assert_sent(":4\r\n+OK\r\n+PONG\r\n");
    assert_int_equal(permits_waiting(permits) + permits_taken(permits), 0);
    assert_true(permits_take(permits, &other, 2, 1));
    feed("PRIMES 10\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    fixture.worker.now_us = session.progress.deadline_us;
    assert_int_equal(run(), SESSION_READ);
    assert_sent("-TIMEOUT the command took longer than limits.max_command_time\r\n");
    assert_int_equal(permits_waiting(permits), 0);
    worker_begin(&fixture.worker, 77);
    feed("PRIMES 10\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    session_mark(&session, CLOSE_KILLED);
    assert_closed(run(), CLOSE_KILLED);
    assert_int_equal(permits_waiting(permits), 0);
    a_new_session();
    feed("PRIMES 10\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    a_new_session(); /* whatever ended that one */
    assert_int_equal(permits_waiting(permits), 0);
    assert_int_equal(permits_taken(permits), 1);
}

static void while_a_command_waits_nothing_else_runs(void **state)
{
    uint64_t before = fixture.worker.now_us;

    (void)state;
    feed("SLEEP 100\r\nPING\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    assert_false(session_at_boundary(&session));
    assert_in_range(session_wake_us(&session), before + 100000, before + 100000 + UNIT_DEADLINE_US);
    assert_sent("");
    fixture.worker.now_us = session_wake_us(&session) - 1;
    assert_int_equal(run(), SESSION_WAIT); /* woken too early */
    assert_sent("");
    fixture.worker.now_us++;
    assert_int_equal(run(), SESSION_READ);
    assert_sent("+OK\r\n+PONG\r\n");
    assert_int_equal(segment_get32(&fixture.worker.slot->command), 0);
}

/* The arguments stand in the input, which moves when more of it arrives. */
static void input_may_grow_while_a_command_waits(void **state)
{
    static char value[100000];

    (void)state;
    memset(value, 'x', sizeof value);
    feed("NUMBERS 5 7 EVERY 100ms\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    assert_sent("*3\r\n:5\r\n"); /* the header and the first do not wait */
    feed("*2\r\n$4\r\nECHO\r\n$100000\r\n");
    feed_bytes(value, sizeof value);
    buffer_trim(&session.in);
    feed("\r\n");
    assert_int_equal(drive(), SESSION_READ);
    assert_int_equal(buffer_length(&sent), 8 + 9 + 100000 + 2);
    assert_memory_equal(buffer_head(&sent), ":6\r\n:7\r\n$100000\r\nxxx", 20);
}

static void what_a_command_allocates_ends_with_it(void **state)
{
    (void)state;
    feed("WORK alloc=1M wait=50ms\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    assert_non_null(session.progress.memory);
    assert_int_equal(drive(), SESSION_READ);
    assert_null(session.progress.memory);
    assert_sent("+OK\r\n");
    fixture.config->limits.max_command_time_us = 50000;
    feed("WORK alloc=1M wait=1h\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    assert_int_equal(drive(), SESSION_READ); /* cut */
    assert_null(session.progress.memory);
    assert_sent("-TIMEOUT the command took longer than limits.max_command_time\r\n");
    feed("WORK alloc=1M wait=1h\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    session_mark(&session, CLOSE_KILLED);
    assert_closed(run(), CLOSE_KILLED);
    session_free(&session);
    assert_null(session.progress.memory);
}

/* --- time
 * -----------------------------------------------------------------------------------------------------------
 */

static void a_command_past_its_time_is_cut(void **state)
{
    (void)state;
    fixture.config->limits.max_command_time_us = 50000;
    feed("SLEEP 100\r\nPING\r\n");
    assert_int_equal(run(), SESSION_WAIT);
    assert_true(session_wake_us(&session) <= fixture.worker.now_us + 50000);
    assert_int_equal(drive(), SESSION_READ);
    assert_sent("-TIMEOUT the command took longer than limits.max_command_time\r\n+PONG\r\n");
    assert_int_equal(fixture.worker.tally.error_replies, 1);
    assert_int_equal(fixture.worker.tally.commands, 2);
}

static void work_past_its_time_is_cut(void **state)
{
    (void)state;
    fixture.config->limits.max_command_time_us = 100000;
    feed("ECHO before\r\nPRIMES 1000000000\r\nECHO behind\r\n");
    assert_int_equal(drive(), SESSION_READ);
    assert_sent("$6\r\nbefore\r\n-TIMEOUT the command took longer than limits.max_command_time\r\n"
                "$6\r\nbehind\r\n");
}

/* A reply of which a part is gone can't be completed with an error: only the end is honest. */
static void a_stream_past_its_time_ends_the_connection(void **state)
{
    (void)state;
    fixture.config->limits.max_command_time_us = 250000;
    feed("NUMBERS 1 10 EVERY 100ms\r\nPING\r\n");
    assert_closed(drive(), CLOSE_REPLY_CUT);
    assert_sent("*10\r\n:1\r\n:2\r\n:3\r\n");
    assert_false(session.linger);
}

/* The whole request has its time, not each byte of it. */
static void a_slow_request_has_one_deadline(void **state)
{
    enum close_reason why = CLOSE_NONE;
    uint64_t began = fixture.worker.now_us, second = 1000000;

    (void)state;
    fixture.config->server.request_timeout_us = 30 * second;
    feed("P");
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(session_deadline_us(&session, &fixture.worker, &why), began + 30 * second);
    assert_int_equal(why, CLOSE_REQUEST_TIMEOUT);
    fixture.worker.now_us += 10 * second;
    feed("I");
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(session_deadline_us(&session, &fixture.worker, &why), began + 30 * second);
    feed("NG\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(session_deadline_us(&session, &fixture.worker, &why), CLOCK_NEVER);
    assert_int_equal(why, CLOSE_IDLE);
    feed("*1\r\n$4\r\n"); /* the next one has its own */
    fixture.worker.now_us += second;
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(session_deadline_us(&session, &fixture.worker, &why), began + 41 * second);
}

/* Waiting for the bytes that were announced, without parsing at each of them, has the same deadline. */
static void a_slow_argument_has_one_deadline(void **state)
{
    enum close_reason why = CLOSE_NONE;
    uint64_t began = fixture.worker.now_us;

    (void)state;
    feed("*2\r\n$4\r\nECHO\r\n$10\r\n0");
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(session.need, 31);
    fixture.worker.now_us += 5000000;
    feed("1234567");
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(session_deadline_us(&session, &fixture.worker, &why),
                     began + fixture.config->server.request_timeout_us);
    assert_int_equal(why, CLOSE_REQUEST_TIMEOUT);
}

static void an_idle_session_is_the_sweepers(void **state)
{
    enum close_reason why = CLOSE_NONE;

    (void)state;
    fixture.config->server.idle_timeout_us = 7000000;
    feed("PING\r\n");
    assert_int_equal(run(), SESSION_READ);
    assert_int_equal(session_deadline_us(&session, &fixture.worker, &why), CLOCK_NEVER);
    assert_int_equal(why, CLOSE_IDLE);
}

/* --- the cut of the input does not matter
 * --------------------------------------------------------------------------- */

struct conversation {
    const char *bytes;
    size_t length;
};

#define CONVERSATION(text)                                                                                   \
    {                                                                                                        \
        text, sizeof(text) - 1                                                                               \
    }

static const struct conversation conversations[] = {
    CONVERSATION("PING\r\n*1\r\n$4\r\nPING\r\nECHO \"a "
                 "b\"\n\r\n*0\r\n*2\r\n$4\r\nECHO\r\n$4\r\n\r\n\r\n\r\nPING x\r\n"),
    CONVERSATION(
        "HELLO 3\r\nGET n\r\nHELLO 2\r\nGET n\r\nINCR n\r\nINCRBY n 5\r\nGET n\r\nDEL n\r\nHELLO 9\r\n"),
    CONVERSATION(
        "NOSUCH\r\nECHO\r\nSQUARE x\r\nSQUARE 12\r\nCLIENT SETNAME me\r\nCLIENT GETNAME\r\nRESET\r\n"),
    CONVERSATION(
        "SLEEP 5\r\nPING\r\nNUMBERS 1 5 EVERY 100ms\r\nLETTERS a e\r\nNUMBERS 1 2000\r\nSLEEP 0\r\nPING\r\n"),
    CONVERSATION("PING\r\nQUIT\r\nPING\r\n"),
    CONVERSATION("PING\r\n*1\r\n$4\r\nPINGxxPING\r\n"),
    CONVERSATION("PING\r\n*2\r\n$4\r\nECHO\r\n:1\r\n"),
    CONVERSATION("ECHO 'unbalanced\r\nPING\r\n"),
    CONVERSATION("*3000\r\nPING\r\n"),
    CONVERSATION("*1\r\n$99999999999999999999\r\n"),
    CONVERSATION("PING\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    CONVERSATION("PING\r\n\x16\x03\x01\x00\xff"),
    CONVERSATION("PING\r\nPI\0NG\r\n"),
    CONVERSATION("COMMAND COUNT\r\nCOMMAND INFO ping get\r\nCONFIG GET server.*\r\nHASH sha256 3 x\r\nPRIMES "
                 "1000\r\n"),
};

/* Lets a fresh session have a conversation in pieces of at most `most` bytes; what was sent, then why it
 * ended. */
static void converse(const struct conversation *conversation, size_t most, struct buffer *seen)
{
    enum session_want want = SESSION_READ;
    size_t at = 0;

    session_free(&session);
    session_init(&session, fixture.client.entry);
    memset(fixture.segment->counters, 0, FIXTURE_COUNTERS * sizeof *fixture.segment->counters);
    fixture_run("RESET");
    while (at < conversation->length && want == SESSION_READ) {
        size_t piece = most == 1 ? 1 : 1 + unit_random_below(most);

        piece = piece < conversation->length - at ? piece : conversation->length - at;
        feed_bytes(conversation->bytes + at, piece);
        at += piece;
        want = drive();
    }
    if (want == SESSION_READ) {
        session_end_input(&session);
        want = drive();
    }
    assert_int_equal(want, SESSION_CLOSE);
    assert_int_equal(buffer_append(seen, buffer_head(&sent), buffer_length(&sent)), 0);
    assert_int_equal(
        buffer_printf(seen, "%s, linger %d\n", close_reason_name(session.reason), session.linger), 0);
    buffer_consume(&sent, buffer_length(&sent));
}

static void any_cut_gives_the_same_replies(void **state)
{
    size_t i, round;

    (void)state;
    for (i = 0; i < COUNT(conversations); i++) {
        struct buffer whole = {0};

        converse(&conversations[i], conversations[i].length * 1000, &whole);
        for (round = 0; round < 25; round++) {
            struct buffer pieces = {0};

            fixture.config->limits.requests_per_turn = 1 + unit_random_below(5);
            converse(&conversations[i], round == 0 ? 1 : 1 + round * 2, &pieces);
            if (buffer_length(&whole) != buffer_length(&pieces) ||
                memcmp(buffer_head(&whole), buffer_head(&pieces), buffer_length(&whole)) != 0)
                fail_msg("conversation %zu, round %zu:\n%.*s---\n%.*s", i, round, (int)buffer_length(&whole),
                         buffer_head(&whole), (int)buffer_length(&pieces), buffer_head(&pieces));
            buffer_free(&pieces);
        }
        buffer_free(&whole);
    }
}

/* Damaged conversations: whatever comes, it ends, memory stays bounded, and the cut still does not matter. */
static void damaged_conversations_end_the_same(void **state)
{
    size_t round, i;

    (void)state;
    for (round = 0; round < 3000; round++) {
        const struct conversation *good = &conversations[unit_random_below(COUNT(conversations))];
        struct conversation damaged = {.length = good->length};
        struct buffer whole = {0}, pieces = {0};
        char *bytes = unit_copy(good->bytes, good->length);

        for (i = 1 + unit_random_below(3); i > 0; i--)
            bytes[unit_random_below(good->length)] = "\r\n*$ 019\"'x\0\xff"[unit_random_below(13)];
        damaged.bytes = bytes;
        converse(&damaged, damaged.length * 1000, &whole);
        converse(&damaged, 1 + unit_random_below(20), &pieces);
        assert_int_equal(buffer_length(&whole), buffer_length(&pieces));
        assert_memory_equal(buffer_head(&whole), buffer_head(&pieces), buffer_length(&whole));
        buffer_free(&whole);
        buffer_free(&pieces);
        free(bytes);
    }
}

static void every_reason_has_its_name(void **state)
{
    int i, j;

    (void)state;
    for (i = 0; i < CLOSE_REASON_COUNT; i++) {
        assert_non_null(close_reason_name((enum close_reason)i));
        for (j = 0; j < i; j++)
            assert_string_not_equal(close_reason_name((enum close_reason)i),
                                    close_reason_name((enum close_reason)j));
    }
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        UNIT(requests_are_answered_in_order),
        UNIT(empty_requests_are_passed_over),
        UNIT(what_no_handler_should_see_is_refused),
        UNIT(faults_need_to_be_enabled),
        UNIT(a_disabled_command_is_refused),
        UNIT(strangers_may_only_authenticate),
        UNIT(strangers_have_narrow_limits),
        UNIT(strangers_have_no_more_than_others),
        UNIT(strangers_have_little_output),
        UNIT(each_limit_that_is_met_is_counted),
        UNIT(who_is_gone_from_the_users_is_nobody),
        UNIT(requests_with_secrets_are_wiped),
        UNIT(control_bytes_in_a_name_are_neutralised),
        UNIT(a_protocol_error_is_answered_and_ends_it),
        UNIT(another_protocol_is_not_answered),
        UNIT(quit_ends_it_behind_its_reply),
        UNIT(a_half_closed_peer_gets_its_replies),
        UNIT(a_half_closed_peer_is_waited_for),
        UNIT(a_mark_ends_it_and_the_first_one_stays),
        UNIT(a_mark_ends_a_wait),
        UNIT(a_turn_has_its_share_of_requests),
        UNIT(much_output_is_sent_first),
        UNIT(a_reply_over_the_limit_ends_it),
        UNIT(little_room_for_output_is_no_end),
        UNIT(a_long_stream_stays_bounded),
        UNIT(while_a_command_waits_nothing_else_runs),
        UNIT(a_cpu_command_waits_for_its_permit),
        UNIT(input_may_grow_while_a_command_waits),
        UNIT(what_a_command_allocates_ends_with_it),
        UNIT(a_command_past_its_time_is_cut),
        UNIT(work_past_its_time_is_cut),
        UNIT(a_stream_past_its_time_ends_the_connection),
        UNIT(a_slow_request_has_one_deadline),
        UNIT(a_slow_argument_has_one_deadline),
        UNIT(an_idle_session_is_the_sweepers),
        UNIT(any_cut_gives_the_same_replies),
        UNIT(damaged_conversations_end_the_same),
        cmocka_unit_test(every_reason_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
