/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_LOGGER_H
#define CONCUR_LOG_LOGGER_H

#include "common/error.h"
#include "daemon/log/log.h"

/* The one consumer: the master's log thread, which drains every lane to the sink. */
struct logger;
struct log_change; /* log/change.h */

/* Opens the sink that `config->log.target` names and starts the thread. NULL with the reason in `error`. A queue has
 * one logger in its life. Main thread. */
struct logger *logger_start(const struct config *config, struct log_queue *queue, struct error *error);

/* Hands a change over to the thread, which lets the old sink take what it has first, for a second; after that it goes to
 * the new one, unless that is another kind of sink: then it counts as dropped. Nothing else is lost. Main thread, does not
 * block. Nulls the pointer. */
void logger_change(struct logger *logger, struct log_change **change);

/* Asks for the sink's file to be reopened (USR1); the thread does it, keeping the old one if that fails, and logs it. A
 * sink that has no file goes on without a word. Any thread, does not block. */
void logger_reopen(struct logger *logger);

/* A producer process died and waitpid has proved that it stores no more: its lane is drained to the tail and given back
 * for the next owner under a new generation. Does not block. Any thread of the master. */
void logger_lane_died(struct logger *logger, unsigned lane);

/* Whether a lane that was given up by logger_lane_died is ready for its next owner. */
bool logger_lane_ready(struct logger *logger, unsigned lane);

/* A successor can't start without this lane. Say it again until the lane is ready: what it still holds after a second
 * counts as dropped. Does not block. Any thread of the master. */
void logger_lane_wanted(struct logger *logger, unsigned lane);

/* What the last line says beside the counts. */
struct logger_end {
    uint64_t uptime_us, connections;
    unsigned abandoned; /* threads that were left behind and may log still */
    /* Asked some times a second, by the calling thread: true ends the waiting for the sink. NULL: nobody is in a hurry. */
    bool (*hurried)(void);
};

/* Writes everything recorded so far, then the event `drained` with the final counts and `end`, stops and joins the
 * thread and closes the sink. The calling thread must be the last producer but for the abandoned ones: with such, a
 * number that was taken and has not arrived is not lost but may still come, and counts as unsettled. Nulls the pointer,
 * takes NULL. Blocks until written, at most `timeout_us` when the sink does not take it - a second when it has failed for
 * longer than that already: what is left then counts as dropped, and stderr gets the counts, unless that is the sink. A
 * log thread that hangs in a system call a moment longer is left behind. */
void logger_stop(struct logger **logger, const struct logger_end *end, uint64_t timeout_us);

#endif
