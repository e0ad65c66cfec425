/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SHM_TURNS_H
#define CONCUR_SHM_TURNS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Turns: how many of something may run at once in all processes, as an array of words in shared memory, zero at first. It is a
 * bound that gives way a little: a turn that is held for seconds is taken for lost, and taken again. */

/* A word is since when (in microseconds) the turn is taken, above, and whose it is: its process + 1. */
#define TURNS_OWNER_BITS 16
#define TURNS_LOST_US    5000000

/* One that was taken. */
struct turn {
    _Atomic uint64_t *place;
    uint64_t word;
};

/* Takes a turn that is free or lost, `now`; false when there is none. Lock-free; any thread. */
bool turns_take(_Atomic uint64_t *turns, unsigned count, unsigned process, uint64_t now_us,
                struct turn *turn);

/* Gives it back, unless somebody has thought it lost. */
void turns_give(const struct turn *turn);

/* Frees what a process holds that can't give it back: it is dead, or stopped. */
void turns_reclaim(_Atomic uint64_t *turns, unsigned count, unsigned process);

#endif
