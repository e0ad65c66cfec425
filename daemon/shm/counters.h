/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SHM_COUNTERS_H
#define CONCUR_SHM_COUNTERS_H

#include <stdbool.h>
#include <stdatomic.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/config/config.h"
#include "daemon/shm/robust_lock.h"

/* Named integers that all workers share: the lesson about shared variables and locks. A name is claimed by
 * compare-and-swap on first use and never freed while the daemon lives; the value ABSENT stands for "does not exist",
 * so DEL and INCR stay single atomic steps. Any thread of any process. */

#define COUNTER_NAME_LONGEST 55
#define COUNTER_ABSENT       INT64_MIN /* hence the one integer that no counter can hold */

struct counter {
    _Alignas(64) _Atomic uint64_t claim; /* the name's hash; 0 = nobody's yet */
    _Atomic uint32_t name_length;    /* release once the name is whole; the acquire load pairs; 0 = not yet */
    char name[COUNTER_NAME_LONGEST]; /* writer: the claimer */
    _Alignas(64) _Atomic int64_t
        stored; /* value ^ INT64_MIN: zeroed memory is ABSENT. On a line of its own: names are
                                          * read by all, values fought over */
};

struct counters {
    struct counter *table;
    unsigned capacity;
    struct robust_lock *lock; /* of `counters.guard = mutex` */
    int guard;                /* enum counters_guard */
};

enum counter_result { COUNTER_OK, COUNTER_MISSING, COUNTER_FULL, COUNTER_OVERFLOW };

/* The counter of that name, claimed now when `claim`; NULL when there is none, or no room for it. `length` is 1 to
 * COUNTER_NAME_LONGEST. Waits only while another worker is between claiming and writing this same name, and not for
 * ever: it may have died there. */
struct counter *counters_find(const struct counters *counters, const char *name, size_t length, bool claim);

/* Adds `amount` (an absent counter counts from 0) under the configured guard and answers the new value. */
enum counter_result counters_add(const struct counters *counters, struct counter *counter, int64_t amount,
                                 int64_t *value);

/* Reads (one aligned word is always whole, whatever the guard), or sets (ABSENT deletes) and answers what was there. */
int64_t counters_get(struct counter *counter);
int64_t counters_set(const struct counters *counters, struct counter *counter, int64_t value);

#endif
