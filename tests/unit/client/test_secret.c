/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords from files and from stdin: the first line, nothing behind it, and what is none. One thread. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "client/secret.h"

static char path[] = "/tmp/concur-secret-XXXXXX";
static struct secret secret;
static struct error error;

static int make_file(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    return close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static int read_back(const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
    return secret_read(&secret, path, &error);
}

static void assert_none(const char *bytes, const char *why)
{
    char expected[128];

    assert_int_equal(read_back(bytes, strlen(bytes)), -1);
    snprintf(expected, sizeof expected, "%s: %s", path, why);
    assert_string_equal(error.text, expected);
}

static void the_first_line_is_the_password(void **state)
{
    (void)state;
    assert_int_equal(read_back("secret\nmore\n", 12), 0);
    assert_string_equal(secret.text, "secret");
    assert_int_equal(read_back("sec ret\r\n", 9), 0);
    assert_string_equal(secret.text, "sec ret");
    assert_int_equal(read_back("secret", 6), 0);
    assert_string_equal(secret.text, "secret");
    assert_int_equal(secret.length, 6);
}

static void none_is_an_error(void **state)
{
    char longest[PASSWORD_LONGEST + 2];

    (void)state;
    assert_none("", "no password in its first line");
    assert_none("\nsecret\n", "no password in its first line");
    memset(longest, 'x', sizeof longest - 1);
    longest[PASSWORD_LONGEST + 1] = '\0';
    assert_none(longest, "a password takes at most 512 bytes");
    assert_int_equal(read_back(longest, PASSWORD_LONGEST), 0);
    assert_int_equal(secret.length, PASSWORD_LONGEST);
    assert_int_equal(secret_read(&secret, "/nowhere/at/all", &error), -1);
    assert_string_equal(error.text, "/nowhere/at/all: No such file or directory");
}

/* Who reads next finds what is behind the line. */
static void stdin_keeps_what_is_behind(void **state)
{
    int ends[2], before = dup(STDIN_FILENO);
    char rest[8] = "";

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "secret\nrest", 11), 11);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(secret_read(&secret, NULL, &error), 0);
    assert_int_equal(read(STDIN_FILENO, rest, sizeof rest), 4);
    dup2(before, STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
    close(before);
    assert_string_equal(secret.text, "secret");
    assert_string_equal(rest, "rest");
    secret_wipe(&secret);
    assert_int_equal(secret.text[0], '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_is_the_password),
        cmocka_unit_test(none_is_an_error),
        cmocka_unit_test(stdin_keeps_what_is_behind),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
