/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_GENERATION_H
#define CONCUR_CONFIG_GENERATION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/config/config.h"
#include "daemon/config/users.h"

struct tls_context;
struct tls_tickets;

/* A generation: one validated configuration with the files that it names and what is made from them, which never change,
 * and its number. A reload publishes another; whoever holds the old one goes on with it until a moment of its own choosing,
 * and the last to let go frees it. */
struct generation {
    /* set before it is published, then read only */
    struct config *config; /* with its attachments */
    uint32_t number;
    struct users *users;             /* NULL without a users file */
    struct tls_context *credentials; /* NULL without a certificate; connections hold it, too */
    /* lock: generations.lock */
    unsigned holders;
};

/* The generations of one process. Only its main thread publishes. */
struct generations {
    /* atomic: written by the main thread under the lock, so that who takes the lock because it has changed finds it */
    _Atomic(struct generation *) current;
    pthread_mutex_t lock;
    /* lock: lock */
    unsigned alive; /* how many there are */
};

/* Makes a generation, which owns the configuration from then on, and what it needs of the configuration's attachments.
 * `tickets` are the process's, which outlive every generation; NULL for one that serves nobody. NULL with a line in
 * `problems` for everything that is wrong, and then the configuration stays the caller's. One that is never published is
 * freed by generation_free, which takes NULL. */
struct generation *generation_new(struct config *config, uint32_t number, struct tls_tickets *tickets,
                                  struct buffer *problems);
void generation_free(struct generation **generation);

/* Whether a generation can be made of the configuration, attachments included. 0, or -1 with a line in `problems` for
 * everything that is wrong. */
MUST_USE int generation_check(struct config *config, struct buffer *problems);

/* With `first` published, which it owns; NULL when memory is short. generations_free takes NULL; nobody may hold any. */
struct generations *generations_new(struct generation *first);
void generations_free(struct generations **generations);

/* Puts `next` in effect. Can't fail: a reload that has got this far is done. Main thread. */
void generations_publish(struct generations *generations, struct generation *next);

/* The current one, held for the caller until it lets go; any thread. */
const struct generation *generations_hold(struct generations *generations);
void generations_let_go(struct generations *generations, const struct generation *held);

/* Whether there is another than the one that the caller holds: a load and a comparison. Any thread. */
static inline bool generations_moved(const struct generations *generations, const struct generation *held)
{
    return atomic_load_explicit(&generations->current, memory_order_relaxed) != held;
}

/* The current one and its configuration, without holding them: for the main thread, which alone replaces them. */
static inline const struct generation *generations_current(const struct generations *generations)
{
    return atomic_load_explicit(&generations->current, memory_order_relaxed);
}

/* A generation as bytes, for another process: its number, the configuration in a file's syntax and the attachments, each
 * with its name and length before it. 0, or -1 when memory is short. The bytes hold secrets: generation_wipe. And back:
 * NULL with a line in `problems` for everything that is wrong. */
MUST_USE int generation_write(const struct generation *generation, struct buffer *bytes);
struct generation *generation_read(const char *bytes, size_t length, unsigned cores,
                                   struct tls_tickets *tickets, struct buffer *problems);

/* Frees what generation_write wrote, or was read back, and leaves no trace of it. */
void generation_wipe(struct buffer *bytes);

/* More than one can have. */
#define GENERATION_MOST (16u << 20)

/* How many are not freed yet. Any thread. */
unsigned generations_alive(struct generations *generations);

#endif
