/* SPDX-License-Identifier: Apache-2.0
 *
 * --fail-if: conditions under which a load has failed, so that a script needs no parser of its own for a report. One
 * table names the figures. Runs in the main thread. */
#include "client/load/threshold.h"

#include <stdio.h>
#include <string.h>

#include "client/load/text.h"
#include "common/parse.h"

#define MILLION UINT64_C(1000000)

enum unit { UNIT_TIME, UNIT_COUNT, UNIT_RATE };

struct threshold_figure {
    const char *name;
    enum unit unit;
    double quantile; /* UNIT_TIME; above 1: the mean */
};

#define MEAN 2

static const struct threshold_figure figures[] = {
    {"p50", UNIT_TIME, 0.5},     {"p90", UNIT_TIME, 0.9},       {"p99", UNIT_TIME, 0.99},
    {"p99.9", UNIT_TIME, 0.999}, {"p99.99", UNIT_TIME, 0.9999}, {"max", UNIT_TIME, 1},
    {"mean", UNIT_TIME, MEAN},   {"errors", UNIT_COUNT, 0},     {"throughput", UNIT_RATE, 0},
};

static const struct {
    const char *prefix;
    size_t offset; /* in struct load_times */
} kinds[] = {
    {"service_", offsetof(struct load_times, service)},
    {"send_lag_", offsetof(struct load_times, send_lag)},
    {"latency_", offsetof(struct load_times, latency)},
    {"", offsetof(struct load_times, latency)},
};

#define KINDS (sizeof kinds / sizeof kinds[0])

static const struct {
    const char *name;
    enum unit unit;
    uint64_t factor; /* to microseconds, requests, requests per second */
} units[] = {
    {"us", UNIT_TIME, 1}, {"ms", UNIT_TIME, 1000}, {"s", UNIT_TIME, MILLION}, {"", UNIT_COUNT, 1},
    {"%", UNIT_COUNT, 1}, {"", UNIT_RATE, 1},      {"k", UNIT_RATE, 1000},    {"M", UNIT_RATE, MILLION},
};

static size_t kind_of(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i + 1 < KINDS; i++) {
        if (strlen(kinds[i].prefix) < length && memcmp(kinds[i].prefix, name, strlen(kinds[i].prefix)) == 0)
            break;
    }
    return i;
}

static int find_figure(struct threshold *threshold, const char *name, size_t length)
{
    size_t kind = kind_of(name, length);
    size_t prefix = strlen(kinds[kind].prefix);
    size_t i;

    for (i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (strlen(figures[i].name) != length - prefix ||
            memcmp(figures[i].name, name + prefix, length - prefix) != 0)
            continue;
        threshold->figure = &figures[i];
        threshold->times_offset = kinds[kind].offset;
        return prefix == 0 || figures[i].unit == UNIT_TIME ? 0 : -1;
    }
    return -1;
}

static int read_limit(struct threshold *threshold, const char *text, size_t length)
{
    size_t number = strspn(text, "0123456789.");
    uint64_t value;
    size_t i;

    if (number > length || parse_millionths(text, number, &value) != 0)
        return -1;
    for (i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit != threshold->figure->unit || strlen(units[i].name) != length - number ||
            memcmp(units[i].name, text + number, length - number) != 0)
            continue;
        threshold->percent = units[i].name[0] == '%';
        return __builtin_mul_overflow(value, units[i].factor, &threshold->limit) ? -1 : 0;
    }
    return -1;
}

static int read_one(struct threshold *threshold, const char *text, size_t length, struct error *error)
{
    static const char *const examples[] = {
        [UNIT_TIME] = "5ms", [UNIT_COUNT] = "0 or 0.1%", [UNIT_RATE] = "20k"};
    size_t name = strcspn(text, "<>=,"), sign;

    *threshold = (struct threshold){0};
    snprintf(threshold->text, sizeof threshold->text, "%.*s", (int)length, text);
    if (length >= sizeof threshold->text || find_figure(threshold, text, name) != 0)
        return error_set(
            error,
            "--fail-if: '%.*s': no such figure; there are p50, p90, p99, p99.9, p99.99, max, mean "
            "(also service_p99, send_lag_p99 ...), errors, throughput",
            (int)length, text);
    sign = strspn(text + name, "<>=");
    threshold->below = text[name] == '<';
    threshold->inclusive = sign == 2 && text[name + 1] == '=';
    if (text[name] == '=' || sign == 0 || sign > 2 || (sign == 2 && !threshold->inclusive))
        return error_set(error, "--fail-if: '%s': one of > >= < <= belongs behind %s", threshold->text,
                         threshold->figure->name);
    if (read_limit(threshold, text + name + sign, length - name - sign) != 0)
        return error_set(error, "--fail-if: '%s': %s is compared with something like %s", threshold->text,
                         threshold->figure->name, examples[threshold->figure->unit]);
    return 0;
}

int threshold_add(struct thresholds *thresholds, const char *text, struct error *error)
{
    for (;;) {
        size_t length = strcspn(text, ",");

        if (thresholds->count == THRESHOLDS_MOST)
            return error_set(error, "--fail-if: more than %d conditions", THRESHOLDS_MOST);
        if (read_one(&thresholds->all[thresholds->count], text, length, error) != 0)
            return -1;
        thresholds->count++;
        if (text[length] == '\0')
            return 0;
        text += length + 1;
    }
}

/* What went wrong in all, a request at a time; without one, what kept us from sending any. */
static uint64_t errors_of(const struct load_result *result)
{
    uint64_t requests = result->counts.failed + result->counts.error_replies;
    uint64_t all = 0;
    size_t i;

    for (i = 0; i < LOAD_ERRORS; i++)
        all += result->errors[i];
    return requests > all ? requests : all;
}

/* In the limit's unit. */
static double figure_of(const struct threshold *threshold, const struct load_result *result, char *text)
{
    const struct histogram *times;
    double value;

    if (threshold->figure->unit == UNIT_RATE) {
        text_rate(result->achieved_rps, text);
        return result->achieved_rps;
    }
    if (threshold->figure->unit == UNIT_COUNT) {
        value = (double)errors_of(result);
        if (threshold->percent)
            value = 100 * value / (double)(result->counts.sent > 0 ? result->counts.sent : 1);
        snprintf(text, TEXT_BYTES, threshold->percent ? "%.3g%%" : "%.0f", value);
        return value;
    }
    memcpy(&times, (const char *)&result->times + threshold->times_offset, sizeof times);
    value = threshold->figure->quantile > 1
                ? histogram_mean_ns(times) / 1e3
                : (double)histogram_quantile_ns(times, threshold->figure->quantile) / 1e3;
    text_time(value, text);
    return value;
}

static bool has_figure(const struct threshold *threshold, const struct load_result *result)
{
    const struct histogram *times;

    if (threshold->figure->unit != UNIT_TIME)
        return true;
    memcpy(&times, (const char *)&result->times + threshold->times_offset, sizeof times);
    return histogram_count(times) > 0;
}

bool threshold_is_hit(const struct threshold *threshold, const struct load_result *result, char *why,
                      size_t size)
{
    char text[TEXT_BYTES];
    double limit = (double)threshold->limit / 1e6, value;
    bool hit;

    if (!has_figure(threshold, result)) {
        snprintf(why, size, "%s: no reply came that it could be told from", threshold->text);
        return true;
    }
    value = figure_of(threshold, result, text);
    hit = (threshold->inclusive && value == limit) || (threshold->below ? value < limit : value > limit);
    if (hit)
        snprintf(why, size, "%s: it is %s", threshold->text, text);
    return hit;
}
