/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_SHORTAGE_H
#define CONCUR_TESTS_SHORTAGE_H

#include <stdatomic.h>
#include <stdint.h>

/* What a test decides about the host of a program that is linked with shortage.c: the n-th allocation from now fails, worker
 * processes get no memory at all, the wall clock jumps. All zeroes: a host like any other. A scenario's daemon finds this in
 * the file that CONCURD_SHORTAGE names, shared by all of its processes and the scenario (harness/shortage.py has the same
 * layout); a unit has one of its own. */
struct shortage {
    _Atomic int64_t countdown; /* 1: the next one fails; 0 and less: none does */
    _Atomic int64_t failed;    /* how many have */
    _Atomic int64_t calls;     /* how many there were, in all processes */
    _Atomic int64_t starving;  /* not 0: nothing at all for worker processes that start now */
    _Atomic int64_t wall_s;    /* added to what the wall clock says */
};

/* The one that counts for this process. */
extern struct shortage *shortage;

#endif
