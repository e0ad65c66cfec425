/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration's life: born with every default, changed key by key, freed. A reload builds a new one and
 * swaps it in when it is right, so nothing here is ever changed under a reader.
 *
 * Built by the main thread, of the master or of a worker; read by all once it is set. */
#include "daemon/config/config.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/attachment.h"
#include "daemon/config/keys.h"
#include "daemon/config/place.h"
#include "daemon/config/report.h"
#include "daemon/config/value.h"

#define BLANKS " \t"

struct config *config_new(void)
{
    struct config *config = calloc(1, sizeof *config);
    size_t i;

    for (i = 0; config != NULL && i < config_key_count(); i++) {
        if (config_value_set_default(config, config_key_at(i)) != 0)
            config_free(&config);
    }
    return config;
}

void config_free(struct config **config)
{
    size_t i;

    if (*config == NULL)
        return;
    for (i = 0; i < config_key_count(); i++)
        config_value_clear(*config, config_key_at(i));
    config_places_free(*config);
    attachments_free(*config);
    free(*config);
    *config = NULL;
}

/* The blanks around a part of the setting, in place. */
static char *trim(char *text)
{
    size_t length;

    text += strspn(text, BLANKS);
    length = strlen(text);
    while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

/* Takes `setting`, a copy, apart and applies it; `written` is what the operator typed. */
static int apply(struct config *config, char *setting, const char *written, struct error *error)
{
    char *equals = strchr(setting, '=');
    char *dot = strchr(setting, '.');
    const struct config_key *key;
    char *section, *name;

    if (equals == NULL || dot == NULL || dot > equals)
        return error_set(error, "expected SECTION.KEY=VALUE");
    *equals = *dot = '\0';
    section = trim(setting);
    name = trim(dot + 1);
    if (!config_section_known(section))
        return config_section_unknown(section, error);
    key = config_key_find(section, name);
    if (key == NULL)
        return config_key_unknown(section, name, error);
    if (config_value_set(config, key, trim(equals + 1), error) != 0)
        return -1;
    return config_place_set(config, key, error, "-o %s", written);
}

static bool has_control(const char *text)
{
    while (*text != '\0' && (!iscntrl((unsigned char)*text) || *text == '\t'))
        text++;
    return *text != '\0';
}

int config_override(struct config *config, const char *setting, struct buffer *problems)
{
    struct report report = {.problems = problems};
    char *copy = strdup(setting);
    struct error error;

    /* Not shown: what a terminal would obey does not belong into a message. */
    if (has_control(setting))
        config_report(&report, "-o: a setting may hold no control characters");
    else if (copy == NULL)
        config_report(&report, "-o %s: out of memory", setting);
    else if (apply(config, copy, setting, &error) != 0)
        config_report(&report, "-o %.250s: %s", setting, error.text);
    free(copy);
    return config_report_result(&report);
}

const char *config_mode_name(int mode)
{
    static const char *const names[] = {
        [MODE_THREAD] = "thread",
        [MODE_POOL] = "pool",
        [MODE_EVENT] = "event",
        [MODE_PREFORK] = "prefork",
    };

    assert(mode >= 0 && (size_t)mode < sizeof names / sizeof names[0]);
    return names[mode];
}
