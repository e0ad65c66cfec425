/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of the command line: they win over files, the last of several wins, and they can't say what a file
 * could not, as workers read the configuration back as one. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

static void test_wins_over_the_file(void **state)
{
    struct config *config = fixture_read("[server]\nmax_clients = 5\n", "");

    (void)state;
    fixture_override(config, "server.max_clients=6", "");
    assert_int_equal(config->server.max_clients, 6);
    fixture_override(config, " server . max_clients = 7 ", "");
    assert_int_equal(config->server.max_clients, 7);
    fixture_override(config, "admin.listen=", "");
    assert_null(config->admin.listen);
    config_free(&config);
}

static void test_only_the_first_dot_and_equals_count(void **state)
{
    struct config *config = fixture_new();

    (void)state;
    fixture_override(config, "server.files_root=/srv/a.b=c", "");
    assert_string_equal(config->server.files_root, "/srv/a.b=c");
    config_free(&config);
}

static void test_malformed(void **state)
{
    static const char *const settings[] = {"", "server", "server.mode", "mode=pool", "mode=a.b", "=", ".="};
    struct config *config = fixture_new();
    char expected[128];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(settings) - 1; i++) {
        snprintf(expected, sizeof expected, "-o %s: expected SECTION.KEY=VALUE\n", settings[i]);
        fixture_override(config, settings[i], expected);
    }
    fixture_override(config, ".=", "-o .=: unknown section []\n");
    config_free(&config);
}

static void test_unknown(void **state)
{
    struct config *config = fixture_new();

    (void)state;
    fixture_override(config, "serve.mode=pool",
                     "-o serve.mode=pool: unknown section [serve]; did you mean [server]?\n");
    fixture_override(config, "server.moed=pool",
                     "-o server.moed=pool: unknown key 'moed' in [server]; did you mean 'mode'?\n");
    fixture_override(
        config, "server.mode=poll",
        "-o server.mode=poll: server.mode = poll is not one of thread, pool, event, prefork; did you "
        "mean 'pool'?\n");
    config_free(&config);
}

static void test_what_no_file_could_say(void **state)
{
    struct config *config = fixture_new();
    char setting[400] = "server.files_root=", expected[600];

    (void)state;
    fixture_override(config, "server.files_root=/a\nmode = event",
                     "-o: a setting may hold no control characters\n");
    fixture_override(config, "server.files_root=/a\x1b[2J", "-o: a setting may hold no control characters\n");
    fixture_override(config, "server.files_root=/a #b",
                     "-o server.files_root=/a #b: server.files_root holds what begins a comment in a file\n");
    fixture_override(config, "server.files_root=;a",
                     "-o server.files_root=;a: server.files_root holds what begins a comment in a file\n");
    memset(setting + strlen(setting), 'x', 186);
    snprintf(expected, sizeof expected,
             "-o %s: server.files_root is too long: written as key = value it may have 198 bytes\n", setting);
    fixture_override(config, setting, expected);
    assert_null(config->server.files_root);
    config_free(&config);
}

static void test_the_longest(void **state)
{
    struct config *config = fixture_new();
    char setting[400] = "server.files_root=";

    (void)state;
    memset(setting + strlen(setting), 'x', CONFIG_LINE_LONGEST - strlen("files_root = "));
    fixture_override(config, setting, "");
    assert_int_equal(strlen(config->server.files_root), CONFIG_LINE_LONGEST - strlen("files_root = "));
    config_free(&config);
}

/* However long the setting, the message is bounded. */
static void test_an_endless_setting(void **state)
{
    struct config *config = fixture_new();
    struct buffer problems = {0};
    char *setting = calloc(1, 100001);

    (void)state;
    assert_non_null(setting);
    memset(setting, 'x', 100000);
    assert_int_equal(config_override(config, setting, &problems), -1);
    assert_true(buffer_length(&problems) < 700);
    memcpy(setting, "server.mode=", strlen("server.mode="));
    assert_int_equal(config_override(config, setting, &problems), -1);
    assert_true(buffer_length(&problems) < 1400);
    buffer_free(&problems);
    free(setting);
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wins_over_the_file),
        cmocka_unit_test(test_only_the_first_dot_and_equals_count),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_what_no_file_could_say),
        cmocka_unit_test(test_the_longest),
        cmocka_unit_test(test_an_endless_setting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
