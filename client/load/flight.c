/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that are followed one by one: of an open loop, of a mix, with values that are drawn, to be verified, or with
 * a connection of their own. Each has a place in its connection's ring, for replies come in the order of requests;
 * the ring is as large as the pipeline and was allocated before the load began. Requests are copied to where their
 * values can be drawn in place, and go out in one write.
 *
 * Here the clock is read once per read, before the scan: what is recorded differs from reply to reply, so it is
 * recorded as each is found. Runs in the load thread that owns the connection. */
#include "client/load/flight.h"

#include <assert.h>

#include "client/load/open.h"
#include "client/load/worker.h"
#include "common/clock.h"

bool flight_is_worn(const struct load_conn *conn, const struct load_worker *worker)
{
    return worker->plan->reconnect_every != 0 && conn->asked >= worker->plan->reconnect_every;
}

struct load_flight *flight_at(const struct load_conn *conn, const struct load_worker *worker, unsigned index)
{
    uint64_t at = (uint64_t)conn->first + index;

    return &conn->flights[at < worker->plan->pipeline ? at : at - worker->plan->pipeline];
}

void flight_add(struct load_conn *conn, struct load_worker *worker, uint64_t due_ns, uint64_t number)
{
    const struct mix *mix = &worker->plan->mix;
    size_t choice = mix_choose(mix, worker->plan->seed, number);
    const struct mix_command *command = &mix->commands[choice];
    struct load_flight *flight = flight_at(conn, worker, conn->awaited);
    char *request;

    assert(conn->awaited < worker->plan->pipeline);
    *flight = (struct load_flight){
        .due_ns = due_ns,
        .number = number,
        .command = choice,
        .room = flight->room.free_ns < conn->ready.free_ns ? conn->ready : flight->room,
    };
    conn->awaited++;
    conn->unwritten++;
    conn->asked++;
    conn->state = CONN_BUSY;
    if (buffer_append(&conn->pending, command->request, command->request_bytes) != 0) {
        worker->no_memory = true; /* a buffer that has grown to its size is never in want again */
        return;
    }
    request = buffer_tail(&conn->pending) - command->request_bytes;
    mix_fill(mix, command, worker->plan->seed, number, request);
}

void flight_mark_written(struct load_conn *conn, struct load_worker *worker)
{
    uint64_t now_ns = worker->now_ns;
    bool open = load_plan_is_open(worker->plan);

    for (; conn->unwritten > 0; conn->unwritten--) {
        struct load_flight *flight = flight_at(conn, worker, conn->awaited - conn->unwritten);
        struct load_share *share = &load_worker_tally(worker, flight->due_ns)->shares[flight->command];

        if (open) {
            worker->open.last_lag_ns = lateness_send(&flight->room, flight->due_ns, now_ns);
            histogram_record(share->times.send_lag, worker->open.last_lag_ns, 1);
        }
        flight->sent_ns = now_ns;
        share->counts.sent++;
        load_worker_slot(worker, flight->due_ns)->sent++;
    }
}

void flight_send(struct load_conn *conn, struct load_worker *worker)
{
    const struct load_plan *plan = worker->plan;
    uint64_t left = plan->reconnect_every != 0 ? plan->reconnect_every - conn->asked : plan->pipeline;
    uint64_t due_ns = conn->due_ns != 0 ? conn->due_ns : worker->now_ns;
    uint64_t number;
    unsigned count =
        load_budget_take(worker, (unsigned)(left < plan->pipeline ? left : plan->pipeline), &number);

    if (count == 0) {
        conn_spend(conn, worker);
        return;
    }
    conn->due_ns = 0;
    conn->since_ns = worker->now_ns;
    for (; count > 0; count--, number += worker->number_step)
        flight_add(conn, worker, due_ns, number);
    flight_mark_written(conn, worker);
    conn_write(conn, worker);
}

/* Whether a reply is what it must be. `piece` is its end; what came of it earlier stands in conn->partial. */
static bool is_right(struct load_conn *conn, struct load_worker *worker, const struct load_flight *flight,
                     const char *piece, size_t length)
{
    const struct load_plan *plan = worker->plan;
    size_t before = buffer_length(&conn->partial);
    bool right;

    if (before > 0) {
        if (before + length > plan->answer_longest || buffer_append(&conn->partial, piece, length) != 0)
            length = 0; /* too long to be right: compared as it is, it is too short */
        piece = buffer_head(&conn->partial);
        length += before;
    }
    right = answer_is_right(&plan->answers[flight->command], &plan->mix, plan->seed, flight->number, piece,
                            length);
    conn->partial.start = conn->partial.end = 0;
    return right;
}

/* The request that was first in line is over: it was answered well (LOAD_ERRORS), or not. */
static void finish(struct load_worker *worker, const struct load_flight *flight, enum load_error error)
{
    struct load_tally *tally = load_worker_tally(worker, flight->due_ns);
    struct series_slot *slot = load_worker_slot(worker, flight->due_ns);
    struct load_share *share = &tally->shares[flight->command];
    uint64_t service_ns = worker->now_ns - flight->sent_ns, latency_ns = worker->now_ns - flight->due_ns;
    bool wrong = error == LOAD_WRONG_REPLY;

    if (error == LOAD_ERRORS) {
        share->counts.ok++;
        slot->ok++;
    } else {
        tally->errors[error]++;
        load_worker_show(&worker->errors, 1);
        *(wrong ? &share->counts.failed : &share->counts.error_replies) += 1;
        *(wrong ? &slot->failed : &slot->error_replies) += 1;
    }
    if (!wrong) {
        histogram_record(share->times.service, service_ns, 1);
        histogram_record(slot->service, service_ns, 1);
    }
    if (worker->plan->latency_apart && (!wrong || load_plan_is_open(worker->plan))) {
        histogram_record(share->times.latency, latency_ns, 1);
        histogram_record(slot->latency, latency_ns, 1);
    }
}

/* Takes the first request out of the ring. */
static struct load_flight *pop(struct load_conn *conn, struct load_worker *worker)
{
    struct load_flight *flight = &conn->flights[conn->first];

    conn->first = conn->first + 1 < worker->plan->pipeline ? conn->first + 1 : 0;
    conn->awaited--;
    return flight;
}

static void take_one(struct load_conn *conn, struct load_worker *worker, enum resp_scan found,
                     const char *piece, size_t length)
{
    struct load_flight *flight = pop(conn, worker);
    enum load_error error = found == RESP_SCAN_ERROR ? LOAD_ERROR_REPLY : LOAD_ERRORS;

    if (worker->plan->verify && found == RESP_SCAN_OK && !is_right(conn, worker, flight, piece, length))
        error = LOAD_WRONG_REPLY;
    else if (worker->plan->verify)
        conn->partial.start = conn->partial.end = 0;
    if (found == RESP_SCAN_OK)
        conn->attempts = 0;
    if (load_plan_is_open(worker->plan))
        open_note_reply(conn, worker, flight);
    finish(worker, flight, error);
}

/* Keeps a part of a reply to be verified: no more than an answer has. */
static void keep_part(struct load_conn *conn, struct load_worker *worker, const char *piece, size_t length)
{
    size_t room = worker->plan->answer_longest + 1 - buffer_length(&conn->partial);

    if (buffer_append(&conn->partial, piece, length < room ? length : room) != 0)
        worker->no_memory = true;
}

/* What there is to do when the last reply of a batch, or a reply of an open loop, has come. */
static void go_on(struct load_conn *conn, struct load_worker *worker)
{
    if (conn->awaited == 0 && flight_is_worn(conn, worker))
        conn_reopen(conn, worker);
    else if (load_plan_is_open(worker->plan))
        open_look(conn, worker);
    else if (conn->awaited == 0)
        flight_send(conn, worker);
}

void flight_take(struct load_conn *conn, struct load_worker *worker, const char *bytes, size_t length)
{
    enum resp_scan found = RESP_SCAN_OK;
    size_t at = 0, used;
    unsigned before = conn->awaited;
    bool whole = resp_scan_is_idle(&conn->scanner); /* the next reply begins in `bytes` */

    worker->now_ns = clock_now_ns();
    while (at < length && conn->awaited > 0 && found != RESP_SCAN_MALFORMED) {
        found = resp_scan(&conn->scanner, bytes + at, length - at, &used);
        if (found == RESP_SCAN_ERROR && whole)
            load_tally_keep_error(load_worker_tally(worker, conn->flights[conn->first].due_ns),
                                  worker->now_ns, bytes + at, used);
        if (found == RESP_SCAN_OK || found == RESP_SCAN_ERROR)
            take_one(conn, worker, found, bytes + at, used);
        else if (worker->plan->verify)
            keep_part(conn, worker, bytes + at, used);
        at += used;
        whole = true;
    }
    if (conn->awaited < before) {
        conn->since_ns = worker->last_reply_ns = worker->now_ns;
        load_worker_show(&worker->replies, before - conn->awaited);
    }
    if (conn->awaited == 0)
        conn->state = CONN_READY;
    if (found == RESP_SCAN_MALFORMED || at < length ||
        (conn->awaited == 0 && buffer_length(&conn->pending) > 0))
        conn_fail(conn, worker, LOAD_MALFORMED);
    else
        go_on(conn, worker);
}

/* A request gets no reply: its age is the least that it can have taken, and an open loop says so. */
static struct load_share *give_up(struct load_worker *worker, const struct load_flight *flight)
{
    struct load_share *share = &load_worker_tally(worker, flight->due_ns)->shares[flight->command];

    if (load_plan_is_open(worker->plan))
        histogram_record(share->times.latency, worker->now_ns - flight->due_ns, 1);
    return share;
}

void flight_lose(struct load_conn *conn, struct load_worker *worker)
{
    while (conn->awaited > 0) {
        struct load_flight *flight = pop(conn, worker);
        struct series_slot *slot = load_worker_slot(worker, flight->due_ns);

        give_up(worker, flight)->counts.failed++;
        slot->failed++;
        if (load_plan_is_open(worker->plan))
            histogram_record(slot->latency, worker->now_ns - flight->due_ns, 1);
    }
    buffer_consume(&conn->pending, buffer_length(&conn->pending));
    conn->partial.start = conn->partial.end = 0;
    conn->unwritten = 0;
}

void flight_end(struct load_conn *conn, struct load_worker *worker)
{
    while (conn->awaited > 0)
        give_up(worker, pop(conn, worker))->counts.unfinished++;
}
