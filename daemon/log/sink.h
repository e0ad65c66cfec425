/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_SINK_H
#define CONCUR_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/log/batch.h"
#include "daemon/log/format.h"

/* Where lines go. A sink that takes nothing is never fatal and never waited for: it is tried again later and
 * later, while everything else goes on. One thread, the log thread, calls all of this once the sink is open.
 */
struct sink;

/* Opens what a configuration's log.target names: `stderr`, `file:PATH`, `journald` or `syslog`, the latter two also
 * with `:PATH` of another socket than the usual. NULL with the reason in `error`.
 * May block on the file system. */
struct sink *sink_open(const char *target, struct error *error);

/* Nulls the pointer, takes NULL. */
void sink_close(struct sink **sink);

/* The target as it was configured. */
const char *sink_target(const struct sink *sink);

/* What its lines want to travel in. */
enum envelope sink_envelope(const struct sink *sink);

/* Sends what the batch holds: true when everything is sent, false when the rest must wait until
 * sink_retry_us. */
bool sink_flush(struct sink *sink, struct batch *batch, uint64_t now_us);
uint64_t sink_retry_us(const struct sink *sink);

/* It is worth a try now, whatever sink_retry_us says. */
void sink_hurry(struct sink *sink, uint64_t now_us);

/* Whether it has a file that sink_reopen can take anew. */
bool sink_reopens(const struct sink *sink);

/* Takes the target's file anew, as after a rotation: the new one is opened before the old one is closed. A
 * line of which only a part was sent begins again in the new one, or goes on where it stopped when both are
 * the same (a FIFO, or nothing was rotated). 0, or -1 with errno and everything as it was. */
MUST_USE int sink_reopen(struct sink *sink, struct batch *batch, uint64_t now_us);

/* Changes for the worse and back, each answered once. */
enum sink_news { SINK_NO_NEWS, SINK_HAS_FAILED, SINK_HAS_RECOVERED };

struct sink_failure {
    int error;                   /* errno */
    uint64_t since_us, until_us; /* monotonic; the latter once recovered */
};

enum sink_news sink_news(struct sink *sink, struct sink_failure *failure);

/* For how long it has failed without recovering; 0: it has not. */
uint64_t sink_failing_us(const struct sink *sink, uint64_t now_us);

/* Says one line on stderr when the sink can't, unless the sink is stderr: best effort, does not block. */
void sink_last_resort(const struct sink *sink, struct format *format, enum log_event_id event,
                      uint64_t time_us, const struct log_value *values, size_t count);

#endif
