/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration as a file: for --dump-config, and for the generation that workers read. A value that a
 * line of a file could not hold was refused when it was set, so what is written here reads back.
 *
 * Reads only; any thread. */
#include "daemon/config/config.h"

static bool begins_section(size_t i)
{
    return i == 0 || strcmp(config_key_at(i)->section, config_key_at(i - 1)->section) != 0;
}

/* A key whose feature is still to come can only have its default; as a comment it says that it exists. */
static bool is_for_later(const struct config_key *key)
{
    return key->later != NULL && strcmp(key->later, "*") == 0;
}

int config_dump(const struct config *config, struct buffer *text)
{
    size_t i;

    for (i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key_at(i);

        if (begins_section(i) && buffer_printf(text, "%s[%s]\n", i > 0 ? "\n" : "", key->section) != 0)
            return -1;
        if (buffer_printf(text, "%s%s = ", is_for_later(key) ? "# " : "", key->name) != 0 ||
            config_key_format(config, key, text) != 0)
            return -1;
        if (buffer_tail(text)[-1] == ' ')
            text->end--; /* an empty value leaves no blank behind */
        if (buffer_append(text, "\n", 1) != 0)
            return -1;
    }
    return 0;
}
