/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_THRESHOLD_H
#define CONCUR_CLIENT_LOAD_THRESHOLD_H

#include "client/load/result.h"

#define THRESHOLDS_MOST      16
#define THRESHOLD_TEXT_BYTES 48

struct threshold_figure; /* a row of the table of figures */

/* A condition that makes a load fail: "p99>5ms". */
struct threshold {
    char text[THRESHOLD_TEXT_BYTES];
    const struct threshold_figure *figure;
    size_t times_offset; /* of the times it is about, in struct load_times */
    bool percent;        /* of all requests */
    bool below;          /* fails below the limit, not above */
    bool inclusive;      /* fails at the limit, too */
    uint64_t limit;      /* in millionths: of a microsecond, a request, a request per second or a percent */
};

struct thresholds {
    struct threshold all[THRESHOLDS_MOST];
    size_t count;
};

/* Adds the conditions in `text`, with commas between them: FIGURE, one of > >= < <=, LIMIT.
 * Figures: p50 p90 p99 p99.9 p99.99 max mean, of the latency, or with latency_, service_ or send_lag_ before it, with
 * a limit in us, ms or s; errors, all that went wrong, as a number or as percents of what was sent; throughput, in
 * requests per second. 0, or -1 with the reason. */
MUST_USE int threshold_add(struct thresholds *thresholds, const char *text, struct error *error);

/* Whether the load fails by it; then `why`, of `size` bytes, says how. A time of which there is none, since no reply
 * came, fails. */
bool threshold_is_hit(const struct threshold *threshold, const struct load_result *result, char *why,
                      size_t size);

#endif
