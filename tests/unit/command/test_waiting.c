/* SPDX-License-Identifier: Apache-2.0
 *
 * The waiting family: SLEEP gives its time away, BLOCK keeps it, READ stays below its root. One thread. */
#include "tests/unit/command/fixture.h"

#include <fcntl.h>
#include <errno.h>
#include <sys/stat.h>

static void sleep_waits_as_long_as_asked(void **state)
{
    (void)state;
    assert_reply("SLEEP 250", "+OK\r\n");
    assert_int_equal(fixture.waits, 1);
    assert_int_equal(fixture.waited_us, 250000);
    assert_reply("SLEEP 0", "+OK\r\n");
    assert_int_equal(fixture.waits, 0);
    assert_reply("SLEEP 3600000", "+OK\r\n");
    assert_error("SLEEP -1", "ERR argument 1 of 'sleep' must be an integer from 0 to 3600000");
    assert_error("SLEEP 3600001", "ERR argument 1 of 'sleep' must be an integer from 0 to 3600000");
    assert_error("SLEEP 1s", "ERR argument 1 of 'sleep' must be an integer from 0 to 3600000");
}

static void block_keeps_the_thread(void **state)
{
    uint64_t before = clock_now_us();

    (void)state;
    assert_reply("BLOCK 30", "+OK\r\n");
    assert_int_equal(fixture.calls, 1);
    assert_true(clock_now_us() - before >= 30000);
    assert_error("BLOCK 3600001", "ERR argument 1 of 'block' must be an integer from 0 to 3600000");
}

static void block_stops_when_asked(void **state)
{
    uint64_t before = clock_now_us();

    (void)state;
    atomic_store(&fixture.mark, 1);
    fixture_run("BLOCK 3600000");
    assert_true(clock_now_us() - before < UNIT_DEADLINE_US);
}

/* --- READ
 * -----------------------------------------------------------------------------------------------------------
 */

static char root[64];

static void write_file(const char *name, const char *text)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", root, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void make_link(const char *to, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(symlink(to, path), 0);
}

static int start_with_root(void **state)
{
    char path[128], setting[128];

    (void)state;
    snprintf(root, sizeof root, "/tmp/concurd-read-XXXXXX");
    if (mkdtemp(root) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/files", root);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/files/sub", root);
    mkdir(path, 0700);
    write_file("secret", "secret");
    write_file("files/hello", "hello\r\n");
    write_file("files/empty", "");
    write_file("files/...", "dots");
    write_file("files/sub/inner", "inner");
    make_link("hello", "files/good-link");
    make_link("../secret", "files/bad-link");
    make_link("/etc/passwd", "files/absolute-link");
    make_link("..", "files/upwards");
    make_link("sub", "files/folder-link");
    snprintf(path, sizeof path, "%s/files/pipe", root);
    mkfifo(path, 0600);
    fixture_configure();
    snprintf(setting, sizeof setting, "server.files_root=%s/files", root);
    fixture_set(setting);
    fixture_begin();
    return 0;
}

static int stop_with_root(void **state)
{
    char command[128];

    snprintf(command, sizeof command, "rm -r %s", root);
    return fixture_stop(state) == 0 ? system(command) : -1;
}

static void read_is_refused_without_a_root(void **state)
{
    (void)state;
    assert_error("READ hello", "NOPERM READ is refused: server.files_root is not set");
}

static void read_answers_what_the_file_holds(void **state)
{
    (void)state;
    assert_reply("READ hello", "$7\r\nhello\r\n\r\n");
    assert_reply("READ empty", "$0\r\n\r\n");
    assert_reply("READ sub/inner", "$5\r\ninner\r\n");
    assert_reply("READ sub//./inner", "$5\r\ninner\r\n");
    assert_reply("READ ./...", "$4\r\ndots\r\n");
}

static void read_stays_below_its_root(void **state)
{
    static const char *const names[] = {"../secret",   "..",           "sub/../../secret",
                                        "/etc/passwd", "sub/../hello", "sub/.."};
    char line[128], expected[256];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(names); i++) {
        snprintf(line, sizeof line, "READ %s", names[i]);
        snprintf(expected, sizeof expected, "-ERR can't open '%s': Invalid cross-device link\r\n", names[i]);
        assert_reply(line, expected);
    }
}

static void read_follows_no_links(void **state)
{
    static const char *const links[] = {"bad-link", "absolute-link", "good-link"};
    char line[128], expected[256];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(links); i++) {
        snprintf(line, sizeof line, "READ %s", links[i]);
        snprintf(expected, sizeof expected, "-ERR can't open '%s': Too many levels of symbolic links\r\n",
                 links[i]);
        assert_reply(line, expected);
    }
    assert_error("READ upwards/secret", "ERR can't open 'upwards/secret': Not a directory");
    assert_error("READ folder-link/inner", "ERR can't open 'folder-link/inner': Not a directory");
    assert_error("READ hello/", "ERR can't open 'hello/': Not a directory");
}

static void read_wants_a_regular_file_with_a_name(void **state)
{
    char line[300] = "READ ";

    (void)state;
    assert_error("READ sub", "ERR not a regular file");
    assert_error("READ .", "ERR not a regular file");
    assert_error("READ sub/", "ERR not a regular file");
    assert_error("READ pipe", "ERR not a regular file"); /* and does not wait for a writer */
    assert_error("READ nobody", "ERR can't open 'nobody': No such file or directory");
    assert_error("READ ''", "ERR the name of a file takes 1 to 255 bytes");
    assert_error("READ \"hello\\x00\"", "ERR the name of a file takes 1 to 255 bytes");
    assert_error("READ \"a\\r\\nb\"", "ERR can't open 'a\?\?b': No such file or directory");
    memset(line + 5, 'x', 256);
    assert_error(line, "ERR the name of a file takes 1 to 255 bytes");
}

static void read_keeps_to_the_output_limit(void **state)
{
    char text[2001];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    write_file("files/large", text);
    fixture.config->limits.max_output = 2000;
    assert_error("READ large", "LIMIT the file is larger than limits.max_output");
    assert_reply("READ hello", "$7\r\nhello\r\n\r\n");
}

int main(void)
{
#define ROOT_UNIT(test) cmocka_unit_test_setup_teardown(test, start_with_root, stop_with_root)
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(sleep_waits_as_long_as_asked),
        FIXTURE_UNIT(block_keeps_the_thread),
        FIXTURE_UNIT(block_stops_when_asked),
        FIXTURE_UNIT(read_is_refused_without_a_root),
        ROOT_UNIT(read_answers_what_the_file_holds),
        ROOT_UNIT(read_stays_below_its_root),
        ROOT_UNIT(read_follows_no_links),
        ROOT_UNIT(read_wants_a_regular_file_with_a_name),
        ROOT_UNIT(read_keeps_to_the_output_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
