/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits on latency, read and kept. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include "client/compare/slo.h"

static void reads_what_is_one(void **state)
{
    static const struct {
        const char *text, *name;
        double quantile, limit_us;
    } rows[] = {
        {"p99<10ms", "p99", 0.99, 10000},
        {"p50<500us", "p50", 0.5, 500},
        {"p90<1s", "p90", 0.9, 1e6},
        {"p99.9<2ms", "p99.9", 0.999, 2000},
        {"p99.99<2ms", "p99.99", 0.9999, 2000},
        {"max<1m", "max", 1, 6e7},
    };
    struct error error;
    struct slo slo;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(rows); i++) {
        assert_int_equal(slo_parse(rows[i].text, &slo, &error), 0);
        assert_true(slo.given && slo.quantile == rows[i].quantile && slo.limit_us == rows[i].limit_us);
        assert_string_equal(slo.name, rows[i].name);
    }
}

static void refuses_what_is_none(void **state)
{
    static const char *const bad[] = {"",         "p99",       "<10ms",      "p99<",
                                      "p98<10ms", "p99>10ms",  "p99<10",     "p99<-1ms",
                                      "p99<0us",  "p99<10msx", "p99 <1ms",   "p99<1ms,p50<1ms",
                                      "P99<1ms",  "p99<=1ms",  "p99.999<1s", "p9<1ms"};
    struct error error;
    struct slo slo;
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(bad); i++) {
        error.text[0] = '\0';
        if (slo_parse(bad[i], &slo, &error) != -1 || slo.given || strncmp(error.text, "--slo: ", 7) != 0)
            fail_msg("'%s'", bad[i]);
    }
}

static void is_kept_below_the_limit_alone(void **state)
{
    struct histogram *latency = histogram_new();
    struct error error;
    struct slo slo;

    (void)state;
    assert_non_null(latency);
    assert_int_equal(slo_parse("p99<10ms", &slo, &error), 0);
    assert_false(slo_is_kept(&slo, latency)); /* nothing came */
    histogram_record(latency, 1000000, 99);
    histogram_record(latency, 50000000, 1);
    assert_true(slo_is_kept(&slo, latency));
    histogram_record(latency, 50000000, 1);
    assert_false(slo_is_kept(&slo, latency));
    assert_int_equal(slo_parse("max<50ms", &slo, &error), 0);
    assert_false(slo_is_kept(&slo, latency)); /* at it is not below it */
    assert_int_equal(slo_parse("max<51ms", &slo, &error), 0);
    assert_true(slo_is_kept(&slo, latency));
    histogram_free(&latency);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_one),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(is_kept_below_the_limit_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
