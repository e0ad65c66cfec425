/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of connections and its sweeper. Time-outs are the same for all backends: the worker that ends a turn notes
 * when the connection's patience ends, and one sweeper marks and shuts down what is overdue; the thread or event loop that
 * owns the connection sees the end of its input and closes. So no backend has timers of its own for this, and a blocking
 * thread needs none. Opening runs in the main thread, closing in workers, sweeping in the main thread. */
#include "daemon/backend/connection.h"

#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/command/worker.h"

/* Zeroed pages that cost nothing until they are touched. */
static void *map_pages(size_t bytes)
{
    void *pages =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return pages != MAP_FAILED ? pages : NULL;
}

struct connections *connections_new(const struct process *process)
{
    struct connections *all = calloc(1, sizeof *all);

    if (all == NULL)
        return NULL;
    all->process = process;
    all->capacity = process->segment->header->connections;
    all->table = map_pages(all->capacity * sizeof *all->table);
    all->deadlines = map_pages(all->capacity * sizeof *all->deadlines);
    all->deadline_reasons = map_pages(all->capacity * sizeof *all->deadline_reasons);
    if (all->table == NULL || all->deadlines == NULL || all->deadline_reasons == NULL)
        connections_free(&all);
    else
        connections_adopt(all);
    return all;
}

void connections_adopt(struct connections *connections)
{
    const struct config *config = process_config(connections->process);

    atomic_store_explicit(&connections->logs_ends, config->log.access != LOG_ACCESS_OFF,
                          memory_order_relaxed);
    if (connections->request_most < config->limits.max_request)
        connections->request_most = config->limits.max_request;
    connections->idle_look_us = 0;
}

void connections_free(struct connections **connections)
{
    struct connections *all = *connections;
    unsigned i;

    if (all == NULL)
        return;
    for (i = 0; all->table != NULL && atomic_load(&all->open) != 0 && i < all->capacity; i++)
        stream_clear(&all->table[i].stream); /* of those that were cut */
    if (all->table != NULL)
        munmap(all->table, all->capacity * sizeof *all->table);
    if (all->deadlines != NULL)
        munmap(all->deadlines, all->capacity * sizeof *all->deadlines);
    if (all->deadline_reasons != NULL)
        munmap(all->deadline_reasons, all->capacity * sizeof *all->deadline_reasons);
    free(all);
    *connections = NULL;
}

void connection_lock(struct connection *connection)
{
    /* acquire pairs with the release in connection_unlock: `open` and the descriptor are as the last holder left them */
    while (atomic_exchange_explicit(&connection->guard, 1, memory_order_acquire) != 0)
        sched_yield();
}

void connection_unlock(struct connection *connection)
{
    atomic_store_explicit(&connection->guard, 0, memory_order_release);
}

void connection_await_first(struct connections *connections, struct connection *connection)
{
    uint64_t deadline = CLOCK_NEVER;

    if (connection->shaking)
        deadline = clock_add(segment_get(&connection->entry->accepted_us),
                             process_config(connections->process)->server.request_timeout_us);
    connection_arm(connections, connection, deadline, CLOSE_TLS);
    connection_set_idle(connection, !connection->shaking);
}

struct connection *connection_open(struct connections *connections, uint32_t index, int fd)
{
    struct connection *connection = &connections->table[index];

    assert(index < connections->capacity);
    connection_lock(connection);
    assert(atomic_load_explicit(&connection->open, memory_order_relaxed) == 0);
    connection->entry = &connections->process->segment->connections[index];
    connection->index = index;
    connection->stream = (struct stream){.fd = fd};
    connection->tls = connection->shaking =
        atomic_load_explicit(&connection->entry->tls, memory_order_relaxed) != CONNECTION_PLAIN;
    connection->want = SESSION_READ;
    connection->gone = connection->lingering = false;
    connection->rx_bytes = connection->tx_bytes = connection->lingered_bytes = connection->owed_bytes = 0;
    connection->deadline_us = CLOCK_NEVER;
    connection->seat = NULL;
    connection->woken = false;
    connection->sleeper = NULL;
    session_init(&connection->session, connection->entry);
    segment_set(&connections->deadlines[index], CLOCK_NEVER);
    connection_await_first(connections, connection);
    atomic_store_explicit(&connection->open, 1, memory_order_relaxed);
    connection_unlock(connection);
    atomic_fetch_add_explicit(&connections->open, 1, memory_order_relaxed);
    return connection;
}

static bool has_user(const struct connection_entry *entry)
{
    char user[CONNECTION_USER_BYTES + 1];

    return shared_text_load(entry->user, SHARED_TEXT_WORDS(CONNECTION_USER_BYTES), user)[0] != '\0';
}

/* Somebody may have been idle for too long by then. */
static void look_no_later(struct connections *connections, uint64_t at_us)
{
    if (at_us < connections->idle_look_us)
        connections->idle_look_us = at_us;
}

void connection_resume(struct connections *connections, struct connection *connection, unsigned protocol)
{
    const struct config *config = process_config(connections->process);
    const struct connection_entry *entry = connection->entry;
    struct session *session = &connection->session;

    if (connection->shaking)
        return; /* it has not said anything yet */
    session->client.protocol = protocol == 3 ? 3 : 2;
    session->client.authenticated = has_user(entry);
    atomic_store_explicit(&connection->entry->protocol, session->client.protocol, memory_order_relaxed);
    session->commands = segment_get(&entry->commands);
    session->request_started_us = segment_get(&entry->request_started_us);
    connection->rx_bytes = segment_get(&entry->rx_bytes);
    connection->tx_bytes = segment_get(&entry->tx_bytes);
    /* Being moved is no sign of life: its patience goes on from where it was. */
    if (session->request_started_us != 0)
        connection_arm(connections, connection,
                       clock_add(session->request_started_us, config->server.request_timeout_us),
                       CLOSE_REQUEST_TIMEOUT);
    connection_set_idle(connection, session->request_started_us == 0);
    look_no_later(connections, clock_add(segment_get(&entry->active_us), config->server.idle_timeout_us));
}

void connections_keep(struct connections *connections, uint64_t until_us)
{
    atomic_store_explicit(&connections->keeps_until_us, until_us, memory_order_relaxed);
}

int connection_detach(struct connections *connections, struct connection *connection)
{
    int fd = connection->stream.fd;

    connection_lock(connection);
    atomic_store_explicit(&connection->open, 0, memory_order_relaxed);
    connection->stream.fd = -1;
    connection_unlock(connection);
    /* From here on nobody else touches it, and what may take long or another lock is not done under the guard. */
    segment_set(&connections->deadlines[connection->index], CLOCK_NEVER);
    stream_clear(&connection->stream);
    session_free(&connection->session);
    atomic_fetch_sub_explicit(&connections->open, 1, memory_order_relaxed);
    return fd;
}

bool connection_sleep_guarded(struct connection *connection, connection_sleeper *sleeper, void *context)
{
    if (connection->woken)
        return false;
    connection->sleeper = sleeper;
    connection->sleeper_context = context;
    return true;
}

bool connection_sleep(struct connection *connection, connection_sleeper *sleeper, void *context)
{
    bool asleep;

    connection_lock(connection);
    asleep = connection_sleep_guarded(connection, sleeper, context);
    connection_unlock(connection);
    return asleep;
}

bool connection_rouse(struct connection *connection)
{
    bool woken;

    connection_lock(connection);
    woken = connection->woken;
    connection->woken = false;
    connection->sleeper = NULL;
    connection_unlock(connection);
    return woken;
}

void connections_wake(void *connections, uint32_t index, uint64_t id)
{
    struct connection *connection = &((struct connections *)connections)->table[index];

    connection_lock(connection);
    if (atomic_load_explicit(&connection->open, memory_order_relaxed) != 0 &&
        connection->session.client.id == id) {
        connection->woken = true;
        if (connection->sleeper != NULL)
            connection->sleeper(connection->sleeper_context, connection);
    }
    connection_unlock(connection);
}

static void log_end(struct connections *connections, const struct connection *connection,
                    enum close_reason reason)
{
    char address[CONNECTION_ADDRESS_BYTES + 1], certificate[CONNECTION_PEER_BYTES + 1];
    const struct connection_entry *entry = connection->entry;

    if (!atomic_load_explicit(&connections->logs_ends, memory_order_relaxed))
        return;
    log_event(
        EVENT_CONNECTION_CLOSED, LOG_U(connection->session.client.id),
        LOG_S(shared_text_load(entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), address)),
        LOG_S(segment_listener(connections->process->segment, segment_get32(&entry->listener))),
        LOG_U(connection->session.commands), LOG_U(connection->rx_bytes), LOG_U(connection->tx_bytes),
        LOG_U(clock_now_us() - segment_get(&entry->accepted_us)), LOG_S(close_reason_name(reason)),
        LOG_S(segment_tls_name(entry)),
        LOG_S(shared_text_load(entry->certificate, SHARED_TEXT_WORDS(CONNECTION_PEER_BYTES), certificate)));
}

bool connection_ends_well(const struct connection *connection, enum close_reason reason)
{
    static const bool aborts[CLOSE_REASON_COUNT] = {
        [CLOSE_ERROR] = true,        [CLOSE_TLS] = true,       [CLOSE_WRITE_TIMEOUT] = true,
        [CLOSE_OUTPUT_LIMIT] = true, [CLOSE_REPLY_CUT] = true, [CLOSE_MEMORY] = true,
        [CLOSE_WORKER_DIED] = true,
    };

    return !aborts[reason] && connection->session.row == NULL && buffer_length(&connection->session.out) == 0;
}

void connection_count_failure(struct connections *connections)
{
    atomic_fetch_add_explicit(&connections->process->segment->header->tls_handshake_failures, 1,
                              memory_order_relaxed);
}

/* What only TLS has to do at its end. */
static void end_tls(struct connections *connections, struct connection *connection, enum close_reason reason)
{
    if (connection->shaking)
        connection_count_failure(connections);
    else if (connection_ends_well(connection, reason) && !stream_part(&connection->stream)) {
        /* The socket is full of what the peer does not read: it will see the end cut short, as it is. */
    }
}

void connection_close(struct connections *connections, struct connection *connection,
                      enum close_reason reason)
{
    struct connection_entry *entry = connection->entry;

    if (connection->tls)
        end_tls(connections, connection, reason);
    segment_count_close(connections->process->segment, connections->process->number, reason);
    log_end(connections, connection, reason);
    close(connection_detach(connections, connection));
    /* release: the master that finds the entry free finds it finished with */
    atomic_store_explicit(&entry->state, CONNECTION_FREE, memory_order_release);
    atomic_fetch_add_explicit(
        &connections->process->segment->processes[connections->process->number].closed, 1,
        memory_order_seq_cst); /* pairs with the master's look after it asked for room */
    if (connections->closed != NULL)
        connections->closed(connections->context);
}

/* Whether the reason does not hold (any more): one whose request nobody has read yet is not idle, we are slow; and it may
 * have been read since the sweeper looked. In this order: a turn says that it begins before it reads. */
static bool is_unfounded(const struct connection *connection, enum close_reason reason)
{
    return reason == CLOSE_IDLE && (stream_unread(&connection->stream) != 0 ||
                                    atomic_load_explicit(&connection->idle, memory_order_relaxed) == 0);
}

/* How much of the socket to shut, so that whoever has the connection finds out. One with TLS that waits for a request is to
 * say goodbye, and the end of its input wakes it; what else it may wait for needs more. */
static int how_to_shut(const struct connection *connection, enum close_reason reason)
{
    bool reads =
        reason == CLOSE_REQUEST_TIMEOUT || atomic_load_explicit(&connection->idle, memory_order_relaxed) != 0;

    return connection->tls && reads ? SHUT_RD : SHUT_RDWR;
}

void connection_mark(struct connection *connection, enum close_reason reason)
{
    connection_lock(connection);
    if (atomic_load_explicit(&connection->open, memory_order_relaxed) != 0 &&
        !is_unfounded(connection, reason)) {
        session_mark(&connection->session, reason);
        /* fails on one that is reset already: it will be noticed anyway */
        shutdown(connection->stream.fd, how_to_shut(connection, reason));
    }
    connection_unlock(connection);
}

void connections_mark_all(struct connections *connections, enum close_reason reason)
{
    unsigned i;

    for (i = 0; i < connections->capacity; i++)
        if (atomic_load_explicit(&connections->table[i].open, memory_order_relaxed) != 0)
            connection_mark(&connections->table[i], reason);
}

void connection_arm(struct connections *connections, struct connection *connection, uint64_t deadline_us,
                    enum close_reason reason)
{
    _Atomic uint8_t *noted = &connections->deadline_reasons[connection->index];

    /* The same time for another reason is another deadline: that of a proxy's header is a handshake's, too. */
    if (connection->deadline_us == deadline_us &&
        (deadline_us == CLOCK_NEVER || atomic_load_explicit(noted, memory_order_relaxed) == (uint8_t)reason))
        return;
    connection->deadline_us = deadline_us;
    atomic_store_explicit(noted, (uint8_t)reason, memory_order_relaxed);
    /* release pairs with the sweeper's acquire: it sees this deadline's reason */
    atomic_store_explicit(&connections->deadlines[connection->index], deadline_us, memory_order_release);
}

/* CLIENT KILL marks entries of any process; each sweeps its own. */
static void sweep_kills(struct connections *connections)
{
    uint64_t kills =
        atomic_load_explicit(&connections->process->segment->header->kills, memory_order_acquire);
    unsigned i;

    if (kills == connections->kills_seen)
        return;
    connections->kills_seen = kills;
    for (i = 0; i < connections->capacity; i++) {
        struct connection *connection = &connections->table[i];

        if (atomic_load_explicit(&connection->open, memory_order_relaxed) != 0 &&
            segment_get32(&connections->process->segment->connections[i].kill) != 0)
            connection_mark(connection, CLOSE_KILLED);
    }
}

/* When the connection has been idle for too long; CLOCK_NEVER when it is not idle. */
static uint64_t idle_until(const struct connections *connections, unsigned i, uint64_t idle_us)
{
    const struct connection *connection = &connections->table[i];

    if (atomic_load_explicit(&connection->open, memory_order_relaxed) == 0 ||
        atomic_load_explicit(&connection->idle, memory_order_relaxed) == 0)
        return CLOCK_NEVER;
    return clock_add(segment_get(&connections->process->segment->connections[i].active_us), idle_us);
}

/* Idle connections have no deadline in the table: they would keep the one of the configuration that they began to be idle
 * with, and a reload is to reach them. So their rows are looked at, but not before the first of them may be overdue. */
static void sweep_idle(struct connections *connections, uint64_t now_us)
{
    uint64_t idle_us = process_config(connections->process)->server.idle_timeout_us;
    uint64_t next = clock_add(now_us, idle_us);
    unsigned i;

    if (idle_us == 0 || now_us < connections->idle_look_us)
        return;
    for (i = 0; i < connections->capacity; i++) {
        uint64_t until = idle_until(connections, i, idle_us);

        if (until <= now_us)
            connection_mark(&connections->table[i], CLOSE_IDLE);
        if (until < next)
            next = until;
    }
    connections->idle_look_us = next;
}

/* Whether the peer has taken something since it was looked at last, or all there is: then its patience, which is over,
 * begins anew. The kernel says that there is room only when a third of its buffer is empty, which a slow peer may need long
 * for; and when there is nothing left to take it is we who are slow. */
static bool is_taking(struct connections *connections, struct connection *connection, uint64_t deadline_us)
{
    uint64_t patience = process_config(connections->process)->server.write_timeout_us;
    uint64_t before = segment_get(&connection->untaken), untaken = SIZE_MAX;

    connection_lock(connection);
    if (atomic_load_explicit(&connection->open, memory_order_relaxed) != 0)
        untaken = stream_untaken(&connection->stream);
    connection_unlock(connection);
    if (untaken != 0 && untaken >= before)
        return false;
    segment_set(&connection->untaken, untaken);
    /* unless a turn has begun meanwhile, and armed it otherwise */
    atomic_compare_exchange_strong_explicit(&connections->deadlines[connection->index], &deadline_us,
                                            clock_add(deadline_us, patience), memory_order_relaxed,
                                            memory_order_relaxed);
    return true;
}

void connections_sweep(struct connections *connections, uint64_t now_us)
{
    unsigned i;

    sweep_kills(connections);
    sweep_idle(connections, now_us);
    for (i = 0; i < connections->capacity; i++) {
        uint64_t deadline = atomic_load_explicit(&connections->deadlines[i], memory_order_acquire);
        uint8_t reason = atomic_load_explicit(&connections->deadline_reasons[i], memory_order_relaxed);

        if (deadline <= now_us && deadline != 0 &&
            segment_get(&connections->deadlines[i]) ==
                deadline) { /* not re-armed since the reason was read */
            if (reason == CLOSE_NONE)
                connections_wake(connections, i,
                                 segment_get(&connections->process->segment->connections[i].id));
            else if (reason != CLOSE_WRITE_TIMEOUT ||
                     !is_taking(connections, &connections->table[i], deadline))
                connection_mark(&connections->table[i], (enum close_reason)reason);
        }
    }
}
