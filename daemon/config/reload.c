/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of the effective configuration when another one was read: key by key, by the table. A key that a reload
 * may not change keeps its value, and who wrote another is told by name; a key that depends on what was made at start -
 * entries in the shared segment, threads - may change as far as that goes.
 *
 * Runs in the master's main thread. */
#include <assert.h>
#include <string.h>

#include "daemon/config/attachment.h"
#include "daemon/config/config.h"
#include "daemon/config/keys.h"
#include "daemon/config/value.h"

static int note(struct buffer *list, const struct config_key *key)
{
    return buffer_printf(list, "%s%s.%s", buffer_length(list) != 0 ? "," : "", key->section, key->name);
}

static uint64_t number_at(const struct config *config, size_t offset)
{
    uint64_t number;

    memcpy(&number, (const char *)config + offset, sizeof number);
    return number;
}

/* Whether the key may become what it is in `wanted`, `start` being the configuration that the daemon started with. */
static bool may_change(const struct config_key *key, const struct config *start, const struct config *wanted)
{
    switch (key->reload) {
    case CONFIG_RELOADS:
        return true;
    case CONFIG_WITHIN:
        return number_at(wanted, key->offset) <= number_at(start, key->within);
    case CONFIG_RESTARTS:
        break;
    }
    return false;
}

/* 0 when the key has the same value in both, and so has the file that it names; 1 when not, -1 when memory is short. */
static int differs(const struct config_key *key, const struct config *a, const struct config *b)
{
    struct buffer one = {0}, other = {0};
    int result = -1;

    if (config_key_format(a, key, &one) == 0 && config_key_format(b, key, &other) == 0)
        result = buffer_length(&one) != buffer_length(&other) ||
                 (buffer_length(&one) != 0 &&
                  memcmp(buffer_head(&one), buffer_head(&other), buffer_length(&one)) != 0);
    buffer_free(&one);
    buffer_free(&other);
    return result == 0 ? attachment_differs(a, b, key->section, key->name) : result;
}

/* Gives the key in `to` the value that it has in `from`. */
static int copy(const struct config_key *key, const struct config *from, struct config *to)
{
    struct buffer text = {0};
    struct error error;
    int result = -1;

    if (config_key_format(from, key, &text) == 0 && buffer_append(&text, "", 1) == 0)
        result = config_value_set(to, key, buffer_head(&text), &error);
    buffer_free(&text);
    return result;
}

int config_reload(struct config *wanted, const struct config *running, const struct config *start,
                  struct buffer *changed, struct buffer *kept)
{
    size_t i;

    for (i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key_at(i);
        int result = differs(key, wanted, running);

        if (result == 0)
            continue;
        if (result > 0 && may_change(key, start, wanted))
            result = note(changed, key);
        else if (result > 0)
            result = note(kept, key) == 0 ? copy(key, running, wanted) : -1;
        if (result != 0)
            return -1;
    }
    return 0;
}
