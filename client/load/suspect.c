/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a result says something about the server, or about ourselves. A load generator that is late or out of CPU
 * measures its own trouble and books it on the server; the one thing worse than that is not to say so. Runs in the main
 * thread. */
#include "client/load/suspect.h"

#include <stdio.h>

#include "client/load/text.h"

#define SATURATED    0.95
#define MISSING_PART 100 /* more than one in so many is too much */
#define LAG_PART     10  /* send lag is to be below such a part of latency */
#define LAG_LEAST_NS 100000

uint64_t suspect_own_missing(double utilisation, uint64_t missing, uint64_t missing_own)
{
    return utilisation >= SATURATED || missing_own > missing ? missing : missing_own;
}

static char *next_reason(struct load_result *result)
{
    return result->reasons[result->reason_count++];
}

static void judge_rate(const struct suspect_facts *facts, struct load_result *result)
{
    char missing[TEXT_BYTES], due[TEXT_BYTES], reached[TEXT_BYTES], rate[TEXT_BYTES];

    if (facts->own_missing <= facts->due / MISSING_PART)
        return;
    result->suspect = true;
    snprintf(
        next_reason(result), LOAD_REASON_TEXT_BYTES,
        "this client could not keep up the rate (%s/s of %s/s): %s of %s requests were not sent in time by "
        "its own fault (more threads -t, more connections -c, or another machine)",
        text_count((uint64_t)(result->achieved_rps + 0.5), reached),
        text_count((uint64_t)(result->target_rps + 0.5), rate), text_count(facts->own_missing, missing),
        text_count(facts->due, due));
}

static void judge_lag(const struct suspect_facts *facts, struct load_result *result)
{
    char lag[TEXT_BYTES], latency[TEXT_BYTES];

    if (facts->send_lag_p99_ns <= LAG_LEAST_NS || facts->send_lag_p99_ns <= facts->latency_p99_ns / LAG_PART)
        return;
    result->suspect = true;
    snprintf(next_reason(result), LOAD_REASON_TEXT_BYTES,
             "this client sent late: the p99 of its send lag, %s, is more than a tenth of the latency's, %s",
             text_time((double)facts->send_lag_p99_ns / 1e3, lag),
             text_time((double)facts->latency_p99_ns / 1e3, latency));
}

/* Closed loop: with all the CPU that it wanted, the client might have asked for more. */
static void judge_busy(const struct suspect_facts *facts, struct load_result *result)
{
    if (facts->busy < SATURATED)
        return;
    result->limited_by_client = true;
    if (facts->utilisation >= SATURATED)
        snprintf(next_reason(result), LOAD_REASON_TEXT_BYTES,
                 "a load thread of this client was busy all the time: the server may be able to do more");
    else
        snprintf(
            next_reason(result), LOAD_REASON_TEXT_BYTES,
            "a load thread of this client ran for %.0f%% of the time and waited for a CPU for %.0f%%: the "
            "server may be able to do more",
            100 * facts->utilisation, 100 * (facts->busy - facts->utilisation));
}

/* Closed loop: what came in while it was away waited for it, and is in the times that are told of the server. */
static void judge_away(const struct suspect_facts *facts, struct load_result *result)
{
    char away[TEXT_BYTES];

    if (facts->away_ns == 0)
        return;
    if (facts->away_ns > facts->wall_ns / MISSING_PART)
        result->limited_by_client = true;
    snprintf(
        next_reason(result), LOAD_REASON_TEXT_BYTES,
        "a load thread of this client was kept from its CPU, or stopped, for %s in gaps of 0.1 s and more: "
        "what came in then waited for it, and the longest times are its own doing",
        text_time((double)facts->away_ns / 1e3, away));
}

void suspect_judge(const struct suspect_facts *facts, struct load_result *result)
{
    result->own_missing = facts->own_missing;
    if (facts->open_loop) {
        judge_rate(facts, result);
        judge_lag(facts, result);
    } else {
        judge_busy(facts, result);
        judge_away(facts, result);
    }
}
