/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_PLAN_H
#define CONCUR_CLIENT_LOAD_PLAN_H

#include "client/dial.h"
#include "client/target.h"

/* What is to be done. Made by the main thread before the load threads start, then read only. */
struct load_plan {
    struct target target;
    uint64_t connections;
    uint64_t threads;
    uint64_t duration_us; /* 0: until all requests are done */
    uint64_t requests;    /* 0: until the time is up */
    uint64_t pipeline;
    uint64_t timeout_us; /* for a reply, and for a connection */
    uint64_t seed;       /* echoed; a closed loop with one command draws nothing */
    bool progress;
    const char *json_file; /* NULL: none; "-": stdout */

    char **words; /* of the command */
    int word_count;

    struct dial_address address; /* where the probe got through */
    struct buffer batch;         /* `pipeline` requests behind each other */
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

/* Checks what the options say together, takes the command from `words`, and encodes what will be sent. 0, or
 * -1 with the reason (then load_plan_clear too). */
MUST_USE int load_plan_prepare(struct load_plan *plan, const struct option_words *words, struct error *error);

/* Frees and wipes. */
void load_plan_clear(struct load_plan *plan);

/* The command as one line for people, at most `size` bytes. */
void load_plan_command(const struct load_plan *plan, char *text, size_t size);

#endif
