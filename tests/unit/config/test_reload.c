/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reload makes of two configurations: each row is a file before and a file after, the keys that change, the keys
 * that would need a restart - and what is in effect then. And, for every key of the table, that it does as it says. Runs in
 * the test's one thread. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

#include "daemon/config/keys.h"
#include "daemon/config/value.h"

static struct config *resolved(const char *text)
{
    struct config *config = fixture_read(text, "");
    struct buffer problems = {0};

    assert_int_equal(config_resolve(config, 5, &problems), 0);
    fixture_expect(&problems, "");
    return config;
}

static const struct {
    const char *before, *after, *changed, *kept;
} rows[] = {
    {"", "", "", ""},
    {"[limits]\nmax_args = 9\n", "[limits]\nmax_args = 9\n", "", ""},
    {"[limits]\nmax_command_time = 1m\n", "[limits]\nmax_command_time = 60s\n", "", ""},
    {"", "[limits]\nmax_args = 9\n[log]\nlevel = debug\n", "limits.max_args,log.level", ""},
    {"[limits]\nmax_args = 9\n", "", "limits.max_args", ""},
    {"", "[server]\nmode = event\n", "", "server.mode"},
    {"", "[server]\nlisten = unix:/x, 127.0.0.1:1\n", "server.listen", ""},
    {"", "[admin]\nlisten = none\n", "admin.listen", ""},
    {"", "[commands]\ndisable = SPIN\n", "commands.disable", ""},
    {"", "[log]\nlane_size = 64k\nformat = json\n", "log.format", "log.lane_size"},
    {"[server]\nmax_clients = 500\n", "[server]\nmax_clients = 100\n", "server.max_clients", ""},
    {"[server]\nmax_clients = 500\n", "[server]\nmax_clients = 501\n", "", "server.max_clients"},
    {"[pool]\nthreads = 8\nturns = 2\n", "[pool]\nthreads = 8\nturns = 8\n", "pool.turns", ""},
    {"[pool]\nthreads = 8\nturns = 2\n", "[pool]\nthreads = 8\nturns = 0\n", "pool.turns", ""},
    {"[pool]\nthreads = 8\nturns = 2\n", "[pool]\nthreads = 16\nturns = 9\n", "", "pool.threads,pool.turns"},
    {"[pool]\nthreads = 8\nturns = 6\n", "[pool]\nthreads = 4\nturns = 4\n", "pool.turns", "pool.threads"},
    {"[prefork]\nworkers = 2\nmax_workers = 4\n", "[prefork]\nworkers = 4\nmax_workers = 4\n",
     "prefork.workers", ""},
    {"[prefork]\nworkers = 2\n", "[prefork]\nworkers = 1\nmax_workers = 2\nmin_spare = 2\n",
     "prefork.workers,prefork.min_spare", ""},
    {"[prefork]\nworkers = 2\n", "[prefork]\nworkers = 3\n", "", "prefork.workers,prefork.max_workers"},
};

/* Whatever comes of it is a configuration that could have been written. */
static void assert_sound(struct config *config)
{
    struct buffer problems = {0};
    char *dump = fixture_dump(config);
    struct config *again = fixture_read(dump, "");

    assert_int_equal(config_resolve(config, 5, &problems), 0);
    fixture_expect(&problems, "");
    free(dump);
    config_free(&again);
}

static void keys_change_or_need_a_restart(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        struct config *running = resolved(rows[i].before), *wanted = resolved(rows[i].after);
        struct buffer changed = {0}, kept = {0};

        assert_int_equal(config_reload(wanted, running, running, &changed, &kept), 0);
        fixture_expect(&changed, rows[i].changed);
        fixture_expect(&kept, rows[i].kept);
        assert_sound(wanted);
        config_free(&running);
        config_free(&wanted);
    }
}

static void what_needs_a_restart_keeps_its_value_and_its_place(void **state)
{
    struct config *running = resolved("[server]\nmode = prefork\n");
    struct config *wanted = resolved("[server]\nmode = event\nidle_timeout = 5s\n");
    struct buffer changed = {0}, kept = {0};

    (void)state;
    assert_int_equal(config_reload(wanted, running, running, &changed, &kept), 0);
    assert_int_equal(wanted->server.mode, MODE_PREFORK);
    assert_int_equal(wanted->server.idle_timeout_us, 5000000);
    assert_string_equal(config_key_place(wanted, "server", "mode"), "x.conf:2");
    buffer_free(&changed);
    buffer_free(&kept);
    config_free(&running);
    config_free(&wanted);
}

/* Lowered by one reload, it may be raised by the next to what the segment was made for. */
static void the_start_is_the_limit_not_the_last_reload(void **state)
{
    struct config *start = resolved("[server]\nmax_clients = 500\n");
    struct config *running = resolved("[server]\nmax_clients = 100\n");
    struct config *wanted = resolved("[server]\nmax_clients = 500\n");
    struct buffer changed = {0}, kept = {0};

    (void)state;
    assert_int_equal(config_reload(wanted, running, start, &changed, &kept), 0);
    fixture_expect(&changed, "server.max_clients");
    fixture_expect(&kept, "");
    config_free(&start);
    config_free(&running);
    config_free(&wanted);
}

/* Another value that the key may have, as text; NULL for a key that may only have its default. */
static const char *other_value(const struct config_key *key)
{
    static char text[32];

    if (key->later != NULL && strcmp(key->later, "*") == 0)
        return NULL;
    switch (key->type) {
    case CONFIG_BOOL:
        return strcmp(key->fallback, "yes") == 0 ? "no" : "yes";
    case CONFIG_WORD:
        snprintf(text, sizeof text, "%s", strrchr(key->words, ',') + 1);
        if (strcmp(text, key->fallback) == 0 || (key->later != NULL && strstr(key->later, text) != NULL))
            snprintf(text, sizeof text, "%.*s", (int)strcspn(key->words, ","), key->words);
        return strcmp(text, key->fallback) == 0 ? NULL : text;
    case CONFIG_TEXT:
        return strcmp(key->section, "admin") == 0 ? "127.0.0.1:1"
               : strcmp(key->section, "log") == 0 ? "syslog"
                                                  : "/x";
    case CONFIG_LIST:
        return strcmp(key->name, "disable") == 0 ? "SPIN" : "127.0.0.1:1";
    case CONFIG_DURATION:
        snprintf(text, sizeof text, "%llums", (unsigned long long)(key->least / 1000 + 7));
        return text;
    default: /* counts and sizes */
        snprintf(text, sizeof text, "%llu",
                 (unsigned long long)key->least + (key->reload == CONFIG_WITHIN ? 1 : 3));
        return text;
    }
}

static void every_key_does_as_its_row_says(void **state)
{
    size_t i, tried = 0;

    (void)state;
    for (i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key_at(i);
        struct config *start = resolved(""), *wanted = resolved("");
        struct buffer changed = {0}, kept = {0};
        const char *text = other_value(key);
        struct error error = {""};
        char name[64];

        snprintf(name, sizeof name, "%s.%s", key->section, key->name);
        if (text != NULL) {
            if (config_value_set(wanted, key, text, &error) != 0)
                fail_msg("%s", error.text);
            assert_int_equal(config_reload(wanted, start, start, &changed, &kept), 0);
            fixture_expect(&changed, key->reload != CONFIG_RESTARTS ? name : "");
            fixture_expect(&kept, key->reload == CONFIG_RESTARTS ? name : "");
            tried++;
        }
        config_free(&start);
        config_free(&wanted);
    }
    assert_in_range(tried, 40, config_key_count());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_change_or_need_a_restart),
        cmocka_unit_test(what_needs_a_restart_keeps_its_value_and_its_place),
        cmocka_unit_test(the_start_is_the_limit_not_the_last_reload),
        cmocka_unit_test(every_key_does_as_its_row_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
