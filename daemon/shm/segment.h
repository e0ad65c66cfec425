/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SHM_SEGMENT_H
#define CONCUR_SHM_SEGMENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "daemon/shm/close_reason.h"
#include "daemon/shm/limit.h"
#include "daemon/shm/shared_text.h"

/* The one piece of memory that all processes of a daemon share: a sealed memfd, mapped by the master and by every
 * worker. It holds facts about the server, an entry per process, the scoreboard, an entry per connection, the counters
 * and the log queue. Nothing in it is a pointer. Every field says who writes it; everything else reads with relaxed
 * loads unless a comment names a pairing. The locks in here are taken by workers alone, never by the master's main
 * thread. */

#define SEGMENT_TEXT(name, bytes) _Atomic uint64_t name[SHARED_TEXT_WORDS(bytes)]

enum process_state { PROCESS_EMPTY, PROCESS_STARTING, PROCESS_READY, PROCESS_STOPPED, PROCESS_RETIRING };

/* One process: entry 0 is the master (whose threads serve in the modes thread, pool and event), the others are
 * prefork's workers. */
struct process_entry {
    /* writer: the master */
    _Atomic uint32_t pid;
    _Atomic uint32_t state;      /* enum process_state */
    _Atomic uint64_t dispatched; /* connections ever given to it */
    _Atomic uint32_t starts;     /* how often this entry was filled */
    _Atomic uint32_t wants_room; /* set by the master when it queues for this process; cleared by it */
    /* writer: whoever closes one of its connections (threads of that process; the master for a dead process) */
    _Alignas(64) _Atomic uint64_t closed;
    _Atomic uint64_t closes[CLOSE_REASON_COUNT]; /* the same by reason, for all the lives of this entry */
    /* writer: that process's main thread, ten times a second */
    _Alignas(64) _Atomic uint64_t beat_us; /* monotonic; when it last was alive */
    _Atomic uint64_t cpu_user_us, cpu_sys_us;
    _Atomic uint64_t voluntary_switches, involuntary_switches;
    _Atomic uint64_t rss_anon_bytes, rss_file_bytes, rss_shared_bytes;
    _Atomic uint32_t workers;    /* threads (or reactors) that run commands in there now */
    _Atomic uint32_t generation; /* the configuration that it runs with */
};

enum slot_state { SLOT_FREE, SLOT_IDLE, SLOT_BUSY, SLOT_WAITING };

/* A worker's entry on the scoreboard. Written by the worker that has it, alone - but in `thread` mode, whose client
 * threads share a bounded set of slots: they add with read-modify-write. Totals are kept over a reuse inside one
 * process and folded into the header before another process gets the slot. */
struct slot {
    _Alignas(64) _Atomic uint32_t state; /* enum slot_state */
    _Atomic uint32_t process;
    _Atomic uint32_t tid;
    _Atomic uint32_t command;    /* 1 + index in the command table; 0 = none */
    _Atomic uint64_t beat_us;    /* monotonic; when it last began a turn or asked whether to stop */
    _Atomic uint64_t connection; /* the id it serves */
    _Atomic uint64_t commands, error_replies;
    _Atomic uint64_t rx_bytes, tx_bytes;
    _Atomic uint64_t limits[LIMIT_COUNT]; /* how often each was met */
};

enum connection_state { CONNECTION_FREE, CONNECTION_USED };

/* How a connection's bytes travel. */
enum connection_tls {
    CONNECTION_PLAIN,
    CONNECTION_SHAKING /* hands, for TLS */,
    CONNECTION_TLS_1_2,
    CONNECTION_TLS_1_3
};

#define CONNECTION_ADDRESS_BYTES 56
#define CONNECTION_NAME_BYTES    64
#define CONNECTION_LIBRARY_BYTES 24
#define CONNECTION_USER_BYTES    40
#define CONNECTION_PEER_BYTES    64

/* A connection, as everybody may see it. The index is given out by the master and is the same in every process. */
struct connection_entry {
    /* writer: the master, before it is dispatched */
    _Atomic uint64_t id; /* never reused */
    _Atomic uint64_t accepted_us;
    _Atomic uint32_t listener;
    _Atomic uint32_t process; /* whom it was dispatched to */
    SEGMENT_TEXT(address, CONNECTION_ADDRESS_BYTES);
    /* writer: the master fills it (release), whoever closes the connection frees it (release); an acquire load of
     * FREE by the master pairs with the latter: all that the closer wrote comes before */
    _Atomic uint32_t state; /* enum connection_state */
    /* writer: anybody (CLIENT KILL); read by the owner's sweeper */
    _Atomic uint32_t kill;
    /* writer: the worker that owns the connection */
    _Atomic uint64_t active_us; /* when its last turn began in which anything came or went */
    _Atomic uint64_t
        request_started_us; /* when the request that has arrived in part began; 0 = there is none */
    _Atomic uint64_t commands;
    _Atomic uint64_t rx_bytes, tx_bytes;
    _Atomic uint32_t worker;  /* slot of the last turn */
    _Atomic uint16_t command; /* 1 + index of the last command */
    _Atomic uint8_t protocol; /* RESP version */
    _Atomic uint8_t tls;      /* enum connection_tls; the master says whether */
    SEGMENT_TEXT(certificate,
                 CONNECTION_PEER_BYTES);       /* whom its certificate is for; "" = it has shown none */
    SEGMENT_TEXT(user, CONNECTION_USER_BYTES); /* whom it is authenticated as; "" = nobody */
    SEGMENT_TEXT(name, CONNECTION_NAME_BYTES);
    SEGMENT_TEXT(library, CONNECTION_LIBRARY_BYTES);
    SEGMENT_TEXT(library_version, CONNECTION_LIBRARY_BYTES);
};

/* Where clients connect, as text, for the log of every process: configuration lines are short, so that there are never
 * more, nor longer ones. */
#define SEGMENT_LISTENERS      64
#define SEGMENT_LISTENER_BYTES 128

/* Totals of slots whose process is gone. */
struct segment_folded {
    _Atomic uint64_t commands, error_replies, rx_bytes, tx_bytes, limits[LIMIT_COUNT];
    _Atomic uint64_t cpu_user_us, cpu_sys_us, voluntary_switches, involuntary_switches;
};

/* Passwords that can be checked at once in all processes together, at most. */
#define SEGMENT_HASHING_TURNS 16

struct segment_header {
    /* set by the master before any worker starts */
    uint64_t magic;
    uint64_t bytes;
    uint32_t processes, slots, connections, counters;
    uint64_t log_bytes;
    uint64_t started_us; /* monotonic */
    uint32_t master_pid;
    int32_t mode, inner; /* enum mode; inner is -1 where there is none */
    char listeners[SEGMENT_LISTENERS][SEGMENT_LISTENER_BYTES];
    /* writer: the master */
    _Alignas(64) _Atomic uint64_t total_connections;
    _Atomic uint64_t rejected_clients; /* for whatever reason, these two among them */
    _Atomic uint64_t rejected_max_clients, rejected_per_address;
    _Atomic uint64_t tls_connections; /* of total_connections */
    _Atomic uint64_t worker_restarts;
    _Atomic uint64_t redispatched;
    _Atomic uint64_t accept_pauses;
    _Atomic uint64_t queued_connections; /* waiting for a worker with room, now */
    _Atomic uint64_t proxy_waiting;      /* waiting for their proxy's header, now */
    _Atomic uint64_t proxy_errors;       /* closed because none came that is right */
    _Atomic uint64_t draining_us;        /* since when (monotonic); 0 = it serves */
    _Atomic uint32_t generation;
    _Atomic uint32_t cut; /* the drain's patience is over: commands that still run are to stop */
    struct segment_folded folded;
    /* writer: any worker, adding; rare enough to share a line */
    _Alignas(64) _Atomic uint64_t auth_successes;
    _Atomic uint64_t auth_failures;
    _Atomic uint64_t auth_busy; /* refused because too many waited */
    /* writer: anybody; of each TLS connection one of the first two counts, in the end */
    _Alignas(64) _Atomic uint64_t tls_handshakes;
    _Atomic uint64_t tls_handshake_failures;
    _Atomic uint64_t tls_resumed; /* of the handshakes */
    /* turns.h; writer: hashing threads of any process, and the master for those that are dead */
    _Atomic uint64_t hashing_turns[SEGMENT_HASHING_TURNS];
    /* writer: anybody; how often CLIENT KILL marked an entry: sweepers look only when it moved */
    _Alignas(64) _Atomic uint64_t kills;
};

struct segment_layout {
    unsigned processes, slots, connections, counters;
    size_t log_bytes; /* room for the log queue, initialised by its owner */
};

/* A process's view of the segment: where its parts are mapped here. */
struct segment {
    struct segment_header *header;
    struct process_entry *processes;
    struct slot *slots;
    struct connection_entry *connections;
    struct counter *counters; /* shm/counters.h */
    struct robust_lock *counters_lock;
    struct robust_lock *work_lock; /* the one that WORK's lock= holds */
    struct permits *cpu_permits;   /* limits.cpu_commands */
    void *log;
    int fd;
};

/* Creates and maps a zeroed segment, sealed against resizing. NULL with the reason. segment_close unmaps and closes the
 * descriptor, nulls the pointer, takes NULL. */
struct segment *segment_create(const struct segment_layout *layout, struct error *error);
void segment_close(struct segment **segment);

/* Maps the segment behind an inherited descriptor, which it owns from then on; checks magic, seals and sizes, so that a
 * wrong inheritance is refused. NULL with the reason. */
struct segment *segment_attach(int fd, struct error *error);

/* The word for how a connection's bytes travel: "no", "handshake", "TLSv1.2", "TLSv1.3". */
const char *segment_tls_name(const struct connection_entry *entry);

/* The text of the listener `number`, "" beyond those that there are. */
const char *segment_listener(const struct segment *segment, uint32_t number);

/* Clients connected now: what was dispatched and not closed, over all processes, and what waits for a worker
 * or for its proxy's header. */
uint64_t segment_clients(const struct segment *segment);

/* The same of one process. */
uint64_t segment_process_clients(const struct segment *segment, unsigned process);

/* Commands run so far, over all processes, dead ones too; and how often a limit was met, and how many connections ended
 * for a reason. */
uint64_t segment_commands(const struct segment *segment);
uint64_t segment_limit(const struct segment *segment, enum limit limit);
uint64_t segment_closes(const struct segment *segment, enum close_reason reason);

/* A connection of that process has ended: counts why. Any thread of the process, or the master for a dead one. */
void segment_count_close(struct segment *segment, unsigned process, enum close_reason reason);

/* Has others go on that wait for what the process holds, permits and turns: it is dead, or stopped. Master only. */
void segment_reclaim(struct segment *segment, unsigned process);

/* Adds what a dead process's slots and CPU time hold to the folded totals and empties them. Master only, after
 * waitpid. */
void segment_fold(struct segment *segment, unsigned process);

/* Single-writer counters: a plain load and store, no locked instruction. The field's only writer. */
static inline void segment_add(_Atomic uint64_t *field, uint64_t amount)
{
    atomic_store_explicit(field, atomic_load_explicit(field, memory_order_relaxed) + amount,
                          memory_order_relaxed);
}

static inline uint64_t segment_get(const _Atomic uint64_t *field)
{
    return atomic_load_explicit(field, memory_order_relaxed);
}

static inline uint32_t segment_get32(const _Atomic uint32_t *field)
{
    return atomic_load_explicit(field, memory_order_relaxed);
}

static inline void segment_set32(_Atomic uint32_t *field, uint32_t value)
{
    atomic_store_explicit(field, value, memory_order_relaxed);
}

static inline void segment_set(_Atomic uint64_t *field, uint64_t value)
{
    atomic_store_explicit(field, value, memory_order_relaxed);
}

#endif
