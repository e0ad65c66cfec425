/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_BACKEND_H
#define CONCUR_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/backend/connection.h"

/* A concurrency model: start it, submit connections, have it retire them, stop it. Whoever hosts it - the master, or a
 * prefork worker for its inner backend - calls all of these from its main thread. */
struct backend;
struct event_base;

/* What a backend gets from its host. Set before start; the host outlives the backend. */
struct backend_host {
    const struct process *process;
    struct connections *connections;
    struct event_base *base; /* the host's main loop */
    bool lends_main_thread;  /* its main thread has so little to do that a reactor may run on that loop */
    void *context;
    /* Retiring: the connection stands at a request boundary and belongs to the host again, which closes it or gives it to
     * somebody else. Called in any thread of the backend. */
    void (*release)(void *context, struct connection *connection);
    /* Clients can be served now, or never will be. Once, in the main thread; perhaps before start returns. */
    void (*ready)(void *context);
    void (*failed)(void *context, const char *reason);
    /* For prefork, which starts processes; all in the main thread. A process has ended and stores no more; whether its
     * entry, slots and lanes are ready for a successor; and that one waits for them and has no other to take. */
    void (*process_ended)(void *context, unsigned number);
    bool (*process_reusable)(void *context, unsigned number);
    void (*process_wanted)(void *context, unsigned number);
    int generation_fd; /* the configuration as every worker is to read it */
    const struct tls_ticket_keys
        *ticket_keys;       /* of TLS sessions, for workers; may change with the serial number */
    uint32_t ticket_serial; /* never 0 in a host of prefork's */
    int program_fd;         /* our own binary, opened at start: an upgrade on disk can't mix versions */
};

/* How many processes the configured mode needs entries for, the master included; and which slots of the scoreboard are
 * process `number`'s: the first of them is its main thread's, the others its workers'. Every process computes the same. */
struct backend_share {
    unsigned first, count;
};
unsigned backend_processes(const struct config *config);
struct backend_share backend_share(const struct config *config, unsigned number);

/* Starts the backend of that mode (enum mode). NULL with the reason. */
struct backend *backend_start(int mode, const struct backend_host *host, struct error *error);

/* What is said to a client that no thread could be made for. */
#define BACKEND_REFUSAL "-LIMIT no thread for another client\r\n"

enum backend_submitted {
    BACKEND_TAKEN,  /* the backend has it */
    BACKEND_REFUSED /* it can't: no thread could be made; the caller still has it */
};

/* Hands over a connection. Does not block. */
MUST_USE enum backend_submitted backend_submit(struct backend *backend, struct connection *connection);

/* From the first call on every connection is released at its next request boundary, with one last look at its input.
 * Call it again every few ticks until nothing is left: it insists where insisting is needed. */
void backend_retire(struct backend *backend);

/* Connections that it still has, in all of its processes. */
unsigned backend_connections(const struct backend *backend);

/* Another generation is in effect: what the backend made of the old one at its start follows, and prefork's workers are
 * told. Requests that run go on as they began. */
void backend_adopt(struct backend *backend);

/* Cuts what still runs: waits end, handlers are asked to stop. backend_connections falls to 0 soon after, but for
 * handlers that hang. */
void backend_cut(struct backend *backend);

/* Ends its threads or processes, waiting until `until_us` (monotonic) at most, and frees it. Answers how many threads
 * were abandoned because they hung: their memory stays, and the process must end by _exit. Nulls the pointer. */
unsigned backend_stop(struct backend **backend, uint64_t until_us);

#endif
