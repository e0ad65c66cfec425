/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_FAMILIES_H
#define CONCUR_COMMAND_FAMILIES_H

#include "daemon/command/command.h"

/* The built-in families, one file each. */
extern const struct command_family family_connection;
extern const struct command_family family_server;
extern const struct command_family family_waiting;
extern const struct command_family family_cpu;
extern const struct command_family family_shape;
extern const struct command_family family_tasks;
extern const struct command_family family_counters;
extern const struct command_family family_faults;

#define FAMILY(label, table)                                                                                 \
    const struct command_family family_##label = {                                                           \
        .name = #label, .commands = (table), .count = sizeof(table) / sizeof(table)[0]}

#endif
