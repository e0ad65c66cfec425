/* SPDX-License-Identifier: Apache-2.0
 *
 * Unfolds the event table. Rows in event.h write their fields as text because that is what a person adds to
 * without a mistake; encoding a record can't afford to read text, so the first use turns every row into an
 * array. Runs once per process, in whichever thread binds a lane or starts the logger first. */
#include "daemon/log/schema.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

const unsigned char schema_levels[LOG_EVENT_COUNT] = {
#define SCHEMA_LEVEL(id, level, name, fields) [id] = LOG_##level,
    LOG_EVENTS(SCHEMA_LEVEL)
#undef SCHEMA_LEVEL
};

static const struct {
    const char *name, *fields;
} rows[LOG_EVENT_COUNT] = {
#define SCHEMA_ROW(id, level, name, fields) [id] = {name, fields},
    LOG_EVENTS(SCHEMA_ROW)
#undef SCHEMA_ROW
};

static struct schema table[LOG_EVENT_COUNT]; /* set by unfold_all, then read only */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static enum log_value_kind kind_of(char letter)
{
    assert(letter == 'u' || letter == 'i' || letter == 's' || letter == 'e');
    if (letter == 's')
        return LOG_VALUE_TEXT;
    return letter == 'u' ? LOG_VALUE_U64 : LOG_VALUE_I64;
}

/* One "k:name" word into the next field; answers where the word ends. */
static const char *unfold_field(struct schema *schema, const char *word)
{
    struct schema_field *field = &schema->fields[schema->field_count];
    size_t length = strcspn(word, " ");

    assert(schema->field_count < SCHEMA_FIELDS_MOST);
    assert(length > 2 && length < 64 && word[1] == ':');
    field->kind = kind_of(word[0]);
    field->is_errno = word[0] == 'e';
    field->name = word + 2;
    field->name_length = (unsigned char)(length - 2);
    schema->field_count++;
    return word + length;
}

static void unfold_all(void)
{
    for (size_t i = 0; i < LOG_EVENT_COUNT; i++) {
        struct schema *schema = &table[i];
        const char *at = rows[i].fields;

        schema->name = rows[i].name;
        schema->name_length = (unsigned char)strlen(rows[i].name);
        schema->level = schema_levels[i];
        assert(schema->name_length < 64);
        while (*(at += strspn(at, " ")) != '\0')
            at = unfold_field(schema, at);
    }
}

const struct schema *schema_table(void)
{
    pthread_once(&once, unfold_all);
    return table;
}

const char *schema_level_name(unsigned level)
{
    static const char *const names[] = {
        [LOG_DEBUG] = "debug", [LOG_INFO] = "info",   [LOG_NOTICE] = "notice", [LOG_WARNING] = "warning",
        [LOG_ERROR] = "error", [LOG_ALWAYS] = "info", [LOG_LOUD] = "warning",
    };

    assert(level <= LOG_LOUD);
    return names[level];
}
