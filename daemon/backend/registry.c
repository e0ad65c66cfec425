/* SPDX-License-Identifier: Apache-2.0
 *
 * The backends by mode, and what they have in common. The only file that names them all. Runs in the main thread. */
#include <assert.h>
#include <stdlib.h>

#include "daemon/backend/backend_private.h"

static const struct backend_operations *const registry[] = {
    [MODE_THREAD] = &backend_thread,
    [MODE_POOL] = &backend_pool,
    [MODE_EVENT] = &backend_event,
    [MODE_PREFORK] = &backend_prefork,
};

unsigned backend_processes(const struct config *config)
{
    return config->server.mode == MODE_PREFORK
               ? 1 + CONFIG_PREFORK_OVERLAP * (unsigned)config->prefork.max_workers
               : 1;
}

unsigned backend_inner_workers(const struct config *config)
{
    return config->prefork.inner == MODE_THREAD ? registry[MODE_THREAD]->workers(config)
                                                : (unsigned)config->prefork.inner_threads;
}

struct backend_share backend_share(const struct config *config, unsigned number)
{
    unsigned in_master = 1 + registry[config->server.mode]->workers(config);
    unsigned in_worker = 1 + backend_inner_workers(config);

    if (number == 0)
        return (struct backend_share){.first = 0, .count = in_master};
    return (struct backend_share){.first = in_master + (number - 1) * in_worker, .count = in_worker};
}

struct backend *backend_start(int mode, const struct backend_host *host, struct error *error)
{
    struct backend *backend = registry[mode]->start(host, error);

    assert(registry[mode]->mode == mode);
    return backend;
}

enum backend_submitted backend_submit(struct backend *backend, struct connection *connection)
{
    return backend->operations->submit(backend, connection);
}

void backend_retire(struct backend *backend)
{
    atomic_store_explicit(&backend->retiring, true, memory_order_relaxed);
    backend->operations->retire(backend);
}

unsigned backend_connections(const struct backend *backend)
{
    return backend->operations->connections(backend);
}

void backend_adopt(struct backend *backend)
{
    if (backend->operations->adopt != NULL)
        backend->operations->adopt(backend);
}

void backend_cut(struct backend *backend)
{
    backend->operations->cut(backend);
}

unsigned backend_stop(struct backend **backend, uint64_t until_us)
{
    unsigned abandoned = 0;

    if (*backend != NULL)
        abandoned = (*backend)->operations->stop(*backend, until_us);
    *backend = NULL;
    return abandoned;
}

unsigned backend_local_connections(const struct backend *backend)
{
    return atomic_load_explicit(&backend->host->connections->open, memory_order_acquire);
}

void backend_local_cut(struct backend *backend)
{
    connections_mark_all(backend->host->connections, CLOSE_DRAIN);
}

void backend_show_workers(const struct backend *backend, unsigned workers)
{
    const struct process *process = backend->host->process;

    segment_set32(&process->segment->processes[process->number].workers, workers);
}
