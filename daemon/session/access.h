/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SESSION_ACCESS_H
#define CONCUR_SESSION_ACCESS_H

#include "daemon/session/session.h"

/* The log lines of single commands: log.access = commands, log.slow. */

static inline bool access_wanted(const struct worker *worker)
{
    const struct config *config = worker->config;

    return config->log.access == LOG_ACCESS_COMMANDS || config->log.slow_us != 0;
}

/* The call has ended its command, whose request is still at the head of `in`; what it wrote this time begins
 * `out_before` bytes into `out`. Reads the clock once for a command that does not do so itself, and only when
 * each is logged. The worker whose turn it is. */
void access_log(const struct session *session, const struct call *call, size_t out_before);

#endif
