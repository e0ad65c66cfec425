/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_CONNECTION_H
#define CONCUR_BACKEND_CONNECTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/net/stream.h"
#include "daemon/session/session.h"

/* An accepted socket in this process: its stream, its session and its timers. Connections live in a table of this
 * process, addressed by the index that the master gave out; the memory is type-stable (never given back while the
 * process lives), so that a sweeper or a late event may look at a slot whose connection is gone. */
struct connection;

/* Wakes whoever sleeps for the connection's command. Called under the connection's guard: takes no lock under which
 * anybody takes a guard. */
typedef void connection_sleeper(void *context, struct connection *connection);

struct connection {
    /* set when opened */
    struct session session; /* owner: the worker whose turn it is; its `mark` is everybody's */
    struct stream stream;
    struct connection_entry *entry;
    uint32_t index;
    bool tls; /* it goes over TLS, once that is begun (stream.tls) */
    /* owner: the worker whose turn it is */
    enum session_want want; /* what the session said last */
    bool gone;              /* reset or shut down while it waited */
    bool shaking;           /* TLS: hands are not shaken yet */
    bool lingering;         /* all is said; only waiting for the peer's end */
    uint64_t rx_bytes, tx_bytes;
    uint64_t deadline_us; /* as in the table of deadlines */
    uint64_t lingered_bytes;
    uint64_t owed_bytes; /* retiring: how far its input is to be answered; 0 = not looked at yet */
    void *seat;          /* what the backend that has it keeps about it */
    /* lock: guard */
    bool woken;                  /* somebody completed what a command of it waits for, or waited */
    connection_sleeper *sleeper; /* how to wake whoever sleeps for its command; NULL = nobody does */
    void *sleeper_context;
    /* atomic */
    _Atomic uint64_t untaken; /* what the peer had not taken when its patience was armed, or looked at last */
    _Atomic uint32_t hold;    /* the pool's: who is at it */
    _Atomic uint32_t guard;   /* connection_lock */
    _Atomic uint32_t open;    /* changes under the guard */
    _Atomic uint32_t
        idle; /* waits for a request, since the entry's active_us; writer: the worker whose turn it is */
};

struct process;

/* All connections of a process. */
struct connections {
    const struct process *process;
    unsigned capacity;
    struct connection *table;
    /* Deadlines by index, apart from the table so that a sweep reads a few dense pages. Writer: the worker whose turn it
     * is; reader: the sweeper. */
    _Atomic uint64_t *deadlines;
    _Atomic uint8_t *deadline_reasons;
    _Atomic uint32_t open; /* how many */
    uint64_t kills_seen;   /* sweeper's */
    uint64_t idle_look_us; /* sweeper's: before that nobody has been idle for too long */
    /* of the configuration: what threads read that are not in a turn, and what outlives a generation */
    _Atomic bool logs_ends; /* log.access is not off */
    uint64_t request_most;  /* main thread's: the largest limits.max_request that there has been */
    /* atomic: handshakes that failed, in the log */
    _Atomic uint64_t failure_logged_us, failures_unlogged;
    _Atomic uint64_t keeps_until_us; /* see connections_keep */
    /* set before start: told after each close, in the closing thread; may be NULL */
    void (*closed)(void *context);
    void *context;
};

/* A table for `process`, whose entries are those of the segment. NULL when memory is short. */
struct connections *connections_new(const struct process *process);
void connections_free(struct connections **connections);

/* Another generation is in effect. The sweeper's thread, which is the main one. */
void connections_adopt(struct connections *connections);

/* Opens the connection `index`, whose entry is filled in, on a descriptor that it owns from now on. */
struct connection *connection_open(struct connections *connections, uint32_t index, int fd);

/* It waits for what its client says first from now on: a request, whenever that comes, or a handshake, which has as long as a
 * request since it was accepted. Opening does this. Main thread, which has it alone. */
void connection_await_first(struct connections *connections, struct connection *connection);

/* A TLS connection ends without a handshake: counts it, as closing does by itself. */
void connection_count_failure(struct connections *connections);

/* Takes up what the entry knows of a connection that another process served before. The sweeper's thread. */
void connection_resume(struct connections *connections, struct connection *connection, unsigned protocol);

/* Whether nothing that was owed to the peer is missing at this end: then it is told so, where TLS can. */
bool connection_ends_well(const struct connection *connection, enum close_reason reason);

/* Ends it: logs it, frees what it has, closes the descriptor, frees its entry for the master. The worker whose turn it
 * is, or whoever has it alone. */
void connection_close(struct connections *connections, struct connection *connection,
                      enum close_reason reason);

/* From now on this process gives its connections back to its master, but keeps those whose TLS has begun, which nobody else
 * can go on with, until that time. Main thread. */
void connections_keep(struct connections *connections, uint64_t until_us);

/* Takes it out of this process's table without ending it: the descriptor is the caller's, the entry stays. */
int connection_detach(struct connections *connections, struct connection *connection);

/* A spin lock of a few instructions that keeps the descriptor from being closed: for those who do not own the
 * connection but must touch its descriptor. */
void connection_lock(struct connection *connection);
void connection_unlock(struct connection *connection);

/* Marks it and shuts its socket down, so that whoever owns it finds out and closes it. Any thread. */
void connection_mark(struct connection *connection, enum close_reason reason);
void connections_mark_all(struct connections *connections, enum close_reason reason);

/* The wait of a command that somebody else completes. Before it sleeps, the backend says how it is woken; false means that
 * this has happened already, and the next turn is due. The turn ends the sleep, and learns whether anybody ended it
 * before; from then on the sleeper is not called. The worker whose turn it is; under the guard already: _guarded. */
MUST_USE bool connection_sleep(struct connection *connection, connection_sleeper *sleeper, void *context);
MUST_USE bool connection_sleep_guarded(struct connection *connection, connection_sleeper *sleeper,
                                       void *context);
bool connection_rouse(struct connection *connection);

/* Wakes it, if it is still that connection. Any thread, without any guard. `connections` is a struct connections. */
void connections_wake(void *connections, uint32_t index, uint64_t id);

/* Sets or clears (CLOCK_NEVER) the time at which the sweeper marks it; CLOSE_NONE: wakes it. The worker whose turn it is. */
void connection_arm(struct connections *connections, struct connection *connection, uint64_t deadline_us,
                    enum close_reason reason);

/* Whether it waits for a request: then the sweeper sees to server.idle_timeout, as the newest generation has it. The worker
 * whose turn it is, or whoever has it alone. */
static inline void connection_set_idle(struct connection *connection, bool idle)
{
    atomic_store_explicit(&connection->idle, idle, memory_order_relaxed);
}

/* Marks what is past its deadline, has been idle for too long or was killed by CLIENT KILL. One thread, a few times a second. */
void connections_sweep(struct connections *connections, uint64_t now_us);

#define CONNECTIONS_SWEEP_MS 100

#endif
