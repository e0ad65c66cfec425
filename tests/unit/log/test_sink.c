/* SPDX-License-Identifier: Apache-2.0
 *
 * Sinks that take everything, a part, or nothing: what arrives is whole lines, each once, and nobody is kept
 * waiting. The time that sinks see is the tests' own. */
#include "tests/unit/log/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon/log/sink.h"

static struct batch batch;
static int saved_stderr;

static int setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    saved_stderr = dup(STDERR_FILENO);
    return batch_init(&batch);
}

static int teardown(void **state)
{
    (void)state;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    batch_free(&batch);
    unlink(support_path("log"));
    return 0;
}

static void add_line(unsigned number, size_t length)
{
    char *at = batch_room(&batch);
    int used = sprintf(at, "line=%u ", number);

    memset(at + used, 'x', length - (size_t)used - 1);
    at[length - 1] = '\n';
    batch_add(&batch, length, number);
}

static void add_lines(unsigned count, size_t length)
{
    for (unsigned i = 0; i < count; i++)
        add_line(i, length);
}

static unsigned pop_all(void)
{
    unsigned count = 0;
    uint32_t lane;

    while (batch_pop(&batch, &lane))
        count++;
    return count;
}

static struct sink *open_sink(const char *kind, const char *path)
{
    char target[160];
    struct error error = {{0}};
    struct sink *sink;

    snprintf(target, sizeof target, "%s%s", kind, path);
    sink = sink_open(target, &error);
    if (sink == NULL)
        fail_msg("%s", error.text);
    assert_string_equal(sink_target(sink), target);
    return sink;
}

/* The file holds lines 0 to count-1, each whole and once. */
static void expect_lines(const char *text, unsigned count, size_t length)
{
    char *next = (char *)(uintptr_t)text;

    for (unsigned i = 0; i < count; i++) {
        char *end = strchr(next, '\n');

        assert_non_null(end);
        assert_int_equal(end - next + 1, length);
        assert_memory_equal(next, "line=", 5);
        assert_int_equal(strtoul(next + 5, NULL, 10), i);
        next = end + 1;
    }
    assert_int_equal(*next, '\0');
}

static void a_file_is_appended_to(void **state)
{
    struct sink *sink = open_sink("file:", support_path("log"));
    char *text;

    (void)state;
    add_lines(1000, 50);
    assert_true(sink_flush(sink, &batch, 1));
    assert_int_equal(pop_all(), 1000);
    sink_close(&sink);
    assert_null(sink);
    text = support_read(support_path("log"));
    expect_lines(text, 1000, 50);
    free(text);
}

static void what_can_not_be_opened_is_refused(void **state)
{
    static const struct {
        const char *target, *reason;
    } rows[] = {
        {"file:/nowhere/at/all", "log.target = file:/nowhere/at/all: No such file or directory"},
        {"file:/tmp", "log.target = file:/tmp: Is a directory"},
        {"stderrx", "log.target 'stderrx' is not known"},
        {"", "log.target '' is not known"},
    };
    char target[160];
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_null(sink_open(rows[i].target, &error));
        assert_string_equal(error.text, rows[i].reason);
    }
    assert_int_equal(mkfifo(support_path("fifo"), 0600), 0);
    snprintf(target, sizeof target, "file:%s", support_path("fifo"));
    assert_null(sink_open(target, &error)); /* nobody reads it: refused, not waited for */
}

static void a_full_device_is_a_failure_and_told_once(void **state)
{
    struct sink *sink = open_sink("file:", "/dev/full");
    struct sink_failure failure;
    uint64_t now = 1000;

    (void)state;
    add_lines(10, 50);
    for (unsigned i = 0; i < 8; i++) {
        assert_false(sink_flush(sink, &batch, now));
        assert_int_equal(sink_failing_us(sink, now), now - 1000 + 1);
        assert_int_equal(sink_news(sink, &failure), i == 0 ? SINK_HAS_FAILED : SINK_NO_NEWS);
        assert_int_equal(failure.error, ENOSPC);
        assert_true(sink_retry_us(sink) > now && sink_retry_us(sink) <= now + 1000000);
        now = sink_retry_us(sink);
    }
    assert_int_equal(pop_all(), 0);
    sink_close(&sink);
}

static void half_a_line_is_taken_back_from_a_full_disk(void **state)
{
    struct sink *sink = open_sink("file:", support_path("log"));
    struct sink_failure failure;
    char *text;

    (void)state;
    add_lines(10, 50);
    support_limit_file(125);
    assert_false(sink_flush(sink, &batch, 1000));
    support_limit_file(RLIM_INFINITY);
    assert_int_equal(sink_news(sink, &failure), SINK_HAS_FAILED);
    assert_int_equal(failure.error, EFBIG);
    assert_int_equal(pop_all(), 2);
    text = support_read(support_path("log"));
    expect_lines(text, 2, 50);
    free(text);

    assert_true(sink_flush(sink, &batch, 5000));
    assert_int_equal(sink_news(sink, &failure), SINK_HAS_RECOVERED);
    assert_int_equal(failure.until_us - failure.since_us, 4000);
    assert_int_equal(pop_all(), 8);
    text = support_read(support_path("log"));
    expect_lines(text, 10, 50);
    free(text);
    sink_close(&sink);
}

/* Stderr as a file is not ours to shorten: the half line is ended and the line written again. */
static void half_a_line_on_stderr_is_ended(void **state)
{
    int file = open(support_path("log"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    struct sink *sink;
    bool flushed;
    char *text;

    (void)state;
    dup2(file, STDERR_FILENO);
    close(file);
    sink = open_sink("stderr", "");
    add_lines(3, 50);
    support_limit_file(75);
    flushed = sink_flush(sink, &batch, 1000);
    support_limit_file(RLIM_INFINITY);
    assert_false(flushed);
    assert_true(sink_flush(sink, &batch, 5000));
    dup2(saved_stderr, STDERR_FILENO);
    assert_int_equal(pop_all(), 3);
    text = support_read(support_path("log"));
    assert_int_equal(strlen(text), 50 + 26 + 2 * 50);
    assert_int_equal(text[75], '\n');
    memmove(text + 50, text + 76, strlen(text + 76) + 1);
    expect_lines(text, 3, 50);
    free(text);
    sink_close(&sink);
}

static struct sink *stderr_on(int fd)
{
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
    return open_sink("stderr", "");
}

/* Reads slowly while the sink writes, in portions of odd sizes. */
static void expect_through(int fd, struct sink *sink, unsigned count, size_t length)
{
    char *text = malloc(count * length + 1);
    size_t used = 0;
    uint64_t now = 1000, seed = 3;
    unsigned popped = 0, refusals = 0;

    while (used < count * length) {
        size_t portion = 1 + support_random(&seed) % 9000, left = count * length - used;
        ssize_t got;

        if (!sink_flush(sink, &batch, now))
            refusals++;
        popped += pop_all();
        now = sink_retry_us(sink) > now ? sink_retry_us(sink) : now + 1;
        got = read(fd, text + used, portion < left ? portion : left);
        assert_true(got > 0);
        used += (size_t)got;
    }
    text[used] = '\0';
    expect_lines(text, count, length);
    assert_true(refusals > 5);
    assert_int_equal(popped, count);
    assert_int_equal(sink_failing_us(sink, now), 0);
    free(text);
}

static void a_slow_pipe(int flags, size_t length)
{
    int ends[2];
    struct sink *sink;

    assert_int_equal(pipe2(ends, flags), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    sink = stderr_on(ends[1]);
    add_lines((unsigned)(200000 / length), length);
    expect_through(ends[0], sink, (unsigned)(200000 / length), length);
    sink_close(&sink);
    close(ends[0]);
}

static void a_pipe_that_does_not_block_gets_everything(void **state)
{
    (void)state;
    a_slow_pipe(O_NONBLOCK, 77);
}

static void lines_longer_than_a_pipe_go_through_it(void **state)
{
    (void)state;
    a_slow_pipe(O_NONBLOCK, 10001);
}

static void a_blocking_pipe_does_not_block_us(void **state)
{
    (void)state;
    a_slow_pipe(0, 77);
}

static void a_socket_gets_everything(void **state)
{
    int ends[2], small = 4096;
    struct sink *sink;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    sink = stderr_on(ends[1]);
    add_lines(2000, 100);
    expect_through(ends[0], sink, 2000, 100);
    sink_close(&sink);
    close(ends[0]);
}

/* Who reads all there is whenever something is there is not kept waiting for longer and longer. */
static void a_slow_reader_is_not_punished(void **state)
{
    char bytes[4096];
    uint64_t now = 1000000;
    struct sink *sink;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, sizeof bytes), sizeof bytes);
    sink = stderr_on(ends[1]);
    add_lines(2000, 100);
    while (!sink_flush(sink, &batch, now)) {
        assert_true(read(ends[0], bytes, sizeof bytes) > 0);
        now = sink_retry_us(sink);
    }
    assert_true(now < 1000000 + 2000 * 100 / 4000 *
                                    2000); /* portions of whole lines, at most two milliseconds each */
    sink_close(&sink);
    close(ends[0]);
}

static void a_pipe_full_for_long_is_a_failure(void **state)
{
    struct sink_failure failure;
    struct sink *sink;
    uint64_t now = 1000;
    char bytes[65536];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    sink = stderr_on(ends[1]);
    add_lines(2000, 100);
    while (now < 1000 + 900000) {
        assert_false(sink_flush(sink, &batch, now));
        assert_int_equal(sink_news(sink, &failure), SINK_NO_NEWS);
        now = sink_retry_us(sink);
    }
    assert_false(sink_flush(sink, &batch, now + 200000));
    assert_int_equal(sink_news(sink, &failure), SINK_HAS_FAILED);
    assert_int_equal(failure.error, EAGAIN);
    while (!sink_flush(sink, &batch, now + 300000))
        assert_true(read(ends[0], bytes, sizeof bytes) > 0);
    assert_int_equal(sink_news(sink, &failure), SINK_HAS_RECOVERED);
    sink_close(&sink);
    close(ends[0]);
}

static void a_closed_pipe_is_a_failure(void **state)
{
    struct sink_failure failure;
    struct sink *sink;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    sink = stderr_on(ends[1]);
    close(ends[0]);
    add_lines(2, 50);
    assert_false(sink_flush(sink, &batch, 1000));
    assert_int_equal(sink_news(sink, &failure), SINK_HAS_FAILED);
    assert_int_equal(failure.error, EPIPE);
    sink_close(&sink);
}

static void a_closed_stderr_is_a_failure(void **state)
{
    struct sink_failure failure;
    struct sink *sink = open_sink("stderr", "");
    bool flushed;

    (void)state;
    add_lines(2, 50);
    close(STDERR_FILENO);
    flushed = sink_flush(sink, &batch, 1000);
    dup2(saved_stderr, STDERR_FILENO);
    assert_false(flushed);
    assert_int_equal(sink_news(sink, &failure), SINK_HAS_FAILED);
    assert_int_equal(failure.error, EBADF);
    sink_close(&sink);
}

static void reopening_follows_a_rename(void **state)
{
    struct sink *sink = open_sink("file:", support_path("log"));
    char old[128];
    char *text;

    (void)state;
    snprintf(old, sizeof old, "%s", support_path("log.1"));
    add_line(0, 50);
    assert_true(sink_flush(sink, &batch, 1));
    assert_int_equal(rename(support_path("log"), old), 0);
    add_line(1, 50);
    assert_true(sink_flush(sink, &batch, 1));
    pop_all();
    assert_int_equal(sink_reopen(sink, &batch, 2), 0);
    add_line(0, 50);
    assert_true(sink_flush(sink, &batch, 2));
    sink_close(&sink);
    text = support_read(old);
    expect_lines(text, 2, 50);
    free(text);
    text = support_read(support_path("log"));
    expect_lines(text, 1, 50);
    free(text);
}

static void a_failed_reopen_keeps_the_old_file(void **state)
{
    struct sink *sink = open_sink("file:", support_path("log"));
    char old[128];
    char *text;

    (void)state;
    snprintf(old, sizeof old, "%s", support_path("log.1"));
    assert_int_equal(rename(support_path("log"), old), 0);
    assert_int_equal(mkdir(support_path("log"), 0700), 0);
    assert_int_equal(sink_reopen(sink, &batch, 1), -1);
    assert_int_equal(errno, EISDIR);
    add_line(0, 50);
    assert_true(sink_flush(sink, &batch, 1));
    sink_close(&sink);
    rmdir(support_path("log"));
    text = support_read(old);
    expect_lines(text, 1, 50);
    free(text);
}

static void the_journals_stream_is_recognised(void **state)
{
    char name[64];
    struct stat status;
    struct sink *sink;

    (void)state;
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    setenv("JOURNAL_STREAM", name, 1);
    sink = open_sink("stderr", "");
    assert_int_equal(sink_envelope(sink), ENVELOPE_PRIORITY);
    sink_close(&sink);
    snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino + 1);
    setenv("JOURNAL_STREAM", name, 1);
    sink = open_sink("stderr", "");
    assert_int_equal(sink_envelope(sink), ENVELOPE_NONE);
    sink_close(&sink);
    unsetenv("JOURNAL_STREAM");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_appended_to),
        TEST(what_can_not_be_opened_is_refused),
        TEST(a_full_device_is_a_failure_and_told_once),
        TEST(half_a_line_is_taken_back_from_a_full_disk),
        TEST(half_a_line_on_stderr_is_ended),
        TEST(a_pipe_that_does_not_block_gets_everything),
        TEST(lines_longer_than_a_pipe_go_through_it),
        TEST(a_blocking_pipe_does_not_block_us),
        TEST(a_socket_gets_everything),
        TEST(a_slow_reader_is_not_punished),
        TEST(a_pipe_full_for_long_is_a_failure),
        TEST(a_closed_pipe_is_a_failure),
        TEST(a_closed_stderr_is_a_failure),
        TEST(reopening_follows_a_rename),
        TEST(a_failed_reopen_keeps_the_old_file),
        TEST(the_journals_stream_is_recognised),
    };

    return cmocka_run_group_tests_name("log/sink", tests, support_make_directory, support_remove_directory);
}
