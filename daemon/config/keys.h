/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_KEYS_H
#define CONCUR_CONFIG_KEYS_H

#include "common/error.h"
#include "daemon/config/config.h"

/* The key table's private side: what a row's `type` means, and finding rows. Read-only data, any thread. */

/* What the field at a row's offset is, and how it is written. */
enum config_type {
    CONFIG_BOOL,     /* bool; yes or no */
    CONFIG_COUNT,    /* uint64_t; a whole number, `auto` where the row says so */
    CONFIG_SIZE,     /* uint64_t, bytes; 64k */
    CONFIG_DURATION, /* uint64_t, microseconds; 30s */
    CONFIG_WORD,     /* int; one of the row's words, its index is the enum's value */
    CONFIG_TEXT,     /* char *, NULL = none */
    CONFIG_LIST,     /* struct config_list; comma-separated */
};

/* The row, or NULL. */
const struct config_key *config_key_find(const char *section, const char *name);
bool config_section_known(const char *section);

/* The row's number, for arrays beside the table. */
size_t config_key_index(const struct config_key *key);

/* Write into `error` that the table has no such section or key, with what was probably meant; answer -1. */
int config_section_unknown(const char *section, struct error *error);
int config_key_unknown(const char *section, const char *name, struct error *error);

#endif
