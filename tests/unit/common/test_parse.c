/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict numbers, sizes, durations and booleans, and "did you mean", as rows. Every text is handed over in a
 * block of exactly its length, without a NUL, so that valgrind and the address sanitizer see a read beyond
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/parse.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

struct row {
    const char *text;
    uint64_t value;
};

/* The text's bytes without a NUL behind them; freed by the caller. */
static char *bare(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length + (length == 0));

    assert_non_null(copy);
    memcpy(copy, text, length);
    return copy;
}

typedef int parser(const char *text, size_t length, uint64_t *value);

static void check_right(parser *parse, const struct row *rows, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        char *text = bare(rows[i].text);
        uint64_t value = 0;

        if (parse(text, strlen(rows[i].text), &value) != 0)
            fail_msg("'%s' was refused", rows[i].text);
        assert_true(value == rows[i].value);
        free(text);
    }
}

static void check_wrong(parser *parse, const char *const *texts, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        char *text = bare(texts[i]);
        uint64_t value;

        if (parse(text, strlen(texts[i]), &value) != -1)
            fail_msg("'%s' was taken", texts[i]);
        free(text);
    }
}

static void test_u64(void **state)
{
    static const struct row right[] = {
        {"0", 0},
        {"7", 7},
        {"10", 10},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073709551609", UINT64_MAX - 6},
    };
    static const char *const wrong[] = {
        "",
        "00",
        "01",
        "-1",
        "-0",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "0x10",
        "1e3",
        "a",
        "1a",
        "18446744073709551616",
        "99999999999999999999",
        "184467440737095516150",
        "\xd9\xa1",
    };

    (void)state;
    check_right(parse_u64, right, COUNT(right));
    check_wrong(parse_u64, wrong, COUNT(wrong));
}

static void test_i64(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } right[] = {
        {"0", 0},     {"-1", -1}, {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN},
        {"-10", -10},
    };
    static const char *const wrong[] = {
        "",
        "-",
        "-0",
        "--1",
        "+1",
        "-01",
        "- 1",
        "9223372036854775808",
        "-9223372036854775809",
        "1-",
        "-18446744073709551616",
    };
    size_t i;
    int64_t value;

    (void)state;
    for (i = 0; i < COUNT(right); i++) {
        char *text = bare(right[i].text);

        assert_int_equal(parse_i64(text, strlen(right[i].text), &value), 0);
        assert_true(value == right[i].value);
        free(text);
    }
    for (i = 0; i < COUNT(wrong); i++) {
        char *text = bare(wrong[i]);

        if (parse_i64(text, strlen(wrong[i]), &value) != -1)
            fail_msg("'%s' was taken", wrong[i]);
        free(text);
    }
}

static void test_size(void **state)
{
    static const struct row right[] = {
        {"0", 0},
        {"4095", 4095},
        {"1k", 1024},
        {"1K", 1024},
        {"3m", UINT64_C(3) << 20},
        {"3M", UINT64_C(3) << 20},
        {"2G", UINT64_C(2) << 30},
        {"17179869183G", UINT64_C(17179869183) << 30},
        {"0k", 0},
    };
    static const char *const wrong[] = {
        "",   "k", "1kb", "1 k", "1T", "-1k", "01k", "1.5M", "1kk", "17179869184G", "18446744073709551616",
        "k1",
    };

    (void)state;
    check_right(parse_size, right, COUNT(right));
    check_wrong(parse_size, wrong, COUNT(wrong));
}

/* Units of time are not case-insensitive: M is mega everywhere else. */
static void test_duration(void **state)
{
    static const struct row right[] = {
        {"0", 0},           {"0s", 0},
        {"1us", 1},         {"2ms", 2000},
        {"30s", 30000000},  {"5m", 300000000},
        {"1h", 3600000000}, {"5124095576h", UINT64_C(5124095576) * 3600000000},
    };
    static const char *const wrong[] = {
        "",   "1",  "30",  "s",  "1 s",         "1sec", "1d",  "1.5s", "-1s",
        "1S", "1M", "1MS", "1H", "5124095577h", "1u",   "01s", "1ns",  "1mss",
    };

    (void)state;
    check_right(parse_duration, right, COUNT(right));
    check_wrong(parse_duration, wrong, COUNT(wrong));
}

/* A client's patience may have a fraction; a configuration's may not. */
static void test_duration_fraction(void **state)
{
    static const struct row right[] = {
        {"0", 0},           {"10s", 10000000},    {"0.3s", 300000}, {"1.5ms", 1500},   {"2.0us", 2},
        {"0.5m", 30000000}, {"0.25h", 900000000}, {"0.000001s", 1}, {"3.0s", 3000000},
    };
    static const char *const wrong[] = {
        "",      "1.5",   ".5s",  "1.s",    "0.5us", "0.0001ms", "0.0000001s",    "1.5.5s",
        "1.5 s", "-1.5s", "1.5d", "1.5msx", "1.5S",  "0.1s2",    "5124095577.5h", "1.-5s",
    };

    (void)state;
    check_right(parse_duration_fraction, right, COUNT(right));
    check_wrong(parse_duration_fraction, wrong, COUNT(wrong));
}

static void test_bool(void **state)
{
    static const char *const yes[] = {"yes", "YES", "true", "True", "on", "1"};
    static const char *const no[] = {"no", "No", "false", "FALSE", "off", "0"};
    static const char *const wrong[] = {"", "y", "n", "yess", "ye", "2", "00", " yes", "enable", "of"};
    bool value;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(yes); i++) {
        value = false;
        assert_int_equal(parse_bool(yes[i], strlen(yes[i]), &value), 0);
        assert_true(value);
        value = true;
        assert_int_equal(parse_bool(no[i], strlen(no[i]), &value), 0);
        assert_false(value);
    }
    for (i = 0; i < COUNT(wrong); i++)
        assert_int_equal(parse_bool(wrong[i], strlen(wrong[i]), &value), -1);
}

static void test_formats(void **state)
{
    char text[PARSE_TEXT_BYTES];

    (void)state;
    assert_string_equal(parse_format_size(0, text), "0");
    assert_string_equal(parse_format_size(1023, text), "1023");
    assert_string_equal(parse_format_size(1024, text), "1k");
    assert_string_equal(parse_format_size(1536, text), "1536");
    assert_string_equal(parse_format_size(UINT64_C(3) << 20, text), "3M");
    assert_string_equal(parse_format_size(UINT64_C(2048) << 30, text), "2048G");
    assert_string_equal(parse_format_duration(0, text), "0");
    assert_string_equal(parse_format_duration(999, text), "999us");
    assert_string_equal(parse_format_duration(1500, text), "1500us");
    assert_string_equal(parse_format_duration(60000000, text), "1m");
    assert_string_equal(parse_format_duration(90000000, text), "90s");
    assert_string_equal(parse_format_duration(UINT64_MAX, text), "18446744073709551615us");
}

static void test_formats_read_back(void **state)
{
    char text[PARSE_TEXT_BYTES];
    uint64_t value, back;

    (void)state;
    for (value = 1; value < UINT64_MAX / 5; value = value * 3 + value % 7) {
        parse_format_size(value, text);
        assert_int_equal(parse_size(text, strlen(text), &back), 0);
        assert_true(back == value);
        parse_format_duration(value, text);
        assert_int_equal(parse_duration(text, strlen(text), &back), 0);
        assert_true(back == value);
    }
}

static void test_nearest(void **state)
{
    static const char *const words[] = {"thread", "pool", "event", "prefork", "a"};
    char longest[65], longer[66];

    (void)state;
    assert_string_equal(parse_nearest("poll", words, COUNT(words)), "pool");
    assert_string_equal(parse_nearest("POOL", words, COUNT(words)), "pool");
    assert_string_equal(parse_nearest("tread", words, COUNT(words)), "thread");
    assert_string_equal(parse_nearest("events", words, COUNT(words)), "event");
    assert_string_equal(parse_nearest("perfork", words, COUNT(words)), "prefork");
    assert_null(parse_nearest("asynchronous", words, COUNT(words)));
    assert_null(parse_nearest("thrower", words, 1));
    assert_null(parse_nearest("pool", words, 0));
    memset(longest, 'x', sizeof longest - 1);
    longest[64] = '\0';
    memset(longer, 'x', sizeof longer - 1);
    longer[65] = '\0';
    assert_ptr_equal(parse_nearest(longest, (const char *const[]){longest}, 1), longest);
    assert_null(parse_nearest(longer, (const char *const[]){longer}, 1));
}

/* A third of the letters, rounded up, may be wrong. */
static void test_nearest_is_near(void **state)
{
    static const char *const words[] = {"abcdef"};

    (void)state;
    assert_string_equal(parse_nearest("abcdXX", words, 1), "abcdef");
    assert_null(parse_nearest("abcXXX", words, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u64),
        cmocka_unit_test(test_i64),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_duration_fraction),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_formats_read_back),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_nearest_is_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
