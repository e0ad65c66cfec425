/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_WAKEUPS_H
#define CONCUR_BACKEND_WAKEUPS_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* A binary min-heap of times to wake somebody, each entry knowing its place, for waits on a reactor. The owner's thread
 * only. */
struct wakeup {
    uint64_t at_us;
    size_t place; /* 1-based; 0 = not in the heap */
};

struct wakeups {
    struct wakeup **heap;
    size_t count, capacity;
};

void wakeups_free(struct wakeups *wakeups);

/* Enters it at that time, or moves it there. 0, or -1 when memory is short (then it is where it was). */
MUST_USE int wakeups_set(struct wakeups *wakeups, struct wakeup *wakeup, uint64_t at_us);

/* Takes it out, if it is in. */
void wakeups_remove(struct wakeups *wakeups, struct wakeup *wakeup);

/* The earliest, or NULL. */
struct wakeup *wakeups_first(const struct wakeups *wakeups);

#endif
