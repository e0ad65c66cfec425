/* SPDX-License-Identifier: Apache-2.0
 *
 * Values: text into fields of struct config and back, by a table of types. A value is parsed into a scratch
 * field first and written out again; that canonical text decides whether it fits a line and whether it is the
 * default, which is all that a key whose feature is still to come may be set to. Only then does it replace
 * the old one, so a refused value changes nothing.
 *
 * Runs wherever a configuration is built: the main thread of the master, or of a worker that reads its
 * generation. */
#include "daemon/config/value.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/parse.h"
#include "daemon/config/keys.h"
#include "daemon/config/syntax.h"

#define BLANKS    " \t"
#define NONE_WORD "none"

/* Any field of struct config; what is inside is known by the row's type. */
union field {
    bool yes;
    int word;
    uint64_t number;
    char *text;
    struct config_list list;
};

/* "section.key = text " and the reason, which ends the sentence. */
static int refuse(struct error *error, const struct config_key *key, const char *text, const char *reason)
{
    return error_set(error, "%s.%s = %.100s %s", key->section, key->name, text, reason);
}

static int refuse_empty(struct error *error, const struct config_key *key)
{
    return error_set(error, "%s.%s needs a value", key->section, key->name);
}

static int refuse_memory(struct error *error)
{
    return error_set(error, "out of memory");
}

void config_words_split(const char *text, struct config_words *words)
{
    char *rest = words->text;
    char *word;

    assert(strlen(text) < sizeof words->text);
    memcpy(words->text, text, strlen(text) + 1);
    words->count = 0;
    while ((word = strsep(&rest, ",")) != NULL) {
        assert(words->count < CONFIG_WORDS_MOST);
        words->list[words->count++] = word;
    }
}

/* --- yes and no, words --- */

static int parse_yes(const struct config_key *key, const char *text, union field *field, struct error *error)
{
    if (parse_bool(text, strlen(text), &field->yes) != 0)
        return refuse(error, key, text, "is not yes or no");
    return 0;
}

static int format_yes(const struct config_key *key, const union field *field, struct buffer *text)
{
    (void)key;
    return buffer_printf(text, "%s", field->yes ? "yes" : "no");
}

/* What other programs call it; NULL when this is no such word. */
static const char *synonym(const char *text, const struct config_words *words)
{
    static const struct {
        const char *given, *meant;
    } synonyms[] = {{"wait", "block"},   {"discard", "drop"},   {"none", "off"},        {"no", "off"},
                    {"all", "commands"}, {"on", "connections"}, {"yes", "connections"}, {"text", "logfmt"}};
    size_t i, j;

    for (i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++)
        for (j = 0; j < words->count && strcmp(synonyms[i].given, text) == 0; j++)
            if (strcmp(synonyms[i].meant, words->list[j]) == 0)
                return words->list[j];
    return NULL;
}

static int refuse_word(struct error *error, const struct config_key *key, const char *text,
                       const struct config_words *words)
{
    const char *known = synonym(text, words);
    const char *nearest = known != NULL ? known : parse_nearest(text, words->list, words->count);
    char reason[160] = "is not one of";
    size_t used = strlen(reason);
    size_t i;

    for (i = 0; i < words->count; i++)
        used +=
            (size_t)snprintf(reason + used, sizeof reason - used, "%s %s", i > 0 ? "," : "", words->list[i]);
    if (nearest != NULL)
        snprintf(reason + used, sizeof reason - used, "; did you mean '%s'?", nearest);
    return refuse(error, key, text, reason);
}

static int parse_word(const struct config_key *key, const char *text, union field *field, struct error *error)
{
    struct config_words words;
    size_t i;

    config_words_split(key->words, &words);
    for (i = 0; i < words.count; i++) {
        if (strcmp(words.list[i], text) == 0) {
            field->word = (int)i;
            return 0;
        }
    }
    return refuse_word(error, key, text, &words);
}

static int format_word(const struct config_key *key, const union field *field, struct buffer *text)
{
    struct config_words words;

    config_words_split(key->words, &words);
    assert(field->word >= 0 && (size_t)field->word < words.count);
    return buffer_printf(text, "%s", words.list[field->word]);
}

/* --- numbers --- */

static bool in_bounds(const struct config_key *key, uint64_t number)
{
    return number >= key->least && number <= key->most;
}

static int parse_count(const struct config_key *key, const char *text, union field *field,
                       struct error *error)
{
    char reason[96];

    if (key->words != NULL && strcmp(text, key->words) == 0) {
        field->number = CONFIG_AUTO;
        return 0;
    }
    if (parse_u64(text, strlen(text), &field->number) == 0 && in_bounds(key, field->number))
        return 0;
    snprintf(reason, sizeof reason, "is not %s%sa whole number between %llu and %llu",
             key->words != NULL ? key->words : "", key->words != NULL ? " or " : "",
             (unsigned long long)key->least, (unsigned long long)key->most);
    return refuse(error, key, text, reason);
}

static int format_count(const struct config_key *key, const union field *field, struct buffer *text)
{
    if (field->number == CONFIG_AUTO && key->words != NULL)
        return buffer_printf(text, "%s", key->words);
    return buffer_printf(text, "%llu", (unsigned long long)field->number);
}

static int parse_bytes(const struct config_key *key, const char *text, union field *field,
                       struct error *error)
{
    char least[PARSE_TEXT_BYTES], most[PARSE_TEXT_BYTES], reason[128];

    if (parse_size(text, strlen(text), &field->number) == 0 && in_bounds(key, field->number))
        return 0;
    snprintf(reason, sizeof reason, "is not a size between %s and %s (such as 64k, 8M, 1G)",
             parse_format_size(key->least, least), parse_format_size(key->most, most));
    return refuse(error, key, text, reason);
}

static int format_bytes(const struct config_key *key, const union field *field, struct buffer *text)
{
    char written[PARSE_TEXT_BYTES];

    (void)key;
    return buffer_printf(text, "%s", parse_format_size(field->number, written));
}

/* "0 = off; " where the key's help says so, else "". */
static const char *zero_means(const struct config_key *key, char *text, size_t size)
{
    const char *at = strstr(key->help, "0 = ");

    text[0] = '\0';
    if (at != NULL)
        snprintf(text, size, "%.*s; ", (int)strcspn(at, ".,;"), at);
    return text;
}

/* " 500us, 20ms": those that the key would take. */
static size_t append_durations(const struct config_key *key, char *text, size_t size)
{
    static const char *const examples[] = {"500us", "20ms", "30s", "5m", "1h"};
    size_t used = 0, i;
    uint64_t us;

    for (i = 0; i < sizeof examples / sizeof examples[0]; i++)
        if (parse_duration(examples[i], strlen(examples[i]), &us) == 0 && in_bounds(key, us))
            used += (size_t)snprintf(text + used, size - used, "%s %s", used > 0 ? "," : "", examples[i]);
    return used;
}

static int parse_time(const struct config_key *key, const char *text, union field *field, struct error *error)
{
    char least[PARSE_TEXT_BYTES], most[PARSE_TEXT_BYTES], zero[32], reason[160];
    size_t used;

    if (parse_duration(text, strlen(text), &field->number) == 0 && in_bounds(key, field->number))
        return 0;
    used = (size_t)snprintf(reason, sizeof reason, "is not a duration between %s and %s (%ssuch as",
                            parse_format_duration(key->least, least), parse_format_duration(key->most, most),
                            zero_means(key, zero, sizeof zero));
    used += append_durations(key, reason + used, sizeof reason - used);
    snprintf(reason + used, sizeof reason - used, ")");
    return refuse(error, key, text, reason);
}

static int format_time(const struct config_key *key, const union field *field, struct buffer *text)
{
    char written[PARSE_TEXT_BYTES];

    (void)key;
    return buffer_printf(text, "%s", parse_format_duration(field->number, written));
}

/* --- texts and lists --- */

static bool means_none(const char *text)
{
    return text[0] == '\0' || strcmp(text, NONE_WORD) == 0;
}

static int parse_text(const struct config_key *key, const char *text, union field *field, struct error *error)
{
    const char *wrong;

    field->text = NULL;
    if (key->least == 0 && means_none(text))
        return 0;
    if (text[0] == '\0')
        return refuse_empty(error, key);
    wrong = key->check != NULL ? key->check(text) : NULL;
    if (wrong != NULL)
        return refuse(error, key, text, wrong);
    field->text = strdup(text);
    return field->text != NULL ? 0 : refuse_memory(error);
}

static int format_text(const struct config_key *key, const union field *field, struct buffer *text)
{
    const char *none = key->words != NULL ? key->words : "";

    return buffer_printf(text, "%s", field->text != NULL ? field->text : none);
}

static void clear_text(union field *field)
{
    free(field->text);
    field->text = NULL;
}

static void clear_list(union field *field)
{
    size_t i;

    for (i = 0; i < field->list.count; i++)
        free(field->list.items[i]);
    free(field->list.items);
    field->list = (struct config_list){0};
}

static size_t count_items(const char *text)
{
    size_t count = 1;

    while ((text = strchr(text, ',')) != NULL) {
        text++;
        count++;
    }
    return count;
}

/* One item, with the blanks around it, becomes the list's last. */
static int add_item(const struct config_key *key, const char *item, size_t length, struct config_list *list,
                    struct error *error)
{
    size_t leading = 0;
    const char *wrong;
    char *copy;

    while (leading < length && strchr(BLANKS, item[leading]) != NULL)
        leading++;
    while (length > leading && strchr(BLANKS, item[length - 1]) != NULL)
        length--;
    copy = strndup(item + leading, length - leading);
    if (copy == NULL)
        return refuse_memory(error);
    list->items[list->count++] = copy;
    if (copy[0] == '\0')
        return error_set(error, "%s.%s has an empty item between its commas", key->section, key->name);
    wrong = key->check != NULL ? key->check(copy) : NULL;
    return wrong == NULL ? 0 : refuse(error, key, copy, wrong);
}

static int parse_list(const struct config_key *key, const char *text, union field *field, struct error *error)
{
    field->list = (struct config_list){0};
    if (means_none(text))
        return 0;
    field->list.items = calloc(count_items(text), sizeof *field->list.items);
    if (field->list.items == NULL)
        return refuse_memory(error);
    for (;;) {
        size_t length = strcspn(text, ",");

        if (add_item(key, text, length, &field->list, error) != 0)
            break;
        if (text[length] == '\0')
            return 0;
        text += length + 1;
    }
    clear_list(field);
    return -1;
}

static int format_list(const struct config_key *key, const union field *field, struct buffer *text)
{
    size_t i;

    (void)key;
    for (i = 0; i < field->list.count; i++) {
        if (buffer_printf(text, "%s%s", i > 0 ? ", " : "", field->list.items[i]) != 0)
            return -1;
    }
    return 0;
}

/* --- all types --- */

struct type {
    size_t bytes;
    int (*parse)(const struct config_key *key, const char *text, union field *field, struct error *error);
    int (*format)(const struct config_key *key, const union field *field, struct buffer *text);
    void (*clear)(union field *field); /* NULL: owns nothing */
};

static const struct type types[] = {
    [CONFIG_BOOL] = {sizeof(bool), parse_yes, format_yes, NULL},
    [CONFIG_COUNT] = {sizeof(uint64_t), parse_count, format_count, NULL},
    [CONFIG_SIZE] = {sizeof(uint64_t), parse_bytes, format_bytes, NULL},
    [CONFIG_DURATION] = {sizeof(uint64_t), parse_time, format_time, NULL},
    [CONFIG_WORD] = {sizeof(int), parse_word, format_word, NULL},
    [CONFIG_TEXT] = {sizeof(char *), parse_text, format_text, clear_text},
    [CONFIG_LIST] = {sizeof(struct config_list), parse_list, format_list, clear_list},
};

static const struct type *type_of(const struct config_key *key)
{
    assert(key->type < sizeof types / sizeof types[0]);
    return &types[key->type];
}

static void load(const struct config *config, const struct config_key *key, union field *field)
{
    memcpy(field, (const char *)config + key->offset, type_of(key)->bytes);
}

static void store(struct config *config, const struct config_key *key, const union field *field)
{
    memcpy((char *)config + key->offset, field, type_of(key)->bytes);
}

static bool has_word(const char *text, const char *word)
{
    struct config_words words;
    size_t i;

    config_words_split(text, &words);
    for (i = 0; i < words.count; i++) {
        if (strcmp(words.list[i], word) == 0)
            return true;
    }
    return false;
}

/* Whether the canonical text asks for what is still to come. */
static bool is_later(const struct config_key *key, const char *canonical)
{
    if (key->later == NULL || strcmp(canonical, key->fallback) == 0)
        return false;
    return strcmp(key->later, "*") == 0 || has_word(key->later, canonical);
}

/* The checks that are the same for every type, made on the value as it would be written. */
static int check_canonical(const struct config_key *key, const char *text, const union field *field,
                           struct error *error)
{
    struct buffer canonical = {0};
    int result = 0;

    if (type_of(key)->format(key, field, &canonical) != 0 || buffer_append(&canonical, "", 1) != 0)
        result = refuse_memory(error);
    else if (strlen(key->name) + strlen(" = ") + buffer_length(&canonical) - 1 > CONFIG_LINE_LONGEST)
        result = error_set(error, "%s.%s is too long: written as key = value it may have %d bytes",
                           key->section, key->name, CONFIG_LINE_LONGEST);
    else if (is_later(key, buffer_head(&canonical)))
        result = refuse(error, key, text, "is not yet supported");
    buffer_free(&canonical);
    return result;
}

int config_value_set(struct config *config, const struct config_key *key, const char *text,
                     struct error *error)
{
    const struct type *type = type_of(key);
    const char *wrong = config_check_value(text);
    union field field;

    memset(&field, 0, sizeof field);
    if (wrong != NULL)
        return error_set(error, "%s.%s %s", key->section, key->name, wrong);
    if (text[0] == '\0' && type->clear == NULL)
        return refuse_empty(error, key);
    if (type->parse(key, text, &field, error) != 0)
        return -1;
    if (check_canonical(key, text, &field, error) != 0) {
        if (type->clear != NULL)
            type->clear(&field);
        return -1;
    }
    config_value_clear(config, key);
    store(config, key, &field);
    return 0;
}

int config_value_set_default(struct config *config, const struct config_key *key)
{
    struct error error;

    return config_value_set(config, key, key->fallback, &error);
}

void config_value_clear(struct config *config, const struct config_key *key)
{
    const struct type *type = type_of(key);
    union field field;

    load(config, key, &field);
    if (type->clear != NULL)
        type->clear(&field);
    memset(&field, 0, sizeof field);
    store(config, key, &field);
}

int config_key_format(const struct config *config, const struct config_key *key, struct buffer *text)
{
    union field field;

    load(config, key, &field);
    return type_of(key)->format(key, &field, text);
}
