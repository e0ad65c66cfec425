/* SPDX-License-Identifier: Apache-2.0
 *
 * Attachments: read whole from regular files of a bounded size, refused with where their key was written, and taken by
 * name from a generation. */
#include "tests/unit/config/fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config/attachment.h"

static char folder[] = "/tmp/concurd-attachment-XXXXXX";
static char path[sizeof folder + 16];

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_file(const char *bytes, size_t length, off_t size, mode_t mode)
{
    int fd;

    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* A configuration whose users file is `path`; read with exactly this problem, "" = none. */
static struct config *attached(const char *problem)
{
    struct config *config = fixture_new();
    struct buffer problems = {0};
    char expected[256] = "";

    config->auth.users = strdup(path);
    if (problem[0] != '\0')
        snprintf(expected, sizeof expected, "users: auth.users = %s: %s\n", path, problem);
    assert_int_equal(attachments_read(config, &problems), problem[0] == '\0' ? 0 : -1);
    fixture_expect(&problems, expected);
    return config;
}

static void refused(const char *problem)
{
    struct config *config = attached(problem);

    config_free(&config);
}

static void a_file_is_read_whole(void **state)
{
    struct config *config;
    const struct attachment *attachment;

    (void)state;
    write_file("a\0b\n", 4, 4, 0640);
    config = attached("");
    attachment = attachment_of(config, ATTACHMENT_USERS);
    assert_non_null(attachment);
    assert_int_equal(buffer_length(&attachment->text), 4);
    assert_memory_equal(buffer_head(&attachment->text), "a\0b\n", 4);
    assert_int_equal(attachment->mode & 07777, 0640);
    assert_null(attachment_of(config, ATTACHMENT_CERT));
    config_free(&config);
    write_file("", 0, 0, 0600);
    config = attached("");
    assert_non_null(attachment_of(config, ATTACHMENT_USERS));
    config_free(&config);
}

static void a_file_that_cannot_be_had_is_refused(void **state)
{
    (void)state;
    unlink(path);
    refused("cannot open: No such file or directory");
    write_file("", 0, 4194305, 0600);
    refused("is larger than 4M");
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: it would be waited for */
    refused("is no regular file");
    unlink(path);
    assert_int_equal(symlink("/", path), 0);
    refused("is no regular file");
}

static void reading_again_replaces_what_there_was(void **state)
{
    struct config *config;
    struct buffer problems = {0};

    (void)state;
    write_file("old", 3, 3, 0600);
    config = attached("");
    write_file("newer", 5, 5, 0600);
    assert_int_equal(attachments_read(config, &problems), 0);
    assert_int_equal(buffer_length(&attachment_of(config, ATTACHMENT_USERS)->text), 5);
    free(config->auth.users);
    config->auth.users = NULL;
    assert_int_equal(attachments_read(config, &problems), 0);
    assert_null(attachment_of(config, ATTACHMENT_USERS));
    config_free(&config);
}

static void an_attachment_is_taken_by_name_once_and_within_its_bound(void **state)
{
    struct config *config = fixture_new();
    char *large = calloc(1, attachment_most(ATTACHMENT_KEY) + 1);

    (void)state;
    assert_null(attachment_of(config, ATTACHMENT_KEY)); /* nobody has read it */
    assert_int_equal(attachment_set(config, "tls.key", large, attachment_most(ATTACHMENT_KEY) + 1), -1);
    assert_int_equal(attachment_set(config, "tls.key", large, attachment_most(ATTACHMENT_KEY)), 0);
    assert_int_equal(attachment_set(config, "tls.key", "x", 1), -1);
    assert_int_equal(attachment_set(config, "tls", "x", 1), -1);
    assert_int_equal(attachment_set(config, "tls.listen", "x", 1), -1);
    free(large);
    config_free(&config);
}

static void other_contents_are_a_difference(void **state)
{
    struct config *a = fixture_new(), *b = fixture_new();

    (void)state;
    assert_false(attachment_differs(a, b, "tls", "cert"));
    assert_int_equal(attachment_set(a, "tls.cert", "", 0), 0);
    assert_true(attachment_differs(a, b, "tls", "cert"));
    assert_int_equal(attachment_set(b, "tls.cert", "", 0), 0);
    assert_false(attachment_differs(a, b, "tls", "cert"));
    assert_int_equal(attachment_set(a, "tls.key", "ab", 2), 0);
    assert_int_equal(attachment_set(b, "tls.key", "ac", 2), 0);
    assert_true(attachment_differs(a, b, "tls", "key"));
    assert_false(attachment_differs(a, b, "tls", "client_ca"));
    assert_false(attachment_differs(a, b, "server", "listen"));
    config_free(&a);
    config_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(a_file_that_cannot_be_had_is_refused),
        cmocka_unit_test(reading_again_replaces_what_there_was),
        cmocka_unit_test(other_contents_are_a_difference),
        cmocka_unit_test(an_attachment_is_taken_by_name_once_and_within_its_bound),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
