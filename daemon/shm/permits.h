/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SHM_PERMITS_H
#define CONCUR_SHM_PERMITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* A semaphore over the threads of all processes, for limits.cpu_commands: so many may have a permit at once, the others wait
 * in a queue. Nothing in here blocks and nobody is woken: who waits asks again, as often as `permits_ahead` makes sensible.
 * Whatever a process had - permits, places in the queue - can be taken from it when it is dead or stopped. */

#define PERMITS_MOST 4096 /* what limits.cpu_commands may be */

/* In shared memory; all that is not said to be set at start is anybody's. Words in `taken` and `queue` are a number that is
 * never used again, and in the lowest 16 bits 1 + the process that it is of; 0 there means nobody. */
struct permits {
    /* set by permits_init */
    uint64_t room; /* of `queue`, a power of two */
    /* The queue's entry of ticket t is queue[t % room]. `head` is not behind the oldest ticket that waits. */
    _Alignas(64) _Atomic uint64_t head;
    _Alignas(64) _Atomic uint64_t next;   /* the ticket that is given out next */
    _Alignas(64) _Atomic uint64_t serial; /* how often a permit was to be taken */
    _Alignas(64) _Atomic uint64_t taken[PERMITS_MOST];
    _Atomic uint64_t queue[];
};

/* Somebody who has a permit, or waits for one, or neither: then it is all zero. Its owner's alone. */
struct permit {
    uint64_t word;   /* as it stands in `taken`; 0 = has none */
    uint32_t place;  /* there */
    bool seen_free;  /* at the last look one was free, but others were first */
    uint64_t serial; /* as it was at that look */
    uint64_t ticket; /* in the queue; 0 = not in it */
    uint64_t queued; /* the word there */
};

/* How much memory they take with room for so many who wait; and makes them of zeroed memory of that size. */
size_t permits_bytes(unsigned waiting);
void permits_init(struct permits *permits, unsigned waiting);

/* Takes one of `most` permits for a thread of `process`, if one is free and nobody waits longer. Else it waits from now on,
 * and this is to be called again. One that stays free from one look to the next is taken whoever is first: he may be unable
 * to ask. True when it has been taken. */
MUST_USE bool permits_take(struct permits *permits, struct permit *permit, unsigned process, unsigned most);

/* Gives the permit back; waits no longer. Both take one that is all zero, and make it so. */
void permits_give(struct permits *permits, struct permit *permit);
void permits_leave(struct permits *permits, struct permit *permit);

/* How many may be before it in the queue. */
uint64_t permits_ahead(const struct permits *permits, const struct permit *permit);

/* How many are taken, and how many wait. */
uint64_t permits_taken(const struct permits *permits);
uint64_t permits_waiting(const struct permits *permits);

/* Takes all from a process that is dead or stopped. One that is continued runs on with what it does, so that for as long
 * there may be more than allowed; it gives nothing back that is another's by then, and who waits in it queues anew. */
void permits_reclaim(struct permits *permits, unsigned process);

#endif
