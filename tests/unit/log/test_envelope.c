/* SPDX-License-Identifier: Apache-2.0
 *
 * What the journal and syslog get around a line, to the byte. */
#include "tests/unit/log/support.h"

#include "daemon/log/format_private.h"

static struct format format;
static char item[FORMAT_LINE_LONGEST + 1];

static const char *styled(int style, enum envelope envelope, const struct record *record)
{
    size_t length;

    format_init(&format, style, envelope);
    format.wall_offset_us = 0;
    format.own_pid = 7;
    format.own_tid = 8;
    strcpy(format.host, "host");
    length = format_item(&format, schema_table(), record, item);
    assert_true(length <= FORMAT_LINE_LONGEST);
    item[length] = '\0';
    return item;
}

static const char *in(enum envelope envelope, const struct record *record)
{
    return styled(LOG_FORMAT_LOGFMT, envelope, record);
}

static void syslog_has_a_header_and_no_newline(void **state)
{
    struct record record;

    (void)state;
    record_make(&record, EVENT_WARNING, 1795152780123456u, (const struct log_value[]){LOG_S("low")}, 1);
    assert_string_equal(in(ENVELOPE_SYSLOG, &record),
                        "<28>1 2026-11-20T05:33:00.123456Z host concurd 7 warning - "
                        "event=warning pid=7 tid=8 message=low");
    record.pid = 99;
    assert_non_null(strstr(in(ENVELOPE_SYSLOG, &record), " host concurd 99 warning - event="));
}

/* Time and level were in the message again. */
static void a_json_message_is_an_object_without_time_and_level(void **state)
{
    struct record record;

    (void)state;
    record_make(&record, EVENT_WARNING, 1795152780123456u, (const struct log_value[]){LOG_S("low")}, 1);
    assert_string_equal(styled(LOG_FORMAT_JSON, ENVELOPE_SYSLOG, &record),
                        "<28>1 2026-11-20T05:33:00.123456Z host concurd 7 warning - "
                        "{\"event\":\"warning\",\"pid\":7,\"tid\":8,\"message\":\"low\"}");
}

static void the_journal_has_fields(void **state)
{
    struct record record;

    (void)state;
    record_make(&record, EVENT_SINK_FAILED, 1795152780123456u,
                (const struct log_value[]){LOG_S("file:/a b"), LOG_I(28)}, 2);
    record.worker = 4;
    record.pid = 98;
    record.tid = 99;
    assert_string_equal(
        in(ENVELOPE_JOURNAL, &record),
        "PRIORITY=3\nSYSLOG_IDENTIFIER=concurd\n"
        "MESSAGE=event=sink_failed worker=4 pid=98 tid=99 "
        "target=\"file:/a b\" errno=28 error=\"No space left on device\"\n"
        "CONCURD_TS=2026-11-20T05:33:00.123456Z\nCONCURD_EVENT=sink_failed\nCONCURD_WORKER=4\nCONCURD_PID="
        "98\nCONCURD_TID=99\n"
        "CONCURD_TARGET=file:/a b\nCONCURD_ERRNO=28\nCONCURD_ERROR=No space left on device\n");
}

/* A newline in a value could begin a field of the peer's own; the length keeps it inside. */
static void a_peer_cannot_forge_a_field(void **state)
{
    static const char text[] = "x\nPRIORITY=0";
    struct record record = {.event = EVENT_WARNING, .worker = LOG_WORKER_NONE};
    const char *at;

    (void)state;
    record.values[0] = (struct record_value){.text = text, .length = sizeof text - 1};
    at = strstr(in(ENVELOPE_JOURNAL, &record), "CONCURD_MESSAGE\n");
    assert_non_null(at);
    assert_memory_equal(at + 16, "\x0c\0\0\0\0\0\0\0x\nPRIORITY=0\n", 21);
    assert_non_null(strstr(item, "message=\"x\\nPRIORITY=0\"\n")); /* and in the line it is escaped */
}

/* What is longest in one place is not in another: JSON writes six bytes for each of the first two, logfmt four, the
 * journal's own field needs a length for the third. Within the bound of the event's own fields, which the room for any
 * event is made of. */
static void the_longest_fits(void **state)
{
    static const char bytes[] = {'\x01', '\xff', '\n'};
    static const enum envelope envelopes[] = {ENVELOPE_NONE, ENVELOPE_PRIORITY, ENVELOPE_JOURNAL,
                                              ENVELOPE_SYSLOG};
    char text[LOG_TEXT_LONGEST];
    struct record record = {.worker = LOG_WORKERS_MOST - 1, .pid = UINT32_MAX, .tid = UINT32_MAX};

    (void)state;
    record.time_us = UINT64_MAX;
    for (size_t byte = 0; byte < sizeof bytes; byte++) {
        memset(text, bytes[byte], sizeof text);
        text[0] = '\n';
        for (unsigned i = 0; i < SCHEMA_FIELDS_MOST; i++)
            record.values[i] = (struct record_value){.text = text, .length = sizeof text};
        for (unsigned i = 0; i < 2 * sizeof envelopes / sizeof envelopes[0]; i++) {
            format_init(&format, i % 2 == 0 ? LOG_FORMAT_LOGFMT : LOG_FORMAT_JSON, envelopes[i / 2]);
            memset(format.host, 'h', sizeof format.host - 1);
            for (record.event = 0; record.event < LOG_EVENT_COUNT; record.event++)
                assert_true(format_item(&format, schema_table(), &record, item) <=
                            FORMAT_LONGEST((size_t)schema_table()[record.event].field_count));
        }
    }
}

static void syslogs_hostname_is_printable_ascii(void **state)
{
    static const struct {
        const char *name, *host;
    } rows[] = {
        {"host.example", "host.example"},
        {"", "-"},
        {"two words", "two?words"},
        {"m\xc3\xbcller\n\x7f~!", "m??ller??~!"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789",
         "0123456789012345678901234567890123456789012345678901234567890123"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        format_host(&format, rows[i].name);
        assert_string_equal(format.host, rows[i].host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syslog_has_a_header_and_no_newline),
        cmocka_unit_test(a_json_message_is_an_object_without_time_and_level),
        cmocka_unit_test(the_journal_has_fields),
        cmocka_unit_test(a_peer_cannot_forge_a_field),
        cmocka_unit_test(the_longest_fits),
        cmocka_unit_test(syslogs_hostname_is_printable_ascii),
    };

    return cmocka_run_group_tests_name("log/envelope", tests, NULL, NULL);
}
