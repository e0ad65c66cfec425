/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_SETTINGS_H
#define CONCUR_CLIENT_COMPARE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/compare/slo.h"
#include "client/options.h"
#include "client/target.h"

/* What the options say. */
struct compare_settings {
    const char *models, *workloads, *work;
    struct option_texts targets;
    struct target
        tls; /* of it only what the options about TLS say; all but whether to speak it is for the targets */
    const char *daemon;
    uint64_t repeats;     /* of each run; 0 only before compare_settings_complete */
    uint64_t duration_us; /* of a run; 0: as long as --quick has time for */
    uint64_t connections, threads, seed;
    bool quick, pin, rate_sweep, list;
    const char *slo_text;
    struct slo slo;
    const char *baseline_file, *json_file, *html_file;
    const char *command_line; /* as it was typed, for the report; NULL: unknown */
};

#define COMPARE_SETTINGS_DEFAULT                                                                             \
    {                                                                                                        \
        .connections = 50, .threads = 1, .seed = 1, .tls = TARGET_DEFAULT                                    \
    }

extern const struct option_table compare_options;

/* Checks what they say together and fills in what depends on others. 0, or -1 with the reason. */
MUST_USE int compare_settings_complete(struct compare_settings *settings, struct error *error);

#endif
