/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_SETTINGS_H
#define CONCUR_CLIENT_COMPARE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/compare/slo.h"
#include "client/options.h"

/* What the options say. */
struct compare_settings {
    const char *models, *workloads, *work;
    struct option_texts targets;
    const char *daemon;
    uint64_t repeats, duration_us, connections, threads, seed;
    bool quick, pin, rate_sweep, list, progress;
    const char *slo_text;
    struct slo slo;
    const char *baseline_file, *json_file, *html_file;
};

#endif
