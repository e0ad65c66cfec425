/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.cpu_commands as a command sees it: whether it may begin, how it waits, when it looks again, what is counted. The
 * others who have permits are made up. One thread. */
#include "tests/unit/command/fixture.h"

#include "common/clock.h"

static struct call call;
static struct permit other;

static int begin(void **state)
{
    fixture_start(state);
    other = (struct permit){0};
    fixture.config->limits.cpu_commands = 1;
    fixture.progress = fixture_progress();
    call = (struct call){.worker = &fixture.worker,
                         .client = &fixture.client,
                         .progress = &fixture.progress,
                         .mark = &fixture.mark};
    return 0;
}

static int end(void **state)
{
    throttle_forget(&fixture.client.throttle);
    return fixture_stop(state);
}

static struct permits *permits(void)
{
    return fixture.segment->cpu_permits;
}

static void somebody_else_has_it(void)
{
    assert_true(permits_take(permits(), &other, 3, 1));
}

static uint64_t met(enum limit limit)
{
    return segment_get(&fixture.worker.slot->limits[limit]);
}

/* From now to the next look, or a moment less. */
static uint64_t pause_us(void)
{
    uint64_t now = clock_now_us();

    return fixture.progress.wait_until_us > now ? fixture.progress.wait_until_us - now : 0;
}

static void without_a_limit_nobody_asks(void **state)
{
    (void)state;
    fixture.config->limits.cpu_commands = 0;
    assert_true(throttle_begin(&call));
    assert_int_equal(permits_taken(permits()), 0);
    assert_null(fixture.client.throttle);
    throttle_end(&call);
}

static void who_gets_one_at_once_has_not_waited(void **state)
{
    (void)state;
    assert_true(throttle_begin(&call));
    assert_int_equal(permits_taken(permits()), 1);
    throttle_end(&call);
    assert_int_equal(permits_taken(permits()), 0);
    assert_int_equal(met(LIMIT_CPU_WAITS) + met(LIMIT_CPU_WAITED_US), 0);
}

static void who_waits_is_counted_once(void **state)
{
    (void)state;
    somebody_else_has_it();
    assert_false(throttle_begin(&call));
    assert_false(throttle_begin(&call));
    assert_int_equal(permits_waiting(permits()), 1);
    assert_int_equal(met(LIMIT_CPU_WAITS), 1);
    assert_in_range(met(LIMIT_CPU_WAITED_US), 0, 999999); /* what passed between the two */
    fixture.client.throttle->since_us -= 1000000;
    fixture.client.throttle->counted_us -= 1000000;
    permits_give(permits(), &other);
    assert_true(throttle_begin(&call));
    assert_in_range(met(LIMIT_CPU_WAITED_US), 1000000, 60000000);
    assert_int_equal(met(LIMIT_CPU_WAITS), 1);
    assert_int_equal(permits_waiting(permits()), 0);
    throttle_end(&call);
    assert_true(throttle_begin(&call)); /* the next command begins anew */
    assert_int_equal(met(LIMIT_CPU_WAITS), 1);
    throttle_end(&call);
}

static void who_is_cut_has_waited_too(void **state)
{
    (void)state;
    throttle_cut(&call); /* not waiting at all */
    somebody_else_has_it();
    assert_false(throttle_begin(&call));
    fixture.client.throttle->since_us -= 5000;
    fixture.client.throttle->counted_us -= 5000;
    throttle_cut(&call);
    throttle_cut(&call);
    assert_in_range(met(LIMIT_CPU_WAITED_US), 5000, 60000000);
    assert_int_equal(permits_waiting(permits()), 0);
    assert_int_equal(permits_taken(permits()), 1); /* the other's */
}

/* Nobody is asked about it when the client is gone. */
static void a_wait_counts_while_it_lasts(void **state)
{
    uint64_t counted;

    (void)state;
    somebody_else_has_it();
    assert_false(throttle_begin(&call));
    fixture.client.throttle->counted_us -= 5000;
    assert_false(throttle_begin(&call));
    counted = met(LIMIT_CPU_WAITED_US);
    assert_in_range(counted, 5000, 60000000);
    fixture.client.throttle->counted_us -= 7000;
    assert_false(throttle_begin(&call));
    assert_in_range(met(LIMIT_CPU_WAITED_US), counted + 7000, 60000000);
    throttle_forget(&fixture.client.throttle);
    assert_int_equal(met(LIMIT_CPU_WAITS), 1);
}

static void a_limit_that_is_lifted_lets_them_go(void **state)
{
    (void)state;
    somebody_else_has_it();
    assert_false(throttle_begin(&call));
    fixture.config->limits.cpu_commands = 0;
    assert_true(throttle_begin(&call));
    assert_int_equal(permits_waiting(permits()), 0);
    assert_null(fixture.client.throttle);
    throttle_end(&call);
}

/* The first looks often, and ever less often the longer it takes; nobody looks seldom. */
static void looks_keep_pace_with_what_they_wait_for(void **state)
{
    (void)state;
    somebody_else_has_it();
    assert_false(throttle_begin(&call));
    assert_in_range(pause_us(), 0, 100);
    fixture.client.throttle->since_us = clock_now_us() - 16000;
    assert_false(throttle_begin(&call));
    assert_in_range(pause_us(), 0, 30000); /* an eighth, had nothing kept us */
    assert_in_range(fixture.progress.wait_until_us, fixture.client.throttle->since_us + 18000,
                    clock_now_us() + 5000);
    fixture.client.throttle->since_us = clock_now_us() - 60000000;
    assert_false(throttle_begin(&call));
    assert_in_range(pause_us(), 0, 5000);
}

/* Those behind go by how the queue moves. */
static void looks_of_the_last_are_seldom(void **state)
{
    struct permit crowd[11] = {{0}};
    uint64_t before;
    unsigned i;

    (void)state;
    somebody_else_has_it();
    for (i = 0; i < 11; i++)
        assert_false(permits_take(permits(), &crowd[i], 2, 1));
    assert_false(throttle_begin(&call));
    before = clock_now_us();
    fixture.client.throttle->since_us = before - 1000000;
    assert_false(throttle_begin(&call)); /* nothing moves: 5 ms, and 100 us for each of 11 */
    assert_in_range(fixture.progress.wait_until_us, before + 6100, clock_now_us() + 6100);
    permits_leave(permits(), &crowd[0]);
    assert_false(permits_take(permits(), &crowd[1], 2, 1));
    fixture.client.throttle->ahead = 1009; /* 999 were served in a second, 10 are left: half of 11 ms */
    fixture.client.throttle->since_us = clock_now_us() - 1000000;
    assert_false(throttle_begin(&call));
    assert_in_range(fixture.progress.wait_until_us, fixture.client.throttle->since_us + 1005000,
                    clock_now_us() + 6000);
}

static void handlers_that_burn_give_it_back(void **state)
{
    (void)state;
    assert_reply("WORK cpu=1us wait=1ms reply=1", "$1\r\nx\r\n");
    assert_int_equal(permits_taken(permits()), 0);
    assert_int_equal(met(LIMIT_CPU_WAITS), 0);
    fixture.config->limits.max_command_time_us = 0;
    fixture_run("WORK cpu=1h"); /* gives up: it is the session that says so */
    assert_int_equal(permits_taken(permits()), 0);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        UNIT(without_a_limit_nobody_asks),
        UNIT(who_gets_one_at_once_has_not_waited),
        UNIT(who_waits_is_counted_once),
        UNIT(who_is_cut_has_waited_too),
        UNIT(a_wait_counts_while_it_lasts),
        UNIT(a_limit_that_is_lifted_lets_them_go),
        UNIT(looks_keep_pace_with_what_they_wait_for),
        UNIT(looks_of_the_last_are_seldom),
        UNIT(handlers_that_burn_give_it_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
