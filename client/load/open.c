/* SPDX-License-Identifier: Apache-2.0
 *
 * The open loop of a load thread: requests are sent when the schedule means them to be, to whichever connection has
 * room, and those that find none wait - in the schedule, whose place is the queue - and are never skipped. That is
 * the difference to a closed loop, in which a server that stalls also stops the questions and so is asked for its
 * latency just when it is well (coordinated omission).
 *
 * We must not book on the server what is our own doing (lateness.c). When a reply was read says little about when it
 * could have been: if it was there when we came to look, it may have been there since we last looked, and that is
 * assumed. So events are fetched without waiting first, and only if there are none with waiting: that tells the two
 * apart. And who waits is woken by the timer at the latest: to come back later than that, and find replies, means that
 * we got no CPU; nor did we for as long as the scheduler says that we were to run and did not.
 *
 * Waiting is for an absolute timer in the epoll set: epoll's own timeout is late by most of a millisecond for a
 * deadline of a few hundred microseconds, the timer by some 20 us. Runs in the load thread. */
#include "client/load/open.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "client/load/flight.h"
#include "client/load/worker.h"
#include "common/clock.h"

#define EVENTS_MOST   256
#define DISPATCH_MOST 64      /* requests between two looks at what has come */
#define COUNTED_MOST  2000000 /* of the unsent, one by one; the rest in as many lots at most */

int open_begin(struct load_worker *worker, struct error *error)
{
    struct open_loop *open = &worker->open;
    struct epoll_event event = {.events = EPOLLIN};

    open->due_ns = CLOCK_NEVER;
    open->timer = -1;
    if (!load_plan_is_open(worker->plan))
        return 0;
    open->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (open->timer < 0 || epoll_ctl(worker->epoll, EPOLL_CTL_ADD, open->timer, &event) != 0)
        return error_errno(error, "timerfd");
    return 0;
}

void open_clear(struct load_worker *worker)
{
    if (worker->open.timer >= 0)
        close(worker->open.timer);
    worker->open.timer = -1;
}

/* Finds out when the request at the schedule's place is meant to be sent. */
static void look_at_schedule(struct load_worker *worker)
{
    struct open_loop *open = &worker->open;
    uint64_t due_ns = worker->start_ns + schedule_due_ns(&open->schedule);

    open->due_ns = open->left > 0 && due_ns < worker->until_ns ? due_ns : CLOCK_NEVER;
}

/* The request at the schedule's place has been taken. */
static void take_from_schedule(struct load_worker *worker)
{
    struct open_loop *open = &worker->open;

    if (open->left != UINT64_MAX && open->due_ns >= worker->measure_ns)
        open->left--;
    schedule_advance(&open->schedule);
    look_at_schedule(worker);
}

void open_start(struct load_worker *worker)
{
    const struct load_plan *plan = worker->plan;
    struct open_loop *open = &worker->open;
    struct schedule_plan when = load_plan_schedule(plan);
    size_t i;

    schedule_begin(&open->schedule, &when, worker->index);
    open->left = UINT64_MAX;
    if (plan->requests != 0)
        open->left = plan->requests / plan->threads + (worker->index < plan->requests % plan->threads);
    open->seen_ns = open->returned_ns = worker->start_ns;
    look_at_schedule(worker);
    for (i = 0; i < worker->count; i++)
        open_look(&worker->conns[i], worker);
}

static bool has_room(const struct load_conn *conn, const struct load_worker *worker)
{
    return (conn->state == CONN_READY || conn->state == CONN_BUSY) &&
           conn->awaited < worker->plan->pipeline && !flight_is_worn(conn, worker);
}

static void enqueue(struct load_conn *conn, struct open_loop *open)
{
    conn->queued = true;
    conn->next = NULL;
    if (open->tail != NULL)
        open->tail->next = conn;
    else
        open->head = conn;
    open->tail = conn;
}

static struct load_conn *dequeue(struct open_loop *open)
{
    struct load_conn *conn = open->head;

    open->head = conn->next;
    if (open->head == NULL)
        open->tail = NULL;
    conn->queued = false;
    return conn;
}

void open_look(struct load_conn *conn, struct load_worker *worker)
{
    struct open_loop *open = &worker->open;
    bool roomy = has_room(conn, worker);

    if (roomy && !conn->roomy) {
        open->room++;
        if (conn->asked == 0)
            conn->ready.free_ns = open->seen_ns;
    } else if (!roomy && conn->roomy) {
        open->room--;
    }
    conn->roomy = roomy;
    open->under_way += (size_t)(conn->awaited > 0) - (size_t)conn->under_way;
    conn->under_way = conn->awaited > 0;
    if (roomy && !conn->queued)
        enqueue(conn, open);
}

/* The connection that has had room longest. There is one. */
static struct load_conn *choose(struct open_loop *open)
{
    struct load_conn *conn = dequeue(open);

    while (!conn->roomy) /* it was lost while it stood in the queue */
        conn = dequeue(open);
    return conn;
}

static void write_all(struct load_worker *worker, struct load_conn **dirty, unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        if (i > 0)
            worker->now_ns = clock_now_ns();
        dirty[i]->dirty = false;
        flight_mark_written(dirty[i], worker);
        worker->open.last_sent_ns = worker->now_ns;
        conn_write(dirty[i], worker);
    }
}

void open_dispatch(struct load_worker *worker)
{
    struct open_loop *open = &worker->open;
    struct load_conn *dirty[DISPATCH_MOST];
    unsigned given, count = 0;

    for (given = 0; given < DISPATCH_MOST && open->due_ns <= worker->now_ns && open->room > 0; given++) {
        struct load_conn *conn = choose(open);

        if (conn->awaited == 0)
            conn->since_ns = worker->now_ns;
        flight_add(conn, worker, open->due_ns, schedule_number(&open->schedule));
        if (!conn->dirty)
            dirty[count++] = conn;
        conn->dirty = true;
        open_look(conn, worker);
        open->last_due_ns = open->due_ns;
        take_from_schedule(worker);
    }
    write_all(worker, dirty, count);
}

static void arm(struct open_loop *open, uint64_t at_ns)
{
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(at_ns / 1000000000u), .tv_nsec = (long)(at_ns % 1000000000u)}};

    if (open->armed_ns == at_ns)
        return;
    timerfd_settime(open->timer, TFD_TIMER_ABSTIME, &when, NULL); /* which also forgets that it has rung */
    open->armed_ns = at_ns;
}

/* Waits for events. They have been there since we were woken: by the timer, or by one of them; how long the latter was
 * before we ran, matters when requests have to wait for a connection. Being stopped ends a wait, too, without events.
 * */
static int wait_for_events(struct load_worker *worker, struct epoll_event *events, uint64_t wake_ns)
{
    struct open_loop *open = &worker->open;
    uint64_t before_ns, after_ns;
    bool knows = open->room == 0 && attendance_waited(&worker->attendance, &before_ns);
    int count = epoll_wait(worker->epoll, events, EVENTS_MOST, -1);

    worker->now_ns = open->seen_ns = clock_now_ns();
    if (knows && attendance_waited(&worker->attendance, &after_ns) && after_ns > before_ns)
        open->seen_ns -= after_ns - before_ns;
    if (wake_ns < open->seen_ns)
        open->seen_ns = wake_ns;
    return count >= 0 ? count : epoll_wait(worker->epoll, events, EVENTS_MOST, 0);
}

/* Whether events are of half, at least, of the connections that the server has something to do for. A wait for the
 * server is over when all have been answered; from half of them on we hold it that it waits for us. */
static bool is_starved(const struct open_loop *open, const struct epoll_event *events, int count)
{
    size_t of_conns = 0, most = open->under_way < EVENTS_MOST ? open->under_way : EVENTS_MOST;
    int i;

    for (i = 0; i < count; i++)
        of_conns += events[i].data.ptr != NULL;
    return 2 * of_conns >= most;
}

/* Events, or none when it is `wake_ns`. */
static int fetch(struct load_worker *worker, struct epoll_event *events, uint64_t wake_ns)
{
    struct open_loop *open = &worker->open;
    int count;

    if (open->armed_ns <= worker->now_ns && wake_ns > worker->now_ns)
        arm(open, wake_ns);
    open->seen_ns = open->returned_ns;
    count = epoll_wait(worker->epoll, events, EVENTS_MOST, 0);
    if (count == 0 && wake_ns > worker->now_ns) {
        arm(open, wake_ns);
        count = wait_for_events(worker, events, wake_ns);
    } else {
        worker->now_ns = clock_now_ns();
    }
    open->returned_ns = worker->now_ns;
    open->starved = is_starved(open, events, count);
    return count;
}

void open_note_reply(struct load_conn *conn, struct load_worker *worker, struct load_flight *flight)
{
    struct open_loop *open = &worker->open;
    struct lateness_reply reply = {.sent_ns = flight->sent_ns,
                                   .there_ns =
                                       open->seen_ns > flight->sent_ns ? open->seen_ns : flight->sent_ns,
                                   .now_ns = worker->now_ns,
                                   .starved = open->starved};

    conn->ready.late_ns = lateness_free(&flight->room, &open->usual_ns, &reply);
    if (open->due_ns > worker->now_ns)
        return;
    open->served++;
    open->served_ns += reply.there_ns - reply.sent_ns;
}

static uint64_t wake_at(const struct load_worker *worker)
{
    const struct open_loop *open = &worker->open;
    uint64_t wake_ns = worker->tick_ns < worker->until_ns ? worker->tick_ns : worker->until_ns;
    uint64_t retry_ns = retry_next_ns(&open->retries);

    wake_ns = retry_ns < wake_ns ? retry_ns : wake_ns;
    return open->room > 0 && open->due_ns < wake_ns ? open->due_ns : wake_ns;
}

/* All that counted has been sent, and nothing is under way any more. */
static bool is_done(const struct load_worker *worker)
{
    size_t i;

    if (worker->open.left > 0)
        return false;
    for (i = 0; i < worker->count; i++) {
        if (worker->conns[i].awaited > 0)
            return false;
    }
    return true;
}

void open_run(struct load_worker *worker)
{
    struct epoll_event events[EVENTS_MOST];
    struct open_loop *open = &worker->open;

    while (worker->now_ns < worker->until_ns && !load_worker_is_stopped(worker) && !is_done(worker)) {
        int count, i;

        open_dispatch(worker);
        count = fetch(worker, events, wake_at(worker));
        for (i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL) /* the timer has only come to wake us */
                conn_on_event(events[i].data.ptr, worker, events[i].events);
            if (open->due_ns <= worker->now_ns)
                open_dispatch(worker);
        }
        retry_due(worker);
        load_worker_tick(worker);
    }
    if (!load_worker_is_stopped(worker))
        open_dispatch(worker); /* what was meant for the last microseconds */
}

/* Counts requests of one command as due and not sent, with their age. */
static void count_unsent(struct load_worker *worker, uint64_t end_ns, uint64_t times)
{
    struct open_loop *open = &worker->open;
    uint64_t number = schedule_number(&open->schedule);
    struct load_tally *tally = load_worker_tally(worker, open->due_ns);
    struct load_share *share = &tally->shares[mix_choose(&worker->plan->mix, worker->plan->seed, number)];

    share->counts.unsent += times;
    histogram_record(share->times.latency, end_ns - open->due_ns, times);
    if (open->due_ns >= worker->measure_ns)
        open->missing += times;
}

/* A lot lies on one side of the moment from which on is measured. */
static uint64_t lot_end(const struct load_worker *worker, uint64_t lot_ns, uint64_t end_ns)
{
    uint64_t from_ns = worker->open.due_ns;
    uint64_t until_ns =
        from_ns < worker->measure_ns && worker->measure_ns < end_ns ? worker->measure_ns : end_ns;

    return until_ns - from_ns > lot_ns ? from_ns + lot_ns : until_ns;
}

/* So many that counting each would take long: lots of equal times. What a lot has is the difference of two counts
 * from the beginning, so that no part of a request is lost between them. */
static void count_lots(struct load_worker *worker, uint64_t end_ns)
{
    struct open_loop *open = &worker->open;
    uint64_t lot_ns = (end_ns - open->due_ns) / COUNTED_MOST + 1;
    uint64_t before = schedule_count_before(&open->schedule, open->due_ns - worker->start_ns);

    while (open->due_ns < end_ns) {
        uint64_t to_ns = lot_end(worker, lot_ns, end_ns);
        uint64_t count = schedule_count_before(&open->schedule, to_ns - worker->start_ns);
        uint64_t times = count - before < open->left ? count - before : open->left;

        count_unsent(worker, end_ns, times);
        if (open->left != UINT64_MAX && open->due_ns >= worker->measure_ns)
            open->left -= times;
        open->schedule.index += times; /* another command's turn */
        open->due_ns = open->left > 0 ? to_ns : CLOCK_NEVER;
        before = count;
    }
}

/* How many requests are due in so long. */
static uint64_t due_in(const struct load_worker *worker, uint64_t ns)
{
    return (uint64_t)((double)ns / 1e9 * (double)worker->plan->rate_millionths / 1e6 /
                      (double)worker->plan->threads);
}

/* How late the requests under way were sent, all together; if we were away at the end, their replies may have been
 * there before. What waited for the server to the end counts as served, too. */
static uint64_t late_under_way(struct load_worker *worker)
{
    struct open_loop *open = &worker->open;
    uint64_t late_ns = 0;
    size_t i;
    unsigned j;

    for (i = 0; i < worker->count; i++) {
        for (j = 0; j < worker->conns[i].awaited; j++) {
            struct load_flight *flight = flight_at(&worker->conns[i], worker, j);
            struct lateness_reply reply = {.sent_ns = flight->sent_ns,
                                           .there_ns = open->returned_ns > flight->sent_ns ? open->returned_ns
                                                                                           : flight->sent_ns,
                                           .now_ns = worker->ended_ns,
                                           .starved = true};

            late_ns += lateness_free(&flight->room, &open->usual_ns, &reply);
            open->served++;
            open->served_ns += reply.there_ns - reply.sent_ns;
        }
    }
    return late_ns;
}

/* How many of those that are missing would have been sent, had we always been there: those that a connection was free
 * for, or would have been, at the pace at which connections became free. */
static uint64_t own_missing(struct load_worker *worker)
{
    struct open_loop *open = &worker->open;
    double late_ns, service_ns;

    if (open->missing == 0 || open->room > 0)
        return open->missing;
    late_ns = (double)late_under_way(worker);
    service_ns = open->served > 0 ? (double)open->served_ns / (double)open->served : 0;
    if (late_ns == 0) /* nothing of it is ours, or no connection stands */
        return 0;
    return late_ns >= (double)open->missing * service_ns ? open->missing : (uint64_t)(late_ns / service_ns);
}

/* What a counted load was behind its schedule when it wrote its last request is missing, too. */
static void add_delay_at_last(struct load_worker *worker)
{
    struct open_loop *open = &worker->open;

    if (worker->plan->requests == 0 || open->last_sent_ns <= open->last_due_ns)
        return;
    open->missing += due_in(worker, open->last_sent_ns - open->last_due_ns);
    open->missing_own += due_in(worker, open->last_lag_ns);
}

void open_end(struct load_worker *worker)
{
    struct open_loop *open = &worker->open;
    uint64_t end_ns = worker->ended_ns < worker->until_ns ? worker->ended_ns : worker->until_ns;
    uint64_t counted;

    for (counted = 0; counted < COUNTED_MOST && open->due_ns < end_ns; counted++) {
        count_unsent(worker, end_ns, 1);
        take_from_schedule(worker);
    }
    if (open->due_ns < end_ns)
        count_lots(worker, end_ns);
    open->missing_own = own_missing(worker);
    add_delay_at_last(worker);
}
