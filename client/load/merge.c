/* SPDX-License-Identifier: Apache-2.0
 *
 * What the load threads have each seen, put together when they have ended: counts are added, histograms merged -
 * percentiles are never averaged -, the busiest thread's load is the client's, and each thread answers for its own
 * lateness. Runs in the main thread. */
#include "client/load/merge.h"

#include <string.h>

#include "client/load/suspect.h"

/* One thread's tally, one command at a time. In a closed loop a request is meant to be sent when it can be: nothing is
 * late, and where connections stay its latency is its service. */
static void merge_tally(const struct load_plan *plan, const struct load_tally *tally,
                        struct load_result *result)
{
    size_t i;

    for (i = 0; i < tally->count; i++) {
        const struct load_share *share = &tally->shares[i];
        struct load_command *command = &result->commands[i];

        if (!plan->latency_apart)
            histogram_merge(share->times.latency, share->times.service);
        if (!load_plan_is_open(plan))
            histogram_record(share->times.send_lag, 0, load_counts_replies(&share->counts));
        load_counts_add(&command->counts, &share->counts);
        load_times_merge(&command->times, &share->times);
        load_counts_add(&result->counts, &share->counts);
        load_times_merge(&result->times, &share->times);
    }
    for (i = 0; i < LOAD_ERRORS; i++)
        result->errors[i] += tally->errors[i];
}

/* The text of the error reply that came first to any thread. */
static void take_first_error(const struct merge *merge, struct load_result *result)
{
    uint64_t first_ns = UINT64_MAX;
    size_t i;

    for (i = 0; i < merge->count; i++) {
        const struct load_tally *tally = &merge->workers[i].tally;

        if (tally->first_error_ns == 0 || tally->first_error_ns >= first_ns)
            continue;
        first_ns = tally->first_error_ns;
        memcpy(result->first_error, tally->first_error, sizeof result->first_error);
    }
}

/* From the beginning of what is measured; nothing when the load ended before. */
static double seconds_since(const struct merge *merge, uint64_t then_ns)
{
    uint64_t begin_ns = merge->start_ns + merge->plan->warmup_us * 1000;

    return then_ns > begin_ns ? (double)(then_ns - begin_ns) / 1e9 : 0;
}

/* A part of what is measured of a worker's time. */
static double part_of_wall(const struct merge *merge, const struct load_worker *worker, uint64_t ns)
{
    double wall_ns = seconds_since(merge, worker->ended_ns) * 1e9;

    return wall_ns > 0 ? (double)ns / wall_ns : 0;
}

void merge_tallies(const struct merge *merge, struct load_result *result)
{
    uint64_t ended_ns = 0, last_reply_ns = 0, cpu_ns = 0, replies;
    size_t i;

    for (i = 0; i < merge->count; i++) {
        const struct load_worker *worker = &merge->workers[i];
        double utilisation = part_of_wall(merge, worker, worker->attendance.cpu_ns);

        merge_tally(merge->plan, &worker->tally, result);
        last_reply_ns = worker->last_reply_ns > last_reply_ns ? worker->last_reply_ns : last_reply_ns;
        ended_ns = worker->ended_ns > ended_ns ? worker->ended_ns : ended_ns;
        cpu_ns += worker->attendance.cpu_ns;
        if (utilisation > result->client_utilisation)
            result->client_utilisation = utilisation < 1 ? utilisation : 1;
        result->gave_up = result->gave_up || worker->gave_up;
        result->handshakes += worker->handshakes;
        result->resumed += worker->resumed;
        if (result->tls_failure == NULL)
            result->tls_failure = worker->tally.tls_failure;
    }
    result->duration_s = seconds_since(merge, ended_ns);
    result->target_rps = (double)merge->plan->rate_millionths / 1e6;
    take_first_error(merge, result);
    replies = load_counts_replies(&result->counts);
    if (replies == 0)
        return;
    result->client_cpu_us_per_request = (double)cpu_ns / 1e3 / (double)replies;
    result->last_reply_s = seconds_since(merge, last_reply_ns);
    if (result->duration_s > 0)
        result->achieved_rps = (double)replies / result->duration_s;
}

void merge_targets(const struct merge *merge, struct load_result *result)
{
    struct schedule_plan when = load_plan_schedule(merge->plan);
    uint64_t begin_ns = merge->plan->warmup_us * 1000;
    size_t i;

    for (i = 0; load_plan_is_open(merge->plan) && i < result->second_count; i++) {
        struct load_second *row = &result->seconds[i];
        double count = schedule_expected(&when, begin_ns + (uint64_t)(row->from_s * 1e9),
                                         begin_ns + (uint64_t)(row->to_s * 1e9));

        row->target_rps = row->to_s > row->from_s ? count / (row->to_s - row->from_s) : 0;
    }
}

void merge_judge(const struct merge *merge, struct load_result *result)
{
    struct suspect_facts facts = {.open_loop = load_plan_is_open(merge->plan),
                                  .utilisation = result->client_utilisation,
                                  .due = result->counts.sent + result->counts.unsent,
                                  .send_lag_p99_ns = histogram_quantile_ns(result->times.send_lag, 0.99),
                                  .latency_p99_ns = histogram_quantile_ns(result->times.latency, 0.99),
                                  .wall_ns = (uint64_t)(result->duration_s * 1e9)};
    size_t i;

    for (i = 0; i < merge->count; i++) {
        const struct load_worker *worker = &merge->workers[i];
        const struct attendance *attendance = &worker->attendance;
        double busy = part_of_wall(merge, worker, attendance->cpu_ns + attendance->waited_ns);
        double utilisation = part_of_wall(merge, worker, attendance->cpu_ns);

        facts.own_missing += suspect_own_missing(utilisation, worker->open.missing, worker->open.missing_own);
        facts.busy = busy > facts.busy ? busy : facts.busy;
        facts.away_ns = attendance->away_ns > facts.away_ns ? attendance->away_ns : facts.away_ns;
    }
    if (facts.own_missing > facts.due) /* a counted load may be behind by more than it has */
        facts.own_missing = facts.due;
    suspect_judge(&facts, result);
}

void merge_all_counts(const struct merge *merge, struct load_counts *counts)
{
    size_t worker, i;

    for (i = 0; i < merge->plan->mix.count; i++) {
        for (worker = 0; worker < merge->count; worker++) {
            load_counts_add(&counts[i], &merge->workers[worker].tally.shares[i].counts);
            if (merge->plan->warmup_us > 0)
                load_counts_add(&counts[i], &merge->workers[worker].warm.shares[i].counts);
        }
    }
}
