/* SPDX-License-Identifier: Apache-2.0
 *
 * What every sink does when it can't take more: pause, try again, pause longer, and say once that it failed
 * and once that it works again. A full pipe is no failure until it has stayed full for a while: its reader is
 * slow, and as long as it takes something the pauses stay short. Runs in the log thread, opening in the main thread before that one exists. */
#include "daemon/log/sink.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log/sink_private.h"

#define FULL_WAIT_LEAST_US  1000u
#define FULL_WAIT_MOST_US   100000u
#define FULL_PATIENCE_US    1000000u
#define ERROR_WAIT_LEAST_US 50000u
#define ERROR_WAIT_MOST_US  1000000u

static const struct {
    const char *prefix;
    bool whole; /* the prefix is all of the target */
    const struct sink_ops *ops;
} kinds[] = {
    {"stderr", true, &sink_stderr_ops},    {"file:", false, &sink_file_ops},
    {"journald", true, &sink_journal_ops}, {"journald:", false, &sink_journal_ops},
    {"syslog", true, &sink_syslog_ops},    {"syslog:", false, &sink_syslog_ops},
};

struct sink *sink_open(const char *target, struct error *error)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].prefix);
        struct sink *sink;

        if (strncmp(target, kinds[i].prefix, length) != 0 || (kinds[i].whole && target[length] != '\0'))
            continue;
        sink = kinds[i].ops->open(target + length, error);
        if (sink == NULL)
            return NULL;
        sink->target = strdup(target);
        if (sink->target == NULL) {
            sink_close(&sink);
            error_set(error, "not enough memory for the log");
        }
        return sink;
    }
    error_set(error, "log.target '%s' is not known", target);
    return NULL;
}

void sink_close(struct sink **sink)
{
    if (*sink == NULL)
        return;
    free((*sink)->target);
    (*sink)->ops->close(*sink);
    *sink = NULL;
}

const char *sink_target(const struct sink *sink)
{
    return sink->target;
}

enum envelope sink_envelope(const struct sink *sink)
{
    return sink->envelope;
}

uint64_t sink_retry_us(const struct sink *sink)
{
    return sink->retry_us;
}

void sink_hurry(struct sink *sink, uint64_t now_us)
{
    if (sink->retry_us > now_us)
        sink->retry_us = now_us;
}

uint64_t sink_failing_us(const struct sink *sink, uint64_t now_us)
{
    return sink->failing ? now_us - sink->failure.since_us + 1 : 0;
}

enum sink_news sink_news(struct sink *sink, struct sink_failure *failure)
{
    enum sink_news news = sink->news;

    sink->news = SINK_NO_NEWS;
    *failure = sink->failure;
    return news;
}

static void fail(struct sink *sink, int error, uint64_t now_us)
{
    if (sink->failing)
        return;
    sink->failing = true;
    sink->failure =
        (struct sink_failure){.error = error, .since_us = sink->blocked_since_us, .until_us = now_us};
    sink->news = SINK_HAS_FAILED;
}

static void recover(struct sink *sink, uint64_t now_us)
{
    sink->wait_us = 0;
    if (!sink->failing)
        return;
    sink->failing = false;
    sink->failure.until_us = now_us;
    sink->news = SINK_HAS_RECOVERED;
}

static void hold_off(struct sink *sink, enum sink_outcome outcome, uint64_t now_us)
{
    uint64_t least = outcome == SINK_FULL ? FULL_WAIT_LEAST_US : ERROR_WAIT_LEAST_US;
    uint64_t most = outcome == SINK_FULL ? FULL_WAIT_MOST_US : ERROR_WAIT_MOST_US;
    uint64_t wait = 2 * sink->wait_us;

    sink->wait_us = wait < least ? least : wait > most ? most : wait;
    sink->retry_us = now_us + sink->wait_us;
    if (sink->blocked_since_us == 0)
        sink->blocked_since_us = now_us;
    if (outcome == SINK_ERROR)
        fail(sink, sink->error, now_us);
    else if (now_us - sink->blocked_since_us >= FULL_PATIENCE_US)
        fail(sink, EAGAIN, now_us);
}

bool sink_flush(struct sink *sink, struct batch *batch, uint64_t now_us)
{
    const char *text;
    bool took = false;

    if (batch_unsent(batch, &text) == 0)
        return true;
    do {
        enum sink_outcome outcome = sink->ops->write(sink, batch);

        if (outcome != SINK_TOOK) {
            if (took && outcome == SINK_FULL)
                sink->wait_us = 0; /* a slow reader, not one that is gone */
            hold_off(sink, outcome, now_us);
            return false;
        }
        took = true;
        sink->blocked_since_us = 0;
    } while (batch_unsent(batch, &text) != 0);
    recover(sink, now_us);
    return true;
}

bool sink_reopens(const struct sink *sink)
{
    return sink->ops->reopen != NULL;
}

int sink_reopen(struct sink *sink, struct batch *batch, uint64_t now_us)
{
    assert(sink_reopens(sink));
    if (sink->ops->reopen(sink, batch) != 0)
        return -1;
    sink->wait_us = 0;
    sink->retry_us = now_us;
    return 0;
}

void sink_last_resort(const struct sink *sink, struct format *format, enum log_event_id event,
                      uint64_t time_us, const struct log_value *values, size_t count)
{
    struct pollfd poll_stderr = {.fd = STDERR_FILENO, .events = POLLOUT};
    struct record record;
    char line[FORMAT_LINE_LONGEST];
    size_t length;

    if (sink->is_stderr || poll(&poll_stderr, 1, 0) != 1 || (poll_stderr.revents & POLLOUT) == 0)
        return;
    record_make(&record, event, time_us, values, count);
    length = format_enveloped(format, sink_stderr_envelope(), schema_table(), &record, line);
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nobody is left to tell */
}
