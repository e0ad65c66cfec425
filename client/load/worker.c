/* SPDX-License-Identifier: Apache-2.0
 *
 * A load thread: one epoll set, the connections that fell to it, and a look at the clock now and then for
 * those that nothing happens to. Bare epoll and not a library's loop, since every microsecond here is one
 * that the server under test appears to take. Level-triggered with one read per event: a reply that fits the
 * buffer, as nearly all do, costs one recv and no second one to learn that there is no more. */
#include "client/load/worker.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"

#define EVENTS_MOST   256
#define TICK_LEAST_NS 1000000
#define TICK_MOST_NS  100000000

int load_worker_begin(struct load_worker *worker, struct load_shared *shared, size_t count,
                      struct error *error)
{
    size_t i;

    *worker = (struct load_worker){.shared = shared, .plan = shared->plan, .count = count, .epoll = -1};
    worker->conns = calloc(count, sizeof *worker->conns);
    worker->input = malloc(LOAD_READ_BYTES);
    if (worker->conns == NULL || worker->input == NULL ||
        load_tally_begin(&worker->tally, worker->plan->mix.count) != 0 ||
        series_begin(&worker->series, false) != 0)
        return error_set(error, "out of memory");
    for (i = 0; i < count; i++)
        worker->conns[i].fd = -1;
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    return worker->epoll >= 0 ? 0 : error_errno(error, "epoll");
}

void load_worker_clear(struct load_worker *worker)
{
    if (worker->epoll >= 0)
        close(worker->epoll);
    load_tally_clear(&worker->tally);
    series_clear(&worker->series);
    free(worker->input);
    free(worker->conns);
}

unsigned load_budget_take(struct load_shared *shared, unsigned wanted)
{
    int64_t before;

    if (shared->plan->requests == 0)
        return wanted;
    if (load_budget_is_spent(shared))
        return 0; /* so that the budget can't run down to where it would wrap */
    before = atomic_fetch_sub_explicit(&shared->budget, wanted, memory_order_relaxed);
    if (before <= 0)
        return 0;
    return before < wanted ? (unsigned)before : wanted;
}

bool load_budget_is_spent(struct load_shared *shared)
{
    return shared->plan->requests != 0 && atomic_load_explicit(&shared->budget, memory_order_relaxed) <= 0;
}

static uint64_t thread_cpu_us(void)
{
    struct rusage usage = {0};

    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* How often connections are looked at that nothing happens to: often enough for an eighth of the time-out. */
static uint64_t tick_interval_ns(const struct load_plan *plan)
{
    uint64_t interval = plan->timeout_us * 1000 / 8;

    if (interval < TICK_LEAST_NS)
        return TICK_LEAST_NS;
    return interval < TICK_MOST_NS ? interval : TICK_MOST_NS;
}

/* Looks at all connections. When requests are counted and no time is set, nothing else would end a run
 * against a server that is gone or silent: after two time-outs without a single reply it is given up. */
static void tick(struct load_worker *worker)
{
    size_t i;

    series_at(&worker->series, worker->now_ns); /* also seconds in which nothing happens are over */
    for (i = 0; i < worker->count; i++)
        conn_tick(&worker->conns[i], worker);
    if (worker->plan->duration_us == 0 && worker->now_ns > worker->last_reply_ns &&
        worker->now_ns - worker->last_reply_ns > worker->plan->timeout_us * 2000)
        worker->gave_up = worker->running;
}

static bool is_stopped(struct load_worker *worker)
{
    return worker->gave_up || atomic_load_explicit(&worker->shared->stop, memory_order_relaxed);
}

/* Handles events until `*remaining` is 0, or `until_ns` has come, or all is to stop. */
static void loop(struct load_worker *worker, const size_t *remaining, uint64_t until_ns)
{
    struct epoll_event events[EVENTS_MOST];
    uint64_t interval_ns = tick_interval_ns(worker->plan);
    uint64_t tick_ns = worker->now_ns + interval_ns;

    while (*remaining > 0 && worker->now_ns < until_ns && !is_stopped(worker)) {
        uint64_t wake_ns = tick_ns < until_ns ? tick_ns : until_ns;
        uint64_t wait_ns = wake_ns > worker->now_ns ? wake_ns - worker->now_ns : 0;
        int count = epoll_wait(worker->epoll, events, EVENTS_MOST, (int)((wait_ns + 999999) / 1000000));
        int i;

        if (count <= 0)
            worker->now_ns = clock_now_ns(); /* else the events' own readings will do */
        for (i = 0; i < count; i++)
            conn_on_event(events[i].data.ptr, worker, events[i].events);
        if (worker->now_ns >= tick_ns) {
            tick(worker);
            tick_ns = worker->now_ns + interval_ns;
        }
    }
}

static void connect_all(struct load_worker *worker)
{
    size_t i;

    worker->now_ns = clock_now_ns();
    worker->unsettled = worker->count;
    for (i = 0; i < worker->count && !is_stopped(worker); i++)
        conn_open(&worker->conns[i], worker);
    loop(worker, &worker->unsettled, CLOCK_NEVER);
}

/* All threads count from one moment, so that their seconds are the same. */
static void begin_load(struct load_worker *worker)
{
    uint64_t duration_us = worker->plan->duration_us;

    worker->started_ns = worker->last_reply_ns = worker->shared->start_ns;
    worker->until_ns = duration_us > 0 ? clock_add(worker->started_ns, duration_us * 1000) : CLOCK_NEVER;
    series_start(&worker->series, worker->started_ns, (duration_us + 999999) / 1000000);
}

static void send_load(struct load_worker *worker)
{
    uint64_t cpu_us = thread_cpu_us();
    size_t i;

    worker->now_ns = clock_now_ns();
    begin_load(worker);
    worker->running = true;
    worker->live = worker->count;
    for (i = 0; i < worker->count && !is_stopped(worker); i++)
        conn_start(&worker->conns[i], worker);
    loop(worker, &worker->live, worker->until_ns);
    worker->ended_ns = clock_now_ns();
    worker->cpu_us = thread_cpu_us() - cpu_us;
    series_at(&worker->series, worker->ended_ns);
    series_finish(&worker->series);
}

static void finish(struct load_worker *worker)
{
    size_t i;

    for (i = 0; i < worker->count; i++) {
        worker->tally.shares[0].counts.unfinished += worker->conns[i].awaited;
        conn_close(&worker->conns[i]);
    }
}

void *load_worker_run(void *argument)
{
    struct load_worker *worker = argument;

    connect_all(worker);
    gate_pass(&worker->shared->gate, LOAD_START);
    send_load(worker);
    gate_pass(&worker->shared->gate, LOAD_FINISH);
    finish(worker);
    return NULL;
}
