/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_VALUE_H
#define CONCUR_CONFIG_VALUE_H

#include "common/error.h"
#include "daemon/config/config.h"

/* Values between text and struct config. Not thread-safe: the configuration has one owner while it is built.
 */

/* Parses `text` (no blanks around it) as the key's type and puts it into the configuration, replacing what
 * was there. 0, or -1 with "section.key = text is ..." in `error`, the configuration as it was: the value is
 * malformed, out of bounds, too long to be written as one line of a file, or not yet supported. */
MUST_USE int config_value_set(struct config *config, const struct config_key *key, const char *text,
                              struct error *error);

/* The same for the key's default, which is always right: -1 means that memory is short. */
MUST_USE int config_value_set_default(struct config *config, const struct config_key *key);

/* Frees what the key's field owns and zeroes it. */
void config_value_clear(struct config *config, const struct config_key *key);

/* Words of a row, "a,b,c", taken apart. */
#define CONFIG_WORDS_MOST 8
struct config_words {
    char text[64];
    const char *list[CONFIG_WORDS_MOST];
    size_t count;
};
void config_words_split(const char *text, struct config_words *words);

#endif
