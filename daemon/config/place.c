/* SPDX-License-Identifier: Apache-2.0
 *
 * Remembers which line or option set a key. Keys that contradict each other are found when everything has
 * been read; the operator still wants to know which line to change. Runs in the thread that builds the
 * configuration. */
#include "daemon/config/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/config/keys.h"

int config_place_set(struct config *config, const struct config_key *key, struct error *error,
                     const char *format, ...)
{
    char *place;
    va_list args;
    int length;

    if (config->places == NULL)
        config->places = calloc(config_key_count(), sizeof *config->places);
    if (config->places == NULL)
        return error_set(error, "out of memory");
    va_start(args, format);
    length = vasprintf(&place, format, args);
    va_end(args);
    if (length < 0)
        return error_set(error, "out of memory");
    free(config->places[config_key_index(key)]);
    config->places[config_key_index(key)] = place;
    return 0;
}

const char *config_place(const struct config *config, const struct config_key *key)
{
    return config->places != NULL ? config->places[config_key_index(key)] : NULL;
}

void config_places_free(struct config *config)
{
    size_t i;

    for (i = 0; config->places != NULL && i < config_key_count(); i++)
        free(config->places[i]);
    free(config->places);
    config->places = NULL;
}

const char *config_key_place(const struct config *config, const char *section, const char *name)
{
    const char *place = config_place(config, config_key_find(section, name));

    return place != NULL ? place : name;
}

bool config_key_written(const struct config *config, const char *section, const char *name)
{
    return config_place(config, config_key_find(section, name)) != NULL;
}
