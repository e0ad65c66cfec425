/* SPDX-License-Identifier: Apache-2.0
 *
 * Figures for people, at the places where the digits or the unit change. Runs in the test's one thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/load/text.h"

static void counts(void **state)
{
    char text[TEXT_BYTES];

    (void)state;
    assert_string_equal(text_count(0, text), "0");
    assert_string_equal(text_count(999, text), "999");
    assert_string_equal(text_count(1000, text), "1,000");
    assert_string_equal(text_count(1234567, text), "1,234,567");
    assert_string_equal(text_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void rates(void **state)
{
    char text[TEXT_BYTES];

    (void)state;
    assert_string_equal(text_rate(0, text), "0");
    assert_string_equal(text_rate(0.001, text), "0.001");
    assert_string_equal(text_rate(2.5, text), "2.5");
    assert_string_equal(text_rate(9.996, text), "10");
    assert_string_equal(text_rate(10.4, text), "10");
    assert_string_equal(text_rate(12345.6, text), "12,346");
}

static void times(void **state)
{
    char text[TEXT_BYTES];

    (void)state;
    assert_string_equal(text_time(0, text), "0.00 us");
    assert_string_equal(text_time(9.99, text), "9.99 us");
    assert_string_equal(text_time(9.996, text), "10.0 us");
    assert_string_equal(text_time(99.96, text), "100 us");
    assert_string_equal(text_time(999, text), "999 us");
    assert_string_equal(text_time(1000, text), "1.00 ms");
    assert_string_equal(text_time(12345678, text), "12.3 s");
    assert_string_equal(text_time(1e10, text), "10000 s");
}

static void bytes(void **state)
{
    char text[TEXT_BYTES];

    (void)state;
    assert_string_equal(text_bytes(0, text), "0.00 KiB");
    assert_string_equal(text_bytes(1536, text), "1.50 KiB");
    assert_string_equal(text_bytes(12u << 20, text), "12.0 MiB");
    assert_string_equal(text_bytes(UINT64_C(3) << 30, text), "3.00 GiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts), cmocka_unit_test(rates),
                                       cmocka_unit_test(times), cmocka_unit_test(bytes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
