/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_COST_H
#define CONCUR_CLIENT_LOAD_COST_H

#include <stdbool.h>
#include <stdint.h>

#include "client/target.h"

#define COST_MODE_BYTES 32

/* What a server says in INFO about its own cost, at one moment. */
struct cost_sample {
    bool reached;                        /* it has answered */
    char mode[COST_MODE_BYTES];          /* empty: it says none */
    bool has_cpu, has_switches, has_rss; /* it says them */
    uint64_t cpu_us, switches, rss_bytes;
};

/* What a load has cost the server. */
struct cost {
    char mode[COST_MODE_BYTES];
    bool has_cpu, has_switches, has_rss;
    double cpu_us_per_request, switches_per_request;
    uint64_t rss_bytes;
};

/* Asks the server, over a connection of its own that is closed again. 0, or -1 with the reason when it can't
 * be had or we may not come in; a server that lets us in and then says nothing of use leaves an empty sample.
 * Blocks for a few seconds at most. */
MUST_USE int cost_sample(const struct target *target, struct cost_sample *sample, struct error *error);

/* Reads the text of an INFO reply. */
void cost_read_info(const char *text, size_t length, struct cost_sample *sample);

/* The difference, shared out over `requests`. What is not known in both, or has gone down (the server was
 * restarted meanwhile), is not known. */
void cost_between(const struct cost_sample *before, const struct cost_sample *after, uint64_t requests,
                  struct cost *cost);

#endif
