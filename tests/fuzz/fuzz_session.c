/* SPDX-License-Identifier: Apache-2.0
 *
 * The session under hostile bytes: protocol, quoting, and every handler of the command table. The same bytes come all
 * at once, one at a time and in random pieces, and what a client would see must be the same: replies, why the
 * connection ends, and how. Beside that, in each of them: replies are RESP, as many as there were requests; what is
 * buffered follows the limits, whatever is announced; what was logged reads back as whole lines. Time is the harness's
 * (clock.c), so that commands that wait or burn take none.
 *
 * The first byte says under which settings, a bit each, so that '0' to '?' are all of them, and '@' to 'O' those with one
 * conversation alone; the rest is the input.
 *
 * Left out: CRASH and HANG, which do what they say. INFO and TIME, whose replies change by themselves, are there in a
 * conversation alone. What CLIENT LIST counts changes with the turns, and CONFIG GET tells of them, so both are off where
 * these are drawn. One thread, and those that check passwords. */
#include "tests/unit/command/fixture.h"

#include <semaphore.h>

#include "common/resp_scan.h"
#include "daemon/command/authentication.h"
#include "daemon/log/format.h"
#include "daemon/log/reader.h"
#include "daemon/session/session.h"
#include "tests/fuzz/clock.h"
#include "tests/fuzz/fuzz.h"

enum {
    SETTING_TIGHT = 1, /* small limits */
    SETTING_LOG_ALL = 2,
    SETTING_TURNS = 4, /* of any length; else of one request */
    SETTING_USERS = 8, /* the client must authenticate */
    SETTING_ALONE = 64,
    SETTING_HELD = SETTING_TIGHT | SETTING_LOG_ALL, /* somebody else has the one permit for the CPU */
    SETTINGS = 79
};

#define LONGEST          (1u << 17) /* bytes of input that are looked at */
#define LANE_BYTES       65536
#define HEAD_LONGEST     16 /* "$" and the digits of an argument's length */
#define TURNS_MOST       1000000
#define BEGINNING_US     UINT64_C(1000000000)
#define STRANGER_LARGEST (16384 + HEAD_LONGEST)
#define SELF             3 /* entries of the connections: the one that is served, and another */
#define OTHER            5

enum cut { CUT_NOWHERE, CUT_EVERYWHERE, CUT_AT_RANDOM };

/* What a client would have seen. */
struct outcome {
    struct buffer sent;
    enum close_reason reason;
    bool linger;
    uint64_t commands, errors;
};

static struct session session;
static struct lane_reader reader;
static struct format format;
static unsigned settings;
static struct users *users; /* of generations that have any */
static sem_t woken;
static struct permit held;

/* --- the server ---------------------------------------------------------------------------------------------------- */

static void disable(const char *name)
{
    struct error error;

    FUZZ_CHECK(command_disable(name, &error) == 0, "%s", error.text);
}

/* A password was checked. */
static void on_wake(void *context, uint32_t index, uint64_t id)
{
    (void)context;
    (void)index;
    (void)id;
    sem_post(&woken);
}

/* Its threads are joined: a sanitizer takes others, and what OpenSSL keeps for them, for leaks. */
static void stop_authentication(void)
{
    authentication_stop(&fixture.process.authentication, CLOCK_NEVER);
}

static void start_authentication(void)
{
    struct generation *generation = atomic_load(&fixture.generations->current);

    sem_init(&woken, 0, 0);
    fixture.process.wake = on_wake;
    fixture.process.authentication = authentication_new(fixture.segment);
    FUZZ_CHECK(fixture.process.authentication != NULL, "no memory");
    fixture_users("anna:" FIXTURE_HASH "\ndefault:" FIXTURE_HASH "\n");
    users = generation->users;
    atexit(stop_authentication); /* before OpenSSL's own, which what is above has registered */
}

static void start(void)
{
    static bool started;
    struct lane *lane;

    if (started)
        return;
    started = true;
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* the fixture's own assertions, too, are findings */
    fixture_configure();
    fixture_set("faults.enable=no");
    fixture_set("server.files_root=/etc/ssl");
    fixture_begin();
    start_authentication();
    lane = log_queue_lane(fixture.process.log, fixture.worker.slot_number);
    reader_init(&reader, lane, LANE_BYTES, 1);
    format_init(&format, LOG_FORMAT_LOGFMT, ENVELOPE_NONE);
}

static void apply(unsigned wanted)
{
    struct config *config = fixture.config;
    bool tight = (wanted & SETTING_TIGHT) != 0;

    settings = wanted;
    config->auth.allow_anonymous = (wanted & SETTING_USERS) == 0;
    atomic_load(&fixture.generations->current)->users = config->auth.allow_anonymous ? NULL : users;
    config->limits.max_request = tight ? 1024 : 65536;
    config->limits.max_args = tight ? 8 : 1024;
    config->limits.max_output = tight ? 4096 : 262144;
    config->limits.max_command_time_us = tight ? 20000 : 60000;
    config->limits.cpu_commands = tight;
    config->log.access = (wanted & SETTING_LOG_ALL) != 0 ? LOG_ACCESS_COMMANDS : LOG_ACCESS_OFF;
    config->log.slow_us = (wanted & SETTING_LOG_ALL) != 0 ? 3000 : 0;
    fixture.worker.limits = (struct resp_limits){.max_request = config->limits.max_request,
                                                 .max_args = (unsigned)config->limits.max_args};
    command_adopt(config);
    if ((wanted & SETTING_ALONE) == 0) {
        disable("info");
        disable("time");
    }
    if ((wanted & SETTING_TURNS) != 0) {
        disable("client");
        disable("config");
    }
}

static bool is_held(void)
{
    return (settings & SETTING_HELD) == SETTING_HELD;
}

/* As if nothing had happened yet. */
static void reset(void)
{
    memset(fixture.segment->counters, 0, FIXTURE_COUNTERS * sizeof *fixture.segment->counters);
    memset(&fixture.segment->connections[SELF], 0, sizeof fixture.segment->connections[SELF]);
    memset(&fixture.segment->connections[OTHER], 0, sizeof fixture.segment->connections[OTHER]);
    memset(&fixture.worker.tally, 0, sizeof fixture.worker.tally);
    fuzz_clock_start(BEGINNING_US);
    fixture_connection(OTHER, 79);
    session_init(&session, fixture_connection(SELF, 77));
    worker_touch(&fixture.worker);
    if (is_held())
        FUZZ_CHECK(permits_take(fixture.segment->cpu_permits, &held, 2, 1), "there is no permit");
}

/* --- one conversation ---------------------------------------------------------------------------------------------- */

/* A growing buffer doubles, so it may have twice the room that the limit asks for. */
static void check_memory(void)
{
    const struct config *config = fixture.config;

    FUZZ_CHECK(buffer_length(&session.out) <= config->limits.max_output, "%zu bytes of output are pending",
               buffer_length(&session.out));
    FUZZ_CHECK(session.out.capacity <= 2 * config->limits.max_output, "the output's room is %zu",
               session.out.capacity);
}

/* What waits for more input is no more than the largest request and the head of one argument too many; and the room for
 * it follows what has come, not what is announced. */
static void check_need(enum cut cut)
{
    size_t most = fixture.config->limits.max_request + HEAD_LONGEST;

    if ((settings & SETTING_USERS) != 0 && !session.client.authenticated && most > STRANGER_LARGEST)
        most = STRANGER_LARGEST;
    FUZZ_CHECK(buffer_length(&session.in) < most, "%zu bytes wait for more", buffer_length(&session.in));
    FUZZ_CHECK(session.need > buffer_length(&session.in) && session.need <= most, "it needs %zu, having %zu",
               session.need, buffer_length(&session.in));
    FUZZ_CHECK(cut != CUT_EVERYWHERE || session.in.capacity <= 2 * most, "%zu bytes have a room of %zu",
               buffer_length(&session.in), session.in.capacity);
}

/* Nothing that the session took is left behind. */
static void check_permits(void)
{
    const struct permits *permits = fixture.segment->cpu_permits;

    FUZZ_CHECK(permits_taken(permits) == is_held() && permits_waiting(permits) == 0,
               "%llu permits, %llu wait", (unsigned long long)permits_taken(permits),
               (unsigned long long)permits_waiting(permits));
    permits_give(fixture.segment->cpu_permits, &held);
}

static void send_out(struct buffer *sent)
{
    FUZZ_CHECK(buffer_append(sent, buffer_head(&session.out), buffer_length(&session.out)) == 0, "no memory");
    buffer_consume(&session.out, buffer_length(&session.out));
}

/* Does what a backend does, until the session wants input or the end. */
static enum session_want drive(enum cut cut, struct fuzz_random *random, struct buffer *sent)
{
    enum session_want want;
    unsigned turns = 0;

    do {
        FUZZ_CHECK(++turns < TURNS_MOST, "it does not come to an end");
        fixture.config->limits.requests_per_turn =
            (settings & SETTING_TURNS) != 0 ? 1 + fuzz_below(random, 40) : 1;
        want = session_run(&session, &fixture.worker);
        check_memory();
        send_out(sent);
        if (want == SESSION_WAIT && session_is_wakeable(&session)) {
            sem_wait(&woken);
            session.woken = true;
        } else if (want == SESSION_WAIT) {
            fuzz_clock_advance(session_wake_us(&session));
            fixture.worker.now_us = session_wake_us(&session);
        }
    } while (want != SESSION_READ && want != SESSION_CLOSE);
    if (want == SESSION_READ)
        check_need(cut);
    return want;
}

static size_t piece_of(enum cut cut, struct fuzz_random *random, size_t left)
{
    if (cut == CUT_NOWHERE)
        return left;
    return cut == CUT_EVERYWHERE ? 1 : fuzz_piece(random, left);
}

static struct outcome converse(const uint8_t *bytes, size_t length, enum cut cut)
{
    struct fuzz_random random = fuzz_random_of(bytes, length);
    enum session_want want = SESSION_READ;
    struct outcome outcome = {0};
    size_t at = 0;

    reset();
    while (at < length && want == SESSION_READ) {
        size_t piece = piece_of(cut, &random, length - at);

        FUZZ_CHECK(buffer_append(&session.in, bytes + at, piece) == 0, "no memory");
        if (cut != CUT_EVERYWHERE)
            buffer_trim(&session.in); /* so that a look beyond is caught */
        at += piece;
        want = drive(cut, &random, &outcome.sent);
    }
    if (want == SESSION_READ) {
        session_end_input(&session);
        want = drive(cut, &random, &outcome.sent);
    }
    FUZZ_CHECK(want == SESSION_CLOSE, "it wants %d at the end", want);
    outcome.reason = session.reason;
    outcome.linger = session.linger;
    outcome.commands = fixture.worker.tally.commands;
    outcome.errors = fixture.worker.tally.error_replies;
    session_free(&session);
    check_permits();
    fuzz_clock_stop();
    return outcome;
}

/* --- what must be true of it --------------------------------------------------------------------------------------- */

/* Whether the last reply may be one that was begun and given up. */
static bool may_be_cut(enum close_reason reason)
{
    return reason == CLOSE_OUTPUT_LIMIT || reason == CLOSE_REPLY_CUT || reason == CLOSE_KILLED;
}

static void check_replies(const struct outcome *outcome)
{
    const char *bytes = buffer_head(&outcome->sent);
    size_t length = buffer_length(&outcome->sent), at = 0, used;
    struct resp_scanner scanner = {0};
    uint64_t replies = 0, errors = 0;

    while (at < length) {
        enum resp_scan found = resp_scan(&scanner, bytes + at, length - at, &used);

        FUZZ_CHECK(found != RESP_SCAN_MALFORMED, "a reply is not RESP, at %zu of:\n%.*s", at, (int)length,
                   bytes);
        at += used;
        replies += found != RESP_SCAN_INCOMPLETE;
        errors += found == RESP_SCAN_ERROR;
    }
    if (may_be_cut(outcome->reason))
        return;
    FUZZ_CHECK(errors == outcome->errors, "%llu error replies, %llu counted", (unsigned long long)errors,
               (unsigned long long)outcome->errors);
    FUZZ_CHECK(resp_scan_is_idle(&scanner), "the last reply is cut:\n%.*s", (int)length, bytes);
    FUZZ_CHECK(replies == outcome->commands + (outcome->reason == CLOSE_PROTOCOL_ERROR),
               "%llu replies to %llu commands:\n%.*s", (unsigned long long)replies,
               (unsigned long long)outcome->commands, (int)length, bytes);
}

/* One whole line, and nothing in it that a terminal or a reader of lines could take for something else. */
static void check_line(const char *line, size_t length)
{
    FUZZ_CHECK(length > 0 && line[length - 1] == '\n', "a log line without an end");
    for (size_t i = 0; i + 1 < length; i++)
        FUZZ_CHECK((unsigned char)line[i] >= ' ' && line[i] != 0x7f, "a log line with a control byte:\n%.*s",
                   (int)length, line);
}

static void check_log(void)
{
    static struct record_image image;
    static char line[FORMAT_LINE_LONGEST];
    enum reader_outcome found = reader_look(&reader, BEGINNING_US);
    struct record record;

    while (found == READER_RECORD && (found = reader_next(&reader, &image, &record)) == READER_RECORD)
        check_line(line, format_line(&format, schema_table(), &record, line));
    FUZZ_CHECK(found != READER_CORRUPT, "the session's own lane is corrupt");
    reader_release(&reader);
}

static void check_same(const struct outcome *one, const struct outcome *other, const char *how)
{
    size_t length = buffer_length(&one->sent);

    /* How much may be pending at a time depends on what came at a time. */
    if ((settings & SETTING_TURNS) != 0 &&
        (one->reason == CLOSE_OUTPUT_LIMIT || other->reason == CLOSE_OUTPUT_LIMIT))
        return;
    FUZZ_CHECK(one->reason == other->reason && one->linger == other->linger,
               "%s: ended as %s, linger %d; else as %s, linger %d", how, close_reason_name(other->reason),
               other->linger, close_reason_name(one->reason), one->linger);
    FUZZ_CHECK(one->commands == other->commands && one->errors == other->errors, "%s: other counts", how);
    FUZZ_CHECK(length == buffer_length(&other->sent) &&
                   (length == 0 || memcmp(buffer_head(&one->sent), buffer_head(&other->sent), length) == 0),
               "%s:\n%.*s\nelse:\n%.*s", how, (int)buffer_length(&other->sent), buffer_head(&other->sent),
               (int)length, buffer_head(&one->sent));
}

static const char *const cut_names[] = {"all at once", "a byte at a time", "in random pieces"};

/* All ways to cut it, or one where replies can't be compared. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct outcome outcomes[COUNT(cut_names)];
    enum cut first, cut;

    if (length < 1 || length > LONGEST)
        return 0;
    start();
    apply(bytes[0] & SETTINGS);
    first = (settings & SETTING_ALONE) != 0 ? CUT_AT_RANDOM : CUT_NOWHERE;
    for (cut = first; cut <= CUT_AT_RANDOM; cut++) {
        outcomes[cut] = converse(bytes + 1, length - 1, cut);
        check_replies(&outcomes[cut]);
        check_log();
        check_same(&outcomes[first], &outcomes[cut], cut_names[cut]);
    }
    for (cut = first; cut <= CUT_AT_RANDOM; cut++)
        buffer_free(&outcomes[cut].sent);
    return 0;
}
