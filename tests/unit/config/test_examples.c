/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of conf/ as an operator gets them: each is right on any host, and the annotated one shows every
 * key with its help and its default, in the table's order, and changes nothing but what the package must. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

#define PACKAGED_DISABLE "READ, BLOCK, SPIN, WORK"

/* The file's path in the source tree, also when built elsewhere; freed by the caller. */
static char *path_of(const char *name)
{
    const char *srcdir = getenv("srcdir");
    char *path;

    assert_true(asprintf(&path, "%s/conf/%s", srcdir != NULL ? srcdir : ".", name) > 0);
    return path;
}

static struct config *read_example(const char *name)
{
    struct config *config = fixture_new();
    struct buffer problems = {0};
    char *path = path_of(name);

    assert_int_equal(config_read_file(config, path, CONFIG_READS_FIRST, &problems), 0);
    fixture_expect(&problems, "");
    free(path);
    return config;
}

static char *text_of(const char *name)
{
    char *path = path_of(name);
    FILE *file = fopen(path, "r");
    char *text = calloc(1, CONFIG_FILE_LARGEST);

    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, CONFIG_FILE_LARGEST - 1, file) > 0);
    fclose(file);
    free(path);
    return text;
}

static void test_concurd_conf_is_the_defaults(void **state)
{
    struct config *packaged = read_example("concurd.conf");
    struct config *defaults = fixture_new();
    char *packaged_dump, *defaults_dump;

    (void)state;
    fixture_override(defaults, "commands.disable=" PACKAGED_DISABLE, "");
    packaged_dump = fixture_dump(packaged);
    defaults_dump = fixture_dump(defaults);
    assert_string_equal(packaged_dump, defaults_dump);
    free(packaged_dump);
    free(defaults_dump);
    config_free(&packaged);
    config_free(&defaults);
}

/* Steps behind the next occurrence of `wanted`, so that order is checked too. */
static const char *expect_next(const char *text, const char *wanted)
{
    const char *found = strstr(text, wanted);

    if (found == NULL)
        fail_msg("concurd.conf lacks, or has elsewhere:\n%s", wanted);
    return found != NULL ? found + strlen(wanted) - 1 : text;
}

static bool is_for_later(const struct config_key *key)
{
    return key->later != NULL && strcmp(key->later, "*") == 0;
}

static size_t count(const char *text, const char *word)
{
    size_t times = 0;

    while ((text = strstr(text, word)) != NULL) {
        text += strlen(word);
        times++;
    }
    return times;
}

/* What stands behind a key's help about changing it. */
static const char *reload_note(const struct config_key *key, char note[128])
{
    size_t i;

    note[0] = '\0';
    if (is_for_later(key))
        return "# Not yet supported.\n";
    if (key->reload == CONFIG_RESTARTS)
        return "# Needs a restart.\n";
    for (i = 0; key->reload == CONFIG_WITHIN && i < config_key_count(); i++)
        if (config_key_at(i)->offset == key->within)
            snprintf(note, 128, "# A reload changes it, up to what %s.%s was at the start.\n",
                     config_key_at(i)->section, config_key_at(i)->name);
    return note;
}

static void test_concurd_conf_shows_every_key(void **state)
{
    char *text = text_of("concurd.conf");
    const char *at = text, *section = "";
    char wanted[512], note[128];
    size_t i, restarts = 0;

    (void)state;
    for (i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key_at(i);

        if (strcmp(key->section, section) != 0) {
            section = key->section;
            snprintf(wanted, sizeof wanted, "\n[%s]\n", section);
            at = expect_next(at, wanted);
        }
        restarts += !is_for_later(key) && key->reload == CONFIG_RESTARTS;
        snprintf(wanted, sizeof wanted, "\n# %s\n%s", key->help, reload_note(key, note));
        at = expect_next(at, wanted);
        snprintf(wanted, sizeof wanted, "\n;%s =%s%s\n", key->name, key->fallback[0] != '\0' ? " " : "",
                 key->fallback);
        at = expect_next(at, wanted);
    }
    assert_int_equal(count(text, "# Needs a restart.\n"), restarts);
    free(text);
}

/* Each note of concurd.conf that something is not yet there has a row that says so. */
static void test_concurd_conf_promises_nothing_old(void **state)
{
    char *text = text_of("concurd.conf");
    size_t partly = 0, wholly = 0, i;

    (void)state;
    for (i = 0; i < config_key_count(); i++) {
        wholly += is_for_later(config_key_at(i));
        partly += config_key_at(i)->later != NULL && !is_for_later(config_key_at(i));
    }
    assert_int_equal(count(text, "# Not yet supported.\n"), wholly);
    assert_int_equal(count(text, "# Not yet supported: "), partly);
    free(text);
}

/* Every key of it, switched on, is what it says: the default. */
static void test_concurd_conf_switched_on(void **state)
{
    char *text = text_of("concurd.conf");
    char *active = strstr(text, "\ndisable = ");
    struct config *config, *defaults = fixture_new();
    char *dump, *defaults_dump;
    char *at;

    (void)state;
    assert_non_null(active);
    active[1] = '#';
    for (at = text; (at = strstr(at, "\n;")) != NULL; at++)
        at[1] = ' ';
    config = fixture_read(text, "");
    dump = fixture_dump(config);
    defaults_dump = fixture_dump(defaults);
    assert_string_equal(dump, defaults_dump);
    free(dump);
    free(defaults_dump);
    free(text);
    config_free(&config);
    config_free(&defaults);
}

static void test_one_file_per_mode(void **state)
{
    static const unsigned cores[] = {1, 2, 64, 1024};
    int mode;
    size_t i;

    (void)state;
    for (mode = MODE_THREAD; mode <= MODE_PREFORK; mode++) {
        char name[32];

        snprintf(name, sizeof name, "%s.conf", config_mode_name(mode));
        for (i = 0; i < COUNT(cores); i++) {
            struct config *config = read_example(name);

            assert_int_equal(config->server.mode, mode);
            fixture_resolve(config, cores[i], "");
            config_free(&config);
        }
    }
}

/* concurd@thread, concurd@pool and so on run side by side, and beside concurd.service. */
static void test_modes_listen_apart(void **state)
{
    static const char *const names[] = {"concurd.conf", "thread.conf", "pool.conf", "event.conf",
                                        "prefork.conf"};
    struct config *configs[COUNT(names)];
    size_t i, j;

    (void)state;
    for (i = 0; i < COUNT(names); i++) {
        configs[i] = read_example(names[i]);
        assert_int_equal(configs[i]->server.listen.count, 1);
        assert_string_not_equal(configs[i]->server.listen.items[0], configs[i]->admin.listen);
    }
    for (i = 0; i < COUNT(names); i++) {
        for (j = 0; j < i; j++) {
            assert_string_not_equal(configs[i]->server.listen.items[0], configs[j]->server.listen.items[0]);
            assert_string_not_equal(configs[i]->server.listen.items[0], configs[j]->admin.listen);
            assert_string_not_equal(configs[i]->admin.listen, configs[j]->server.listen.items[0]);
            assert_string_not_equal(configs[i]->admin.listen, configs[j]->admin.listen);
        }
    }
    for (i = 0; i < COUNT(names); i++)
        config_free(&configs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_concurd_conf_is_the_defaults),
        cmocka_unit_test(test_concurd_conf_shows_every_key),
        cmocka_unit_test(test_concurd_conf_promises_nothing_old),
        cmocka_unit_test(test_concurd_conf_switched_on),
        cmocka_unit_test(test_one_file_per_mode),
        cmocka_unit_test(test_modes_listen_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
