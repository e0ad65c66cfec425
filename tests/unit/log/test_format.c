/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of text: their shape, and that nothing a peer sends can look like anything else than a value. */
#include "tests/unit/log/support.h"

#include "daemon/log/format.h"

static struct format format;
static char line[FORMAT_LINE_LONGEST + 1];

static int setup(void **state)
{
    (void)state;
    format_init(&format, LOG_FORMAT_LOGFMT, ENVELOPE_NONE);
    format.own_pid = 7;
    format.own_tid = 8;
    format.wall_offset_us = 0; /* times are what the tests say */
    return 0;
}

static const char *written(struct record *record)
{
    size_t length = format_item(&format, schema_table(), record, line);

    assert_true(length <= FORMAT_LINE_LONGEST);
    assert_int_equal(line[length - 1], '\n');
    line[length] = '\0';
    assert_ptr_equal(strchr(line, '\n'), line + length - 1);
    return line;
}

/* How one text reads behind "message=". */
static const char *escaped(const char *text, size_t length)
{
    struct record record = {.event = EVENT_WARNING, .worker = LOG_WORKER_NONE};

    record.values[0] = (struct record_value){.text = text, .length = length};
    return strstr(written(&record), "message=") + strlen("message=");
}

static void a_line_reads_as_documented(void **state)
{
    struct record record;

    (void)state;
    record_make(&record, EVENT_READY, 1795152780123456u,
                (const struct log_value[]){LOG_S("127.0.0.1:7070"), LOG_S("pool"), LOG_S("no")}, 3);
    record.worker = 0;
    record.pid = 70000;
    record.tid = 70001;
    assert_string_equal(written(&record),
                        "ts=2026-11-20T05:33:00.123456Z level=info event=ready worker=0 pid=70000 tid=70001 "
                        "listen=127.0.0.1:7070 mode=pool tls=no\n");
    record.worker = LOG_WORKER_NONE;
    record.pid = record.tid = 0; /* the log thread's own */
    assert_string_equal(written(&record), "ts=2026-11-20T05:33:00.123456Z level=info event=ready pid=7 tid=8 "
                                          "listen=127.0.0.1:7070 mode=pool tls=no\n");
}

static void numbers_at_their_ends(void **state)
{
    struct record record;

    (void)state;
    record_make(&record, EVENT_WORKER_DIED, 0,
                (const struct log_value[]){LOG_U(0), LOG_U(UINT64_MAX), LOG_I(INT64_MIN), LOG_I(-1),
                                           LOG_U(10), LOG_U(99), LOG_U(100)},
                7);
    assert_non_null(
        strstr(written(&record),
               "level=error event=worker_died pid=7 tid=8 process=0 worker_pid=18446744073709551615 "
               "status=-9223372036854775808 signal=-1 connections=10 "
               "redispatched=99 restart_ms=100\n"));
}

static void times_follow_the_calendar(void **state)
{
    static const struct {
        uint64_t time_us;
        const char *text;
    } times[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {951782399999999u, "2000-02-28T23:59:59.999999Z"},
        {951782400000000u, "2000-02-29T00:00:00.000000Z"},
        {951782400000001u, "2000-02-29T00:00:00.000001Z"},
        {4102444799000000u, "2099-12-31T23:59:59.000000Z"},
        {253402300799000000u, "9999-12-31T23:59:59.000000Z"},
        {253402300800000000u, "9999-12-31T23:59:59.000000Z"},
        {UINT64_MAX, "9999-12-31T23:59:59.551615Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct record record = {.event = EVENT_WARNING, .time_us = times[i].time_us};

        record.values[0].text = "";
        assert_memory_equal(written(&record) + 3, times[i].text, 27);
    }
}

static void monotonic_time_becomes_wall_time(void **state)
{
    uint64_t wall;

    (void)state;
    format_sync(&format);
    wall = clock_now_us() + (uint64_t)format.wall_offset_us;
    assert_true(wall + 1000000 > clock_wall_us() && wall < clock_wall_us() + 1000000);
}

static void the_journal_gets_a_priority(void **state)
{
    static const struct {
        enum log_event_id event;
        const char *prefix;
    } rows[] = {
        {EVENT_CONNECTION_OPENED, "<7>ts="},
        {EVENT_CONNECTION_CLOSED, "<6>ts="},
        {EVENT_STARTED, "<5>ts="},
        {EVENT_WARNING, "<4>ts="},
        {EVENT_ERROR, "<3>ts="},
        {EVENT_READY, "<6>ts="},
    };

    (void)state;
    format.envelope = ENVELOPE_PRIORITY;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record record = {.event = rows[i].event};

        for (size_t field = 0; field < SCHEMA_FIELDS_MOST; field++)
            record.values[field].text = "";
        assert_memory_equal(written(&record), rows[i].prefix, 6);
    }
}

/* What each byte must look like between two letters. */
static void expect_byte(unsigned byte, char *expected, size_t size)
{
    static const char *const named[256] = {
        ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t", ['"'] = "\\\"", ['\\'] = "\\\\",
    };

    if (named[byte] != NULL)
        snprintf(expected, size, "\"a%sb\"\n", named[byte]);
    else if (byte == ' ' || byte == '=')
        snprintf(expected, size, "\"a%cb\"\n", (int)byte);
    else if (byte < ' ' || byte >= 0x7f)
        snprintf(expected, size, "\"a\\x%02xb\"\n", byte);
    else
        snprintf(expected, size, "a%cb\n", (int)byte);
}

static void every_byte_is_harmless(void **state)
{
    char expected[16];

    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        const char text[] = {'a', (char)byte, 'b'};

        expect_byte(byte, expected, sizeof expected);
        assert_string_equal(escaped(text, sizeof text), expected);
    }
    assert_string_equal(escaped("", 0), "\"\"\n");
}

static void utf8_passes_when_valid_and_harmless(void **state)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"caf\xc3\xa9", "\"caf\xc3\xa9\"\n"},
        {"\xe2\x82\xac", "\"\xe2\x82\xac\"\n"},
        {"\xf0\x9f\x92\xa1", "\"\xf0\x9f\x92\xa1\"\n"},
        {"\xc2\x9b"
         "31m",
         "\"\\xc2\\x9b31m\"\n"},                            /* C1: control sequence introducer */
        {"\xc0\xaf", "\"\\xc0\\xaf\"\n"},                   /* not the shortest form */
        {"\xe0\x80\xaf", "\"\\xe0\\x80\\xaf\"\n"},          /* the same */
        {"\xed\xa0\x80", "\"\\xed\\xa0\\x80\"\n"},          /* a surrogate */
        {"\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"\n"}, /* beyond U+10FFFF */
        {"\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\"\n"},          /* a line separator */
        {"\xe2\x80\xae", "\"\\xe2\\x80\\xae\"\n"},          /* right-to-left override */
        {"\xe2\x80\x8e", "\"\\xe2\\x80\\x8e\"\n"},          /* left-to-right mark */
        {"\xe2\x80\x8f", "\"\\xe2\\x80\\x8f\"\n"},          /* right-to-left mark */
        {"\xd8\x9c", "\"\\xd8\\x9c\"\n"},                   /* Arabic letter mark */
        {"\xe2\x82", "\"\\xe2\\x82\"\n"},                   /* cut short */
        {"\xc3(", "\"\\xc3(\"\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(escaped(rows[i].text, strlen(rows[i].text)), rows[i].expected);
}

static void a_nul_ends_no_bytes(void **state)
{
    const struct log_bytes bytes = {.at = "a\0b", .length = 3};
    struct record record;

    (void)state;
    record_make(&record, EVENT_WARNING, 0, (const struct log_value[]){LOG_B(&bytes)}, 1);
    assert_non_null(strstr(written(&record), " message=\"a\\x00b\"\n"));
}

static void a_peer_cannot_forge_a_line(void **state)
{
    static const char text[] = "x\nts=1970 level=info event=ready\x1b[2J\" event=fake";

    (void)state;
    assert_string_equal(escaped(text, sizeof text - 1),
                        "\"x\\nts=1970 level=info event=ready\\x1b[2J\\\" event=fake\"\n");
}

static void the_longest_line_fits(void **state)
{
    static char text[LOG_TEXT_LONGEST];

    (void)state;
    memset(text, 0x01, sizeof text);
    for (unsigned event = 0; event < LOG_EVENT_COUNT; event++) {
        struct record record = {
            .event = (enum log_event_id)event, .worker = LOG_WORKERS_MOST - 1, .time_us = UINT64_MAX};

        for (size_t i = 0; i < schema_table()[event].field_count; i++) {
            if (schema_table()[event].fields[i].kind == LOG_VALUE_TEXT)
                record.values[i] = (struct record_value){.text = text, .length = sizeof text};
            else
                record.values[i].u64 = UINT64_MAX;
        }
        written(&record);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_reads_as_documented),          TEST(numbers_at_their_ends),
        TEST(times_follow_the_calendar),           TEST(monotonic_time_becomes_wall_time),
        TEST(the_journal_gets_a_priority),         TEST(every_byte_is_harmless),
        TEST(utf8_passes_when_valid_and_harmless), TEST(a_nul_ends_no_bytes),
        TEST(a_peer_cannot_forge_a_line),          TEST(the_longest_line_fits),
    };

    return cmocka_run_group_tests_name("log/format", tests, NULL, NULL);
}
