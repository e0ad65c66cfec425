/* SPDX-License-Identifier: Apache-2.0
 *
 * Options out of tables: every way to write one, and what is said when it is wrong. Runs in the test's one
 * thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/options.h"

#define ARGUMENTS_MOST 8

struct settings {
    uint64_t port, time_us, choice;
    const char *name;
    bool flag;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option_row rows[] = {
    {'p', "port", OPTION_COUNT, FIELD(port), 1, 65535, "PORT", "the port"},
    {'d', NULL, OPTION_DURATION, FIELD(time_us), 1000, 60000000, "TIME", "how long"},
    {'3', NULL, OPTION_CHOICE, FIELD(choice), 3, 3, NULL, "three"},
    {0, "name", OPTION_TEXT, FIELD(name), 0, 0, "NAME", "a name"},
    {0, "flag", OPTION_FLAG, FIELD(flag), 0, 0, NULL, "a flag"},
};

static const struct option_table first = {"First", rows, 3}, second = {"Second", rows + 3, 2};
static const struct option_table *const tables[] = {&first, &second, NULL};

struct parsed {
    struct settings settings;
    struct option_words words;
    struct error error;
    char *argv[ARGUMENTS_MOST];
    int result;
};

static void parse(struct parsed *parsed, enum options_order order, const char *const *arguments)
{
    void *into[] = {&parsed->settings, &parsed->settings};
    int count = 0;

    *parsed = (struct parsed){.settings = {.port = 7070}};
    for (; arguments[count] != NULL; count++)
        parsed->argv[count] = (char *)arguments[count];
    parsed->result = options_parse(tables, into, order, count, parsed->argv, &parsed->words, &parsed->error);
}

#define PARSE(parsed, order, ...) parse(parsed, order, (const char *const[]){__VA_ARGS__, NULL})

static void every_way_to_write_a_value(void **state)
{
    struct parsed parsed;

    (void)state;
    PARSE(&parsed, OPTIONS_FIRST, "-p", "1");
    assert_true(parsed.result == 0 && parsed.settings.port == 1);
    PARSE(&parsed, OPTIONS_FIRST, "-p65535");
    assert_true(parsed.result == 0 && parsed.settings.port == 65535);
    PARSE(&parsed, OPTIONS_FIRST, "--port", "2");
    assert_true(parsed.result == 0 && parsed.settings.port == 2);
    PARSE(&parsed, OPTIONS_FIRST, "--port=3");
    assert_true(parsed.result == 0 && parsed.settings.port == 3);
    PARSE(&parsed, OPTIONS_FIRST, "-d", "500ms", "-3", "--flag", "--name=");
    assert_int_equal(parsed.result, 0);
    assert_int_equal(parsed.settings.time_us, 500000);
    assert_int_equal(parsed.settings.choice, 3);
    assert_true(parsed.settings.flag);
    assert_string_equal(parsed.settings.name, "");
    assert_int_equal(parsed.settings.port, 7070);
}

static void what_is_wrong_is_said(void **state)
{
    static const struct {
        const char *arguments[3];
        const char *text;
    } cases[] = {
        {{"-p", "0"}, "--port: 0 is not between 1 and 65535"},
        {{"-p", "65536"}, "--port: 65536 is not between 1 and 65535"},
        {{"--port=-1"}, "--port: '-1' is no number"},
        {{"-p"}, "--port needs a value: PORT"},
        {{"-d", "10"}, "-d: '10' is no duration such as 500ms, 0.5s or 10s"},
        {{"-d", "2m"}, "-d: 2m is not between 1ms and 1m"},
        {{"--flag=yes"}, "--flag takes no value"},
        {{"-3x"}, "-3 takes no value"},
        {{"-x"}, "unknown option '-x'"},
        {{"--prot=1"}, "unknown option '--prot=1'; did you mean '--port'?"},
        {{"--something"}, "unknown option '--something'"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed parsed;

        parse(&parsed, OPTIONS_FIRST, cases[i].arguments);
        assert_int_equal(parsed.result, -1);
        assert_string_equal(parsed.error.text, cases[i].text);
    }
}

static void a_command_may_look_like_options(void **state)
{
    struct parsed parsed;

    (void)state;
    PARSE(&parsed, OPTIONS_FIRST, "--flag", "SET", "-p", "--help");
    assert_int_equal(parsed.result, 0);
    assert_int_equal(parsed.words.count, 3);
    assert_string_equal(parsed.words.words[0], "SET");
    assert_string_equal(parsed.words.words[2], "--help");
    assert_false(parsed.words.help);
    assert_false(parsed.words.separated);
    PARSE(&parsed, OPTIONS_FIRST, "--", "--flag");
    assert_true(parsed.words.separated && parsed.words.count == 1 && !parsed.settings.flag);
}

static void options_between_words_where_allowed(void **state)
{
    struct parsed parsed;

    (void)state;
    PARSE(&parsed, OPTIONS_ANYWHERE, "SQUARE", "-p", "9", "-5..5", "--flag", "-");
    assert_int_equal(parsed.result, 0);
    assert_int_equal(parsed.words.count, 3);
    assert_string_equal(parsed.words.words[1], "-5..5");
    assert_string_equal(parsed.words.words[2], "-");
    assert_int_equal(parsed.settings.port, 9);
    assert_true(parsed.settings.flag);
}

static void help_lists_what_there_is(void **state)
{
    struct parsed parsed;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    PARSE(&parsed, OPTIONS_FIRST, "--help", "-p", "broken");
    assert_true(parsed.result == 0 && parsed.words.help);
    assert_non_null(out);
    options_print(tables, out);
    fclose(out);
    assert_non_null(strstr(text, "  -p, --port PORT"));
    assert_non_null(strstr(text, "      --flag"));
    assert_non_null(strstr(text, "  -d TIME"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_write_a_value),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_command_may_look_like_options),
        cmocka_unit_test(options_between_words_where_allowed),
        cmocka_unit_test(help_lists_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
