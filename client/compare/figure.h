/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_FIGURE_H
#define CONCUR_CLIENT_COMPARE_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "client/compare/spread.h"

/* What is measured of every run. Tables, JSON, verdicts and baselines all walk the table behind this. */
enum figure {
    FIGURE_THROUGHPUT, /* requests answered well, per second */
    FIGURE_P50,        /* latency of all requests, microseconds */
    FIGURE_P99,
    FIGURE_P999,
    FIGURE_WATCHED_P50, /* latency of the watched (fast) commands of a mix alone */
    FIGURE_WATCHED_P99,
    FIGURE_CPU,            /* of the server, microseconds per request */
    FIGURE_SWITCHES,       /* context switches of the server, per request */
    FIGURE_MEMORY,         /* resident bytes under load, all processes, shared pages once */
    FIGURE_MEMORY_PER_CON, /* beyond the smallest idle daemon of that model, by all connections; bytes */
    FIGURE_FAILED,         /* share of the requests that failed or got an error, 0 to 1 */
    FIGURE_LOST,           /* failed requests by crashes, in a run with crashes */
    FIGURE_OUTAGE,         /* microseconds from a crash until a new connection is served, mean of a run */
    FIGURES
};

enum figure_unit { UNIT_RATE, UNIT_TIME_US, UNIT_COUNT, UNIT_BYTES, UNIT_SHARE };

struct figure_row {
    const char *name;  /* in JSON; says the unit */
    const char *title; /* a column's head */
    const char *words; /* in a sentence: "CPU per request" */
    const char *best;  /* who leads: "takes the least CPU per request" */
    enum figure_unit unit;
    bool more_is_better;
    double
        least_share; /* differences below that are no difference, however near each other the repeats lie */
    double least_step;
};

extern const struct figure_row figure_rows[FIGURES];

#define FIGURE_TEXT_BYTES 40

/* A value with its unit as people read it, "-" when it is unknown (NAN); answers `text` of FIGURE_TEXT_BYTES. */
const char *figure_text(enum figure figure, double value, char *text);

/* Whether `a` is better than `b` in that figure beyond noise. */
bool figure_is_better(enum figure figure, const struct spread *a, const struct spread *b);

#endif
