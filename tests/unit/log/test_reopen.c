/* SPDX-License-Identifier: Apache-2.0
 *
 * Reopening (USR1) in bad moments: while the sink takes nothing, and with a line half written. Every line is
 * there once and whole, in the old file or in the new one. */
#include "tests/unit/log/support.h"

#include <errno.h>
#include <signal.h>

#include "daemon/log/sink.h"

#define LINE 50

static struct batch batch;
static struct sink *sink;

static int setup(void **state)
{
    struct error error;
    char target[160];

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    if (batch_init(&batch) != 0)
        return -1;
    for (unsigned i = 0; i < 3; i++) {
        char *at = batch_room(&batch);
        int used = sprintf(at, "line=%u ", i);

        memset(at + used, 'x', LINE - (size_t)used - 1);
        at[LINE - 1] = '\n';
        batch_add(&batch, LINE, i);
    }
    snprintf(target, sizeof target, "file:%s", support_path("log"));
    sink = sink_open(target, &error);
    return sink != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    sink_close(&sink);
    batch_free(&batch);
    return unlink(support_path("log"));
}

static unsigned pop_all(void)
{
    unsigned count = 0;
    uint32_t lane;

    while (batch_pop(&batch, &lane))
        count++;
    return count;
}

static void expect_lines(const char *path, unsigned first, unsigned count)
{
    char *text = support_read(path);

    assert_int_equal(strlen(text), count * LINE);
    for (unsigned i = 0; i < count; i++) {
        assert_memory_equal(text + i * LINE, "line=", 5);
        assert_int_equal(strtoul(text + i * LINE + 5, NULL, 10), first + i);
    }
    free(text);
}

/* The disk takes so much and not a byte more. */
static void flush_until(rlim_t bytes)
{
    support_limit_file(bytes);
    assert_false(sink_flush(sink, &batch, 1000));
    support_limit_file(RLIM_INFINITY);
}

static void reopen_and_flush(void)
{
    assert_int_equal(sink_reopen(sink, &batch, 2000), 0);
    assert_true(sink_flush(sink, &batch, 3000));
}

static void a_line_cut_before_its_newline_is_not_doubled_by_a_rotation(void **state)
{
    char old[160];

    (void)state;
    snprintf(old, sizeof old, "%s.1", support_path("log"));
    flush_until(2 * LINE - 1);
    assert_int_equal(pop_all(), 1);
    assert_int_equal(rename(support_path("log"), old), 0);
    reopen_and_flush();
    assert_int_equal(pop_all(), 2);
    expect_lines(old, 0, 1);
    expect_lines(support_path("log"), 1, 2);
    unlink(old);
}

static void a_line_cut_before_its_newline_is_not_glued_by_a_reopening(void **state)
{
    (void)state;
    flush_until(2 * LINE - 1);
    reopen_and_flush();
    assert_int_equal(pop_all(), 3);
    expect_lines(support_path("log"), 0, 3);
}

/* The file behind the sink's path becomes one that nobody can shorten. The descriptor of it. */
static int make_unshortenable(void)
{
    int fd = memfd_create("log", MFD_ALLOW_SEALING);
    char there[64];

    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
    snprintf(there, sizeof there, "/proc/self/fd/%d", fd);
    assert_int_equal(unlink(support_path("log")), 0);
    assert_int_equal(symlink(there, support_path("log")), 0);
    assert_int_equal(sink_reopen(sink, &batch, 1), 0);
    return fd;
}

/* What can't be taken back is ended in the old file, and not written again in the new one. */
static void a_line_that_lacks_its_newline_gets_it_in_the_old_file(void **state)
{
    char old[64];
    int fd;

    (void)state;
    fd = make_unshortenable();
    flush_until(2 * LINE - 1);
    assert_int_equal(unlink(support_path("log")), 0);
    reopen_and_flush();
    assert_int_equal(pop_all(), 3);
    snprintf(old, sizeof old, "/proc/self/fd/%d", fd);
    expect_lines(old, 0, 2);
    expect_lines(support_path("log"), 2, 1);
    close(fd);
}

static void the_same_file_goes_on_before_the_newline(void **state)
{
    int fd;

    (void)state;
    fd = make_unshortenable();
    flush_until(2 * LINE - 1);
    reopen_and_flush();
    expect_lines(support_path("log"), 0, 3);
    close(fd);
}

/* Half a line that must stay is still ended when the same file was opened once more. */
static void the_same_file_stays_torn(void **state)
{
    char *text;
    int fd;

    (void)state;
    fd = make_unshortenable();
    flush_until(LINE + 20);
    reopen_and_flush();
    assert_int_equal(pop_all(), 3);
    text = support_read(support_path("log"));
    assert_int_equal(strlen(text), 3 * LINE + 21);
    assert_int_equal(text[LINE + 20], '\n');
    assert_memory_equal(text + LINE + 21, "line=1 ", 7);
    free(text);
    close(fd);
}

/* A pipe that is full in the middle of a line gets the rest of that line, whatever was asked meanwhile. */
static void the_same_fifo_goes_on_within_the_line(void **state)
{
    static char long_line[10000], got[sizeof long_line + 3 * LINE];
    size_t used = 0;
    uint64_t now = 3000;
    int reader;

    (void)state;
    memset(long_line, 'x', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = '\n';
    memcpy(batch_room(&batch), long_line, sizeof long_line);
    batch_add(&batch, sizeof long_line, 3);
    assert_int_equal(unlink(support_path("log")), 0);
    assert_int_equal(mkfifo(support_path("log"), 0600), 0);
    reader = open(support_path("log"), O_RDONLY | O_NONBLOCK);
    fcntl(reader, F_SETPIPE_SZ, 4096);
    assert_int_equal(sink_reopen(sink, &batch, 1), 0);
    assert_false(sink_flush(sink, &batch, 1000));
    assert_int_equal(used = (size_t)read(reader, got, sizeof got), 3 * LINE);
    assert_false(sink_flush(sink, &batch, 1500));
    assert_int_not_equal(batch_partial(&batch), 0);
    assert_int_equal(sink_reopen(sink, &batch, 2000), 0);
    while (used < sizeof got) {
        ssize_t size = read(reader, got + used, sizeof got - used);

        assert_true(size > 0);
        used += (size_t)size;
        sink_flush(sink, &batch, now += 1000000);
    }
    assert_int_equal(read(reader, got, 1), -1);
    assert_memory_equal(got + 3 * LINE, long_line, sizeof long_line);
    assert_int_equal(pop_all(), 4);
    close(reader);
}

static struct log_queue *queue;

static struct logger *start(const char *kind, const char *path)
{
    char target[160];
    struct config config = {.log = {.target = target, .flush_interval_us = 5000}};
    struct logger *logger;
    struct error error;

    snprintf(target, sizeof target, "%s%s", kind, path);
    queue = support_queue(1, 1u << 20);
    log_bind(log_queue_lane(queue, 0), 0, false);
    logger = logger_start(&config, queue, &error);
    assert_non_null(logger);
    return logger;
}

static void stop(struct logger *logger)
{
    logger_stop(&logger, &(struct logger_end){0}, 10000000);
    log_bind(NULL, 0, false);
    support_queue_free(queue);
}

static bool all_written(void)
{
    struct log_counts counts;

    log_queue_counts(queue, &counts);
    return counts.written == counts.attempted;
}

/* More records than a batch holds, a full disk, the file removed, USR1: the log must come back. */
static void a_full_batch_does_not_keep_a_reopening_waiting(void **state)
{
    int saved = support_stderr_into(support_path("stderr"));
    struct logger *logger;
    char *text;

    (void)state;
    assert_int_equal(unlink(support_path("log")), 0);
    assert_int_equal(symlink("/dev/full", support_path("log")), 0);
    logger = start("file:", support_path("log"));
    for (unsigned i = 0; i < BATCH_LINES + 1000; i++)
        log_event(EVENT_WORKER_READY, LOG_U(i), LOG_U(0), LOG_U(0));
    support_wait_until(support_stderr_told());
    assert_int_equal(unlink(support_path("log")), 0);
    logger_reopen(logger);
    support_wait_until(all_written());
    stop(logger);
    support_stderr_back(saved);
    text = support_read(support_path("log"));
    assert_int_equal(support_count(text, " event=worker_ready "), BATCH_LINES + 1000);
    assert_int_equal(support_count(text, " event=reopened "), 1);
    assert_int_equal(support_count(text, " event=sink_recovered "), 1);
    free(text);
}

static void a_failed_reopening_is_said(void **state)
{
    char hidden[160];
    struct logger *logger;
    char *text;

    (void)state;
    snprintf(hidden, sizeof hidden, "%s.1", support_path("log"));
    logger = start("file:", support_path("log"));
    assert_int_equal(rename(support_path("log"), hidden), 0);
    assert_int_equal(mkdir(support_path("log"), 0700), 0);
    logger_reopen(logger);
    stop(logger);
    assert_int_equal(rmdir(support_path("log")), 0);
    assert_int_equal(rename(hidden, support_path("log")), 0);
    text = support_read(support_path("log"));
    assert_int_equal(support_count(text, " event=reopen_failed "), 1);
    assert_int_equal(support_sum(text, "reopen_failed", "errno"), EISDIR);
    free(text);
}

static void what_has_no_file_is_not_said_to_be_reopened(void **state)
{
    int saved = support_stderr_into(support_path("stderr"));
    struct logger *logger = start("stderr", "");
    char *text;

    (void)state;
    logger_reopen(logger);
    stop(logger);
    support_stderr_back(saved);
    text = support_read(support_path("stderr"));
    assert_int_equal(support_count(text, " event=drained "), 1);
    assert_int_equal(support_count(text, " event=reopened "), 0);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_cut_before_its_newline_is_not_doubled_by_a_rotation),
        TEST(a_line_cut_before_its_newline_is_not_glued_by_a_reopening),
        TEST(a_line_that_lacks_its_newline_gets_it_in_the_old_file),
        TEST(the_same_file_goes_on_before_the_newline),
        TEST(the_same_file_stays_torn),
        TEST(the_same_fifo_goes_on_within_the_line),
        TEST(a_full_batch_does_not_keep_a_reopening_waiting),
        TEST(a_failed_reopening_is_said),
        TEST(what_has_no_file_is_not_said_to_be_reopened),
    };

    return cmocka_run_group_tests_name("log/reopen", tests, support_make_directory, support_remove_directory);
}
