/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_READ_H
#define CONCUR_CONFIG_READ_H

#include "daemon/config/config.h"
#include "daemon/config/report.h"

/* Reads one text into the configuration, `name` standing for it in messages. Problems go to the report. */
void config_read_lines(struct config *config, const char *name, const char *text, size_t length,
                       struct report *report);

#endif
