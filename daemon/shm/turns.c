/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns. As permits are (permits.c), they are words that say whose they are and are changed by compare-and-swap, so that
 * neither a killed nor a stopped process holds up another; but who looks for one is nobody's next, and the master is not
 * alone in taking a turn from who has it for too long: it sees a process that hangs late, or not at all. Turns order
 * nothing, so all of this is relaxed. Runs in workers' threads; in the master what reclaims. */
#include "daemon/shm/turns.h"

#define OWNER_MASK ((UINT64_C(1) << TURNS_OWNER_BITS) - 1)

static uint64_t load(const _Atomic uint64_t *place)
{
    return atomic_load_explicit(place, memory_order_relaxed);
}

static bool change(_Atomic uint64_t *place, uint64_t old, uint64_t value)
{
    return atomic_compare_exchange_strong_explicit(place, &old, value, memory_order_relaxed,
                                                   memory_order_relaxed);
}

static bool is_lost(uint64_t word, uint64_t now_us)
{
    uint64_t since = word >> TURNS_OWNER_BITS;

    return now_us > since && now_us - since > TURNS_LOST_US;
}

bool turns_take(_Atomic uint64_t *turns, unsigned count, unsigned process, uint64_t now_us, struct turn *turn)
{
    uint64_t word = now_us << TURNS_OWNER_BITS | (process + 1u);
    unsigned i;

    for (i = 0; i < count; i++) {
        uint64_t seen = load(&turns[i]);

        if ((seen != 0 && !is_lost(seen, now_us)) || !change(&turns[i], seen, word))
            continue;
        *turn = (struct turn){.place = &turns[i], .word = word};
        return true;
    }
    return false;
}

void turns_give(const struct turn *turn)
{
    (void)change(turn->place, turn->word, 0);
}

void turns_reclaim(_Atomic uint64_t *turns, unsigned count, unsigned process)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        uint64_t seen = load(&turns[i]);

        if ((seen & OWNER_MASK) == process + 1u)
            (void)change(&turns[i], seen, 0);
    }
}
