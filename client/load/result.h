/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_RESULT_H
#define CONCUR_CLIENT_LOAD_RESULT_H

#include "client/load/cost.h"
#include "client/load/tally.h"

/* One command of the mix; they stand in the mix's order. */
struct load_command {
    char *text; /* as one line for people */
    struct load_counts counts;
    struct load_times times;
};

/* About one second of the load, by when things happened: sent when written, the rest when it was over. */
struct load_second {
    double from_s, to_s; /* since the measured part began */
    uint64_t sent, ok, error_replies, failed;
    uint64_t latency_p50_ns, latency_p90_ns, latency_p99_ns, latency_max_ns; /* 0: nothing ended in it */
    uint64_t service_p99_ns;
    double target_rps; /* mean of what the schedule meant to send; 0: closed loop */
};

#define LOAD_REASONS_MOST      4
#define LOAD_VIOLATIONS_MOST   16
#define LOAD_REASON_TEXT_BYTES 200

/* What came out of a load. The warm-up is in none of it. */
struct load_result {
    struct load_counts counts;
    uint64_t errors[LOAD_ERRORS];
    struct load_times times;
    struct load_command *commands;
    size_t command_count;
    struct load_second *seconds;
    size_t second_count;
    double duration_s;   /* from the beginning of what is measured to its end */
    double achieved_rps; /* replies by duration */
    double target_rps;   /* what was asked for; 0: closed loop */
    double last_reply_s; /* when the last reply came, since the beginning; negative: none did */
    double client_cpu_us_per_request;
    double client_utilisation; /* of the busiest load thread: CPU time by wall time */
    bool limited_by_client; /* closed loop: the client was busy, or not there, when it was to ask for more */
    bool suspect;           /* open loop: not what was asked for, by our own fault */
    uint64_t own_missing;   /* open loop: requests that were not sent in time by our own fault */
    char reasons[LOAD_REASONS_MOST][LOAD_REASON_TEXT_BYTES]; /* whole sentences for either, or for less */
    size_t reason_count;
    bool interrupted;       /* by a signal */
    bool gave_up;           /* no reply came for too long */
    size_t idle, idle_lost; /* idle connections that were opened, and of them those lost at the end */
    char wrong_total[LOAD_REASON_TEXT_BYTES]; /* verify: counters that don't add up; empty: none */
    char violations[LOAD_VIOLATIONS_MOST][LOAD_REASON_TEXT_BYTES]; /* conditions of --fail-if that are true */
    size_t violation_count;
    struct cost cost;
    char first_error[LOAD_FIRST_ERROR_BYTES]; /* the text of the first error reply; empty: none came */
    const char *tls_failure;                  /* why TLS failed, the first time; NULL: it did not */
    uint64_t handshakes,
        resumed; /* of the load's connections, the warm-up's too; the second are part of the first */
};

/* For how long at the end no reply came, when that was remarkably long: a second, and ten times the longest service. 0:
 * it was not, or none came at all. */
double load_result_silence_s(const struct load_result *result);

/* Replies per second until then. */
double load_result_rate_until_silence(const struct load_result *result);

/* 0, or -1 when memory is short; load_result_clear in any case. */
MUST_USE int load_result_begin(struct load_result *result, size_t commands);
void load_result_clear(struct load_result *result);

#endif
