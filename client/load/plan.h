/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_PLAN_H
#define CONCUR_CLIENT_LOAD_PLAN_H

#include "client/dial.h"
#include "client/load/mix.h"
#include "client/target.h"

/* How a load goes. */
struct load_moment {
    uint64_t elapsed_us; /* since the beginning, warm-up included */
    uint64_t whole_us;   /* how long it will take; 0: nobody knows */
    uint64_t replies, errors;
};

/* What is to be done. LOAD_PLAN_DEFAULT, then options or fields, then load_plan_prepare. Made by the main thread before the load threads start, then read only. */
struct load_plan {
    struct target target;
    uint64_t connections;
    uint64_t threads;
    uint64_t duration_us; /* 0: until all requests are done */
    uint64_t requests;    /* 0: until the time is up */
    uint64_t pipeline;
    uint64_t timeout_us; /* for a reply, and for a connection */
    uint64_t seed;
    bool progress;         /* say how it goes on stderr, terminal or not */
    const char *json_file; /* NULL: none; "-": stdout; so for the next three */
    const char *csv_file, *hgrm_file, *html_file;
    const char *command_line; /* as it was typed, for the report; NULL: nobody typed one */
    const char *mix_text;     /* NULL: none; see mix_parse */

    /* For who runs loads from within: is told how it goes about once a second, instead of a line on stderr.
     * Main thread, between two looks at the load: must not take long. */
    void (*on_progress)(void *context, const struct load_moment *moment);
    void *progress_context;

    /* made by load_plan_prepare */
    struct mix mix;
    char *name; /* of all that is sent, for people: the command, or the mix */

    struct dial_address address; /* where the probe got through */
    struct buffer batch;         /* closed loop with one fixed command: `pipeline` requests in a row */
    size_t request_bytes;        /* of one */
    struct buffer greeting;      /* AUTH, when asked for */
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

/* Frees and wipes. */
void load_plan_clear(struct load_plan *plan);

#endif
