/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap of waits on a reactor (Williams' binary heap). Not libevent's timers: those make every turn of the loop
 * compute a time-out, and round it to milliseconds unless a timerfd is re-armed at each. Here one timerfd is armed when
 * the earliest wait changes, and a loop without waits pays nothing. Runs in the reactor's thread. */
#include "daemon/backend/wakeups.h"

#include <stdlib.h>

void wakeups_free(struct wakeups *wakeups)
{
    free(wakeups->heap);
    *wakeups = (struct wakeups){0};
}

static void put(struct wakeups *wakeups, size_t place, struct wakeup *wakeup)
{
    wakeups->heap[place - 1] = wakeup;
    wakeup->place = place;
}

static void rise(struct wakeups *wakeups, struct wakeup *wakeup)
{
    size_t place = wakeup->place;

    while (place > 1 && wakeups->heap[place / 2 - 1]->at_us > wakeup->at_us) {
        put(wakeups, place, wakeups->heap[place / 2 - 1]);
        place /= 2;
    }
    put(wakeups, place, wakeup);
}

static void sink(struct wakeups *wakeups, struct wakeup *wakeup)
{
    size_t place = wakeup->place;

    for (;;) {
        size_t child = place * 2;

        if (child > wakeups->count)
            break;
        if (child < wakeups->count && wakeups->heap[child]->at_us < wakeups->heap[child - 1]->at_us)
            child++;
        if (wakeups->heap[child - 1]->at_us >= wakeup->at_us)
            break;
        put(wakeups, place, wakeups->heap[child - 1]);
        place = child;
    }
    put(wakeups, place, wakeup);
}

int wakeups_set(struct wakeups *wakeups, struct wakeup *wakeup, uint64_t at_us)
{
    if (wakeup->place == 0) {
        if (wakeups->count == wakeups->capacity) {
            size_t capacity = wakeups->capacity != 0 ? wakeups->capacity * 2 : 16;
            struct wakeup **grown = realloc(wakeups->heap, capacity * sizeof *grown);

            if (grown == NULL)
                return -1;
            wakeups->heap = grown;
            wakeups->capacity = capacity;
        }
        put(wakeups, ++wakeups->count, wakeup);
    }
    wakeup->at_us = at_us;
    rise(wakeups, wakeup);
    sink(wakeups, wakeup);
    return 0;
}

void wakeups_remove(struct wakeups *wakeups, struct wakeup *wakeup)
{
    size_t place = wakeup->place;
    struct wakeup *last;

    if (place == 0)
        return;
    wakeup->place = 0;
    last = wakeups->heap[--wakeups->count];
    if (last == wakeup)
        return;
    put(wakeups, place, last);
    rise(wakeups, last);
    sink(wakeups, last);
}

struct wakeup *wakeups_first(const struct wakeups *wakeups)
{
    return wakeups->count != 0 ? wakeups->heap[0] : NULL;
}
