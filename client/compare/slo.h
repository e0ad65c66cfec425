/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_SLO_H
#define CONCUR_CLIENT_COMPARE_SLO_H

#include <stdbool.h>

#include "common/error.h"
#include "common/histogram.h"

/* A limit on latency: "p99<10ms". */
struct slo {
    bool given;
    const char *name; /* "p99" */
    double quantile;  /* 1: the maximum */
    double limit_us;
};

/* Reads p50, p90, p99, p99.9, p99.99 or max, '<', and a time. 0, or -1 with the reason. */
MUST_USE int slo_parse(const char *text, struct slo *slo, struct error *error);

/* Whether those latencies keep it; without a single one they do not. */
bool slo_is_kept(const struct slo *slo, const struct histogram *latency);

#endif
