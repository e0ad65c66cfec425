/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys together: what `auto` becomes, and contradictions, each with the line or option that made it. */
#include "tests/unit/config/fixture.h"

#define RESOLVES(cores, text, expected)                                                                      \
    do {                                                                                                     \
        struct config *resolved = fixture_read(text, "");                                                    \
                                                                                                             \
        fixture_resolve(resolved, cores, expected);                                                          \
        config_free(&resolved);                                                                              \
    } while (0)

static void test_auto_is_the_cores(void **state)
{
    struct config *config = fixture_new();

    (void)state;
    fixture_resolve(config, 6, "");
    assert_int_equal(config->pool.turns, 6);
    assert_int_equal(config->event.threads, 6);
    assert_int_equal(config->prefork.workers, 6);
    assert_int_equal(config->prefork.max_workers, 6);
    assert_int_equal(config->prefork.inner_threads, 1);
    config_free(&config);
}

static void test_auto_stays_in_bounds(void **state)
{
    struct config *config = fixture_read("[pool]\nthreads = 2\n[prefork]\nmax_workers = 3\n", "");

    (void)state;
    fixture_resolve(config, 8, "");
    assert_int_equal(config->pool.turns, 2);
    assert_int_equal(config->prefork.workers, 3);
    assert_int_equal(config->prefork.max_workers, 3);
    config_free(&config);
    config = fixture_new();
    fixture_resolve(config, 4000000, "");
    assert_int_equal(config->event.threads, 1024);
    assert_int_equal(config->prefork.workers, 1024);
    config_free(&config);
    config = fixture_new();
    fixture_resolve(config, 0, "");
    assert_int_equal(config->event.threads, 1);
    config_free(&config);
}

static void test_written_numbers_stay(void **state)
{
    struct config *config = fixture_read("[pool]\nturns = 0\n[event]\nthreads = 3\n"
                                         "[prefork]\nworkers = 2\nmax_workers = 9\ninner_threads = 4\n",
                                         "");

    (void)state;
    fixture_resolve(config, 6, "");
    assert_int_equal(config->pool.turns, 0);
    assert_int_equal(config->event.threads, 3);
    assert_int_equal(config->prefork.workers, 2);
    assert_int_equal(config->prefork.max_workers, 9);
    assert_int_equal(config->prefork.inner_threads, 4);
    config_free(&config);
}

static void test_inner_threads_follow_inner(void **state)
{
    struct config *config = fixture_read("[prefork]\ninner = pool\n", "");

    (void)state;
    fixture_resolve(config, 2, "");
    assert_int_equal(config->prefork.inner_threads, 64);
    config_free(&config);
    config = fixture_read("[prefork]\ninner = thread\n", "");
    fixture_resolve(config, 2, "");
    assert_int_equal(config->prefork.inner_threads, 1);
    config_free(&config);
}

/* A worker resolves what its master has resolved, perhaps on fewer cores. */
static void test_resolving_again_changes_nothing(void **state)
{
    struct config *config = fixture_read("[prefork]\ninner = pool\n", "");
    char *once, *twice;

    (void)state;
    fixture_resolve(config, 6, "");
    once = fixture_dump(config);
    fixture_resolve(config, 1, "");
    twice = fixture_dump(config);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
    config_free(&config);
}

static void test_workers(void **state)
{
    (void)state;
    RESOLVES(1, "[prefork]\nworkers = 4\nmax_workers = 2\n",
             "x.conf:3: prefork.max_workers = 2 is less than prefork.workers = 4\n");
    RESOLVES(2, "[prefork]\nmin_spare = 3\n",
             "x.conf:2: prefork.min_spare = 3 is more than prefork.max_workers = 2\n");
    RESOLVES(2, "[prefork]\nmin_spare = 3\nmax_workers = 3\n", "");
    RESOLVES(1, "[prefork]\nmax_requests_jitter = 5\n",
             "x.conf:2: prefork.max_requests_jitter = 5 has no effect without prefork.max_requests\n");
    RESOLVES(1, "[prefork]\nmax_requests = 1\nmax_requests_jitter = 5\n", "");
}

static void test_inner(void **state)
{
    (void)state;
    RESOLVES(1, "[prefork]\ninner = thread\ninner_threads = 2\n",
             "x.conf:3: prefork.inner_threads = 2 has no effect with prefork.inner = thread, which starts a "
             "thread "
             "per client\n");
    RESOLVES(1, "[prefork]\ninner = thread\ninner_threads = 1\n", "");
    RESOLVES(1, "[prefork]\nworkers = 64\ninner_threads = 510\n", "");
    RESOLVES(1, "[prefork]\nworkers = 64\ninner_threads = 511\n",
             "x.conf:3: prefork.max_workers = 64 with prefork.inner_threads = 511 each take 65537 slots, and "
             "there "
             "are 65536\n");
}

static void test_turns(void **state)
{
    (void)state;
    RESOLVES(1, "[pool]\nthreads = 4\nturns = 5\n",
             "x.conf:3: pool.turns = 5 is more than pool.threads = 4; write 0 for unlimited\n");
    RESOLVES(1, "[pool]\nthreads = 4\nturns = 4\n", "");
}

static void test_lanes(void **state)
{
    (void)state;
    RESOLVES(1, "[log]\nlane_size = 1G\n", "");
    RESOLVES(1, "[pool]\nthreads = 127\n[log]\nlane_size = 1G\n", "");
    RESOLVES(1, "[pool]\nthreads = 128\n[log]\nlane_size = 1G\n",
             "x.conf:4: log.lane_size = 1G is too large for 129 workers: all lanes together may have 128G\n");
    RESOLVES(1, "[prefork]\nworkers = 10\ninner_threads = 10\n[log]\nlane_size = 1G\n",
             "x.conf:5: log.lane_size = 1G is too large for 221 workers: all lanes together may have 128G\n");
}

static void test_block(void **state)
{
    (void)state;
    RESOLVES(1, "[log]\nblock_timeout = 30s\n", "");
    RESOLVES(1, "[log]\noverflow = block\nblock_timeout = 29s\n", "");
    RESOLVES(
        1, "[log]\noverflow = block\nblock_timeout = 30s\n",
        "x.conf:3: log.block_timeout = 30s is not less than prefork.stuck_timeout = 30s, after which workers "
        "are killed\n");
}

static void test_listeners(void **state)
{
    (void)state;
    RESOLVES(1, "[server]\nlisten =\n",
             "x.conf:2: server.listen names no address, so nobody could connect\n");
    RESOLVES(1, "[server]\nlisten = 127.0.0.1:1, unix:/a, 127.0.0.1:1, unix:/a\n",
             "x.conf:2: server.listen = 127.0.0.1:1 is listened on already\n"
             "x.conf:2: server.listen = unix:/a is listened on already\n");
    RESOLVES(1, "[server]\nlisten = 127.0.0.1:7071\n",
             "admin.listen = 127.0.0.1:7071 is listened on already\n");
    RESOLVES(1, "[server]\nlisten = 127.0.0.1:1\n[admin]\nlisten = 127.0.0.1:1\n",
             "x.conf:4: admin.listen = 127.0.0.1:1 is listened on already\n");
    RESOLVES(1, "[server]\nlisten = 127.0.0.1:0, 127.0.0.1:0, [::1]:0\n[admin]\nlisten = 127.0.0.1:0\n", "");
    RESOLVES(1, "[server]\nlisten = unix:/a:0, unix:/a:0\n",
             "x.conf:2: server.listen = unix:/a:0 is listened on already\n");
}

/* The option is named when it was an option that did it, and the other key's line when this one is a default.
 */
static void test_the_place_is_who_wrote_it(void **state)
{
    struct config *config = fixture_read("[prefork]\nworkers = 4\nmax_workers = 8\n", "");

    (void)state;
    fixture_override(config, "prefork.max_workers=2", "");
    fixture_resolve(config, 1,
                    "-o prefork.max_workers=2: prefork.max_workers = 2 is less than prefork.workers = 4\n");
    config_free(&config);
    RESOLVES(1, "[prefork]\ninner = pool\nworkers = 2\nmax_workers = 600\n",
             "x.conf:4: prefork.max_workers = 600 with prefork.inner_threads = 64 each take 78001 slots, and "
             "there "
             "are 65536\n");
    RESOLVES(600, "[prefork]\ninner = pool\n",
             "prefork.max_workers = 600 with prefork.inner_threads = 64 each take 78001 slots, and there are "
             "65536\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auto_is_the_cores),
        cmocka_unit_test(test_auto_stays_in_bounds),
        cmocka_unit_test(test_written_numbers_stay),
        cmocka_unit_test(test_inner_threads_follow_inner),
        cmocka_unit_test(test_resolving_again_changes_nothing),
        cmocka_unit_test(test_workers),
        cmocka_unit_test(test_inner),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_listeners),
        cmocka_unit_test(test_the_place_is_who_wrote_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
