/* SPDX-License-Identifier: Apache-2.0
 *
 * Event loops: a few reactors, each with connections of its own; a new one goes to the reactor that has the fewest. The
 * same code, with one reactor on the worker's main loop, is what a prefork worker runs by default. Runs in the main
 * thread; other reactors have theirs. */
#include <stdlib.h>

#include "common/clock.h"
#include "daemon/backend/reactor.h"

struct event_backend {
    struct backend backend; /* first: a backend is an event_backend */
    /* owner: main thread */
    unsigned count;
    struct reactor **reactors;
};

static unsigned event_workers(const struct config *config)
{
    return (unsigned)config->event.threads;
}

static unsigned event_stop(struct backend *backend, uint64_t until_us)
{
    struct event_backend *events = (struct event_backend *)backend;
    unsigned abandoned = 0, i;

    for (i = 0; i < events->count; i++)
        if (reactor_stop(&events->reactors[i], until_us) != 0)
            abandoned++;
    log_event(EVENT_JOINED, LOG_S("reactors"), LOG_U(events->count - abandoned), LOG_U(0), LOG_U(abandoned));
    backend_show_workers(backend, 0);
    if (abandoned == 0) {
        free(events->reactors);
        free(events);
    }
    return abandoned;
}

static struct backend *event_start(const struct backend_host *host, struct error *error)
{
    unsigned wanted = host->process->slots - 1;
    struct event_base *guest_of = host->lends_main_thread && wanted == 1 ? host->base : NULL;
    struct event_backend *events = calloc(1, sizeof *events);
    struct backend *backend;

    if (events == NULL || (events->reactors = calloc(wanted, sizeof(struct reactor *))) == NULL) {
        free(events);
        error_set(error, "no memory for %u reactors", wanted);
        return NULL;
    }
    backend = &events->backend;
    backend->operations = &backend_event;
    backend->host = host;
    for (; events->count < wanted; events->count++) {
        events->reactors[events->count] = reactor_start(backend, events->count, guest_of, error);
        if (events->reactors[events->count] == NULL) {
            backend_stop(&backend, CLOCK_NEVER);
            return NULL;
        }
    }
    backend_show_workers(backend, events->count);
    host->ready(host->context);
    return backend;
}

static enum backend_submitted event_submit(struct backend *backend, struct connection *connection)
{
    struct event_backend *events = (struct event_backend *)backend;
    struct reactor *least = events->reactors[0];
    unsigned i;

    for (i = 1; i < events->count; i++)
        if (reactor_load(events->reactors[i]) < reactor_load(least))
            least = events->reactors[i];
    reactor_submit(least, connection);
    return BACKEND_TAKEN;
}

static void event_retire(struct backend *backend)
{
    struct event_backend *events = (struct event_backend *)backend;
    unsigned i;

    for (i = 0; i < events->count; i++)
        reactor_nudge(events->reactors[i]);
}

const struct backend_operations backend_event = {
    .mode = MODE_EVENT,
    .workers = event_workers,
    .start = event_start,
    .submit = event_submit,
    .retire = event_retire,
    .connections = backend_local_connections,
    .cut = backend_local_cut,
    .stop = event_stop,
};
