/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and conf.d on a real file system, in a folder of the test's own. */
#include "tests/unit/config/fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each test runs inside an empty folder, so that messages hold short relative paths. */
static int enter_folder(void **state)
{
    char *folder = strdup("/tmp/concur-config-XXXXXX");

    *state = folder;
    return folder == NULL || mkdtemp(folder) == NULL || chdir(folder) != 0 ? -1 : 0;
}

static void remove_entries(const char *folder)
{
    DIR *stream = opendir(folder);
    struct dirent *entry;

    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        char path[512];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (unlink(path) != 0) {
            remove_entries(path);
            rmdir(path);
        }
    }
    if (stream != NULL)
        closedir(stream);
}

static int leave_folder(void **state)
{
    char *folder = *state;
    int result = chdir("/");

    remove_entries(folder);
    result |= rmdir(folder);
    free(folder);
    return result;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A new configuration with the file read into it and exactly these problems. */
static struct config *read_file(const char *path, const char *expected)
{
    struct config *config = fixture_new();
    struct buffer problems = {0};
    int result = config_read_file(config, path, CONFIG_READS_FIRST, &problems);

    assert_int_equal(result, expected[0] == '\0' ? 0 : -1);
    fixture_expect(&problems, expected);
    return config;
}

static void expect_file(const char *path, const char *expected)
{
    struct config *config = read_file(path, expected);

    config_free(&config);
}

static void test_a_file(void **state)
{
    struct config *config;

    (void)state;
    write_file("a.conf", "[server]\nbacklog = 5\nmode = poll\n");
    config = read_file("a.conf",
                       "a.conf:3: server.mode = poll is not one of thread, pool, event, prefork; did you "
                       "mean 'pool'?\n");
    assert_int_equal(config->server.backlog, 5);
    config_free(&config);
    expect_file("./a.conf",
                "./a.conf:3: server.mode = poll is not one of thread, pool, event, prefork; did you "
                "mean 'pool'?\n");
}

static void test_no_such_file(void **state)
{
    (void)state;
    expect_file("absent.conf", "absent.conf: cannot open: No such file or directory\n");
    write_file("file", "");
    expect_file("file/a.conf", "file/a.conf: cannot open: Not a directory\n");
    expect_file("", ": cannot open: No such file or directory\n");
}

static void test_empty_file(void **state)
{
    (void)state;
    write_file("a.conf", "");
    expect_file("a.conf", "");
    expect_file("/dev/null", "");
}

static void test_a_directory(void **state)
{
    (void)state;
    assert_int_equal(mkdir("a.conf", 0755), 0);
    expect_file("a.conf", "a.conf: is a directory, not a file\n");
}

/* Root may read everything. */
static void test_unreadable(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip();
    write_file("a.conf", "");
    assert_int_equal(chmod("a.conf", 0), 0);
    expect_file("a.conf", "a.conf: cannot open: Permission denied\n");
}

static void test_a_pipe(void **state)
{
    static const char text[] = "[server]\nbacklog = 5\n";
    struct config *config;
    char path[64];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof text - 1), (int)sizeof text - 1);
    close(ends[1]);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    config = read_file(path, "");
    assert_int_equal(config->server.backlog, 5);
    config_free(&config);
    close(ends[0]);
}

/* What is read again must be able to say the same again: a pipe's end was taken for a file without a line. */
static void test_read_again(void **state)
{
    static const struct {
        const char *path, *problem;
    } cases[] = {
        {"a.conf", ""},
        {"fifo", "fifo: is no regular file, so it can't be read again: only a restart changes what was read "
                 "from it\n"},
        {"/dev/null",
         "/dev/null: is no regular file, so it can't be read again: only a restart changes what was "
         "read from it\n"},
        {".", ".: is a directory, not a file\n"},
    };
    size_t i;

    (void)state;
    write_file("a.conf", "[server]\nbacklog = 5\n");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    alarm(10); /* nobody writes to it: waiting for one would be for ever */
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *config = fixture_new();
        struct buffer problems = {0};

        assert_int_equal(config_read_file(config, cases[i].path, CONFIG_READS_AGAIN, &problems),
                         cases[i].problem[0] == '\0' ? 0 : -1);
        fixture_expect(&problems, cases[i].problem);
        config_free(&config);
    }
    alarm(0);
}

static void test_a_pipe_in_the_folder(void **state)
{
    (void)state;
    write_file("a.conf", "");
    assert_int_equal(mkdir("conf.d", 0755), 0);
    assert_int_equal(mkfifo("conf.d/x.conf", 0600), 0);
    alarm(10);
    expect_file("a.conf", "conf.d/x.conf: is no regular file, as all in conf.d must be\n");
    alarm(0);
}

static void test_an_endless_file(void **state)
{
    (void)state;
    expect_file("/dev/zero", "/dev/zero: is larger than 1M, so it is no configuration\n");
}

static void test_folder_in_order(void **state)
{
    struct config *config;

    (void)state;
    write_file("a.conf", "[server]\nbacklog = 1\nmax_clients = 1\nmode = event\n");
    assert_int_equal(mkdir("conf.d", 0755), 0);
    write_file("conf.d/20.conf", "[server]\nbacklog = 3\n");
    write_file("conf.d/10.conf", "[server]\nbacklog = 2\nmax_clients = 2\n");
    write_file("conf.d/B.conf", "[pool]\nthreads = 7\n");
    write_file("conf.d/a.conf", "[pool]\nthreads = 8\n");
    config = read_file("a.conf", "");
    assert_int_equal(config->server.backlog, 3);
    assert_int_equal(config->server.max_clients, 2);
    assert_int_equal(config->server.mode, MODE_EVENT);
    assert_int_equal(config->pool.threads, 8);
    config_free(&config);
}

static void test_folder_is_beside_the_file(void **state)
{
    struct config *config;

    (void)state;
    assert_int_equal(mkdir("etc", 0755), 0);
    assert_int_equal(mkdir("etc/conf.d", 0755), 0);
    write_file("etc/a.conf", "");
    write_file("etc/conf.d/x.conf", "[server]\nbacklog = 3\n");
    config = read_file("etc/a.conf", "");
    assert_int_equal(config->server.backlog, 3);
    config_free(&config);
}

static void test_other_names_are_left_alone(void **state)
{
    (void)state;
    write_file("a.conf", "");
    assert_int_equal(mkdir("conf.d", 0755), 0);
    write_file("conf.d/README", "nonsense");
    write_file("conf.d/x.conf.bak", "nonsense");
    write_file("conf.d/x.conf~", "nonsense");
    write_file("conf.d/.x.conf", "nonsense");
    write_file("conf.d/.conf", "nonsense");
    expect_file("a.conf", "");
}

static void test_problems_of_all_files(void **state)
{
    (void)state;
    write_file("a.conf", "oops\n");
    assert_int_equal(mkdir("conf.d", 0755), 0);
    assert_int_equal(mkdir("conf.d/1.conf", 0755), 0);
    assert_int_equal(symlink("nowhere", "conf.d/2.conf"), 0);
    write_file("conf.d/3.conf", "\n[sever]\n");
    expect_file("a.conf", "a.conf:1: expected 'key = value' or '[section]', found 'oops'\n"
                          "conf.d/1.conf: is a directory, not a file\n"
                          "conf.d/2.conf: cannot open: No such file or directory\n"
                          "conf.d/3.conf:2: unknown section [sever]; did you mean [server]?\n");
}

static void test_folder_that_is_none(void **state)
{
    (void)state;
    write_file("a.conf", "");
    write_file("conf.d", "");
    expect_file("a.conf", "conf.d: cannot read the folder: Not a directory\n");
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_a_file),
        IN_FOLDER(test_no_such_file),
        IN_FOLDER(test_empty_file),
        IN_FOLDER(test_a_directory),
        IN_FOLDER(test_unreadable),
        IN_FOLDER(test_a_pipe),
        IN_FOLDER(test_read_again),
        IN_FOLDER(test_a_pipe_in_the_folder),
        IN_FOLDER(test_an_endless_file),
        IN_FOLDER(test_folder_in_order),
        IN_FOLDER(test_folder_is_beside_the_file),
        IN_FOLDER(test_other_names_are_left_alone),
        IN_FOLDER(test_problems_of_all_files),
        IN_FOLDER(test_folder_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
