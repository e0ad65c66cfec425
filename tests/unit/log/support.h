/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_LOG_SUPPORT_H
#define CONCUR_TESTS_LOG_SUPPORT_H

/* What the log's unit tests share: a queue in shared memory, a directory of their own, and reading back what
 * was logged. cmocka's header wants the ones before it. Everything asserts; nothing sleeps until something is
 * done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/log/logger.h"
#include "daemon/log/queue.h"
#include "daemon/log/reader.h"

#define SUPPORT_DEADLINE_US 20000000u

static char support_directory[64];

static inline int support_make_directory(void **state)
{
    (void)state;
    snprintf(support_directory, sizeof support_directory, "/tmp/concurd-log-XXXXXX");
    return mkdtemp(support_directory) != NULL ? 0 : -1;
}

static inline int support_remove_directory(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", support_directory);
    return system(command);
}

static inline const char *support_path(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", support_directory, name);
    return path;
}

static inline struct log_queue *support_queue(unsigned lanes, size_t lane_size)
{
    size_t bytes = log_queue_bytes(lanes, lane_size);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    assert_true(memory != MAP_FAILED);
    return log_queue_init(memory, lanes, lane_size);
}

static inline void support_queue_free(struct log_queue *queue)
{
    munmap(queue, log_queue_bytes((unsigned)queue->lane_count, queue->lane_size));
}

/* xorshift64*: the same numbers in every run. */
static inline uint64_t support_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

/* The file's text, terminated; the caller frees it. */
static inline char *support_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    assert_non_null(file);
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    assert_non_null(text);
    return text;
}

/* Copies the line at `*at` without its newline and moves on: NULL behind the last. Working line by line keeps
 * the sanitizers' string functions, which look at all that follows, from taking quadratic time. */
static inline const char *support_line(const char **at)
{
    static char line[65536];
    size_t length = strcspn(*at, "\n");

    if (**at == '\0')
        return NULL;
    assert_int_equal((*at)[length], '\n'); /* the last line is a whole one, too */
    assert_true(length < sizeof line);
    memcpy(line, *at, length);
    line[length] = '\0';
    *at += length + 1;
    return line;
}

/* How many lines have the word in them. */
static inline size_t support_count(const char *text, const char *word)
{
    size_t count = 0;

    for (const char *line; (line = support_line(&text)) != NULL;)
        count += strstr(line, word) != NULL;
    return count;
}

/* The number behind " NAME=" in the line. */
static inline uint64_t support_number(const char *line, const char *name)
{
    char key[64];
    const char *at;

    snprintf(key, sizeof key, " %s=", name);
    at = strstr(line, key);
    assert_non_null(at);
    return strtoull(at + strlen(key), NULL, 10);
}

/* All numbers behind NAME in the lines of an event, added up. */
static inline uint64_t support_sum(const char *text, const char *event, const char *name)
{
    char key[64];
    uint64_t sum = 0;

    snprintf(key, sizeof key, " event=%s ", event);
    for (const char *line; (line = support_line(&text)) != NULL;)
        if (strstr(line, key) != NULL)
            sum += support_number(line, name);
    return sum;
}

/* Stderr into a file; answers what it was, for support_stderr_back. */
static inline int support_stderr_into(const char *path)
{
    int saved = dup(STDERR_FILENO), file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_true(saved >= 0 && file >= 0);
    dup2(file, STDERR_FILENO);
    close(file);
    return saved;
}

static inline void support_stderr_back(int saved)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static inline bool support_stderr_told(void)
{
    struct stat status;

    return fstat(STDERR_FILENO, &status) == 0 && status.st_size > 0;
}

/* No file of this process grows beyond: a disk that fills up in the middle of a line. */
static inline void support_limit_file(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Calls it until it is true; fails when that takes too long. */
#define support_wait_until(condition)                                                                        \
    do {                                                                                                     \
        uint64_t support_deadline = clock_now_us() + SUPPORT_DEADLINE_US;                                    \
        while (!(condition)) {                                                                               \
            assert_true(clock_now_us() < support_deadline);                                                  \
            sched_yield();                                                                                   \
        }                                                                                                    \
    } while (0)

#endif
