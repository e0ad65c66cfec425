/* SPDX-License-Identifier: Apache-2.0
 *
 * One connection of a closed loop: it sends its batch of requests in one write, reads until all are answered,
 * and sends the next. A batch goes out whole and only when the one before is done, as redis-benchmark does
 * it: were every reply followed at once by a request, one late reply would break the batch up for good and a
 * pipeline of 16 would measure a pipeline of something less.
 *
 * The path of a reply has no allocation, no lock and one reading of the clock: recv, scan, clock, record,
 * send. The clock is read after the scan, and what it says is also the moment of the next write. Runs in the
 * load thread that owns the connection. */
#include "client/load/conn.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/dial.h"
#include "client/load/worker.h"
#include "common/clock.h"

#define RECONNECT_PAUSE_NS 100000000

static void send_batch(struct load_conn *conn, struct load_worker *worker);

void conn_close(struct load_conn *conn)
{
    if (conn->fd >= 0)
        close(conn->fd); /* leaves the epoll set by this */
    conn->fd = -1;
}

static void settle(struct load_conn *conn, struct load_worker *worker)
{
    if (!conn->settled)
        worker->unsettled--;
    conn->settled = true;
}

static void count_error(struct load_worker *worker, enum load_error error)
{
    worker->tally.errors[error]++;
    atomic_store_explicit(&worker->errors, atomic_load_explicit(&worker->errors, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

/* The connection is of no more use: what was under way on it has failed; another attempt is made after a
 * pause. */
static void fail(struct load_conn *conn, struct load_worker *worker, enum load_error error)
{
    if (conn->state == CONN_SPENT) {
        conn_close(conn);
        return;
    }
    count_error(worker, error);
    worker->tally.shares[0].counts.failed += conn->awaited;
    if (worker->running)
        series_at(&worker->series, worker->now_ns)->failed += conn->awaited;
    conn->awaited = 0;
    conn->out_bytes = 0;
    conn->wants_write = false;
    conn->scanner = (struct resp_scanner){0};
    conn_close(conn);
    conn->state = CONN_DOWN;
    conn->retry_at_ns = worker->now_ns + RECONNECT_PAUSE_NS;
    settle(conn, worker);
}

static void spend(struct load_conn *conn, struct load_worker *worker)
{
    assert(conn->state != CONN_SPENT);
    conn->state = CONN_SPENT;
    worker->live--;
}

static void watch(struct load_conn *conn, struct load_worker *worker, int operation, bool for_write)
{
    struct epoll_event event = {.events = EPOLLIN | (for_write ? EPOLLOUT : 0), .data.ptr = conn};

    conn->wants_write = for_write;
    if (epoll_ctl(worker->epoll, operation, conn->fd, &event) != 0)
        fail(conn, worker, LOAD_OTHER);
}

void conn_open(struct load_conn *conn, struct load_worker *worker)
{
    conn->since_ns = worker->now_ns;
    conn->fd = dial_start(&worker->plan->address);
    if (conn->fd < 0) {
        fail(conn, worker, load_error_of(errno));
        return;
    }
    conn->state = CONN_CONNECTING;
    watch(conn, worker, EPOLL_CTL_ADD, true);
}

/* Writes what there is to write, as far as the kernel takes it. */
static void write_out(struct load_conn *conn, struct load_worker *worker)
{
    while (conn->out_bytes > 0) {
        ssize_t sent = send(conn->fd, conn->out, conn->out_bytes, MSG_NOSIGNAL);

        if (sent >= 0) {
            conn->out += sent;
            conn->out_bytes -= (size_t)sent;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            fail(conn, worker, load_error_of(errno));
            return;
        }
    }
    if (conn->wants_write != (conn->out_bytes > 0))
        watch(conn, worker, EPOLL_CTL_MOD, conn->out_bytes > 0);
}

static void begin_output(struct load_conn *conn, const char *bytes, size_t length)
{
    conn->out = bytes;
    conn->out_bytes = length;
}

/* Connected and introduced. */
static void become_ready(struct load_conn *conn, struct load_worker *worker)
{
    conn->state = CONN_READY;
    settle(conn, worker);
    if (worker->running)
        send_batch(conn, worker);
}

static void end_connect(struct load_conn *conn, struct load_worker *worker)
{
    int why = dial_result(conn->fd);

    worker->now_ns = clock_now_ns(); /* a first batch is timed from here */
    if (why != 0) {
        fail(conn, worker, load_error_of(why));
        return;
    }
    conn->since_ns = worker->now_ns;
    if (worker->plan->greeting_replies == 0) {
        become_ready(conn, worker);
    } else {
        conn->state = CONN_GREETING;
        conn->greeted = 0;
        begin_output(conn, buffer_head(&worker->plan->greeting), buffer_length(&worker->plan->greeting));
    }
    if (conn->fd >= 0)
        write_out(conn, worker); /* also stops asking for EPOLLOUT, which connecting needed */
}

static void send_batch(struct load_conn *conn, struct load_worker *worker)
{
    unsigned count = load_budget_take(worker->shared, (unsigned)worker->plan->pipeline);

    if (count == 0) {
        spend(conn, worker);
        return;
    }
    conn->state = CONN_BUSY;
    conn->awaited = count;
    conn->sent_ns = conn->since_ns = worker->now_ns;
    worker->tally.shares[0].counts.sent += count;
    series_at(&worker->series, worker->now_ns)->sent += count;
    begin_output(conn, buffer_head(&worker->plan->batch), count * worker->plan->request_bytes);
    write_out(conn, worker);
}

void conn_start(struct load_conn *conn, struct load_worker *worker)
{
    worker->now_ns = clock_now_ns(); /* with many connections the first sends take a while */
    if (conn->state == CONN_READY)
        send_batch(conn, worker);
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
            fail(conn, worker, found == RESP_SCAN_ERROR ? LOAD_REFUSED : LOAD_MALFORMED);
        else if (++conn->greeted == worker->plan->greeting_replies)
            become_ready(conn, worker);
    }
}

/* Counts `ok` and `errors` replies that have just been read. */
static void record(struct load_conn *conn, struct load_worker *worker, unsigned ok, unsigned errors)
{
    uint64_t replies = (uint64_t)ok + errors;
    struct load_share *share = &worker->tally.shares[0];
    struct series_slot *slot = series_at(&worker->series, worker->now_ns);
    uint64_t service_ns = worker->now_ns - conn->sent_ns;

    conn->since_ns = worker->last_reply_ns = worker->now_ns;
    share->counts.ok += ok;
    share->counts.error_replies += errors;
    slot->ok += ok;
    slot->error_replies += errors;
    worker->tally.errors[LOAD_ERROR_REPLY] += errors;
    histogram_record(share->times.service, service_ns, replies);
    histogram_record(slot->latency, service_ns, replies);
    atomic_store_explicit(&worker->replies, load_counts_replies(&share->counts), memory_order_relaxed);
    if (errors > 0)
        atomic_store_explicit(&worker->errors,
                              atomic_load_explicit(&worker->errors, memory_order_relaxed) + errors,
                              memory_order_relaxed);
}

static void take_replies(struct load_conn *conn, struct load_worker *worker, const char *bytes, size_t length)
{
    unsigned count[RESP_SCAN_MALFORMED + 1] = {0};
    size_t at = 0, used;
    bool whole = resp_scan_is_idle(&conn->scanner); /* the next reply begins in `bytes` */

    while (at < length && conn->awaited > 0 && count[RESP_SCAN_MALFORMED] == 0) {
        enum resp_scan found = resp_scan(&conn->scanner, bytes + at, length - at, &used);

        if (__builtin_expect(found == RESP_SCAN_ERROR && whole, 0))
            load_tally_keep_error(&worker->tally, worker->now_ns, bytes + at, used);
        at += used;
        whole = true;
        count[found]++;
        conn->awaited -= found == RESP_SCAN_OK || found == RESP_SCAN_ERROR;
    }
    worker->now_ns = clock_now_ns();
    if (count[RESP_SCAN_OK] + count[RESP_SCAN_ERROR] > 0)
        record(conn, worker, count[RESP_SCAN_OK], count[RESP_SCAN_ERROR]);
    if (count[RESP_SCAN_MALFORMED] > 0 || at < length || (conn->awaited == 0 && conn->out_bytes > 0))
        fail(conn, worker, LOAD_MALFORMED);
    else if (conn->awaited == 0)
        send_batch(conn, worker);
}

/* Bytes that nobody asked for: a server that turns us away says why, with an error reply. */
static void take_unasked(struct load_conn *conn, struct load_worker *worker, const char *bytes)
{
    if (conn->state == CONN_READY)
        fail(conn, worker, bytes[0] == '-' ? LOAD_REFUSED : LOAD_MALFORMED);
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
        fail(conn, worker, got == 0 ? LOAD_CLOSED : load_error_of(why));
}

static void read_in(struct load_conn *conn, struct load_worker *worker)
{
    ssize_t got = recv(conn->fd, worker->input, LOAD_READ_BYTES, 0);

    if (got <= 0)
        end_input(conn, worker, got, errno);
    else if (conn->state == CONN_BUSY)
        take_replies(conn, worker, worker->input, (size_t)got);
    else if (conn->state == CONN_GREETING)
        take_greeting(conn, worker, worker->input, (size_t)got);
    else
        take_unasked(conn, worker, worker->input);
}

void conn_on_event(struct load_conn *conn, struct load_worker *worker, uint32_t events)
{
    if (conn->state == CONN_CONNECTING) {
        end_connect(conn, worker);
        return;
    }
    if ((events & EPOLLOUT) != 0)
        write_out(conn, worker);
    if (conn->fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        read_in(conn, worker);
}

void conn_tick(struct load_conn *conn, struct load_worker *worker)
{
    bool waits = conn->state == CONN_CONNECTING || conn->state == CONN_GREETING || conn->state == CONN_BUSY;

    if (waits && worker->now_ns - conn->since_ns > worker->plan->timeout_us * 1000) {
        fail(conn, worker, LOAD_TIMED_OUT);
    } else if (conn->state == CONN_DOWN && worker->running) {
        if (load_budget_is_spent(worker->shared))
            spend(conn, worker);
        else if (worker->now_ns >= conn->retry_at_ns)
            conn_open(conn, worker);
    }
}
