/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON lines: what a JSON parser reads from them is what was logged, whatever a peer sent. */
#include "tests/unit/log/support.h"

#include <jansson.h>

#include "daemon/log/format.h"

static struct format format;
static char line[FORMAT_LINE_LONGEST + 1];

static int setup(void **state)
{
    (void)state;
    format_init(&format, LOG_FORMAT_JSON, ENVELOPE_NONE);
    format.wall_offset_us = 0;
    format.own_pid = 7;
    format.own_tid = 8;
    return 0;
}

/* The record as its one line says it; the caller frees it. */
static json_t *read_back(const struct record *record)
{
    size_t length = format_line(&format, schema_table(), record, line);
    json_error_t error;
    json_t *object;

    assert_true(length <= FORMAT_LINE_LONGEST);
    line[length] = '\0';
    assert_ptr_equal(memchr(line, '\n', length), line + length - 1);
    object = json_loadb(line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (object == NULL)
        fail_msg("%s in %.*s", error.text, (int)length, line);
    return object;
}

/* What a text comes back as. */
static void expect_text(const char *text, size_t length, const char *expected)
{
    struct record record = {.event = EVENT_WARNING, .worker = LOG_WORKER_NONE};
    json_t *object;

    record.values[0] = (struct record_value){.text = text, .length = length};
    object = read_back(&record);
    assert_string_equal(json_string_value(json_object_get(object, "message")), expected);
    json_decref(object);
}

static void a_line_reads_as_documented(void **state)
{
    struct record record;

    (void)state;
    record_make(&record, EVENT_SINK_FAILED, 1795152780123456u,
                (const struct log_value[]){LOG_S("file:/a \"b\""), LOG_I(28)}, 2);
    json_decref(read_back(&record));
    assert_string_equal(
        line, "{\"ts\":\"2026-11-20T05:33:00.123456Z\",\"level\":\"error\",\"event\":\"sink_failed\","
              "\"pid\":7,\"tid\":8,\"target\":\"file:/a \\\"b\\\"\",\"errno\":28,\"error\":\"No space left "
              "on device\"}\n");
    record.worker = 3;
    record.pid = record.tid = 70000;
    json_decref(read_back(&record));
    assert_non_null(
        strstr(line, ",\"event\":\"sink_failed\",\"worker\":3,\"pid\":70000,\"tid\":70000,\"target\":"));
}

/* Same names as logfmt has, in the same order. */
static void names_are_those_of_logfmt(void **state)
{
    static struct format logfmt;
    static char other[FORMAT_LINE_LONGEST + 1];

    (void)state;
    format_init(&logfmt, LOG_FORMAT_LOGFMT, ENVELOPE_NONE);
    for (unsigned event = 0; event < LOG_EVENT_COUNT; event++) {
        struct record record = {.event = (enum log_event_id)event, .worker = 1, .pid = 2, .tid = 3};
        const char *name, *at = other;
        json_t *object, *value;

        for (size_t i = 0; i < SCHEMA_FIELDS_MOST; i++)
            record.values[i].text = ""; /* a number is some address then */
        other[format_line(&logfmt, schema_table(), &record, other)] = '\0';
        object = read_back(&record);
        json_object_foreach(object, name, value)
        {
            char key[64];

            snprintf(key, sizeof key, "%s%s=", at == other ? "" : " ", name);
            at = strstr(at, key);
            assert_non_null(at);
            at++;
        }
        json_decref(object);
    }
}

static void every_byte_comes_back(void **state)
{
    (void)state;
    for (unsigned byte = 1; byte < 0x80; byte++) {
        char text[] = {'a', (char)byte, 'b', '\0'};

        expect_text(text, 3, text);
    }
    for (unsigned byte = 0x80; byte < 0x100; byte++) {
        char text[] = {'a', (char)byte, 'b', '\0'};

        expect_text(text, 3,
                    "a\xef\xbf\xbd"
                    "b"); /* no UTF-8 */
    }
    expect_text("\xf0\x9f\x98\x80\xc3\xa9", 6, "\xf0\x9f\x98\x80\xc3\xa9");
}

/* They come back, but the line itself does not hold them. */
static void what_could_fool_a_terminal_is_escaped(void **state)
{
    static const char *const texts[] = {"\x1b[2J",      "\x7f",         "\xc2\x9b[2J",
                                        "\xe2\x80\xa8", "\xe2\x80\xae", "\xe2\x81\xa6",
                                        "\xe2\x80\x8e", "\xe2\x80\x8f", "\xd8\x9c"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        expect_text(texts[i], strlen(texts[i]), texts[i]);
        assert_null(strstr(line, texts[i]));
    }
    expect_text("", 0, "");
}

static void the_longest_line_fits(void **state)
{
    static char text[LOG_TEXT_LONGEST];

    (void)state;
    memset(text, 0x01, sizeof text);
    for (unsigned event = 0; event < LOG_EVENT_COUNT; event++) {
        struct record record = {
            .event = (enum log_event_id)event, .worker = LOG_WORKERS_MOST - 1, .time_us = UINT64_MAX};

        for (size_t i = 0; i < schema_table()[event].field_count; i++)
            record.values[i] = (struct record_value){.text = text, .length = sizeof text};
        json_decref(read_back(&record));
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_reads_as_documented), TEST(names_are_those_of_logfmt),
        TEST(every_byte_comes_back),      TEST(what_could_fool_a_terminal_is_escaped),
        TEST(the_longest_line_fits),
    };

    return cmocka_run_group_tests_name("log/json", tests, NULL, NULL);
}
