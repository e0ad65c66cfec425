/* SPDX-License-Identifier: Apache-2.0
 *
 * Error texts: what they hold, that they are cut and not overrun, and that errno survives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "common/error.h"

/* Longer than any error's text. */
static const char *long_text(void)
{
    static char text[1000];

    memset(text, 'x', sizeof text - 1);
    return text;
}

static void test_set(void **state)
{
    struct error error;

    (void)state;
    assert_int_equal(error_set(&error, "%s of %d", "one", 2), -1);
    assert_string_equal(error.text, "one of 2");
    assert_int_equal(error_set(&error, "%s", ""), -1);
    assert_string_equal(error.text, "");
}

static void test_errno(void **state)
{
    struct error error;

    (void)state;
    errno = ENOENT;
    assert_int_equal(error_errno(&error, "open %s", "x"), -1);
    assert_string_equal(error.text, "open x: No such file or directory");
    assert_int_equal(errno, ENOENT);
    errno = 0;
    error_errno(&error, "nothing");
    assert_string_equal(error.text, "nothing: Success");
    errno = 99999;
    error_errno(&error, "odd");
    assert_string_equal(error.text, "odd: Unknown error 99999");
    assert_int_equal(errno, 99999);
}

static void test_prefix(void **state)
{
    struct error error;

    (void)state;
    error_set(&error, "inner");
    assert_int_equal(error_prefix(&error, "x.conf:%d", 3), -1);
    assert_string_equal(error.text, "x.conf:3: inner");
}

static void test_cut_to_fit(void **state)
{
    struct error error;

    (void)state;
    error_set(&error, "%s", long_text());
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    errno = EIO;
    error_errno(&error, "%s", long_text());
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_int_equal(errno, EIO);
    error_prefix(&error, "where");
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
    assert_int_equal(strncmp(error.text, "where: xxx", 10), 0);
    error_prefix(&error, "%s", long_text());
    assert_int_equal(strlen(error.text), sizeof error.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_errno),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_cut_to_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
