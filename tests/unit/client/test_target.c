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

/* What TLS can't be asked for. */
static void tls_options_that_say_nothing_together_are_refused(void **state)
{
    static const struct {
        struct target target;
        const char *text;
    } rows[] = {
        {{.host = "h", .ca_file = "x"}, "--cacert needs --tls"},
        {{.host = "h", .cert_file = "x"}, "--cert needs --tls"},
        {{.host = "h", .key_file = "x"}, "--key needs --tls"},
        {{.host = "h", .insecure = true}, "--insecure needs --tls"},
        {{.host = "h", .tls = true, .insecure = true, .ca_file = "x"},
         "--cacert is of no use with --insecure"},
        {{.host = "h", .tls = true, .key_file = "x"}, "--key needs --cert"},
        {{.host = "h", .tls = true, .ca_file = "/no/such"}, "/no/such: No such file or directory"},
    };
    struct target target;
    struct error error;
    size_t i;

    (void)state;
    unsetenv("CONCUR_PASSWORD");
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        target = rows[i].target;
        assert_int_equal(target_prepare(&target, &error), -1);
        assert_string_equal(error.text, rows[i].text);
        assert_null(target.context);
        target_wipe(&target);
    }
}

/* A load within a comparison has a copy, prepares and wipes it; the original goes on. */
static void a_copy_has_the_context_too(void **state)
{
    struct target target = TARGET_DEFAULT, copy;
    struct error error;

    (void)state;
    target.tls = target.insecure = true;
    assert_int_equal(target_prepare(&target, &error), 0);
    assert_non_null(target.context);
    copy = target_copy(&target);
    assert_int_equal(target_prepare(&copy, &error), 0);
    assert_ptr_equal(copy.context, target.context);
    target_wipe(&copy);
    assert_null(copy.context);
    copy = target_copy(&target); /* and wiped without having been prepared */
    target_wipe(&copy);
    target_wipe(&target);
    assert_null(target.context);
    target = (struct target)TARGET_DEFAULT;
    assert_int_equal(target_prepare(&target, &error), 0);
    assert_null(target.context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_for_people),
        cmocka_unit_test(a_file_wins_over_the_environment),
        cmocka_unit_test(bad_passwords_are_refused),
        cmocka_unit_test(nothing_is_said_unless_asked_for),
        cmocka_unit_test(tls_options_that_say_nothing_together_are_refused),
        cmocka_unit_test(a_copy_has_the_context_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
