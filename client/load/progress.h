/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_PROGRESS_H
#define CONCUR_CLIENT_LOAD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/load/plan.h"

/* Says once a second how a load goes: a line on stderr, or whoever the plan names is told. Main thread. */
struct progress {
    const struct load_plan *plan;
    bool shown;    /* at all */
    bool terminal; /* rewrites its line */
    uint64_t started_us, last_us;
    uint64_t last_replies;
};

/* The line is shown on a terminal, or when the plan wants it. */
void progress_begin(struct progress *progress, const struct load_plan *plan, uint64_t now_us);

/* When the next line is due. */
uint64_t progress_due_us(const struct progress *progress);

/* Says how it goes. */
void progress_show(struct progress *progress, uint64_t now_us, const struct load_moment *moment);

/* Leaves a clean line behind. */
void progress_end(struct progress *progress);

#endif
