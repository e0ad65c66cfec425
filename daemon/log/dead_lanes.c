/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a lane's owner. What a worker logged last - why it died, perhaps - is read like everything else,
 * in its turn, and only then may its successor have the lane. But records are not as dear as the service: when
 * there is no other lane for the successor, it waits for a moment only, however little the sink takes. That
 * may be nothing, a full disk, or so little that a full lane is minutes of work, a slow reader of a pipe.
 *
 * The main thread says what happened to workers, the log thread reads; an atomic per lane is between them. */
#include "daemon/log/dead_lanes.h"

#include <assert.h>
#include <stdlib.h>

enum lane_state {
    LANE_OPEN,   /* has an owner, or is ready for one */
    LANE_DYING,  /* given up, not yet read to its end */
    LANE_WANTED, /* the same, and a successor can't start without it */
};

int dead_lanes_init(struct dead_lanes *dead, unsigned lanes)
{
    dead->count = lanes;
    dead->states = calloc(lanes, sizeof *dead->states);
    dead->wanted_us = calloc(lanes, sizeof *dead->wanted_us);
    return dead->states != NULL && dead->wanted_us != NULL ? 0 : -1;
}

void dead_lanes_free(struct dead_lanes *dead)
{
    free((void *)dead->states);
    free(dead->wanted_us);
    *dead = (struct dead_lanes){0};
}

void dead_lanes_add(struct dead_lanes *dead, unsigned lane)
{
    unsigned char before;

    assert(lane < dead->count);
    /* release: pairs with the acquire in dead_lanes_bury */
    before = atomic_exchange_explicit(&dead->states[lane], LANE_DYING, memory_order_release);
    assert(before == LANE_OPEN);
    atomic_fetch_add_explicit(&dead->dying, 1, memory_order_relaxed);
}

bool dead_lanes_ready(const struct dead_lanes *dead, unsigned lane)
{
    assert(lane < dead->count);
    /* acquire: pairs with the release in dead_lanes_bury */
    return atomic_load_explicit(&dead->states[lane], memory_order_acquire) == LANE_OPEN;
}

bool dead_lanes_want(struct dead_lanes *dead, unsigned lane)
{
    unsigned char state = LANE_DYING;

    assert(lane < dead->count);
    /* release: keeps what dead_lanes_add released */
    atomic_compare_exchange_strong_explicit(&dead->states[lane], &state, LANE_WANTED, memory_order_release,
                                            memory_order_relaxed);
    return state != LANE_OPEN;
}

static bool is_overdue(struct dead_lanes *dead, unsigned lane, unsigned char state, uint64_t now_us)
{
    if (state != LANE_WANTED)
        return false;
    if (dead->wanted_us[lane] == 0)
        dead->wanted_us[lane] = now_us;
    return now_us - dead->wanted_us[lane] >= DEAD_LANES_PATIENCE_US;
}

void dead_lanes_bury(struct dead_lanes *dead, struct drain *drain, uint64_t now_us)
{
    if (atomic_load_explicit(&dead->dying, memory_order_relaxed) == 0)
        return;
    for (unsigned i = 0; i < dead->count; i++) {
        /* acquire: pairs with the release in dead_lanes_add */
        unsigned char state = atomic_load_explicit(&dead->states[i], memory_order_acquire);

        if (state == LANE_OPEN)
            continue;
        if (is_overdue(dead, i, state, now_us))
            drain_discard(drain, i, now_us);
        if (!drain_settle(drain, i, now_us))
            continue;
        dead->wanted_us[i] = 0;
        atomic_fetch_sub_explicit(&dead->dying, 1, memory_order_relaxed);
        /* release: pairs with the acquire in dead_lanes_ready */
        atomic_store_explicit(&dead->states[i], LANE_OPEN, memory_order_release);
    }
}
