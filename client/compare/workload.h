/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_WORKLOAD_H
#define CONCUR_CLIENT_COMPARE_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/compare/figure.h"
#include "common/buffer.h"
#include "common/error.h"

#define WORKLOADS_MOST         16
#define WORKLOAD_COMMANDS_MOST 8
#define WORKLOAD_LADDER_MOST   5

/* One command of a workload, as it is typed; with its share of the requests. */
struct workload_command {
    const char *text;
    uint64_t weight;
    bool watched; /* the fast ones whose own latency is the question */
};

/* A shape of work that every model is put under. */
struct workload {
    const char *name;  /* for --workloads and JSON */
    const char *title; /* a heading */
    const char *shows; /* one sentence: what the figures tell */
    struct workload_command commands[WORKLOAD_COMMANDS_MOST];
    unsigned command_count;
    uint64_t connections; /* 0: as many as -c says */
    uint64_t idle;        /* more of them that only stand there */
    uint64_t reconnect_every;
    double rate_rps;   /* 0: closed loop; else open */
    bool own;          /* described by the user */
    bool crashes;      /* one more client sends CRASH once a second */
    uint64_t least_us; /* a shorter run shows nothing; 0: any will do */
    enum figure
        ladder[WORKLOAD_LADDER_MOST]; /* what decides: the first, or when it separates nobody, the next */
    unsigned ladder_count;
};

/* Adds the workloads that `list` names, comma-separated; NULL: all of the table. 0, or -1 with the reason. */
MUST_USE int workload_add_list(struct workload *workloads, unsigned *count, const char *list,
                               struct error *error);

/* Puts a shape of the user's own first: `command`, as it is typed, which must stay. 0, or -1 when there is no room. */
MUST_USE int workload_add_own(struct workload *workloads, unsigned *count, const char *command,
                              struct error *error);

/* What is sent, on one line and in full: "PING", or "PING:99, SPIN 20000:1". Appends it to `text`, with an end mark. 0,
 * or -1 when memory is short. */
MUST_USE int workload_describe(const struct workload *workload, struct buffer *text);

/* The same as a load's mix has it: "PING:1". */
MUST_USE int workload_mix(const struct workload *workload, struct buffer *text);

/* The same as workload_describe, for people: what does not fit `size`, at least 4, ends in "..."; answers `text`. */
const char *workload_headline(const struct workload *workload, char *text, size_t size);

/* Prints the table, for --list. */
void workload_print_list(FILE *out);

#endif
