/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_BACKEND_PRIVATE_H
#define CONCUR_BACKEND_BACKEND_PRIVATE_H

#include "daemon/backend/backend.h"
#include "daemon/command/worker.h"

/* What a backend implements; for the files of this folder alone. */
struct backend_operations {
    int mode; /* enum mode */
    /* how many slots its workers need in the master; none for prefork */
    unsigned (*workers)(const struct config *config);
    struct backend *(*start)(const struct backend_host *host, struct error *error);
    enum backend_submitted (*submit)(struct backend *backend, struct connection *connection);
    void (*retire)(struct backend *backend);
    unsigned (*connections)(const struct backend *backend);
    void (*adopt)(struct backend *backend); /* NULL: all that matters is looked up when it is needed */
    void (*cut)(struct backend *backend);
    unsigned (*stop)(struct backend *backend, uint64_t until_us);
};

/* The head of every backend's own structure. */
struct backend {
    const struct backend_operations *operations;
    const struct backend_host *host;
    /* atomic: set by the main thread, seen by workers at the end of a turn */
    _Atomic bool retiring;
};

extern const struct backend_operations backend_thread, backend_pool, backend_event, backend_prefork;

static inline bool backend_is_retiring(const struct backend *backend)
{
    return atomic_load_explicit(&backend->retiring, memory_order_relaxed);
}

/* The three that live in one process share these. */
unsigned backend_local_connections(const struct backend *backend);
void backend_local_cut(struct backend *backend);

/* How many workers (slots) an inner backend has in each prefork worker. */
unsigned backend_inner_workers(const struct config *config);

/* Says on the scoreboard how many workers this process has. */
void backend_show_workers(const struct backend *backend, unsigned workers);

#endif
