/* SPDX-License-Identifier: Apache-2.0
 *
 * The load second by second. Percentiles of a second can only come out of the histograms of all threads
 * merged, and histograms of every second kept until the end would be gigabytes in a long run; so seconds are
 * handed to the main thread as they end, through a small ring per load thread with two counters, and without
 * a lock: a load thread that waited for anybody would measure its own waiting. */
#include "client/load/series.h"

#include <stdlib.h>

#include "common/clock.h"

#define SECOND_NS     UINT64_C(1000000000)
#define ROWS_AT_FIRST 64

int series_begin(struct series *series, bool both)
{
    size_t i;

    for (i = 0; i < SERIES_RING; i++) {
        struct series_slot *slot = &series->ring[i];

        slot->latency = histogram_new();
        slot->service = both ? histogram_new() : slot->latency;
        if (slot->latency == NULL || slot->service == NULL)
            return -1;
    }
    series->slot = &series->ring[0];
    series->ends_ns = CLOCK_NEVER;
    return 0;
}

void series_clear(struct series *series)
{
    size_t i;

    for (i = 0; i < SERIES_RING; i++) {
        if (series->ring[i].service != series->ring[i].latency)
            histogram_free(&series->ring[i].service);
        histogram_free(&series->ring[i].latency);
    }
}

void series_start(struct series *series, uint64_t origin_ns, uint64_t seconds)
{
    series->origin_ns = origin_ns;
    series->last = seconds > 0 ? seconds - 1 : UINT64_MAX;
    series->ends_ns = series->last == 0 ? CLOCK_NEVER : origin_ns + SECOND_NS;
}

void series_advance(struct series *series, uint64_t now_ns)
{
    uint64_t second = (now_ns - series->origin_ns) / SECOND_NS;
    uint64_t most = atomic_load_explicit(&series->taken, memory_order_acquire) + SERIES_RING -
                    1; /* pairs with timeline_take */

    second = second < series->last ? second : series->last;
    if (second > most)
        second = most;
    if (second > series->second) {
        series->second = second;
        series->slot = &series->ring[second % SERIES_RING];
        atomic_store_explicit(&series->published, second, memory_order_release);
    }
    series->ends_ns = second == series->last ? CLOCK_NEVER : series->origin_ns + (second + 1) * SECOND_NS;
}

void series_finish(struct series *series)
{
    atomic_store_explicit(&series->published, series->second + 1, memory_order_release);
}

int timeline_begin(struct timeline *timeline)
{
    timeline->latency = histogram_new();
    timeline->service = histogram_new();
    return timeline->latency != NULL && timeline->service != NULL ? 0 : -1;
}

void timeline_clear(struct timeline *timeline)
{
    histogram_free(&timeline->latency);
    histogram_free(&timeline->service);
    free(timeline->rows);
    timeline->rows = NULL;
}

static struct load_second *new_row(struct timeline *timeline)
{
    if (timeline->count == timeline->capacity) {
        size_t capacity = timeline->capacity > 0 ? timeline->capacity * 2 : ROWS_AT_FIRST;
        struct load_second *rows = realloc(timeline->rows, capacity * sizeof *rows);

        if (rows == NULL) {
            timeline->failed = true;
            return NULL;
        }
        timeline->rows = rows;
        timeline->capacity = capacity;
    }
    timeline->rows[timeline->count] =
        (struct load_second){.from_s = (double)timeline->count, .to_s = (double)timeline->count + 1};
    return &timeline->rows[timeline->count++];
}

/* Adds a thread's second to the row and leaves a clean slot. */
static void take_slot(struct timeline *timeline, struct load_second *row, struct series_slot *slot)
{
    row->sent += slot->sent;
    row->ok += slot->ok;
    row->error_replies += slot->error_replies;
    row->failed += slot->failed;
    histogram_merge(timeline->latency, slot->latency);
    histogram_merge(timeline->service, slot->service);
    histogram_reset(slot->latency);
    if (slot->service != slot->latency)
        histogram_reset(slot->service);
    slot->sent = slot->ok = slot->error_replies = slot->failed = 0;
}

static void take_second(struct timeline *timeline, struct series *const *series, size_t count)
{
    uint64_t number = timeline->count;
    struct load_second *row = new_row(timeline);
    size_t i;

    if (row == NULL)
        return;
    histogram_reset(timeline->latency);
    histogram_reset(timeline->service);
    for (i = 0; i < count; i++) {
        if (atomic_load_explicit(&series[i]->published, memory_order_acquire) > number)
            take_slot(timeline, row, &series[i]->ring[number % SERIES_RING]);
        atomic_store_explicit(&series[i]->taken, number + 1, memory_order_release);
    }
    row->latency_p50_ns = histogram_quantile_ns(timeline->latency, 0.5);
    row->latency_p90_ns = histogram_quantile_ns(timeline->latency, 0.9);
    row->latency_p99_ns = histogram_quantile_ns(timeline->latency, 0.99);
    row->latency_max_ns = histogram_max_ns(timeline->latency);
    row->service_p99_ns = histogram_quantile_ns(timeline->service, 0.99);
}

void timeline_take(struct timeline *timeline, struct series *const *series, size_t count, bool ended)
{
    while (!timeline->failed) {
        uint64_t all = UINT64_MAX, some = 0;
        size_t i;

        for (i = 0; i < count; i++) {
            uint64_t published = atomic_load_explicit(&series[i]->published, memory_order_acquire);

            all = published < all ? published : all;
            some = published > some ? published : some;
        }
        if ((ended ? some : all) <= timeline->count)
            return;
        take_second(timeline, series, count);
    }
}

void timeline_finish(struct timeline *timeline, double duration_s)
{
    while (timeline->count > 1 && timeline->rows[timeline->count - 1].from_s >= duration_s)
        timeline->count--; /* a thread that looked at its clock a moment later; nothing can be in it */
    if (timeline->count > 0)
        timeline->rows[timeline->count - 1].to_s = duration_s;
}
