/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of every type: what is taken, and what is said about the rest. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

#define SECOND UINT64_C(1000000)

static void test_bool(void **state)
{
    struct config *config = fixture_read("[faults]\nenable = yes\n", "");

    (void)state;
    assert_true(config->faults.enable);
    fixture_read_into(config, "[faults]\nenable=OFF\n", strlen("[faults]\nenable=OFF\n"), "");
    assert_false(config->faults.enable);
    config_free(&config);
    fixture_refuses("[faults]\nenable = maybe\n", "x.conf:2: faults.enable = maybe is not yes or no\n");
    fixture_refuses("[faults]\nenable =\n", "x.conf:2: faults.enable needs a value\n");
}

static void test_count(void **state)
{
    static const char *const wrong[] = {"0",  "1000001", "-1",    "+5",   "010",
                                        "5k", "many",    "1 000", "auto", "99999999999999999999"};
    struct config *config = fixture_read("[server]\nmax_clients = 1000000\nbacklog = 1\n", "");
    size_t i;

    (void)state;
    assert_int_equal(config->server.max_clients, 1000000);
    assert_int_equal(config->server.backlog, 1);
    config_free(&config);
    for (i = 0; i < COUNT(wrong); i++) {
        char file[64], expected[160];

        snprintf(file, sizeof file, "[server]\nmax_clients = %s\n", wrong[i]);
        snprintf(expected, sizeof expected,
                 "x.conf:2: server.max_clients = %s is not a whole number between 1 and 1000000\n", wrong[i]);
        fixture_refuses(file, expected);
    }
}

static void test_auto(void **state)
{
    struct config *config = fixture_read("[pool]\nturns = auto\n[event]\nthreads = 3\n", "");

    (void)state;
    assert_true(config->pool.turns == CONFIG_AUTO);
    assert_int_equal(config->event.threads, 3);
    config_free(&config);
    fixture_refuses("[event]\nthreads = 0\n",
                    "x.conf:2: event.threads = 0 is not auto or a whole number between 1 and 1024\n");
    /* CONFIG_AUTO itself is no way to write it. */
    fixture_refuses(
        "[event]\nthreads = 18446744073709551615\n",
        "x.conf:2: event.threads = 18446744073709551615 is not auto or a whole number between 1 and "
        "1024\n");
}

static void test_size(void **state)
{
    struct config *config = fixture_read("[log]\nlane_size = 5000\n[limits]\nmax_output = 2g\n", "");

    (void)state;
    assert_int_equal(config->log.lane_size, 5000);
    assert_int_equal(config->limits.max_output, UINT64_C(2) << 30);
    config_free(&config);
    fixture_refuses("[log]\nlane_size = 4095\n",
                    "x.conf:2: log.lane_size = 4095 is not a size between 4k and 1G (such as 64k, 8M, 1G)\n");
    fixture_refuses(
        "[log]\nlane_size = 1025M\n",
        "x.conf:2: log.lane_size = 1025M is not a size between 4k and 1G (such as 64k, 8M, 1G)\n");
    fixture_refuses("[log]\nlane_size = 1MB\n",
                    "x.conf:2: log.lane_size = 1MB is not a size between 4k and 1G (such as 64k, 8M, 1G)\n");
}

static void test_duration(void **state)
{
    struct config *config = fixture_read("[server]\nidle_timeout = 90s\ndrain_timeout = 0\n"
                                         "[log]\nflush_interval = 250us\n",
                                         "");

    (void)state;
    assert_int_equal(config->server.idle_timeout_us, 90 * SECOND);
    assert_int_equal(config->server.drain_timeout_us, 0);
    assert_int_equal(config->log.flush_interval_us, 250);
    config_free(&config);
    fixture_refuses("[server]\nidle_timeout = 5\n",
                    "x.conf:2: server.idle_timeout = 5 is not a duration between 0 and 8760h "
                    "(0 = never; such as 500us, 20ms, 30s, 5m, 1h)\n");
    fixture_refuses("[server]\nrequest_timeout = 0\n",
                    "x.conf:2: server.request_timeout = 0 is not a duration between 1ms and 8760h "
                    "(such as 20ms, 30s, 5m, 1h)\n");
    /* examples that would be refused themselves were in it */
    fixture_refuses("[log]\nflush_interval = 20s\n",
                    "x.conf:2: log.flush_interval = 20s is not a duration between 100us and 10s "
                    "(such as 500us, 20ms)\n");
    fixture_refuses("[server]\nwrite_timeout = 1d\n",
                    "x.conf:2: server.write_timeout = 1d is not a duration between 1ms and 8760h "
                    "(such as 20ms, 30s, 5m, 1h)\n");
}

static void test_word(void **state)
{
    (void)state;
    fixture_refuses("[log]\noverflow = wait\n",
                    "x.conf:2: log.overflow = wait is not one of block, drop; did you mean 'block'?\n");
    fixture_refuses("[server]\nmode = poll\n",
                    "x.conf:2: server.mode = poll is not one of thread, pool, event, prefork; did you mean "
                    "'pool'?\n");
    fixture_refuses("[server]\nmode = asynchronous\n",
                    "x.conf:2: server.mode = asynchronous is not one of thread, pool, event, prefork\n");
    fixture_refuses(
        "[log]\nlevel = INFO\n",
        "x.conf:2: log.level = INFO is not one of debug, info, notice, warning, error; did you mean "
        "'info'?\n");
    fixture_refuses("[server]\nmode = \n", "x.conf:2: server.mode needs a value\n");
    fixture_refuses("[prefork]\ninner = prefork\n",
                    "x.conf:2: prefork.inner = prefork is not one of thread, pool, event\n");
}

static void test_text(void **state)
{
    struct config *config =
        fixture_read("[server]\nfiles_root = /srv/some files\n[admin]\nlisten = none\n", "");

    (void)state;
    assert_string_equal(config->server.files_root, "/srv/some files");
    assert_null(config->admin.listen);
    config_free(&config);
    config = fixture_read("[server]\nfiles_root = none\n[admin]\nlisten =\n", "");
    assert_null(config->server.files_root);
    assert_null(config->admin.listen);
    config_free(&config);
    fixture_refuses("[log]\ntarget =\n", "x.conf:2: log.target needs a value\n");
}

static void test_list(void **state)
{
    struct config *config = fixture_read("[server]\nlisten = 127.0.0.1:1 ,[::1]:2,\tunix:/run/a b\n"
                                         "[commands]\ndisable = READ\n",
                                         "");

    (void)state;
    assert_int_equal(config->server.listen.count, 3);
    assert_string_equal(config->server.listen.items[0], "127.0.0.1:1");
    assert_string_equal(config->server.listen.items[1], "[::1]:2");
    assert_string_equal(config->server.listen.items[2], "unix:/run/a b");
    assert_int_equal(config->commands.disable.count, 1);
    fixture_read_into(config, "[commands]\ndisable =\n", strlen("[commands]\ndisable =\n"), "");
    assert_int_equal(config->commands.disable.count, 0);
    config_free(&config);
    fixture_refuses("[commands]\ndisable = READ,, SPIN\n",
                    "x.conf:2: commands.disable has an empty item between its commas\n");
    fixture_refuses("[commands]\ndisable = READ,\n",
                    "x.conf:2: commands.disable has an empty item between its commas\n");
    fixture_refuses("[commands]\ndisable = READ SPIN\n",
                    "x.conf:2: commands.disable = READ SPIN is no command's name\n");
}

/* Written out with a blank after each comma a list may need more room than it had. */
static void test_list_that_only_fits_without_blanks(void **state)
{
    struct buffer text = {0};
    char *list;
    int i;

    (void)state;
    assert_int_equal(buffer_printf(&text, "[commands]\ndisable=A"), 0);
    for (i = 0; i < 80; i++)
        assert_int_equal(buffer_printf(&text, ",A"), 0);
    list = fixture_string(&text);
    fixture_refuses(list,
                    "x.conf:2: commands.disable is too long: written as key = value it may have 198 bytes\n");
    free(list);
    buffer_free(&text);
}

static void test_a_refused_value_changes_nothing(void **state)
{
    struct config *config = fixture_read("[server]\nlisten = 127.0.0.1:1\nmax_clients = 7\n", "");

    (void)state;
    fixture_override(
        config, "server.listen=127.0.0.1:2,oops",
        "-o server.listen=127.0.0.1:2,oops: server.listen = oops is not ADDR:PORT or [V6ADDR]:PORT\n");
    fixture_override(
        config, "server.max_clients=0",
        "-o server.max_clients=0: server.max_clients = 0 is not a whole number between 1 and 1000000\n");
    assert_int_equal(config->server.listen.count, 1);
    assert_string_equal(config->server.listen.items[0], "127.0.0.1:1");
    assert_int_equal(config->server.max_clients, 7);
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_auto),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_word),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_that_only_fits_without_blanks),
        cmocka_unit_test(test_a_refused_value_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
