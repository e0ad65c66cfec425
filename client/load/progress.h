/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_PROGRESS_H
#define CONCUR_CLIENT_LOAD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* The line on stderr that says once a second how a load goes. Main thread. */
struct progress {
    bool shown;    /* at all */
    bool terminal; /* rewrites its line */
    uint64_t started_us, last_us;
    uint64_t last_replies;
};

/* Shown on a terminal, or when `wanted`. */
void progress_begin(struct progress *progress, bool wanted, uint64_t now_us);

/* When the next line is due. */
uint64_t progress_due_us(const struct progress *progress);

/* Prints a line, given the totals so far. */
void progress_show(struct progress *progress, uint64_t now_us, uint64_t replies, uint64_t errors);

/* Leaves a clean line behind. */
void progress_end(struct progress *progress);

#endif
