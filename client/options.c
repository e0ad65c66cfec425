/* SPDX-License-Identifier: Apache-2.0
 *
 * Command-line options out of tables: each row names an option, where its value goes, its bounds and its
 * help, so that parsing, --help and completion can't drift apart. getopt_long is not used because it has no
 * types, bounds or help and keeps its state in globals. Runs in the main thread before anything else. */
#include "client/options.h"

#include <ctype.h>
#include <string.h>

#include "common/parse.h"

#define NAMES_MOST 64 /* rows that a misspelt name is compared with */

struct match {
    const struct option_row *row;
    void *into;
};

struct reader {
    const struct option_table *const *tables;
    void *const *into;
    int argc;
    char **argv;
    int at;
    struct error *error;
};

static bool takes_value(const struct option_row *row)
{
    return row->kind != OPTION_FLAG && row->kind != OPTION_CHOICE;
}

static bool row_matches(const struct option_row *row, char letter, const char *name, size_t length)
{
    if (letter != '\0')
        return row->letter == letter;
    return row->name != NULL && strlen(row->name) == length && memcmp(row->name, name, length) == 0;
}

static bool find_row(const struct reader *reader, char letter, const char *name, size_t length,
                     struct match *match)
{
    size_t table, i;

    for (table = 0; reader->tables[table] != NULL; table++) {
        for (i = 0; i < reader->tables[table]->count; i++) {
            match->row = &reader->tables[table]->rows[i];
            match->into = reader->into[table];
            if (row_matches(match->row, letter, name, length))
                return true;
        }
    }
    return false;
}

static int unknown_option(const struct reader *reader, const char *argument)
{
    const char *names[NAMES_MOST];
    const char *nearest;
    char given[40] = "";
    size_t table, i, count = 0;

    for (table = 0; reader->tables[table] != NULL; table++) {
        for (i = 0; i < reader->tables[table]->count && count < NAMES_MOST; i++) {
            if (reader->tables[table]->rows[i].name != NULL)
                names[count++] = reader->tables[table]->rows[i].name;
        }
    }
    if (argument[1] == '-')
        snprintf(given, sizeof given, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    nearest = parse_nearest(given, names, count);
    if (nearest != NULL)
        return error_set(reader->error, "unknown option '%s'; did you mean '--%s'?", argument, nearest);
    return error_set(reader->error, "unknown option '%s'", argument);
}

static const char *row_label(const struct option_row *row, char *label, size_t size)
{
    if (row->name != NULL)
        snprintf(label, size, "--%s", row->name);
    else
        snprintf(label, size, "-%c", row->letter);
    return label;
}

static int store_number(const struct option_row *row, const char *value, void *into, const char *label,
                        struct error *error)
{
    bool duration = row->kind == OPTION_DURATION;
    char least[PARSE_TEXT_BYTES], most[PARSE_TEXT_BYTES];
    uint64_t number;

    if ((duration ? parse_duration_fraction : parse_u64)(value, strlen(value), &number) != 0)
        return error_set(error, "%s: '%s' is no %s", label, value,
                         duration ? "duration such as 500ms, 0.5s or 10s" : "number");
    if (number < row->least || number > row->most) {
        snprintf(least, sizeof least, "%llu", (unsigned long long)row->least);
        snprintf(most, sizeof most, "%llu", (unsigned long long)row->most);
        return error_set(error, "%s: %s is not between %s and %s", label, value,
                         duration ? parse_format_duration(row->least, least) : least,
                         duration ? parse_format_duration(row->most, most) : most);
    }
    *(uint64_t *)into = number;
    return 0;
}

static const char *format_rate(uint64_t millionths, char *text)
{
    snprintf(text, PARSE_TEXT_BYTES, "%.10g", (double)millionths / 1e6);
    return text;
}

static int store_rate(const struct option_row *row, const char *value, uint64_t *into, const char *label,
                      struct error *error)
{
    size_t length = strlen(value);
    uint64_t factor = 1, number;
    char least[PARSE_TEXT_BYTES], most[PARSE_TEXT_BYTES];

    if (length > 0 && strchr("kM", value[length - 1]) != NULL)
        factor = value[--length] == 'k' ? 1000 : 1000000;
    if (parse_millionths(value, length, &number) != 0)
        return error_set(error, "%s: '%s' is no rate such as 500, 0.5, 2.5k or 1M", label, value);
    if (__builtin_mul_overflow(number, factor, &number) || number < row->least || number > row->most)
        return error_set(error, "%s: %s is not between %s and %s", label, value,
                         format_rate(row->least, least), format_rate(row->most, most));
    *into = number;
    return 0;
}

static int store_one_more(struct option_texts *texts, const char *value, const char *label,
                          struct error *error)
{
    if (texts->count == OPTION_TEXTS_MOST)
        return error_set(error, "%s: more than %d of them", label, OPTION_TEXTS_MOST);
    texts->text[texts->count++] = value;
    return 0;
}

static int store(const struct match *match, const char *value, struct error *error)
{
    const struct option_row *row = match->row;
    void *into = (char *)match->into + row->offset;
    char label[40];

    row_label(row, label, sizeof label);
    if (row->kind == OPTION_COUNT || row->kind == OPTION_DURATION)
        return store_number(row, value, into, label, error);
    if (row->kind == OPTION_RATE)
        return store_rate(row, value, into, label, error);
    if (row->kind == OPTION_TEXTS)
        return store_one_more(into, value, label, error);
    if (row->kind == OPTION_TEXT)
        *(const char **)into = value;
    else if (row->kind == OPTION_CHOICE)
        *(uint64_t *)into = row->least;
    else
        *(bool *)into = true;
    return 0;
}

/* `value` stands in the same argument, or is NULL and then in the next. */
static int take_option(struct reader *reader, const struct match *match, const char *value)
{
    char label[40];

    if (!takes_value(match->row) && value != NULL)
        return error_set(reader->error, "%s takes no value", row_label(match->row, label, sizeof label));
    if (takes_value(match->row) && value == NULL) {
        if (reader->at == reader->argc || strncmp(reader->argv[reader->at], "--", 2) == 0)
            return error_set(reader->error, "%s needs a value: %s",
                             row_label(match->row, label, sizeof label),
                             match->row->value != NULL ? match->row->value : "it is not there");
        value = reader->argv[reader->at++];
    }
    return store(match, value, reader->error);
}

static int read_option(struct reader *reader, const char *argument)
{
    const char *name = argument + 2;
    const char *equals;
    struct match match;

    if (argument[1] != '-') {
        if (!find_row(reader, argument[1], NULL, 0, &match))
            return unknown_option(reader, argument);
        return take_option(reader, &match, argument[2] != '\0' ? argument + 2 : NULL);
    }
    equals = strchr(name, '=');
    if (!find_row(reader, '\0', name, equals != NULL ? (size_t)(equals - name) : strlen(name), &match))
        return unknown_option(reader, argument);
    return take_option(reader, &match, equals != NULL ? equals + 1 : NULL);
}

static bool is_option(const char *argument, enum options_order order)
{
    if (argument[0] != '-' || argument[1] == '\0')
        return false;
    return order == OPTIONS_FIRST || !isdigit((unsigned char)argument[1]);
}

static void keep_rest(struct reader *reader, struct option_words *words)
{
    while (reader->at < reader->argc)
        words->words[words->count++] = reader->argv[reader->at++];
}

int options_parse(const struct option_table *const *tables, void *const *into, enum options_order order,
                  int argc, char **argv, struct option_words *words, struct error *error)
{
    struct reader reader = {.tables = tables, .into = into, .argc = argc, .argv = argv, .error = error};

    *words = (struct option_words){.words = argv};
    while (reader.at < argc && !words->help) {
        char *argument = argv[reader.at++];

        if (strcmp(argument, "--") == 0) {
            words->separated = true;
            keep_rest(&reader, words);
        } else if (strcmp(argument, "--help") == 0) {
            words->help = true;
        } else if (is_option(argument, order)) {
            if (read_option(&reader, argument) != 0)
                return -1;
        } else {
            words->words[words->count++] = argument;
            if (order == OPTIONS_FIRST)
                keep_rest(&reader, words);
        }
    }
    return 0;
}

static void print_row(const struct option_row *row, FILE *out)
{
    char left[48];

    snprintf(left, sizeof left, "%c%c%s%s%s%s%s", row->letter != '\0' ? '-' : ' ',
             row->letter != '\0' ? row->letter : ' ', row->letter != '\0' && row->name != NULL ? ", " : "",
             row->letter == '\0' ? "  --" : (row->name != NULL ? "--" : ""),
             row->name != NULL ? row->name : "", row->value != NULL ? " " : "",
             row->value != NULL ? row->value : "");
    fprintf(out, "  %-26s %s\n", left, row->help);
}

void options_print(const struct option_table *const *tables, FILE *out)
{
    size_t table, i;

    for (table = 0; tables[table] != NULL; table++) {
        fprintf(out, "\n%s:\n", tables[table]->title);
        for (i = 0; i < tables[table]->count; i++)
            print_row(&tables[table]->rows[i], out);
    }
}
