/* SPDX-License-Identifier: Apache-2.0
 *
 * The key table against the contract: which keys there are, in which order, with which defaults, and which of
 * them a reload may change. The contract is repeated here on purpose, so that changing it takes two hands. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

#include "daemon/config/keys.h"

static const struct {
    const char *section, *name, *fallback;
} contract[] = {
    {"server", "listen", "127.0.0.1:7070"},
    {"server", "mode", "pool"},
    {"server", "max_clients", "10000"},
    {"server", "idle_timeout", "0"},
    {"server", "request_timeout", "30s"},
    {"server", "write_timeout", "30s"},
    {"server", "drain_timeout", "30s"},
    {"server", "backlog", "4096"},
    {"server", "proxy_protocol", "no"},
    {"server", "files_root", ""},
    {"thread", "stack_size", "256k"},
    {"thread", "cached_threads", "64"},
    {"thread", "big_lock", "no"},
    {"pool", "threads", "64"},
    {"pool", "turns", "auto"},
    {"event", "threads", "auto"},
    {"prefork", "workers", "auto"},
    {"prefork", "max_workers", "0"},
    {"prefork", "min_spare", "0"},
    {"prefork", "inner", "event"},
    {"prefork", "inner_threads", "auto"},
    {"prefork", "clients_per_worker", "0"},
    {"prefork", "max_requests", "0"},
    {"prefork", "max_requests_jitter", "0"},
    {"prefork", "stuck_timeout", "30s"},
    {"limits", "max_request", "1M"},
    {"limits", "max_args", "1024"},
    {"limits", "max_output", "8M"},
    {"limits", "clients_per_address", "0"},
    {"limits", "requests_per_turn", "32"},
    {"limits", "max_command_time", "60s"},
    {"limits", "cpu_commands", "0"},
    {"log", "target", "stderr"},
    {"log", "format", "logfmt"},
    {"log", "level", "info"},
    {"log", "access", "connections"},
    {"log", "slow", "0"},
    {"log", "lane_size", "1M"},
    {"log", "overflow", "drop"},
    {"log", "block_timeout", "1s"},
    {"log", "flush_interval", "5ms"},
    {"tls", "listen", ""},
    {"tls", "cert", ""},
    {"tls", "key", ""},
    {"tls", "client_ca", ""},
    {"tls", "min_version", "1.2"},
    {"tls", "ciphers", ""},
    {"auth", "users", ""},
    {"auth", "allow_anonymous", "yes"},
    {"commands", "disable", ""},
    {"counters", "guard", "atomic"},
    {"counters", "race_window", "0"},
    {"counters", "scope", "shared"},
    {"counters", "capacity", "1024"},
    {"admin", "listen", "127.0.0.1:7071"},
    {"faults", "enable", "no"},
};

static void test_the_contract_in_its_order(void **state)
{
    size_t i;

    (void)state;
    assert_int_equal(config_key_count(), COUNT(contract));
    for (i = 0; i < COUNT(contract); i++) {
        const struct config_key *key = config_key_at(i);

        assert_string_equal(key->section, contract[i].section);
        assert_string_equal(key->name, contract[i].name);
        assert_string_equal(key->fallback, contract[i].fallback);
        assert_int_equal(config_key_index(key), i);
        assert_ptr_equal(config_key_find(key->section, key->name), key);
    }
}

/* What is not yet supported is recognised by comparing with the default as --dump-config writes it. */
static void test_defaults_of_what_is_to_come_are_canonical(void **state)
{
    struct config *config = fixture_new();
    size_t i;

    (void)state;
    for (i = 0; i < config_key_count(); i++) {
        char *value = fixture_format(config, config_key_at(i));

        if (config_key_at(i)->later != NULL)
            assert_string_equal(value, config_key_at(i)->fallback);
        free(value);
    }
    config_free(&config);
}

static void test_fields_do_not_overlap(void **state)
{
    size_t i, j;

    (void)state;
    for (i = 0; i < config_key_count(); i++) {
        assert_true(config_key_at(i)->offset < sizeof(struct config));
        for (j = 0; j < i; j++)
            assert_true(config_key_at(i)->offset != config_key_at(j)->offset);
    }
}

static void test_help_is_one_line(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < config_key_count(); i++) {
        const char *help = config_key_at(i)->help;

        assert_non_null(help);
        assert_true(strlen(help) > 10 && strlen(help) <= 110);
        assert_null(strchr(help, '\n'));
        assert_int_equal(help[strlen(help) - 1], '.');
    }
}

static enum config_reload reload_of(const char *section, const char *name)
{
    const struct config_key *key = config_key_find(section, name);

    assert_non_null(key);
    return key->reload;
}

static void test_reload(void **state)
{
    (void)state;
    assert_int_equal(reload_of("log", "lane_size"), CONFIG_RESTARTS);
    assert_int_equal(reload_of("counters", "capacity"), CONFIG_RESTARTS);
    assert_int_equal(reload_of("counters", "guard"), CONFIG_RESTARTS);
    assert_int_equal(reload_of("prefork", "max_workers"), CONFIG_RESTARTS);
    assert_int_equal(reload_of("server", "mode"), CONFIG_RESTARTS);
    assert_int_equal(reload_of("pool", "threads"), CONFIG_RESTARTS);
    assert_int_equal(reload_of("event", "threads"), CONFIG_RESTARTS);
    assert_int_equal(reload_of("server", "max_clients"), CONFIG_WITHIN);
    assert_int_equal(reload_of("prefork", "workers"), CONFIG_WITHIN);
    assert_int_equal(reload_of("pool", "turns"), CONFIG_WITHIN);
    assert_int_equal(reload_of("server", "listen"), CONFIG_RELOADS);
    assert_int_equal(reload_of("server", "idle_timeout"), CONFIG_RELOADS);
    assert_int_equal(reload_of("limits", "max_output"), CONFIG_RELOADS);
    assert_int_equal(reload_of("log", "level"), CONFIG_RELOADS);
    assert_int_equal(reload_of("log", "target"), CONFIG_RELOADS);
    assert_int_equal(reload_of("commands", "disable"), CONFIG_RELOADS);
    assert_int_equal(reload_of("faults", "enable"), CONFIG_RELOADS);
}

static void test_keys_by_full_name(void **state)
{
    (void)state;
    assert_ptr_equal(config_key_named("pool.threads"), config_key_find("pool", "threads"));
    assert_null(config_key_named("pool"));
    assert_null(config_key_named("pool."));
    assert_null(config_key_named("pool.thread"));
    assert_null(config_key_named("poo.threads"));
}

/* The words' order is the enum's. */
static void test_words_are_the_enums(void **state)
{
    struct config *config = fixture_read("[server]\nmode = prefork\n"
                                         "[prefork]\ninner = thread\n"
                                         "[log]\nlevel = error\naccess = off\n"
                                         "[counters]\nguard = none\n",
                                         "");

    (void)state;
    assert_int_equal(config->server.mode, MODE_PREFORK);
    assert_int_equal(config->prefork.inner, MODE_THREAD);
    assert_int_equal(config->log.level, LOG_ERROR);
    assert_int_equal(config->log.access, LOG_ACCESS_OFF);
    assert_int_equal(config->log.overflow, LOG_OVERFLOW_DROP);
    assert_int_equal(config->log.format, LOG_FORMAT_LOGFMT);
    assert_int_equal(config->counters.guard, COUNTERS_NONE);
    assert_int_equal(config->counters.scope, COUNTERS_SHARED);
    config_free(&config);
}

static void test_mode_names_are_the_words(void **state)
{
    char words[64];

    (void)state;
    snprintf(words, sizeof words, "%s,%s,%s,%s", config_mode_name(MODE_THREAD), config_mode_name(MODE_POOL),
             config_mode_name(MODE_EVENT), config_mode_name(MODE_PREFORK));
    assert_string_equal(words, config_key_find("server", "mode")->words);
}

static void test_the_nearest_is_named(void **state)
{
    (void)state;
    fixture_refuses("\n[server]\nmax_client = 5\n",
                    "x.conf:3: unknown key 'max_client' in [server]; did you mean 'max_clients'?\n");
    fixture_refuses("[server]\nthreads = 5\n",
                    "x.conf:2: unknown key 'threads' in [server]; there is one in [pool]\n");
    fixture_refuses("[server]\nxyzzy = 5\n", "x.conf:2: unknown key 'xyzzy' in [server]\n");
    fixture_refuses("[server]\nMode = pool\n",
                    "x.conf:2: unknown key 'Mode' in [server]; did you mean 'mode'?\n");
    fixture_refuses("[limit]\n", "x.conf:1: unknown section [limit]; did you mean [limits]?\n");
    fixture_refuses("[quux]\n", "x.conf:1: unknown section [quux]\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_contract_in_its_order),
        cmocka_unit_test(test_defaults_of_what_is_to_come_are_canonical),
        cmocka_unit_test(test_fields_do_not_overlap),
        cmocka_unit_test(test_help_is_one_line),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_keys_by_full_name),
        cmocka_unit_test(test_words_are_the_enums),
        cmocka_unit_test(test_mode_names_are_the_words),
        cmocka_unit_test(test_the_nearest_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
