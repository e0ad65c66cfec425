/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares of the scoreboard: whatever the configuration, every process has its own slots and none is between
 * them. One thread. */
#include "tests/unit/unit.h"

#include "daemon/backend/backend.h"
#include "daemon/config/config.h"

static struct config *configured(const char *const *settings, size_t count)
{
    struct config *config = config_new();
    struct buffer problems = {0};
    size_t i;

    assert_non_null(config);
    for (i = 0; i < count; i++)
        assert_int_equal(config_override(config, settings[i], &problems), 0);
    if (config_resolve(config, 2, &problems) != 0)
        fail_msg("%.*s", (int)buffer_length(&problems), buffer_head(&problems));
    buffer_free(&problems);
    return config;
}

static void assert_shares(const char *mode, const char *inner, unsigned processes, unsigned in_master,
                          unsigned in_worker)
{
    const char *settings[] = {mode,
                              inner,
                              "pool.threads=8",
                              "event.threads=3",
                              "prefork.workers=2",
                              "prefork.max_workers=5",
                              "thread.cached_threads=7"};
    struct config *config = configured(settings, COUNT(settings));
    unsigned i, next = 0;

    assert_int_equal(backend_processes(config), processes);
    for (i = 0; i < processes; i++) {
        struct backend_share share = backend_share(config, i);

        assert_int_equal(share.first, next);
        next += share.count;
        if (i == 0 && in_master != 0)
            assert_int_equal(share.count, in_master);
        if (i != 0 && in_worker != 0)
            assert_int_equal(share.count, in_worker);
        assert_true(share.count >= 1);
    }
    config_free(&config);
}

static void shares_stand_side_by_side(void **state)
{
    (void)state;
    assert_shares("server.mode=pool", "prefork.inner=event", 1, 1 + 8, 0);
    assert_shares("server.mode=event", "prefork.inner=event", 1, 1 + 3, 0);
    assert_shares("server.mode=thread", "prefork.inner=event", 1, 0, 0);
    assert_shares("server.mode=prefork", "prefork.inner=event", 11, 1, 1 + 1);
    assert_shares("server.mode=prefork", "prefork.inner=pool", 11, 1, 1 + 64);
    assert_shares("server.mode=prefork", "prefork.inner=thread", 11, 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_stand_side_by_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
