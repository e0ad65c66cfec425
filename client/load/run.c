/* SPDX-License-Identifier: Apache-2.0
 *
 * The course of a load, as the main thread sees it:
 *
 * probe          one connection, INFO: is anybody there? (a refused load must end at once, with a reason) connect
 * the threads connect all they have, and meet at the gate INFO, open     so that connecting is not in the figures the
 * load       until the time is up, the requests are done, or a signal comes INFO, open     while the connections still
 * stand, so that the memory they cost the server is seen merge
 *
 * TERM and INT are blocked in every thread and read from a descriptor here, beside the gate and the clock. Only while
 * the server is asked for its INFO, which may take seconds when it is stopped, do they interrupt the main thread
 * instead. They stay blocked when the load has ended: nothing that comes then may cost the report. Runs in the main
 * thread. */
#include "client/load/run.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "client/load/idle.h"
#include "client/load/merge.h"
#include "client/load/progress.h"
#include "client/load/totals.h"
#include "client/load/worker.h"
#include "client/wire.h"
#include "common/clock.h"

#define PROBE_TIMEOUT_US  5000000
#define SETTLE_US         120000 /* a server's figures of its other processes may be 100 ms old */
#define SPARE_DESCRIPTORS 64
#define START_DELAY_NS    2000000 /* from opening the gate to the beginning, for every thread to be there */
#define LOOK_INTERVAL_US  200000  /* between two looks at the threads' seconds */

struct run {
    const struct load_plan *plan;
    struct load_shared shared;
    struct load_worker *workers;
    size_t count;   /* workers */
    size_t started; /* of them, threads */
    int signals;    /* signalfd */
    struct progress progress;
    bool interrupted;
    struct cost_sample before, after;
    uint64_t replies_before; /* that had come when the first was taken */
    bool warming;            /* the first is still to be taken: behind the warm-up */
    struct idle idle;
    struct totals totals;
    struct merge merge;
    struct timeline timeline;
    struct series **series; /* of all workers */
};

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit); /* what it allows is asked afterwards */
    }
}

static int check_descriptors(const struct load_plan *plan, struct error *error)
{
    uint64_t connections = plan->connections + plan->idle;
    struct rlimit limit;

    raise_descriptor_limit();
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
        limit.rlim_cur >= connections + 3 * plan->threads + SPARE_DESCRIPTORS)
        return 0;
    return error_set(error,
                     "%llu connections need more than the %llu descriptors that we may have (ulimit -n)",
                     (unsigned long long)connections, (unsigned long long)limit.rlim_cur);
}

static sigset_t end_signals(void)
{
    sigset_t wanted;

    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    return wanted;
}

/* Takes TERM and INT out of the hands of every thread that starts after this. */
static int take_signals(struct run *run, struct error *error)
{
    sigset_t wanted = end_signals();

    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    run->signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return run->signals >= 0 ? 0 : error_errno(error, "signalfd");
}

static int begin_workers(struct run *run, struct error *error)
{
    uint64_t connections = run->plan->connections;

    run->workers = calloc(run->plan->threads, sizeof *run->workers);
    run->series = calloc(run->plan->threads, sizeof *run->series);
    if (run->workers == NULL || run->series == NULL || timeline_begin(&run->timeline) != 0)
        return error_set(error, "out of memory");
    for (; run->count < run->plan->threads; run->count++) {
        uint64_t share = connections / (run->plan->threads - run->count);

        if (load_worker_begin(&run->workers[run->count], &run->shared, run->count, share, error) != 0) {
            load_worker_clear(&run->workers[run->count]);
            return -1;
        }
        connections -= share;
        run->series[run->count] = &run->workers[run->count].series;
    }
    return 0;
}

static int start_threads(struct run *run, struct error *error)
{
    for (; run->started < run->count; run->started++) {
        struct load_worker *worker = &run->workers[run->started];
        int why = pthread_create(&worker->thread, NULL, load_worker_run, worker);

        if (why != 0) {
            atomic_store_explicit(&run->shared.stop, true, memory_order_relaxed);
            return error_set(error, "could not start thread %zu", run->started + 1);
        }
    }
    return 0;
}

/* Replies so far, the warm-up's too. */
static uint64_t count_replies(const struct run *run)
{
    uint64_t replies = 0;
    size_t i;

    for (i = 0; i < run->started; i++)
        replies += atomic_load_explicit(&run->workers[i].replies, memory_order_relaxed);
    return replies;
}

static void show_progress(struct run *run)
{
    uint64_t now_us = clock_now_us(), whole_us = run->plan->duration_us;
    struct load_moment moment = {.elapsed_us = now_us - run->progress.started_us,
                                 .whole_us = whole_us > 0 ? whole_us + run->plan->warmup_us : 0,
                                 .replies = count_replies(run)};
    size_t i;

    for (i = 0; i < run->started; i++)
        moment.errors += atomic_load_explicit(&run->workers[i].errors, memory_order_relaxed);
    progress_show(&run->progress, now_us, &moment);
}

static void end_early(struct run *run)
{
    run->interrupted = true;
    atomic_store_explicit(&run->shared.stop, true, memory_order_relaxed);
}

static void take_signal(struct run *run)
{
    struct signalfd_siginfo info;

    while (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info)
        end_early(run);
}

static volatile sig_atomic_t cut_short; /* a signal came while the server was asked */

static void cut(int signal_number)
{
    (void)signal_number;
    cut_short = 1;
}

/* Asks the server for its figures, a while from now. False where it gives none, as when it has no connection left for
 * us, or a signal came; the load is to end then. (One that comes just before we begin to wait only ends it; the next
 * one interrupts.) */
static bool ask_server(struct run *run, uint64_t settle_us, struct cost_sample *sample)
{
    struct sigaction interrupt = {.sa_handler = cut}, before_int, before_term;
    struct timespec settle = clock_timespec(settle_us);
    sigset_t wanted = end_signals();
    struct error ignored;
    bool told;

    cut_short = 0;
    sigaction(SIGINT, &interrupt, &before_int);
    sigaction(SIGTERM, &interrupt, &before_term);
    pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
    told = (settle_us == 0 || nanosleep(&settle, NULL) == 0) && !cut_short &&
           cost_sample(&run->plan->target, sample, &ignored) == 0 && sample->reached;
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    sigaction(SIGINT, &before_int, NULL);
    sigaction(SIGTERM, &before_term, NULL);
    if (cut_short)
        end_early(run);
    return told;
}

/* The warm-up is over: what the server has spent by now is not the load's. */
static void look_behind_warmup(struct run *run)
{
    struct cost_sample fresh;

    if (!run->warming || clock_now_ns() < run->shared.start_ns + run->plan->warmup_us * 1000)
        return;
    run->warming = false;
    if (!run->before.has_cpu)
        return;
    run->replies_before = count_replies(run);
    if (ask_server(run, 0, &fresh))
        run->before = fresh;
    else
        run->before.has_cpu = run->before.has_switches = false;
}

static int poll_timeout_ms(const struct run *run)
{
    uint64_t now = clock_now_us(), due = progress_due_us(&run->progress);
    uint64_t warm_us = (run->shared.start_ns + run->plan->warmup_us * 1000) / 1000;

    if (run->warming && warm_us < due)
        due = warm_us;
    if (due == CLOCK_NEVER || due > now + LOOK_INTERVAL_US)
        return LOOK_INTERVAL_US / 1000;
    return due > now ? (int)((due - now + 999) / 1000) : 0;
}

/* Waits until all threads stand at the gate. */
static void await_threads(struct run *run)
{
    size_t here = 0;

    while (here < run->started) {
        struct pollfd ready[] = {{.fd = run->shared.gate.arrivals, .events = POLLIN},
                                 {.fd = run->signals, .events = POLLIN}};

        if (poll(ready, 2, poll_timeout_ms(run)) > 0) {
            here += gate_arrivals(&run->shared.gate);
            take_signal(run);
        }
        timeline_take(&run->timeline, run->series, run->count, false);
        look_behind_warmup(run);
        if (here < run->started && clock_now_us() >= progress_due_us(&run->progress))
            show_progress(run);
    }
}

/* A second look at the server, when the first one showed figures at all. Whoever tells nothing now keeps the sample he
 * had. */
static void sample_again(struct run *run, struct cost_sample *sample)
{
    struct cost_sample fresh;

    if ((run->before.has_cpu || run->before.has_rss) && !cut_short && ask_server(run, SETTLE_US, &fresh))
        *sample = fresh;
}

static void conduct(struct run *run)
{
    await_threads(run);
    sample_again(run, &run->before);
    progress_begin(&run->progress, run->plan, clock_now_us());
    run->shared.start_ns = clock_now_ns() + (load_plan_is_open(run->plan) ? START_DELAY_NS : 0);
    run->warming = run->plan->warmup_us > 0;
    gate_open(&run->shared.gate);
    if (run->plan->on_begin != NULL && run->started == run->plan->threads)
        run->plan->on_begin(run->plan->context, run->shared.start_ns);
    await_threads(run);
    progress_end(&run->progress);
    run->warming = false;
    sample_again(run, &run->after);
    gate_open(&run->shared.gate);
}

static void join_threads(struct run *run)
{
    size_t i;

    for (i = 0; i < run->started; i++)
        pthread_join(run->workers[i].thread, NULL);
    if (!run->after.reached) /* every place was taken while the load's connections stood */
        sample_again(run, &run->after);
}

/* Hands the rows over. */
static void take_seconds(struct run *run, struct load_result *result)
{
    timeline_take(&run->timeline, run->series, run->count, true);
    timeline_finish(&run->timeline, result->duration_s);
    result->seconds = run->timeline.rows;
    result->second_count = run->timeline.count;
    run->timeline.rows = NULL;
}

/* Whether counters add up, the warm-up's part included. */
static void check_totals(const struct run *run, struct load_result *result)
{
    struct load_counts counts[MIX_COMMANDS_MOST] = {{0}};
    struct error error;

    merge_all_counts(&run->merge, counts);
    if (totals_check(&run->totals, run->plan, counts, &error) == 0)
        return;
    result->errors[LOAD_WRONG_REPLY]++;
    snprintf(result->wrong_total, sizeof result->wrong_total, "%.*s", LOAD_REASON_TEXT_BYTES - 1, error.text);
}

static void check_thresholds(const struct run *run, struct load_result *result)
{
    const struct thresholds *thresholds = &run->plan->thresholds;
    size_t i;

    for (i = 0; i < thresholds->count; i++) {
        if (threshold_is_hit(&thresholds->all[i], result, result->violations[result->violation_count],
                             LOAD_REASON_TEXT_BYTES))
            result->violation_count++;
    }
}

static void conclude(struct run *run, struct load_result *result)
{
    run->merge = (struct merge){run->plan, run->workers, run->count, run->shared.start_ns};
    merge_tallies(&run->merge, result);
    take_seconds(run, result);
    merge_targets(&run->merge, result);
    result->interrupted = run->interrupted;
    cost_between(&run->before, &run->after, count_replies(run) - run->replies_before, &result->cost);
    merge_judge(&run->merge, result);
    check_totals(run, result);
    check_thresholds(run, result);
}

/* One connection before the many: tells whether anybody is there, and at which of the target's addresses. */
static int probe(struct run *run, struct load_plan *plan, struct error *error)
{
    struct wire wire;

    if (wire_open(&wire, &plan->target, PROBE_TIMEOUT_US, &plan->address, error) != 0)
        return -1;
    plan->tls_version = wire.tls != NULL ? tls_version(wire.tls) : NULL;
    plan->tls_cipher = wire.tls != NULL ? tls_cipher(wire.tls) : NULL;
    wire_close(&wire);
    return cost_sample(&plan->target, &run->before, error);
}

static void clear(struct run *run)
{
    size_t i;

    for (i = 0; i < run->count; i++)
        load_worker_clear(&run->workers[i]);
    free(run->workers);
    free(run->series);
    idle_close(&run->idle);
    timeline_clear(&run->timeline);
    if (run->signals >= 0)
        close(run->signals);
    gate_end(&run->shared.gate);
}

static int name_commands(const struct load_plan *plan, struct load_result *result)
{
    size_t i;

    if (load_result_begin(result, plan->mix.count) != 0)
        return -1;
    for (i = 0; i < plan->mix.count; i++) {
        result->commands[i].text = strdup(plan->mix.commands[i].text);
        if (result->commands[i].text == NULL)
            return -1;
    }
    return 0;
}

static int prepare(struct run *run, struct load_result *result, struct error *error)
{
    if (gate_begin(&run->shared.gate) != 0)
        return error_errno(error, "eventfd");
    if (name_commands(run->plan, result) != 0)
        return error_set(error, "out of memory");
    if (take_signals(run, error) != 0 || begin_workers(run, error) != 0 ||
        idle_open(&run->idle, run->plan, run->signals, error) != 0)
        return -1;
    return start_threads(run, error);
}

static int check_memory(const struct run *run, struct error *error)
{
    size_t i;

    for (i = 0; i < run->count; i++) {
        if (run->workers[i].no_memory)
            return error_set(error, "out of memory");
    }
    return run->timeline.failed ? error_set(error, "out of memory") : 0;
}

enum load_outcome load_run(struct load_plan *plan, struct load_result *result, struct error *error)
{
    struct run run = {
        .plan = plan, .shared = {.plan = plan, .budget = (int64_t)plan->requests}, .signals = -1};
    int prepared;

    *result = (struct load_result){0};
    cut_short = 0;
    if (check_descriptors(plan, error) != 0)
        return LOAD_IMPOSSIBLE;
    if (probe(&run, plan, error) != 0)
        return LOAD_UNREACHABLE;
    if (totals_begin(&run.totals, plan, error) != 0)
        return LOAD_IMPOSSIBLE;
    prepared = prepare(&run, result, error);
    conduct(&run); /* also to send home the threads that could be started */
    result->idle = run.idle.count;
    result->idle_lost = idle_lost(&run.idle);
    join_threads(&run);
    if (prepared == 0)
        prepared = check_memory(&run, error);
    if (prepared == 0)
        conclude(&run, result);
    clear(&run);
    if (prepared != 0) {
        load_result_clear(result);
        result->interrupted = run.interrupted;
    }
    return prepared == 0 ? LOAD_RAN : LOAD_IMPOSSIBLE;
}
