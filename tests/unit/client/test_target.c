/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a password comes from, what is said with it, and what a target is called. Runs in the test's one
 * thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/target.h"

static void write_file(char *name, const char *text, size_t length)
{
    int fd = mkstemp(name);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), (ssize_t)length);
    close(fd);
}

static void names_are_for_people(void **state)
{
    struct target target = TARGET_DEFAULT;
    struct error error;

    (void)state;
    unsetenv("CONCUR_PASSWORD");
    assert_int_equal(target_prepare(&target, &error), 0);
    assert_string_equal(target.name, "127.0.0.1:7070");
    target.host = "::1";
    assert_int_equal(target_prepare(&target, &error), 0);
    assert_string_equal(target.name, "[::1]:7070");
    target.socket = "/run/x.sock";
    assert_int_equal(target_prepare(&target, &error), 0);
    assert_string_equal(target.name, "/run/x.sock");
}

static void a_file_wins_over_the_environment(void **state)
{
    char name[] = "/tmp/test_target_XXXXXX";
    struct target target = TARGET_DEFAULT;
    struct error error;

    (void)state;
    setenv("CONCUR_PASSWORD", "from the environment", 1);
    assert_int_equal(target_prepare(&target, &error), 0);
    assert_string_equal(target.password, "from the environment");
    write_file(name, "from a file\r\nsecond line\n", 25);
    target.password_file = name;
    assert_int_equal(target_prepare(&target, &error), 0);
    assert_string_equal(target.password, "from a file");
    target_wipe(&target);
    assert_string_equal(target.password, "");
    unlink(name);
    unsetenv("CONCUR_PASSWORD");
}

static void bad_passwords_are_refused(void **state)
{
    char empty[] = "/tmp/test_target_XXXXXX", endless[] = "/tmp/test_target_XXXXXX";
    char line[TARGET_PASSWORD_BYTES];
    struct target target = TARGET_DEFAULT;
    struct error error;

    (void)state;
    memset(line, 'x', sizeof line);
    write_file(empty, "\n", 1);
    write_file(endless, line, sizeof line);
    target.password_file = "/nonexistent/password";
    assert_int_equal(target_prepare(&target, &error), -1);
    assert_string_equal(error.text, "/nonexistent/password: No such file or directory");
    target.password_file = empty;
    assert_int_equal(target_prepare(&target, &error), -1);
    assert_non_null(strstr(error.text, "no password in its first line"));
    target.password_file = endless;
    assert_int_equal(target_prepare(&target, &error), -1);
    assert_non_null(strstr(error.text, "is longer than 511 bytes"));
    target.password_file = NULL;
    target.user = "ann";
    assert_int_equal(target_prepare(&target, &error), -1);
    assert_non_null(strstr(error.text, "--user needs a password"));
    unlink(empty);
    unlink(endless);
}

static void nothing_is_said_unless_asked_for(void **state)
{
    static const char auth[] = "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n";
    static const char both[] =
        "*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$2\r\npw\r\n*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n";
    struct target target = TARGET_DEFAULT;
    struct buffer buffer = {0};
    unsigned replies;

    (void)state;
    assert_int_equal(target_greeting(&target, 0, &buffer, &replies), 0);
    assert_true(replies == 0 && buffer_length(&buffer) == 0);
    strcpy(target.password, "pw");
    assert_int_equal(target_greeting(&target, 0, &buffer, &replies), 0);
    assert_true(replies == 1 && buffer_length(&buffer) == sizeof auth - 1);
    assert_memory_equal(buffer_head(&buffer), auth, sizeof auth - 1);
    buffer_free(&buffer);
    target.user = "ann";
    assert_int_equal(target_greeting(&target, 3, &buffer, &replies), 0);
    assert_true(replies == 2 && buffer_length(&buffer) == sizeof both - 1);
    assert_memory_equal(buffer_head(&buffer), both, sizeof both - 1);
    buffer_free(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_for_people),
        cmocka_unit_test(a_file_wins_over_the_environment),
        cmocka_unit_test(bad_passwords_are_refused),
        cmocka_unit_test(nothing_is_said_unless_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
