/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared counters: an open-addressing table that only ever grows, and three ways to guard a value. `atomic` is a
 * compare-and-swap loop (not fetch-and-add, because an overflow must be refused, not wrapped); `mutex` one robust
 * process-shared lock around a load and a store; `none` the same load and store with nothing around them, which loses
 * updates as every such program does. A holder that dies leaves one word, always whole: the next one has nothing to
 * repair. Runs in any worker. */
#include "daemon/shm/counters.h"

#include <assert.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "common/clock.h"

/* How long to wait for a name that is being written. It is a few instructions; should its writer have died there, the
 * hash alone must do. */
#define NAMING_PATIENCE_US 20000

/* FNV-1a (Fowler, Noll, Vo), 64 bits; never 0, which means unclaimed. */
static uint64_t hash(const char *name, size_t length)
{
    uint64_t sum = 14695981039346656037u;
    size_t i;

    for (i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)name[i]) * 1099511628211u;
    return sum | 1;
}

/* Whether the entry, whose hash is the name's, is that name's: a claimer at work is waited for. */
static bool same_name(struct counter *counter, const char *name, size_t length)
{
    /* pairs with the release in claim_entry */
    uint32_t named = atomic_load_explicit(&counter->name_length, memory_order_acquire);
    uint64_t until;

    if (named == 0) {
        until = clock_now_us() + NAMING_PATIENCE_US;
        do {
            sched_yield();
            named = atomic_load_explicit(&counter->name_length, memory_order_acquire);
        } while (named == 0 && clock_now_us() < until);
    }
    return named == 0 || (named == length && memcmp(counter->name, name, length) == 0);
}

/* Claims a free entry; false when somebody was faster, `found` then being whose it is. */
static bool claim_entry(struct counter *counter, uint64_t hashed, const char *name, size_t length,
                        uint64_t *found)
{
    *found = 0;
    if (!atomic_compare_exchange_strong_explicit(&counter->claim, found, hashed, memory_order_relaxed,
                                                 memory_order_relaxed))
        return false;
    memcpy(counter->name, name, length);
    atomic_store_explicit(&counter->name_length, (uint32_t)length, memory_order_release);
    return true;
}

struct counter *counters_find(const struct counters *counters, const char *name, size_t length, bool claim)
{
    uint64_t hashed = hash(name, length);
    unsigned first = (unsigned)(hashed % counters->capacity);
    unsigned i;

    assert(length >= 1 && length <= COUNTER_NAME_LONGEST);
    for (i = 0; i < counters->capacity; i++) {
        struct counter *counter = &counters->table[(first + i) % counters->capacity];
        uint64_t found = atomic_load_explicit(&counter->claim, memory_order_relaxed);

        if (found == 0) {
            if (!claim)
                return NULL;
            if (claim_entry(counter, hashed, name, length, &found))
                return counter;
        }
        if (found == hashed && same_name(counter, name, length))
            return counter;
    }
    return NULL;
}

/* Between a value and how it is stored (counters.h), both ways. */
static int64_t coded(int64_t value)
{
    return value ^ INT64_MIN;
}

/* From one stored value to the next. */
static enum counter_result sum(int64_t stored, int64_t amount, int64_t *value)
{
    int64_t was = coded(stored);

    if (was == COUNTER_ABSENT)
        was = 0;
    if (__builtin_add_overflow(was, amount, value) || *value == COUNTER_ABSENT)
        return COUNTER_OVERFLOW;
    return COUNTER_OK;
}

static enum counter_result add_atomic(struct counter *counter, int64_t amount, int64_t *value)
{
    int64_t stored = atomic_load_explicit(&counter->stored, memory_order_relaxed);

    do {
        if (sum(stored, amount, value) != COUNTER_OK)
            return COUNTER_OVERFLOW;
    } while (!atomic_compare_exchange_weak_explicit(&counter->stored, &stored, coded(*value),
                                                    memory_order_relaxed, memory_order_relaxed));
    return COUNTER_OK;
}

static enum counter_result add_plain(struct counter *counter, int64_t amount, int64_t *value)
{
    int64_t stored = atomic_load_explicit(&counter->stored, memory_order_relaxed);

    if (sum(stored, amount, value) != COUNTER_OK)
        return COUNTER_OVERFLOW;
    atomic_store_explicit(&counter->stored, coded(*value), memory_order_relaxed);
    return COUNTER_OK;
}

enum counter_result counters_add(const struct counters *counters, struct counter *counter, int64_t amount,
                                 int64_t *value)
{
    enum counter_result result;

    if (counters->guard == COUNTERS_ATOMIC)
        return add_atomic(counter, amount, value);
    if (counters->guard == COUNTERS_NONE)
        return add_plain(counter, amount, value);
    robust_lock_take(counters->lock);
    result = add_plain(counter, amount, value);
    robust_lock_give(counters->lock);
    return result;
}

int64_t counters_get(struct counter *counter)
{
    return coded(atomic_load_explicit(&counter->stored, memory_order_relaxed));
}

int64_t counters_set(const struct counters *counters, struct counter *counter, int64_t value)
{
    int64_t was;

    if (counters->guard != COUNTERS_MUTEX)
        return coded(atomic_exchange_explicit(&counter->stored, coded(value), memory_order_relaxed));
    robust_lock_take(counters->lock);
    was = coded(atomic_exchange_explicit(&counter->stored, coded(value), memory_order_relaxed));
    robust_lock_give(counters->lock);
    return was;
}
