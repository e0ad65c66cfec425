/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_PLAN_H
#define CONCUR_CLIENT_LOAD_PLAN_H

#include "client/dial.h"
#include "client/load/answer.h"
#include "client/load/mix.h"
#include "client/load/schedule.h"
#include "client/load/threshold.h"
#include "client/target.h"

/* How a load goes. */
struct load_moment {
    uint64_t elapsed_us; /* since the beginning, warm-up included */
    uint64_t whole_us;   /* how long it will take; 0: nobody knows */
    uint64_t replies, errors;
};

/* What is to be done. LOAD_PLAN_DEFAULT, then options or fields, then load_plan_prepare. Made by the main thread before
 * the load threads start, then read only. */
struct load_plan {
    struct target target;
    uint64_t connections;
    uint64_t threads;
    uint64_t duration_us; /* 0: until all requests are done */
    uint64_t requests;    /* 0: until the time is up */
    uint64_t pipeline;
    uint64_t timeout_us; /* for a reply, and for a connection */
    uint64_t seed;
    uint64_t rate_millionths; /* of all together; 0: closed loop */
    bool poisson;             /* open loop: arrivals by chance, not at even gaps */
    uint64_t warmup_us;       /* excluded from everything, before duration_us or requests begin to count */
    uint64_t
        ramp_us; /* from the start on the rate, or the number of connections at work, rises for so long; what of
                       * it lies behind the warm-up is measured */
    uint64_t reconnect_every; /* requests after which a connection is closed and opened anew; 0: never */
    uint64_t idle;            /* connections beside the load that only stand there */
    uint64_t range;           /* placeholders' values are below it; 0: MIX_RANGE */
    bool verify;
    bool progress;         /* say how it goes on stderr, terminal or not */
    const char *json_file; /* NULL: none; "-": stdout; so for the next three */
    const char *csv_file, *hgrm_file, *html_file;
    const char *command_line; /* as it was typed, for the report; NULL: nobody typed one */
    const char *mix_text;     /* NULL: none; see mix_parse */
    const char *work;         /* NULL: none; see work_add */
    const char *arrival;      /* NULL: as `poisson` says; else "uniform" or "poisson" */
    struct option_texts fail_if;

    /* For who runs loads from within: is told when the load begins (the moment that all its times count from, on the
     * clock of common/clock.h, the warm-up still before it), and how it goes about once a second, instead of a line on
     * stderr. Each may be NULL. Main thread, between two looks at the load: must not take long. */
    void (*on_begin)(void *context, uint64_t start_ns);
    void (*on_progress)(void *context, const struct load_moment *moment);
    void *context;

    struct mix mix; /* may be filled by mix_add instead of giving mix_text, work or a command */

    /* made by load_plan_prepare */
    struct answer *answers; /* verify: one per command */
    size_t answer_longest;
    struct thresholds thresholds;
    bool tracked;       /* each request is followed by itself; else a batch as a whole */
    bool latency_apart; /* latency and service may differ */
    char *name;         /* of all that is sent, for people: the command, or the mix */

    struct dial_address address;          /* where the probe got through */
    const char *tls_version, *tls_cipher; /* that it found; NULL: plain */
    struct buffer batch;                  /* not tracked: `pipeline` requests in a row */
    size_t request_bytes;                 /* of one */
    struct buffer greeting;               /* AUTH, when asked for */
    unsigned greeting_replies;
};

extern const struct option_table load_options;

/* What a plan is before any option. */
#define LOAD_PLAN_DEFAULT                                                                                    \
    {                                                                                                        \
        .target = TARGET_DEFAULT, .connections = 50, .threads = 1, .pipeline = 1, .timeout_us = 10000000,    \
        .seed = 1,                                                                                           \
    }

/* Checks what the options say together, takes the command from `words` (unless there is a mix), and encodes
 * what will be sent. 0, or -1 with the reason (then load_plan_clear too). */
MUST_USE int load_plan_prepare(struct load_plan *plan, const struct option_words *words, struct error *error);

/* Whether it is an open loop. */
static inline bool load_plan_is_open(const struct load_plan *plan)
{
    return plan->rate_millionths != 0;
}

/* When an open loop is to send. */
static inline struct schedule_plan load_plan_schedule(const struct load_plan *plan)
{
    return (struct schedule_plan){.rate_millionths = plan->rate_millionths,
                                  .poisson = plan->poisson,
                                  .seed = plan->seed,
                                  .ramp_ns = plan->ramp_us * 1000,
                                  .threads = plan->threads};
}

/* Frees and wipes. */
void load_plan_clear(struct load_plan *plan);

#endif
