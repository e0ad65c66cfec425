/* SPDX-License-Identifier: Apache-2.0
 *
 * When lost connections are tried again: how long they pause, in which order they come back, and how often a server
 * that is gone is asked, on a clock that the test moves. One thread; nothing is ever connected. */
#include "tests/unit/unit.h"

#include "client/load/conn.h"
#include "client/load/retry.h"
#include "client/load/worker.h"

#define MS UINT64_C(1000000)

/* A load thread of an open loop, whose target has no address: every attempt to connect fails at once. */
struct fixture {
    struct load_plan plan;
    struct load_shared shared;
    struct load_worker worker;
};

static void begin(struct fixture *f, size_t count)
{
    size_t i;

    memset(f, 0, sizeof *f);
    f->plan.rate_millionths = SCHEDULE_MILLION;
    f->plan.pipeline = 1;
    f->plan.tracked = true;
    f->shared.plan = f->worker.plan = &f->plan;
    f->worker.shared = &f->shared;
    f->worker.count = f->worker.unsettled = count;
    f->worker.conns = calloc(count, sizeof *f->worker.conns);
    assert_non_null(f->worker.conns);
    for (i = 0; i < count; i++)
        f->worker.conns[i].fd = -1;
}

static void end(struct fixture *f)
{
    free(f->worker.conns);
}

static void pauses_grow_to_a_bound(void **state)
{
    static const uint64_t open_ms[] = {1, 2, 4, 8, 8, 8}, closed_ms[] = {10, 20, 40, 80, 160, 160};
    struct fixture f;
    unsigned i;

    (void)state;
    begin(&f, 50);
    for (i = 0; i < COUNT(open_ms); i++)
        assert_int_equal(retry_pause_ns(&f.worker, i), open_ms[i] * MS);
    f.worker.count = 1000;
    assert_int_equal(retry_pause_ns(&f.worker, 0), MS);
    assert_int_equal(retry_pause_ns(&f.worker, 3), 100 * MS);
    f.plan.rate_millionths = 0;
    for (i = 0; i < COUNT(closed_ms); i++)
        assert_int_equal(retry_pause_ns(&f.worker, i), closed_ms[i] * MS);
    end(&f);
}

static void the_next_is_whose_time_comes_first(void **state)
{
    struct fixture f;
    struct load_conn *conns;

    (void)state;
    begin(&f, 4);
    conns = f.worker.conns;
    assert_true(retry_next_ns(&f.worker.open.retries) == CLOCK_NEVER);
    f.worker.now_ns = 100 * MS;
    conns[0].attempts = 3;
    retry_later(&conns[0], &f.worker);
    assert_int_equal(retry_next_ns(&f.worker.open.retries), 108 * MS);
    f.worker.now_ns = 101 * MS;
    conns[1].attempts = 2;
    retry_later(&conns[1], &f.worker);
    assert_int_equal(retry_next_ns(&f.worker.open.retries), 105 * MS);
    retry_later(&conns[2], &f.worker);
    assert_int_equal(retry_next_ns(&f.worker.open.retries), 102 * MS);
    f.worker.now_ns = 102 * MS;
    retry_due(&f.worker); /* and fails again */
    assert_int_equal(conns[2].attempts, 2);
    assert_int_equal(conns[2].retry_at_ns, 104 * MS);
    assert_int_equal(conns[1].attempts, 3);
    assert_int_equal(retry_next_ns(&f.worker.open.retries), 104 * MS);
    end(&f);
}

/* However many connections there are, for ten seconds. */
static void a_server_that_is_gone_does_not_keep_us_busy(void **state)
{
    static const size_t counts[] = {1, 50, 80, 1000, 5000};
    struct fixture f;
    size_t i, j;

    (void)state;
    for (i = 0; i < COUNT(counts); i++) {
        uint64_t before, climbing = counts[i] * RETRY_STEPS;

        begin(&f, counts[i]);
        for (j = 0; j < counts[i]; j++)
            retry_later(&f.worker.conns[j], &f.worker);
        while (f.worker.now_ns < 10000 * MS) {
            uint64_t next_ns = retry_next_ns(&f.worker.open.retries);

            before = f.worker.errors;
            f.worker.now_ns = next_ns > f.worker.now_ns ? next_ns : f.worker.now_ns;
            retry_due(&f.worker);
            assert_in_range(f.worker.errors - before, 1, 64);
        }
        assert_true(f.worker.errors <= 10 * 10000 + climbing);
        assert_true(f.worker.errors >= 10000 / 8);
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_grow_to_a_bound),
        cmocka_unit_test(the_next_is_whose_time_comes_first),
        cmocka_unit_test(a_server_that_is_gone_does_not_keep_us_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
