/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_PLACE_H
#define CONCUR_CONFIG_PLACE_H

#include "common/error.h"
#include "daemon/config/config.h"

/* Where keys were set, for messages that come after reading. One owner. */

/* Notes the place, as it begins a message ("x.conf:7"). 0, or -1 when memory is short, said in `error`. */
MUST_USE int config_place_set(struct config *config, const struct config_key *key, struct error *error,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* NULL when the key has its default. The text lives until the key is set again or the configuration is freed.
 */
const char *config_place(const struct config *config, const struct config_key *key);

/* Frees all of them. */
void config_places_free(struct config *config);

#endif
