/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_CHANGE_H
#define CONCUR_LOG_CHANGE_H

#include "daemon/config/config.h"
#include "daemon/log/drain.h"
#include "daemon/log/sink.h"

/* What another configuration changes about the log's writer: target, format, flush_interval. Made by the main thread,
 * owned by whoever has it. */
struct log_change {
    struct sink *sink; /* open already; NULL: the target stays */
    int style;         /* enum log_format */
    uint64_t flush_interval_us;
    uint64_t until_us; /* how long the old sink has to take what was made for it */
};

/* Opens the target if it is another, so that what can fail has failed before anything changes. NULL with the reason. May
 * block on the file system. log_change_free takes NULL. */
struct log_change *log_change_prepare(const struct config *from, const struct config *to,
                                      struct error *error);
void log_change_free(struct log_change **change);

/* The main thread leaves one there, for which the old sink has until `until_us`, and nulls its pointer; the log thread
 * takes what is there into `due`. Of two the later counts, with the earlier one's sink if it has none. */
void log_change_offer(_Atomic(struct log_change *) *slot, struct log_change **change, uint64_t until_us);
void log_change_collect(_Atomic(struct log_change *) *slot, struct log_change **due);

/* Puts it in effect for a sink and what is on its way there. What the old sink has not taken goes along to the new one,
 * if both want their lines alike; else false until it is taken, the sink fails or the time is over, when it counts as
 * dropped. The log thread. */
bool log_change_apply(struct log_change *due, struct sink **sink, struct drain *drain, uint64_t now_us);

#endif
