/* SPDX-License-Identifier: Apache-2.0
 *
 * The load second by second: figures of several threads put together, seconds in which nothing happens, a main thread
 * that comes late, and the end in the middle of a second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/load/series.h"

#define SECOND UINT64_C(1000000000)
#define ORIGIN UINT64_C(5000000000)

struct pair {
    struct series series[2];
    struct series *all[2];
    struct timeline timeline;
};

static void begin(struct pair *pair, uint64_t seconds)
{
    size_t i;

    *pair = (struct pair){.all = {&pair->series[0], &pair->series[1]}};
    assert_int_equal(timeline_begin(&pair->timeline), 0);
    for (i = 0; i < 2; i++) {
        assert_int_equal(series_begin(pair->all[i], i == 0), 0);
        series_start(pair->all[i], ORIGIN, seconds);
    }
}

static void end(struct pair *pair)
{
    series_clear(pair->all[0]);
    series_clear(pair->all[1]);
    timeline_clear(&pair->timeline);
}

/* `times` replies of so many milliseconds. */
static void reply(struct pair *pair, size_t thread, uint64_t at_ns, uint64_t ms, uint64_t times)
{
    struct series_slot *slot = series_at(pair->all[thread], ORIGIN + at_ns);

    slot->sent += times;
    slot->ok += times;
    histogram_record(slot->latency, ms * 1000000, times);
    if (slot->service != slot->latency)
        histogram_record(slot->service, ms * 500000, times);
}

static void threads_are_put_together_by_second(void **state)
{
    struct pair pair;
    const struct load_second *rows;

    (void)state;
    begin(&pair, 3);
    reply(&pair, 0, 0, 1, 90);
    reply(&pair, 1, SECOND - 1, 10, 10);
    reply(&pair, 0, SECOND, 2, 1);
    timeline_take(&pair.timeline, pair.all, 2, false);
    assert_int_equal(pair.timeline.count, 0); /* the other thread may still be in the first second */
    reply(&pair, 1, SECOND, 3, 3);
    timeline_take(&pair.timeline, pair.all, 2, false);
    assert_int_equal(pair.timeline.count, 1);
    reply(&pair, 0, 2 * SECOND + SECOND / 2, 4, 4);
    series_finish(pair.all[0]);
    series_at(pair.all[1], ORIGIN + 4 * SECOND); /* looks up late: there are only three seconds */
    series_finish(pair.all[1]);
    timeline_take(&pair.timeline, pair.all, 2, true);
    timeline_finish(&pair.timeline, 2.5);

    rows = pair.timeline.rows;
    assert_int_equal(pair.timeline.count, 3);
    assert_true(rows[0].ok == 100 && rows[1].ok == 4 && rows[2].ok == 4 && rows[2].sent == 4);
    assert_true(rows[0].from_s == 0 && rows[0].to_s == 1 && rows[2].from_s == 2 && rows[2].to_s == 2.5);
    assert_true(rows[0].latency_p50_ns >= 1000000 && rows[0].latency_p50_ns < 1010000);
    assert_true(rows[0].latency_p90_ns < 1010000 && rows[0].latency_p99_ns >= 10000000);
    assert_int_equal(rows[0].latency_max_ns, 10000000);
    assert_int_equal(rows[1].latency_max_ns, 3000000);
    assert_true(rows[0].service_p99_ns >= 10000000); /* the second thread's service is its latency */
    assert_true(rows[2].service_p99_ns >= 2000000 && rows[2].service_p99_ns < 2020000);
    end(&pair);
}

static void seconds_without_anything_are_rows_too(void **state)
{
    struct pair pair;
    size_t i;

    (void)state;
    begin(&pair, 0);
    reply(&pair, 0, 0, 1, 1);
    for (i = 0; i < 2; i++) {
        series_at(pair.all[i], ORIGIN + 3 * SECOND + 1);
        series_finish(pair.all[i]);
    }
    timeline_take(&pair.timeline, pair.all, 2, true);
    timeline_finish(&pair.timeline, 3.25);
    assert_int_equal(pair.timeline.count, 4);
    assert_true(pair.timeline.rows[1].ok == 0 && pair.timeline.rows[1].latency_max_ns == 0);
    assert_true(pair.timeline.rows[3].to_s == 3.25);
    end(&pair);
}

/* The ring holds four seconds. What comes before the main thread has taken one goes into the last of them, and nothing
 * is lost or counted twice. */
static void a_late_main_thread_loses_nothing(void **state)
{
    struct pair pair;
    uint64_t second, sum = 0;
    size_t i;

    (void)state;
    begin(&pair, 0);
    for (second = 0; second < 10; second++) {
        reply(&pair, 0, second * SECOND, 1, 1 + second);
        reply(&pair, 1, second * SECOND + 7, 1, 100);
    }
    timeline_take(&pair.timeline, pair.all, 2, false);
    assert_int_equal(pair.timeline.count, SERIES_RING - 1);
    reply(&pair, 0, 10 * SECOND, 1, 11);
    reply(&pair, 1, 10 * SECOND, 1, 100);
    series_finish(pair.all[0]);
    series_finish(pair.all[1]);
    timeline_take(&pair.timeline, pair.all, 2, true);
    timeline_finish(&pair.timeline, 10.5);
    for (i = 0; i < pair.timeline.count; i++)
        sum += pair.timeline.rows[i].ok;
    assert_int_equal(sum, 66 + 1100);
    assert_true(pair.timeline.rows[pair.timeline.count - 1].to_s == 10.5);
    end(&pair);
}

/* Slots are used again: what one second had is not in a later one. */
static void seconds_have_nothing_of_each_other(void **state)
{
    struct pair pair;
    uint64_t second;

    (void)state;
    begin(&pair, 0);
    for (second = 0; second < 3 * SERIES_RING; second++) {
        reply(&pair, 0, second * SECOND, 1000 - second, 1);
        reply(&pair, 1, second * SECOND, 1, 1);
        timeline_take(&pair.timeline, pair.all, 2, false);
        assert_int_equal(pair.timeline.count, second);
    }
    for (second = 0; second < pair.timeline.count; second++) {
        assert_int_equal(pair.timeline.rows[second].latency_max_ns, (1000 - second) * 1000000);
        assert_true(pair.timeline.rows[second].service_p99_ns < 510000000);
        assert_true(pair.timeline.rows[second].latency_p50_ns < 1010000);
        assert_int_equal(pair.timeline.rows[second].ok, 2);
    }
    end(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_are_put_together_by_second),
        cmocka_unit_test(seconds_without_anything_are_rows_too),
        cmocka_unit_test(seconds_have_nothing_of_each_other),
        cmocka_unit_test(a_late_main_thread_loses_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
