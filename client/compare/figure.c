/* SPDX-License-Identifier: Apache-2.0
 *
 * What is measured, one row each: its name, how it is told, which way is better, and from which difference on it
 * matters. Those least differences are a judgement: what the same daemon measured twice shows on an idle machine of two
 * cores, rounded up. Pure functions, any thread. */
#include "client/compare/figure.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "client/load/text.h"

const struct figure_row figure_rows[FIGURES] = {
    [FIGURE_THROUGHPUT] = {"throughput_rps", "requests/s", "throughput", "serves the most requests",
                           UNIT_RATE, true, 0.03, 0},
    [FIGURE_P50] = {"latency_p50_us", "p50", "median latency", "has the lowest median latency", UNIT_TIME_US,
                    false, 0.05, 5},
    [FIGURE_P99] = {"latency_p99_us", "p99", "p99", "has the lowest p99", UNIT_TIME_US, false, 0.1, 20},
    [FIGURE_P999] = {"latency_p999_us", "p99.9", "p99.9", "has the lowest p99.9", UNIT_TIME_US, false, 0.15,
                     50},
    [FIGURE_WATCHED_P50] = {"fast_p50_us", "fast p50", "median latency of the fast ones",
                            "keeps the fast ones' median latency lowest", UNIT_TIME_US, false, 0.05, 5},
    [FIGURE_WATCHED_P99] = {"fast_p99_us", "fast p99", "p99 of the fast ones",
                            "keeps the fast ones' p99 lowest", UNIT_TIME_US, false, 0.1, 20},
    [FIGURE_CPU] = {"cpu_us_per_request", "CPU/req", "CPU per request", "takes the least CPU per request",
                    UNIT_TIME_US, false, 0.05, 0.05},
    [FIGURE_SWITCHES] = {"switches_per_request", "sw/req", "context switches per request",
                         "switches least per request", UNIT_COUNT, false, 0.1, 0.05},
    [FIGURE_MEMORY] = {"memory_bytes", "memory", "memory", "takes the least memory", UNIT_BYTES, false, 0.1,
                       1 << 20},
    [FIGURE_MEMORY_PER_CON] = {"memory_bytes_per_connection", "mem/conn", "memory per connection",
                               "takes the least memory per connection", UNIT_BYTES, false, 0.1, 2048},
    [FIGURE_FAILED] = {"failed_share", "failed", "failed requests", "fails the fewest requests", UNIT_SHARE,
                       false, 0.1, 0.0005},
    [FIGURE_LOST] = {"failed_per_crash", "lost/crash", "requests lost per crash",
                     "loses the fewest requests per crash", UNIT_COUNT, false, 0.1, 0.5},
    [FIGURE_OUTAGE] = {"outage_us", "outage", "time until service returned", "is back in service first",
                       UNIT_TIME_US, false, 0.1, 500},
};

static const char *rate_text(double value, char *text)
{
    if (value >= 99.5)
        return text_count((uint64_t)(value + 0.5), text);
    snprintf(text, FIGURE_TEXT_BYTES, "%.1f", value);
    return text;
}

static const char *share_text(double value, char *text)
{
    if (value > 0 && value < 0.0001)
        snprintf(text, FIGURE_TEXT_BYTES, "<0.01%%");
    else
        snprintf(text, FIGURE_TEXT_BYTES, value >= 0.0995 || value == 0 ? "%.0f%%" : "%.2f%%", value * 100);
    return text;
}

static const char *count_text(double value, char *text)
{
    snprintf(text, FIGURE_TEXT_BYTES, value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
    return text;
}

static const char *bytes_text(double value, char *text)
{
    if (value < 0)
        value = 0;
    return text_bytes((uint64_t)value, text);
}

_Static_assert(FIGURE_TEXT_BYTES >= TEXT_BYTES, "what text.h writes fits");

const char *figure_text(enum figure figure, double value, char *text)
{
    static const char *(*const writers[])(double, char *) = {
        [UNIT_RATE] = rate_text,   [UNIT_TIME_US] = text_time, [UNIT_COUNT] = count_text,
        [UNIT_BYTES] = bytes_text, [UNIT_SHARE] = share_text,
    };

    if (isnan(value)) {
        snprintf(text, FIGURE_TEXT_BYTES, "-");
        return text;
    }
    return writers[figure_rows[figure].unit](value, text);
}

bool figure_is_better(enum figure figure, const struct spread *a, const struct spread *b)
{
    const struct figure_row *row = &figure_rows[figure];

    return spread_differ(a, b, row->least_share, row->least_step) &&
           (a->median > b->median) == row->more_is_better;
}
