/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SHM_SHARED_TEXT_H
#define CONCUR_SHM_SHARED_TEXT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Short texts in shared memory with one writer and any number of readers in other threads and processes. They travel
 * as relaxed 8-byte words: a reader may see half of an old and half of a new text, never memory that isn't the text's
 * and never an endless string. Good enough for what people look at (CLIENT LIST), and it costs the writer no lock. */

#define SHARED_TEXT_WORDS(bytes) ((bytes) / sizeof(uint64_t))

/* Stores `text`, cut to fit `words`, NUL-padded. The field's owner only. */
static inline void shared_text_store(_Atomic uint64_t *field, size_t words, const char *text, size_t length)
{
    size_t i;

    for (i = 0; i < words; i++) {
        uint64_t word = 0;
        size_t at = i * sizeof word;

        if (at < length)
            memcpy(&word, text + at, length - at < sizeof word ? length - at : sizeof word);
        atomic_store_explicit(&field[i], word, memory_order_relaxed);
    }
}

/* Copies the field out, always NUL-terminated; `text` has words * 8 + 1 bytes. Answers `text`. Any thread. */
static inline const char *shared_text_load(const _Atomic uint64_t *field, size_t words, char *text)
{
    size_t i;

    for (i = 0; i < words; i++) {
        uint64_t word = atomic_load_explicit(&field[i], memory_order_relaxed);

        memcpy(text + i * sizeof word, &word, sizeof word);
    }
    text[words * sizeof(uint64_t)] = '\0';
    return text;
}

#endif
