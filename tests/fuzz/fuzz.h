/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_FUZZ_H
#define CONCUR_TESTS_FUZZ_H

/* What the harnesses share. Each is one file that defines LLVMFuzzerTestOneInput, and is linked twice: with libFuzzer
 * where the build has it (fuzz_NAME), and with replay.c everywhere (replay_NAME), which runs the seeds in
 * corpus/NAME as a test. One thread. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One input; answers 0. What must not be, ends the process (FUZZ_CHECK, a sanitizer, a signal). */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Says what is wrong and ends the process in the way that libFuzzer keeps the input of. */
#define FUZZ_CHECK(condition, ...)                                                                           \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n    ", __FILE__, __LINE__, #condition);                              \
            fprintf(stderr, __VA_ARGS__);                                                                    \
            fputc('\n', stderr);                                                                             \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

/* Numbers that follow from the input alone, so that a finding repeats itself: FNV-1a to begin with, then xorshift64*
 * (Vigna). */
struct fuzz_random {
    uint64_t state;
};

static inline struct fuzz_random fuzz_random_of(const uint8_t *bytes, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (struct fuzz_random){.state = hash | 1};
}

static inline size_t fuzz_below(struct fuzz_random *random, size_t bound)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (size_t)((random->state * UINT64_C(0x2545f4914f6cdd1d) >> 16) % bound);
}

/* The length of the next piece of input: mostly short, so that boundaries fall everywhere, sometimes all that is left. */
static inline size_t fuzz_piece(struct fuzz_random *random, size_t left)
{
    size_t most = (size_t)1 << fuzz_below(random, 12);
    size_t piece = 1 + fuzz_below(random, most);

    return piece < left ? piece : left;
}

/* An input that is taken from its front; zeroes come behind its end. */
struct fuzz_source {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t fuzz_take(struct fuzz_source *source)
{
    if (source->left == 0)
        return 0;
    source->left--;
    return *source->at++;
}

/* A number of as many bytes as the first one says, 0 to 8, so that small ones are short. */
static inline uint64_t fuzz_take_number(struct fuzz_source *source)
{
    uint64_t number = 0;

    for (unsigned bytes = fuzz_take(source) % 9u; bytes > 0; bytes--)
        number = number << 8 | fuzz_take(source);
    return number;
}

/* The next bytes, as many as the first one says; they stay where they are. */
static inline const uint8_t *fuzz_take_bytes(struct fuzz_source *source, size_t *length)
{
    const uint8_t *at;

    *length = fuzz_take(source);
    if (*length > source->left)
        *length = source->left;
    at = source->at;
    source->at += *length;
    source->left -= *length;
    return at;
}

/* A copy in a block of exactly that length, so that a look beyond is caught; the caller frees it. */
static inline char *fuzz_copy(const void *bytes, size_t length)
{
    char *copy = calloc(1, length + (length == 0));

    FUZZ_CHECK(copy != NULL, "no memory for an input of %zu bytes", length);
    if (length != 0)
        memcpy(copy, bytes, length);
    return copy;
}

#endif
