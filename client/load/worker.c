/* SPDX-License-Identifier: Apache-2.0
 *
 * A load thread: one epoll set, the connections that fell to it, and a look at the clock now and then for
 * those that nothing happens to. Bare epoll and not a library's loop, since every microsecond here is one
 * that the server under test appears to take. Level-triggered with one read per event: a reply that fits the
 * buffer, as nearly all do, costs one recv and no second one to learn that there is no more. */
#include "client/load/worker.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client/load/batch.h"
#include "client/load/flight.h"
#include "common/clock.h"

#define EVENTS_MOST   256
#define TICK_LEAST_NS 1000000
#define TICK_MOST_NS  100000000
#define OPEN_TICK_NS  10000000 /* an open loop's time-outs are in its latency */
#define RAMP_STEP_NS  1000000
#define WARM_NUMBERS  (UINT64_C(1) << 62) /* the warm-up's requests: not those that are measured */

static int begin_tallies(struct load_worker *worker)
{
    const struct load_plan *plan = worker->plan;

    if (load_tally_begin(&worker->tally, plan->mix.count) != 0 ||
        series_begin(&worker->series, plan->latency_apart) != 0)
        return -1;
    if (plan->warmup_us == 0)
        return 0;
    worker->warm_slot.latency = worker->warm_slot.service = histogram_new();
    return worker->warm_slot.latency != NULL ? load_tally_begin(&worker->warm, plan->mix.count) : -1;
}

static int begin_conns(struct load_worker *worker)
{
    uint64_t pipeline = worker->plan->pipeline;
    size_t i;

    worker->conns = calloc(worker->count, sizeof *worker->conns);
    if (worker->plan->tracked)
        worker->flights = calloc(worker->count * pipeline, sizeof *worker->flights);
    if (worker->conns == NULL || (worker->plan->tracked && worker->flights == NULL))
        return -1;
    for (i = 0; i < worker->count; i++) {
        worker->conns[i].fd = -1;
        if (worker->plan->tracked)
            worker->conns[i].flights = &worker->flights[i * pipeline];
    }
    return 0;
}

int load_worker_begin(struct load_worker *worker, struct load_shared *shared, uint64_t index, size_t count,
                      struct error *error)
{
    *worker = (struct load_worker){.shared = shared,
                                   .plan = shared->plan,
                                   .index = index,
                                   .count = count,
                                   .epoll = -1,
                                   .open.timer = -1,
                                   .attendance.schedstat = -1};
    worker->input = malloc(LOAD_READ_BYTES);
    if (worker->input == NULL || begin_conns(worker) != 0 || begin_tallies(worker) != 0)
        return error_set(error, "out of memory");
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (worker->epoll < 0)
        return error_errno(error, "epoll");
    return open_begin(worker, error);
}

void load_worker_clear(struct load_worker *worker)
{
    size_t i;

    for (i = 0; worker->conns != NULL && i < worker->count; i++)
        conn_clear(&worker->conns[i]);
    open_clear(worker);
    attendance_close(&worker->attendance);
    if (worker->epoll >= 0)
        close(worker->epoll);
    load_tally_clear(&worker->tally);
    load_tally_clear(&worker->warm);
    histogram_free(&worker->warm_slot.latency);
    tls_session_free(&worker->session);
    series_clear(&worker->series);
    free(worker->flights);
    free(worker->input);
    free(worker->conns);
}

bool load_budget_is_spent(struct load_shared *shared)
{
    return shared->plan->requests != 0 && atomic_load_explicit(&shared->budget, memory_order_relaxed) <= 0;
}

/* Numbers requests that nobody counts in all: each thread has every so many-th of them. */
static unsigned number_here(struct load_worker *worker, unsigned wanted, uint64_t first, uint64_t *number)
{
    worker->number_step = worker->plan->threads;
    *number = first + worker->drawn * worker->plan->threads + worker->index;
    worker->drawn += wanted;
    return wanted;
}

unsigned load_budget_take(struct load_worker *worker, unsigned wanted, uint64_t *number)
{
    struct load_shared *shared = worker->shared;
    int64_t before;

    if (worker->now_ns < worker->measure_ns)
        return number_here(worker, wanted, WARM_NUMBERS, number);
    if (shared->plan->requests == 0)
        return number_here(worker, wanted, 0, number);
    if (load_budget_is_spent(shared))
        return 0; /* so that the budget can't run down to where it would wrap */
    before = atomic_fetch_sub_explicit(&shared->budget, wanted, memory_order_relaxed);
    if (before <= 0)
        return 0;
    worker->number_step = 1;
    *number = shared->plan->requests - (uint64_t)before;
    return before < wanted ? (unsigned)before : wanted;
}

/* Whether anything that was due has had no reply yet. */
static bool is_waiting(const struct load_worker *worker)
{
    size_t i;

    if (!load_plan_is_open(worker->plan) || worker->open.due_ns <= worker->now_ns)
        return true;
    for (i = 0; i < worker->count; i++) {
        if (worker->conns[i].awaited > 0)
            return true;
    }
    return false;
}

/* When requests are counted and no time is set, nothing else would end a run against a server that is gone or silent:
 * after two time-outs of waiting without a single reply it is given up. */
static void look_for_silence(struct load_worker *worker)
{
    if (worker->last_reply_ns > worker->quiet_ns || !is_waiting(worker))
        worker->quiet_ns = worker->now_ns;
    if (worker->running && worker->now_ns - worker->quiet_ns > worker->plan->timeout_us * 2000)
        worker->gave_up = worker->gave_up || worker->plan->duration_us == 0;
}

/* Behind the warm-up. */
static void begin_measuring(struct load_worker *worker)
{
    worker->measuring = true;
    worker->drawn = 0;
    attendance_begin(&worker->attendance);
}

/* Lets in as many connections as the ramp has come to. */
static void let_in(struct load_worker *worker)
{
    uint64_t ramp_ns = worker->plan->ramp_us * 1000, gone_ns = worker->now_ns - worker->start_ns;
    size_t all = worker->count;

    if (gone_ns < ramp_ns)
        all = (size_t)((unsigned __int128)worker->count * gone_ns / ramp_ns) + 1;
    while (worker->begun < all && worker->begun < worker->count)
        conn_start(&worker->conns[worker->begun++], worker);
}

/* How often connections are looked at that nothing happens to: often enough for an eighth of the time-out. */
static uint64_t tick_interval_ns(const struct load_worker *worker)
{
    uint64_t interval = worker->plan->timeout_us * 1000 / 8;
    uint64_t most = load_plan_is_open(worker->plan) && worker->count < 1000 ? OPEN_TICK_NS : TICK_MOST_NS;

    if (worker->running && worker->begun < worker->count)
        return RAMP_STEP_NS;
    if (interval < TICK_LEAST_NS)
        return TICK_LEAST_NS;
    return interval < most ? interval : most;
}

void load_worker_tick(struct load_worker *worker)
{
    size_t i;

    if (worker->running && !worker->measuring && worker->now_ns >= worker->measure_ns)
        begin_measuring(worker);
    if (worker->now_ns < worker->tick_ns)
        return;
    if (worker->measuring)
        attendance_look(&worker->attendance, worker->tick_ns, worker->now_ns);
    if (worker->running && worker->begun < worker->count)
        let_in(worker);
    series_at(&worker->series, worker->now_ns); /* also seconds in which nothing happens are over */
    for (i = 0; i < worker->count; i++)
        conn_tick(&worker->conns[i], worker);
    look_for_silence(worker);
    worker->tick_ns = worker->now_ns + tick_interval_ns(worker);
}

bool load_worker_is_stopped(const struct load_worker *worker)
{
    return worker->gave_up || worker->no_memory ||
           atomic_load_explicit(&worker->shared->stop, memory_order_relaxed);
}

/* Handles events until `*remaining` is 0, or `until_ns` has come, or all is to stop. */
static void loop(struct load_worker *worker, const size_t *remaining, uint64_t until_ns)
{
    struct epoll_event events[EVENTS_MOST];

    worker->tick_ns = worker->now_ns + tick_interval_ns(worker);
    while (*remaining > 0 && worker->now_ns < until_ns && !load_worker_is_stopped(worker)) {
        uint64_t wake_ns = worker->tick_ns < until_ns ? worker->tick_ns : until_ns;
        uint64_t wait_ns = wake_ns > worker->now_ns ? wake_ns - worker->now_ns : 0;
        int count = epoll_wait(worker->epoll, events, EVENTS_MOST, (int)((wait_ns + 999999) / 1000000));
        int i;

        if (count <= 0)
            worker->now_ns = clock_now_ns(); /* else the events' own readings will do */
        for (i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL)
                conn_on_event(events[i].data.ptr, worker, events[i].events);
        }
        load_worker_tick(worker);
    }
}

static void connect_all(struct load_worker *worker)
{
    size_t i;

    worker->now_ns = clock_now_ns();
    worker->unsettled = worker->count;
    for (i = 0; i < worker->count && !load_worker_is_stopped(worker); i++)
        conn_open(&worker->conns[i], worker);
    loop(worker, &worker->unsettled, CLOCK_NEVER);
}

/* All threads count from one moment, so that their seconds and their schedules are the same. */
static void begin_load(struct load_worker *worker)
{
    const struct load_plan *plan = worker->plan;

    worker->start_ns = worker->last_reply_ns = worker->quiet_ns = worker->shared->start_ns;
    worker->measure_ns = clock_add(worker->start_ns, plan->warmup_us * 1000);
    worker->until_ns =
        plan->duration_us > 0 ? clock_add(worker->measure_ns, plan->duration_us * 1000) : CLOCK_NEVER;
    series_start(&worker->series, worker->measure_ns, (plan->duration_us + 999999) / 1000000);
    worker->live = worker->count;
    if (plan->warmup_us == 0)
        begin_measuring(worker);
    worker->now_ns = clock_now_ns();
    worker->running = true;
}

static void run_closed(struct load_worker *worker)
{
    if (worker->plan->ramp_us > 0) {
        let_in(worker);
    } else {
        while (worker->begun < worker->count && !load_worker_is_stopped(worker))
            conn_start(&worker->conns[worker->begun++], worker);
    }
    loop(worker, &worker->live, worker->until_ns);
}

static void run_open(struct load_worker *worker)
{
    worker->begun = worker->count; /* the ramp is the rate's */
    worker->tick_ns = worker->now_ns + tick_interval_ns(worker);
    open_start(worker);
    open_run(worker);
}

static void send_load(struct load_worker *worker)
{
    begin_load(worker);
    if (load_plan_is_open(worker->plan))
        run_open(worker);
    else
        run_closed(worker);
    worker->ended_ns = worker->now_ns = clock_now_ns();
    if (!worker->measuring)
        begin_measuring(worker); /* ended before there was anything to measure */
    attendance_end(&worker->attendance);
    series_at(&worker->series, worker->ended_ns);
    series_finish(&worker->series);
}

/* What is still under way stays unfinished, as old as it was at the end. */
static void finish(struct load_worker *worker)
{
    size_t i;

    worker->now_ns = worker->ended_ns;
    if (load_plan_is_open(worker->plan))
        open_end(worker);
    for (i = 0; i < worker->count; i++) {
        if (worker->plan->tracked)
            flight_end(&worker->conns[i], worker);
        else
            batch_end(&worker->conns[i], worker);
        conn_close(&worker->conns[i]);
    }
}

void *load_worker_run(void *argument)
{
    struct load_worker *worker = argument;

    attendance_open(&worker->attendance);
    connect_all(worker);
    gate_pass(&worker->shared->gate, LOAD_START);
    send_load(worker);
    gate_pass(&worker->shared->gate, LOAD_FINISH);
    finish(worker);
    return NULL;
}
