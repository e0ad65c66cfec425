/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in the contract and not yet in the daemon: refused by name, never parsed and ignored. Its default
 * may be written, in whatever way. A row moves out of here when its feature arrives. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

static const struct {
    const char *section, *name, *value;
} later[] = {
    {"thread", "big_lock", "yes"},
    {"counters", "race_window", "1ms"},
    {"counters", "scope", "process"},
};

static void test_refused_in_a_file(void **state)
{
    char file[128], expected[160];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(later); i++) {
        snprintf(file, sizeof file, "[%s]\n\n%s = %s\n", later[i].section, later[i].name, later[i].value);
        snprintf(expected, sizeof expected, "x.conf:3: %s.%s = %s is not yet supported\n", later[i].section,
                 later[i].name, later[i].value);
        fixture_refuses(file, expected);
    }
}

static void test_refused_on_the_command_line(void **state)
{
    struct config *config = fixture_new();
    char setting[128], expected[256];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(later); i++) {
        snprintf(setting, sizeof setting, "%s.%s=%s", later[i].section, later[i].name, later[i].value);
        snprintf(expected, sizeof expected, "-o %s: %s.%s = %s is not yet supported\n", setting,
                 later[i].section, later[i].name, later[i].value);
        fixture_override(config, setting, expected);
    }
    config_free(&config);
}

/* Every default, written as the table has it. */
static void test_defaults_are_accepted(void **state)
{
    struct config *config = fixture_new();
    char setting[160];
    size_t i;

    (void)state;
    for (i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key_at(i);

        snprintf(setting, sizeof setting, "%s.%s=%s", key->section, key->name, key->fallback);
        fixture_override(config, setting, "");
    }
    config_free(&config);
}

static void test_defaults_in_other_words_are_accepted(void **state)
{
    (void)state;
    fixture_refuses(
        "[thread]\nbig_lock = OFF\n"
        "[limits]\ncpu_commands = 0\n"
        "[log]\nslow = 0us\nblock_timeout = 1000ms\noverflow = drop\naccess = off\ntarget = file:/a\n"
        "[tls]\ncert = none\nlisten =\n"
        "[auth]\nallow_anonymous = true\n",
        "");
}

/* What is wrong anyway is said first. */
static void test_malformed_comes_first(void **state)
{
    (void)state;
    fixture_refuses("[log]\nformat = jsn\n",
                    "x.conf:2: log.format = jsn is not one of logfmt, json; did you mean 'json'?\n");
    fixture_refuses("[thread]\nbig_lock = perhaps\n",
                    "x.conf:2: thread.big_lock = perhaps is not yes or no\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_in_a_file),
        cmocka_unit_test(test_refused_on_the_command_line),
        cmocka_unit_test(test_defaults_are_accepted),
        cmocka_unit_test(test_defaults_in_other_words_are_accepted),
        cmocka_unit_test(test_malformed_comes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
