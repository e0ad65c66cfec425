/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_LOGGER_H
#define CONCUR_LOG_LOGGER_H

#include "common/error.h"
#include "daemon/log/log.h"

/* The one consumer: the master's log thread, which drains every lane to the sink. */
struct logger;

/* Opens the sink that `config->log.target` names and starts the thread. NULL with the reason in `error`. A queue has
 * one logger in its life. Main thread. */
struct logger *logger_start(const struct config *config, struct log_queue *queue, struct error *error);

/* Asks for the sink's file to be reopened (USR1); the thread does it, keeping the old one if that fails, and logs it. A
 * sink that has no file goes on without a word. Any thread, does not block. */
void logger_reopen(struct logger *logger);

/* A producer process died and waitpid has proved that it stores no more: its lane is drained to the tail and given back
 * for the next owner under a new generation. Does not block. Any thread of the master. */
void logger_lane_died(struct logger *logger, unsigned lane);

/* Whether a lane that was given up by logger_lane_died is ready for its next owner. */
bool logger_lane_ready(struct logger *logger, unsigned lane);

/* Writes everything recorded so far, then the event `drained` with the final counts and the given facts, stops and
 * joins the thread and closes the sink. The calling thread must be the last producer. Nulls the pointer, takes NULL.
 * Blocks until written, at most `timeout_us` when the sink does not take it (what is left then counts as dropped);
 * a thread that hangs in a system call a moment longer is left behind. */
void logger_stop(struct logger **logger, uint64_t uptime_us, uint64_t connections, uint64_t timeout_us);

#endif
