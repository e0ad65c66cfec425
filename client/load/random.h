/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_RANDOM_H
#define CONCUR_CLIENT_LOAD_RANDOM_H

#include <stdint.h>

/* What a load draws by chance. Each draw is a function of the seed, of what it is for and of the request's
 * number, never of a generator's state: so one seed means one sequence, whichever connection carries which
 * request and whenever its thread gets to it. */
enum random_stream {
    RANDOM_COMMAND = 1, /* which command of the mix */
    RANDOM_VALUE,       /* a placeholder's value */
    RANDOM_ARRIVAL      /* and on: one stream per thread */
};

/* The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static inline uint64_t random_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

/* 64 even bits: SplitMix64's output number `index`, its state begun from the seed and the stream. */
static inline uint64_t random_at(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint64_t begin = random_mix(random_mix(seed) ^ (stream * UINT64_C(0xd1342543de82ef95)));

    return random_mix(begin + (index + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

/* A number below `bound`, evenly but for a bias of bound / 2^64 (multiply and shift: Lemire, 2019). */
static inline uint64_t random_below(uint64_t bits, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)bits * bound) >> 64);
}

#endif
