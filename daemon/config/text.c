/* SPDX-License-Identifier: Apache-2.0
 *
 * From a text to the configuration: inih between our reader, which makes every line fit for it, and our
 * handler, which looks the key up and sets the value. What one text may not do twice - set the same key - is
 * kept here, per text, so that a file of conf.d may still override the main one.
 *
 * Runs in the thread that builds the configuration. */
#include <ini.h>
#include <stdlib.h>

#include "daemon/config/keys.h"
#include "daemon/config/lines.h"
#include "daemon/config/place.h"
#include "daemon/config/read.h"
#include "daemon/config/value.h"

struct reading {
    struct lines lines;
    struct config *config;
    unsigned *set_at; /* by the table's order: the line that set the key, 0 = none */
};

static int take_pair(struct reading *reading, const char *section, const char *name, const char *value,
                     struct error *error)
{
    const struct config_key *key;
    unsigned *set_at;

    if (section[0] == '\0')
        return error_set(error, "'%.60s' stands before any [section]", name);
    key = config_key_find(section, name);
    if (key == NULL)
        return config_key_unknown(section, name, error);
    set_at = &reading->set_at[config_key_index(key)];
    if (*set_at != 0)
        return error_set(error, "%s in [%s] is given twice, first in line %u", name, section, *set_at);
    *set_at = reading->lines.number;
    if (config_value_set(reading->config, key, value, error) != 0)
        return -1;
    return config_place_set(reading->config, key, error, "%s:%u", reading->lines.name, reading->lines.number);
}

/* inih's handler; 1 = go on, as all problems are wanted. */
static int handle(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    struct error error;

    if (take_pair(reading, section, name, value, &error) != 0)
        config_lines_report(&reading->lines, &error);
    return 1;
}

void config_read_lines(struct config *config, const char *name, const char *text, size_t length,
                       struct report *report)
{
    struct reading reading = {
        .lines = {.name = name, .text = text, .length = length, .report = report},
        .config = config,
        .set_at = calloc(config_key_count(), sizeof *reading.set_at),
    };

    if (reading.set_at == NULL)
        config_report(report, "%s: out of memory", name);
    else if (ini_parse_stream(config_lines_next, &reading.lines, handle, &reading) != 0)
        config_report(report, "%s: inih could not split a line", name);
    free(reading.set_at);
}

int config_read_text(struct config *config, const char *name, const char *text, size_t length,
                     struct buffer *problems)
{
    struct report report = {.problems = problems};

    config_read_lines(config, name, text, length, &report);
    return config_report_result(&report);
}
