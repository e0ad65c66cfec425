/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of one connection of a load: it connects, introduces itself, carries requests (batch.c, flight.c), and
 * when it is lost or worn it is opened anew. Whoever is turned away comes back after a pause that grows (retry.c), so
 * that a server that is down is not stormed and one that is back is soon noticed.
 *
 * TLS costs a plain connection one branch per read and one per write. Its handshake belongs to connecting: the same
 * time-out, and where a connection is opened anew for a request, the same latency. What it has read ahead, which epoll does
 * not tell of, is taken before anything else. Runs in the load thread that owns the connection. */
#include "client/load/conn.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/dial.h"
#include "client/load/batch.h"
#include "client/load/flight.h"
#include "client/load/retry.h"
#include "client/load/worker.h"
#include "common/clock.h"

/* What only TLS needs stays out of the functions that a plain request goes through: inlined there it costs each of them
 * registers, saved and restored. */
#define APART __attribute__((noinline))

void conn_close(struct load_conn *conn)
{
    if (conn->tls != NULL)
        tls_finish(conn->tls);
    tls_free(&conn->tls);
    if (conn->fd >= 0)
        close(conn->fd); /* leaves the epoll set by this */
    conn->fd = -1;
}

void conn_clear(struct load_conn *conn)
{
    conn_close(conn);
    buffer_free(&conn->pending);
    buffer_free(&conn->partial);
}

static void settle(struct load_conn *conn, struct load_worker *worker)
{
    if (!conn->settled)
        worker->unsettled--;
    conn->settled = true;
}

/* Lets go of the descriptor and of what was under way. */
static void leave(struct load_conn *conn, struct load_worker *worker)
{
    if (worker->plan->tracked)
        flight_lose(conn, worker);
    else
        batch_lose(conn, worker);
    conn->out_bytes = 0;
    conn->wants_write = false;
    conn->scanner = (struct resp_scanner){0};
    conn->asked = 0;
    if (conn->tls != NULL)
        tls_session_keep(&worker->session, conn->tls);
    conn_close(conn);
    conn->state = CONN_DOWN;
}

void conn_fail(struct load_conn *conn, struct load_worker *worker, enum load_error error)
{
    if (conn->state == CONN_SPENT) {
        conn_close(conn);
        return;
    }
    load_worker_tally(worker, worker->now_ns)->errors[error]++;
    load_worker_show(&worker->errors, 1);
    leave(conn, worker);
    conn->due_ns = 0;
    retry_later(conn, worker);
    settle(conn, worker);
    if (load_plan_is_open(worker->plan))
        open_look(conn, worker);
}

void conn_spend(struct load_conn *conn, struct load_worker *worker)
{
    assert(conn->state != CONN_SPENT);
    conn->state = CONN_SPENT;
    worker->live--;
}

void conn_reopen(struct load_conn *conn, struct load_worker *worker)
{
    bool open = load_plan_is_open(worker->plan);

    if (!open && load_budget_is_spent(worker->shared)) {
        conn_spend(conn, worker);
        return;
    }
    leave(conn, worker);
    conn->due_ns = worker->now_ns; /* the next request is meant for now, and has to wait for its connection */
    if (open)
        open_look(conn, worker);
    conn_open(conn, worker);
}

static void watch(struct load_conn *conn, struct load_worker *worker, int operation, bool for_write)
{
    struct epoll_event event = {.events = EPOLLIN | (for_write ? EPOLLOUT : 0), .data.ptr = conn};

    conn->wants_write = for_write;
    if (epoll_ctl(worker->epoll, operation, conn->fd, &event) != 0)
        conn_fail(conn, worker, LOAD_OTHER);
}

void conn_open(struct load_conn *conn, struct load_worker *worker)
{
    conn->since_ns = worker->now_ns;
    conn->fd = dial_start(&worker->plan->address);
    if (conn->fd < 0) {
        conn_fail(conn, worker, load_error_of(errno));
        return;
    }
    conn->state = CONN_CONNECTING;
    watch(conn, worker, EPOLL_CTL_ADD, true);
}

/* The class of what TLS has failed with, which is kept if it is the first. */
static enum load_error tls_error(struct load_conn *conn, struct load_worker *worker)
{
    struct load_tally *tally = load_worker_tally(worker, worker->now_ns);

    if (tls_errno(conn->tls) != 0)
        return load_error_of(tls_errno(conn->tls));
    if (tally->tls_failure == NULL) {
        const char *verify = tls_verify_failure(conn->tls);

        tally->tls_failure = verify != NULL ? verify : tls_failure(conn->tls);
    }
    return LOAD_TLS;
}

/* The same as write_some. */
static APART ssize_t write_tls(struct load_conn *conn, struct load_worker *worker, const char *bytes,
                               size_t length)
{
    enum tls_result result = TLS_OK;
    size_t at = 0;

    while (at < length && result == TLS_OK) {
        size_t some = length - at;

        result = tls_write(conn->tls, bytes + at, &some);
        at += some;
    }
    if (result != TLS_ERROR)
        return (ssize_t)at;
    conn_fail(conn, worker, tls_error(conn, worker));
    return -1;
}

/* Writes one of the two, as far as the kernel takes it: how much that was, or -1: the connection has failed. */
static ssize_t write_some(struct load_conn *conn, struct load_worker *worker, const char *bytes,
                          size_t length)
{
    size_t at = 0;

    if (conn->tls != NULL)
        return write_tls(conn, worker, bytes, length);
    while (at < length) {
        ssize_t sent = send(conn->fd, bytes + at, length - at, MSG_NOSIGNAL);

        if (sent >= 0) {
            at += (size_t)sent;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            conn_fail(conn, worker, load_error_of(errno));
            return -1;
        }
    }
    return (ssize_t)at;
}

void conn_write(struct load_conn *conn, struct load_worker *worker)
{
    ssize_t sent;
    bool more;

    if (conn->out_bytes > 0) {
        sent = write_some(conn, worker, conn->out, conn->out_bytes);
        if (sent < 0)
            return;
        conn->out += sent;
        conn->out_bytes -= (size_t)sent;
    }
    if (conn->out_bytes == 0 && buffer_length(&conn->pending) > 0) {
        sent = write_some(conn, worker, buffer_head(&conn->pending), buffer_length(&conn->pending));
        if (sent < 0)
            return;
        buffer_consume(&conn->pending, (size_t)sent);
    }
    more = conn->out_bytes > 0 || buffer_length(&conn->pending) > 0;
    if (conn->wants_write != more)
        watch(conn, worker, EPOLL_CTL_MOD, more);
}

/* Whether a ramp has let it in. */
static bool has_begun(const struct load_conn *conn, const struct load_worker *worker)
{
    return worker->running && (size_t)(conn - worker->conns) < worker->begun;
}

/* Has nothing to do: what is next? */
static void carry_on(struct load_conn *conn, struct load_worker *worker)
{
    if (load_plan_is_open(worker->plan))
        open_look(conn, worker);
    else if (worker->plan->tracked)
        flight_send(conn, worker);
    else
        batch_send(conn, worker);
}

/* Connected and introduced. */
static void become_ready(struct load_conn *conn, struct load_worker *worker)
{
    conn->state = CONN_READY;
    if (!load_plan_is_open(worker->plan))
        conn->attempts = 0;
    settle(conn, worker);
    if (has_begun(conn, worker))
        carry_on(conn, worker);
}

/* Connected, with all that belongs to it. */
static void introduce(struct load_conn *conn, struct load_worker *worker)
{
    conn->since_ns = worker->now_ns;
    if (worker->plan->greeting_replies == 0) {
        become_ready(conn, worker);
    } else {
        conn->state = CONN_GREETING;
        conn->greeted = 0;
        conn->out = buffer_head(&worker->plan->greeting);
        conn->out_bytes = buffer_length(&worker->plan->greeting);
    }
    if (conn->fd >= 0)
        conn_write(conn, worker); /* also stops asking for EPOLLOUT, which connecting needed */
}

void conn_start(struct load_conn *conn, struct load_worker *worker)
{
    worker->now_ns = clock_now_ns(); /* with many connections the first sends take a while */
    if (conn->state == CONN_READY)
        carry_on(conn, worker);
}

/* Replies to our greeting; an error among them means that we may not come in. */
static void take_greeting(struct load_conn *conn, struct load_worker *worker, const char *bytes,
                          size_t length)
{
    size_t at = 0, used;

    worker->now_ns = clock_now_ns();
    while (at < length && conn->state == CONN_GREETING) {
        enum resp_scan found = resp_scan(&conn->scanner, bytes + at, length - at, &used);

        at += used;
        if (found == RESP_SCAN_INCOMPLETE)
            return;
        if (found != RESP_SCAN_OK)
            conn_fail(conn, worker, found == RESP_SCAN_ERROR ? LOAD_REFUSED : LOAD_MALFORMED);
        else if (++conn->greeted == worker->plan->greeting_replies)
            become_ready(conn, worker);
    }
}

/* Bytes that nobody asked for: a server that turns us away says why, with an error reply. */
static void take_unasked(struct load_conn *conn, struct load_worker *worker, const char *bytes)
{
    if (conn->state == CONN_READY)
        conn_fail(conn, worker, bytes[0] == '-' ? LOAD_REFUSED : LOAD_MALFORMED);
    else
        conn_close(conn); /* spent: all its replies are there */
}

static void end_input(struct load_conn *conn, struct load_worker *worker, ssize_t got, int why)
{
    if (got < 0 && (why == EAGAIN || why == EINTR))
        return;
    if (conn->state == CONN_SPENT)
        conn_close(conn);
    else
        conn_fail(conn, worker, got == 0 ? LOAD_CLOSED : load_error_of(why));
}

static inline void take(struct load_conn *conn, struct load_worker *worker, size_t got)
{
    if (conn->state == CONN_BUSY && worker->plan->tracked)
        flight_take(conn, worker, worker->input, got);
    else if (conn->state == CONN_BUSY)
        batch_take(conn, worker, worker->input, got);
    else if (conn->state == CONN_GREETING)
        take_greeting(conn, worker, worker->input, got);
    else
        take_unasked(conn, worker, worker->input);
}

/* Reads as much as a plain read would, where there is so much: replies of one batch come in one piece. How the last record's
 * read went; OK also when the room is used up. */
static enum tls_result gather(struct load_conn *conn, struct load_worker *worker, size_t *got)
{
    enum tls_result result = TLS_OK;

    *got = 0;
    do {
        size_t length = LOAD_READ_BYTES - *got;

        result = tls_read(conn->tls, worker->input + *got, &length, false);
        *got += length;
    } while (result == TLS_OK && *got < LOAD_READ_BYTES && tls_pending(conn->tls));
    return result;
}

static void end_tls_input(struct load_conn *conn, struct load_worker *worker, enum tls_result result)
{
    if (result == TLS_WANT_WRITE && !conn->wants_write)
        watch(conn, worker, EPOLL_CTL_MOD, true);
    else if (conn->state == CONN_SPENT && (result == TLS_CLOSED || result == TLS_ERROR))
        conn_close(conn);
    else if (result == TLS_CLOSED)
        conn_fail(conn, worker, LOAD_CLOSED);
    else if (result == TLS_ERROR)
        conn_fail(conn, worker, tls_error(conn, worker));
}

/* Whatever is taken may open the connection anew: then there is no TLS on it yet. */
static APART void read_tls(struct load_conn *conn, struct load_worker *worker)
{
    do {
        size_t got;
        enum tls_result result = gather(conn, worker, &got);

        if (got > 0)
            take(conn, worker, got);
        if (conn->tls != NULL && result != TLS_OK)
            end_tls_input(conn, worker, result);
    } while (conn->tls != NULL && tls_pending(conn->tls));
}

static void read_in(struct load_conn *conn, struct load_worker *worker)
{
    ssize_t got;

    if (conn->tls != NULL) {
        read_tls(conn, worker);
        return;
    }
    got = recv(conn->fd, worker->input, LOAD_READ_BYTES, 0);
    if (got > 0)
        take(conn, worker, (size_t)got);
    else
        end_input(conn, worker, got, errno);
}

/* Goes on with the handshake; all of it has the time that a connection has. */
static APART void shake(struct load_conn *conn, struct load_worker *worker)
{
    enum tls_result result = tls_handshake(conn->tls, false);

    worker->now_ns = clock_now_ns(); /* a first batch is timed from here */
    if (result == TLS_OK) {
        worker->handshakes++;
        worker->resumed += tls_was_resumed(conn->tls);
        introduce(conn, worker);
        if (conn->tls != NULL && tls_pending(conn->tls))
            read_tls(conn, worker);
    } else if (result == TLS_ERROR) {
        conn_fail(conn, worker, tls_error(conn, worker));
    } else if (conn->wants_write != (result == TLS_WANT_WRITE)) {
        watch(conn, worker, EPOLL_CTL_MOD, result == TLS_WANT_WRITE);
    }
}

static void end_connect(struct load_conn *conn, struct load_worker *worker)
{
    const struct target *target = &worker->plan->target;
    int why = dial_result(conn->fd);

    worker->now_ns = clock_now_ns(); /* so is a first batch of a plain one */
    if (why != 0) {
        conn_fail(conn, worker, load_error_of(why));
    } else if (target->context == NULL) {
        introduce(conn, worker);
    } else {
        conn->tls = tls_new(target->context, conn->fd, target->host);
        if (conn->tls == NULL) {
            worker->no_memory = true;
            return;
        }
        tls_session_offer(worker->session, conn->tls);
        conn->state = CONN_SHAKING;
        shake(conn, worker);
    }
}

void conn_on_event(struct load_conn *conn, struct load_worker *worker, uint32_t events)
{
    if (conn->state == CONN_CONNECTING) {
        end_connect(conn, worker);
        return;
    }
    if (conn->state == CONN_SHAKING) {
        shake(conn, worker);
        return;
    }
    if ((events & EPOLLOUT) != 0)
        conn_write(conn, worker);
    /* A read of TLS may have had to write first. */
    if (conn->fd >= 0 && ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 || conn->tls != NULL))
        read_in(conn, worker);
}

/* Since when the server has owed us what we wait for; CLOCK_NEVER: it owes us nothing. */
static uint64_t waits_since(const struct load_conn *conn, const struct load_worker *worker)
{
    if (conn->state == CONN_CONNECTING || conn->state == CONN_SHAKING || conn->state == CONN_GREETING)
        return conn->since_ns;
    if (conn->state != CONN_BUSY)
        return CLOCK_NEVER;
    return worker->plan->tracked ? conn->flights[conn->first].sent_ns : conn->since_ns;
}

void conn_tick(struct load_conn *conn, struct load_worker *worker)
{
    uint64_t since_ns = waits_since(conn, worker);

    if (since_ns < worker->now_ns && worker->now_ns - since_ns > worker->plan->timeout_us * 1000) {
        conn_fail(conn, worker, LOAD_TIMED_OUT);
    } else if (conn->state == CONN_DOWN && worker->running && !load_plan_is_open(worker->plan)) {
        if (load_budget_is_spent(worker->shared))
            conn_spend(conn, worker);
        else if (worker->now_ns >= conn->retry_at_ns)
            conn_open(conn, worker);
    }
}
