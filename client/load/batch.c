/* SPDX-License-Identifier: Apache-2.0
 *
 * The path of a closed loop with one fixed command: as short as it can be made, since every microsecond spent here is
 * one that the server appears to take. A connection sends its batch in one write, reads until all is answered, and
 * sends the next. A batch goes out whole and only when the one before is done, as redis-benchmark does it: were
 * every reply followed at once by a request, one late reply would break the batch up for good and a pipeline of 16
 * would measure a pipeline of something less.
 *
 * The path of a reply has no allocation, no lock and one reading of the clock: recv, scan, clock, record, send. The
 * clock is read after the scan, and what it says is also the moment of the next write. Runs in the load thread that
 * owns the connection. */
#include "client/load/batch.h"

#include "client/load/worker.h"
#include "common/clock.h"

void batch_send(struct load_conn *conn, struct load_worker *worker)
{
    uint64_t ignored;
    unsigned count = load_budget_take(worker, (unsigned)worker->plan->pipeline, &ignored);

    if (count == 0) {
        conn_spend(conn, worker);
        return;
    }
    conn->state = CONN_BUSY;
    conn->awaited = count;
    conn->sent_ns = conn->since_ns = worker->now_ns;
    load_worker_tally(worker, worker->now_ns)->shares[0].counts.sent += count;
    load_worker_slot(worker, worker->now_ns)->sent += count;
    conn->out = buffer_head(&worker->plan->batch);
    conn->out_bytes = count * worker->plan->request_bytes;
    conn_write(conn, worker);
}

/* Counts `ok` and `errors` replies that have just been read. */
static void record(struct load_conn *conn, struct load_worker *worker, unsigned ok, unsigned errors)
{
    struct load_tally *tally = load_worker_tally(worker, conn->sent_ns);
    struct series_slot *slot = load_worker_slot(worker, conn->sent_ns);
    struct load_share *share = &tally->shares[0];
    uint64_t service_ns = worker->now_ns - conn->sent_ns;
    uint64_t replies = (uint64_t)ok + errors;

    conn->since_ns = worker->last_reply_ns = worker->now_ns;
    share->counts.ok += ok;
    share->counts.error_replies += errors;
    slot->ok += ok;
    slot->error_replies += errors;
    histogram_record(share->times.service, service_ns, replies);
    histogram_record(slot->latency, service_ns, replies);
    load_worker_show(&worker->replies, replies);
    if (errors > 0) {
        tally->errors[LOAD_ERROR_REPLY] += errors;
        load_worker_show(&worker->errors, errors);
    }
}

void batch_take(struct load_conn *conn, struct load_worker *worker, const char *bytes, size_t length)
{
    unsigned count[RESP_SCAN_MALFORMED + 1] = {0};
    size_t at = 0, used;
    bool whole = resp_scan_is_idle(&conn->scanner); /* the next reply begins in `bytes` */

    while (at < length && conn->awaited > 0 && count[RESP_SCAN_MALFORMED] == 0) {
        enum resp_scan found = resp_scan(&conn->scanner, bytes + at, length - at, &used);

        if (__builtin_expect(found == RESP_SCAN_ERROR && whole, 0))
            load_tally_keep_error(load_worker_tally(worker, conn->sent_ns), worker->now_ns, bytes + at, used);
        at += used;
        whole = true;
        count[found]++;
        conn->awaited -= found == RESP_SCAN_OK || found == RESP_SCAN_ERROR;
    }
    worker->now_ns = clock_now_ns();
    if (count[RESP_SCAN_OK] + count[RESP_SCAN_ERROR] > 0)
        record(conn, worker, count[RESP_SCAN_OK], count[RESP_SCAN_ERROR]);
    if (count[RESP_SCAN_MALFORMED] > 0 || at < length || (conn->awaited == 0 && conn->out_bytes > 0))
        conn_fail(conn, worker, LOAD_MALFORMED);
    else if (conn->awaited == 0)
        batch_send(conn, worker);
}

void batch_lose(struct load_conn *conn, struct load_worker *worker)
{
    if (conn->awaited == 0)
        return;
    load_worker_tally(worker, conn->sent_ns)->shares[0].counts.failed += conn->awaited;
    load_worker_slot(worker, conn->sent_ns)->failed += conn->awaited;
    conn->awaited = 0;
}

void batch_end(struct load_conn *conn, struct load_worker *worker)
{
    if (conn->awaited > 0)
        load_worker_tally(worker, conn->sent_ns)->shares[0].counts.unfinished += conn->awaited;
}
