/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes of the log's writer, as a reload hands them to the log thread (logger.c applies them). Runs in the main thread
 * and, for what is taken over, in the log thread. */
#include "daemon/log/change.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct log_change *log_change_prepare(const struct config *from, const struct config *to, struct error *error)
{
    struct log_change *change = calloc(1, sizeof *change);

    if (change == NULL) {
        error_set(error, "not enough memory for the log");
        return NULL;
    }
    change->style = to->log.format;
    change->flush_interval_us = to->log.flush_interval_us;
    if (strcmp(from->log.target, to->log.target) == 0)
        return change;
    change->sink = sink_open(to->log.target, error);
    if (change->sink == NULL)
        log_change_free(&change);
    return change;
}

void log_change_free(struct log_change **change)
{
    if (*change == NULL)
        return;
    sink_close(&(*change)->sink);
    free(*change);
    *change = NULL;
}

/* Frees the earlier one, which may be NULL. */
static struct log_change *merge(struct log_change *earlier, struct log_change *later)
{
    if (earlier != NULL && later->sink == NULL) {
        later->sink = earlier->sink;
        earlier->sink = NULL;
    }
    log_change_free(&earlier);
    return later;
}

void log_change_offer(_Atomic(struct log_change *) *slot, struct log_change **change, uint64_t until_us)
{
    struct log_change *mine = *change;

    *change = NULL;
    mine->until_us = until_us;
    mine = merge(atomic_exchange_explicit(slot, NULL, memory_order_relaxed), mine); /* our own, from before */
    /* release: pairs with the acquire in log_change_collect */
    atomic_store_explicit(slot, mine, memory_order_release);
}

void log_change_collect(_Atomic(struct log_change *) *slot, struct log_change **due)
{
    /* acquire: pairs with the release in log_change_offer */
    struct log_change *change = atomic_exchange_explicit(slot, NULL, memory_order_acquire);

    if (change != NULL)
        *due = merge(*due, change);
}

/* Whether the next sink may take over now. */
static bool leave(const struct log_change *due, struct sink *sink, struct drain *drain, uint64_t now_us)
{
    const char *text;

    if (now_us >= sink_retry_us(sink))
        sink_flush(sink, &drain->batch, now_us);
    drain_written(drain);
    if (batch_unsent(&drain->batch, &text) == 0)
        return true;
    if (sink_envelope(due->sink) == sink_envelope(sink)) {
        batch_rewind(&drain->batch);
        return true;
    }
    if (sink_failing_us(sink, now_us) == 0 && now_us < due->until_us)
        return false;
    drain_forget_batch(drain);
    return true;
}

bool log_change_apply(struct log_change *due, struct sink **sink, struct drain *drain, uint64_t now_us)
{
    if (due->sink != NULL) {
        if (!leave(due, *sink, drain, now_us))
            return false;
        sink_close(sink);
        *sink = due->sink;
        due->sink = NULL;
    }
    format_restyle(&drain->format, due->style, sink_envelope(*sink));
    return true;
}
