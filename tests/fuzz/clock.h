/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_FUZZ_CLOCK_H
#define CONCUR_TESTS_FUZZ_CLOCK_H

#include <stdint.h>

/* A clock that follows from what is done alone. Between fuzz_clock_start and fuzz_clock_stop the monotonic clock and
 * that of a thread's CPU time stand where they are put, each look at them takes FUZZ_CLOCK_TICK_US, and a sleep takes
 * its time on them and none in the world. Outside, in other threads, and for the wall clock always, time is the
 * machine's: libFuzzer measures its own with that. */
#define FUZZ_CLOCK_TICK_US 1000u

void fuzz_clock_start(uint64_t now_us);
void fuzz_clock_stop(void);

/* Puts it forward to that time. */
void fuzz_clock_advance(uint64_t now_us);

#endif
