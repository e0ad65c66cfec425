/* SPDX-License-Identifier: Apache-2.0
 *
 * A limit on latency, as users of a service are promised one. Pure functions, any thread. */
#include "client/compare/slo.h"

#include <stddef.h>
#include <string.h>

#include "common/parse.h"

static const struct {
    const char *name;
    double quantile;
} names[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1}};

int slo_parse(const char *text, struct slo *slo, struct error *error)
{
    const char *sign = strchr(text, '<');
    size_t length = sign != NULL ? (size_t)(sign - text) : 0;
    uint64_t limit_us;
    size_t i;

    *slo = (struct slo){0};
    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i].name) == length && memcmp(names[i].name, text, length) == 0)
            break;
    }
    if (sign == NULL || i == sizeof names / sizeof names[0])
        return error_set(error, "--slo: '%s' is nothing like p99<10ms (p50, p90, p99, p99.9, p99.99 or max)",
                         text);
    if (parse_duration_fraction(sign + 1, strlen(sign + 1), &limit_us) != 0 || limit_us == 0)
        return error_set(error, "--slo: '%s' is no duration such as 500us or 10ms", sign + 1);
    *slo = (struct slo){true, names[i].name, names[i].quantile, (double)limit_us};
    return 0;
}

bool slo_is_kept(const struct slo *slo, const struct histogram *latency)
{
    if (histogram_count(latency) == 0)
        return false;
    return (double)histogram_quantile_ns(latency, slo->quantile) / 1e3 < slo->limit_us;
}
