/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared segment's making and mapping. The parts stand one behind the other, each on a cache line of its own, in
 * an order and with sizes that the header records, so that a worker can check what it was given before it trusts it.
 * The memory is a memfd: no name in any file system, gone with its last process, and sealed against resizing, so that
 * no process can make another one's access fault. Runs in the main thread of each process. */
#include "daemon/shm/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/shm/counters.h"
#include "daemon/shm/permits.h"
#include "daemon/shm/robust_lock.h"
#include "daemon/shm/turns.h"

#define SEGMENT_MAGIC 0x636f6e6375726431u /* "concurd1" */
#define SEGMENT_ALIGN 4096u
#define SEGMENT_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct offsets {
    size_t processes, slots, connections, counters_lock, work_lock, cpu_permits, counters, log, end;
};

static size_t align_up(size_t value)
{
    return (value + SEGMENT_ALIGN - 1) / SEGMENT_ALIGN * SEGMENT_ALIGN;
}

static struct offsets offsets_of(const struct segment_layout *layout)
{
    struct offsets at;

    at.processes = align_up(sizeof(struct segment_header));
    at.slots = align_up(at.processes + layout->processes * sizeof(struct process_entry));
    at.connections = align_up(at.slots + layout->slots * sizeof(struct slot));
    at.counters_lock = align_up(at.connections + layout->connections * sizeof(struct connection_entry));
    at.work_lock = align_up(at.counters_lock + sizeof(struct robust_lock));
    at.cpu_permits = align_up(at.work_lock + sizeof(struct robust_lock));
    at.counters = align_up(at.cpu_permits + permits_bytes(layout->connections));
    at.log = align_up(at.counters + layout->counters * sizeof(struct counter));
    at.end = align_up(at.log + layout->log_bytes);
    return at;
}

static struct segment *map(int fd, const struct segment_layout *layout, struct error *error)
{
    struct offsets at = offsets_of(layout);
    struct segment *segment = calloc(1, sizeof *segment);
    char *base;

    if (segment == NULL) {
        error_set(error, "no memory for the segment's view");
        return NULL;
    }
    base = mmap(NULL, at.end, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        error_errno(error, "mapping %zu bytes of shared memory", at.end);
        free(segment);
        return NULL;
    }
    segment->header = (struct segment_header *)base;
    segment->processes = (struct process_entry *)(base + at.processes);
    segment->slots = (struct slot *)(base + at.slots);
    segment->connections = (struct connection_entry *)(base + at.connections);
    segment->counters_lock = (struct robust_lock *)(base + at.counters_lock);
    segment->work_lock = (struct robust_lock *)(base + at.work_lock);
    segment->cpu_permits = (struct permits *)(base + at.cpu_permits);
    segment->counters = (struct counter *)(base + at.counters);
    segment->log = base + at.log;
    segment->fd = fd;
    return segment;
}

struct segment *segment_create(const struct segment_layout *layout, struct error *error)
{
    struct offsets at = offsets_of(layout);
    struct segment *segment = NULL;
    int fd = memfd_create("concurd-segment", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, (off_t)at.end) != 0 || fcntl(fd, F_ADD_SEALS, SEGMENT_SEALS) != 0) {
        error_errno(error, "making %zu bytes of shared memory", at.end);
        goto failed;
    }
    segment = map(fd, layout, error);
    if (segment == NULL)
        goto failed;
    segment->header->magic = SEGMENT_MAGIC;
    segment->header->bytes = at.end;
    segment->header->processes = layout->processes;
    segment->header->slots = layout->slots;
    segment->header->connections = layout->connections;
    segment->header->counters = layout->counters;
    segment->header->log_bytes = layout->log_bytes;
    permits_init(segment->cpu_permits, layout->connections);
    if (robust_lock_init(segment->counters_lock, error) != 0 ||
        robust_lock_init(segment->work_lock, error) != 0) {
        segment_close(&segment);
        return NULL;
    }
    return segment;
failed:
    if (fd >= 0)
        close(fd);
    return NULL;
}

struct segment *segment_attach(int fd, struct error *error)
{
    struct segment_header header;
    struct segment_layout layout;
    struct stat status;

    errno = 0;
    if (fstat(fd, &status) != 0 || pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header) {
        if (errno != 0)
            error_errno(error, "descriptor %d is no shared segment", fd);
        else
            error_set(error, "descriptor %d is no shared segment: it is too short", fd);
        return NULL;
    }
    layout = (struct segment_layout){.processes = header.processes,
                                     .slots = header.slots,
                                     .connections = header.connections,
                                     .counters = header.counters,
                                     .log_bytes = header.log_bytes};
    if (header.magic != SEGMENT_MAGIC || header.bytes != (uint64_t)status.st_size ||
        offsets_of(&layout).end != header.bytes || fcntl(fd, F_GET_SEALS) != SEGMENT_SEALS) {
        error_set(error, "descriptor %d is no shared segment of this version", fd);
        return NULL;
    }
    return map(fd, &layout, error);
}

void segment_close(struct segment **segment)
{
    if (*segment == NULL)
        return;
    close((*segment)->fd);
    munmap((*segment)->header, (*segment)->header->bytes);
    free(*segment);
    *segment = NULL;
}

const char *segment_tls_name(const struct connection_entry *entry)
{
    static const char *const names[] = {[CONNECTION_PLAIN] = "no",
                                        [CONNECTION_SHAKING] = "handshake",
                                        [CONNECTION_TLS_1_2] = "TLSv1.2",
                                        [CONNECTION_TLS_1_3] = "TLSv1.3"};

    return names[atomic_load_explicit(&entry->tls, memory_order_relaxed)];
}

const char *segment_listener(const struct segment *segment, uint32_t number)
{
    return number < SEGMENT_LISTENERS ? segment->header->listeners[number] : "";
}

uint64_t segment_process_clients(const struct segment *segment, unsigned process)
{
    const struct process_entry *entry = &segment->processes[process];
    /* Closed first: read the other way round, a connection that comes and goes in between would count as minus one. */
    uint64_t closed = atomic_load_explicit(&entry->closed, memory_order_acquire);
    uint64_t dispatched = atomic_load_explicit(&entry->dispatched, memory_order_relaxed);

    return dispatched > closed ? dispatched - closed : 0;
}

uint64_t segment_clients(const struct segment *segment)
{
    uint64_t clients =
        segment_get(&segment->header->queued_connections) + segment_get(&segment->header->proxy_waiting);
    unsigned i;

    for (i = 0; i < segment->header->processes; i++)
        clients += segment_process_clients(segment, i);
    return clients;
}

static void fold(_Atomic uint64_t *total, _Atomic uint64_t *part)
{
    segment_add(total, segment_get(part));
    atomic_store_explicit(part, 0, memory_order_relaxed);
}

uint64_t segment_commands(const struct segment *segment)
{
    uint64_t commands = segment_get(&segment->header->folded.commands);
    unsigned i;

    for (i = 0; i < segment->header->slots; i++)
        commands += segment_get(&segment->slots[i].commands);
    return commands;
}

uint64_t segment_limit(const struct segment *segment, enum limit limit)
{
    uint64_t met = segment_get(&segment->header->folded.limits[limit]);
    unsigned i;

    for (i = 0; i < segment->header->slots; i++)
        met += segment_get(&segment->slots[i].limits[limit]);
    return met;
}

uint64_t segment_closes(const struct segment *segment, enum close_reason reason)
{
    uint64_t closes = 0;
    unsigned i;

    for (i = 0; i < segment->header->processes; i++)
        closes += segment_get(&segment->processes[i].closes[reason]);
    return closes;
}

void segment_count_close(struct segment *segment, unsigned process, enum close_reason reason)
{
    atomic_fetch_add_explicit(&segment->processes[process].closes[reason], 1, memory_order_relaxed);
}

void segment_reclaim(struct segment *segment, unsigned process)
{
    permits_reclaim(segment->cpu_permits, process);
    turns_reclaim(segment->header->hashing_turns, SEGMENT_HASHING_TURNS, process);
}

void segment_fold(struct segment *segment, unsigned process)
{
    struct segment_folded *folded = &segment->header->folded;
    struct process_entry *entry = &segment->processes[process];
    unsigned i, limit;

    for (i = 0; i < segment->header->slots; i++) {
        struct slot *slot = &segment->slots[i];

        if (atomic_load_explicit(&slot->process, memory_order_relaxed) != process)
            continue;
        fold(&folded->commands, &slot->commands);
        fold(&folded->error_replies, &slot->error_replies);
        fold(&folded->rx_bytes, &slot->rx_bytes);
        fold(&folded->tx_bytes, &slot->tx_bytes);
        for (limit = 0; limit < LIMIT_COUNT; limit++)
            fold(&folded->limits[limit], &slot->limits[limit]);
        atomic_store_explicit(&slot->state, SLOT_FREE, memory_order_relaxed);
        atomic_store_explicit(&slot->tid, 0, memory_order_relaxed);
        atomic_store_explicit(&slot->command, 0, memory_order_relaxed);
    }
    fold(&folded->cpu_user_us, &entry->cpu_user_us);
    fold(&folded->cpu_sys_us, &entry->cpu_sys_us);
    fold(&folded->voluntary_switches, &entry->voluntary_switches);
    fold(&folded->involuntary_switches, &entry->involuntary_switches);
    atomic_store_explicit(&entry->rss_anon_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->rss_file_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->rss_shared_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&entry->workers, 0, memory_order_relaxed);
}
