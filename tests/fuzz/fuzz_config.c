/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration: files, settings of the command line, and what a reload makes of two of them. A text either gives
 * a configuration or lines that say why not. What it gives, dumped and read again, is the same, value by value; and so
 * is what a reload puts in effect, which has some keys of one and some of the other: a worker could not refuse it.
 *
 * The input is a file; or two, behind a line "%%" the one that a reload finds. Lines that begin with "-o " are taken out
 * and applied as on the command line. One thread. */
#include "daemon/config/config.h"
#include "tests/fuzz/fuzz.h"

#define LONGEST 65536
#define CORES   4

static struct config *new_config(void)
{
    struct config *config = config_new();

    FUZZ_CHECK(config != NULL, "no memory");
    return config;
}

/* --- problems ------------------------------------------------------------------------------------------------------ */

/* Whole lines, not too many, of what may be shown to a person. */
static void check_problems(const struct buffer *problems, int result)
{
    const char *text = buffer_head(problems);
    size_t length = buffer_length(problems), lines = 0;

    FUZZ_CHECK((result == 0) == (length == 0), "result %d with %zu bytes of problems", result, length);
    for (size_t i = 0; i < length; i++) {
        FUZZ_CHECK((unsigned char)text[i] >= ' ' || text[i] == '\n' || text[i] == '\t',
                   "a control byte in:\n%.*s", (int)length, text);
        lines += text[i] == '\n';
    }
    FUZZ_CHECK(length == 0 || text[length - 1] == '\n', "a line without an end:\n%.*s", (int)length, text);
    FUZZ_CHECK(lines <= CONFIG_PROBLEMS_MOST + 1, "%zu lines of problems", lines);
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

/* Applies the "-o" lines and keeps the others. */
static int take_settings(struct config *config, char *text, size_t *length, struct buffer *problems)
{
    size_t at = 0, kept = 0;
    int result = 0;

    while (at < *length) {
        char *line = text + at, *end = memchr(line, '\n', *length - at);
        size_t bytes = end != NULL ? (size_t)(end - line) + 1 : *length - at;

        at += bytes;
        if (bytes > 3 && memcmp(line, "-o ", 3) == 0) {
            char *setting = strndup(line + 3, bytes - 3 - (end != NULL));

            FUZZ_CHECK(setting != NULL, "no memory");
            if (config_override(config, setting, problems) != 0)
                result = -1;
            free(setting);
        } else {
            memmove(text + kept, line, bytes);
            kept += bytes;
        }
    }
    *length = kept;
    return result;
}

/* The resolved configuration, or NULL. */
static struct config *read_config(const char *text, size_t length)
{
    struct config *config = new_config();
    struct buffer problems = {0}, settings = {0};
    char *copy = fuzz_copy(text, length), *exact;
    int taken = take_settings(config, copy, &length, &settings), result;

    exact = fuzz_copy(copy, length);
    free(copy);
    result = config_read_text(config, "x.conf", exact, length, &problems);
    check_problems(&problems, result);
    if (taken == 0 && result == 0) {
        result = config_resolve(config, CORES, &problems);
        check_problems(&problems, result);
    }
    free(exact);
    buffer_free(&problems);
    buffer_free(&settings);
    if (taken != 0 || result != 0)
        config_free(&config);
    return config;
}

/* --- what must be true of it --------------------------------------------------------------------------------------- */

static struct buffer dump(const struct config *config)
{
    struct buffer text = {0};

    FUZZ_CHECK(config_dump(config, &text) == 0, "no memory");
    return text;
}

static void check_same_values(const struct config *one, const struct config *other)
{
    for (size_t i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key_at(i);
        struct buffer a = {0}, b = {0};

        FUZZ_CHECK(config_key_format(one, key, &a) == 0 && config_key_format(other, key, &b) == 0,
                   "no memory");
        FUZZ_CHECK(
            buffer_length(&a) == buffer_length(&b) &&
                (buffer_length(&a) == 0 || memcmp(buffer_head(&a), buffer_head(&b), buffer_length(&a)) == 0),
            "%s.%s was '%.*s' and reads back as '%.*s'", key->section, key->name, (int)buffer_length(&a),
            buffer_head(&a), (int)buffer_length(&b), buffer_head(&b));
        buffer_free(&a);
        buffer_free(&b);
    }
}

/* What a worker does with it: reads what the master has dumped. */
static void check_reads_back(const struct config *config, const char *what)
{
    struct config *again = new_config();
    struct buffer text = dump(config), problems = {0};

    FUZZ_CHECK(config_read_text(again, "generation", buffer_head(&text), buffer_length(&text), &problems) ==
                       0 &&
                   config_resolve(again, CORES + 1, &problems) == 0,
               "%s does not read back:\n%.*s\nit was:\n%.*s", what, (int)buffer_length(&problems),
               buffer_head(&problems), (int)buffer_length(&text), buffer_head(&text));
    check_same_values(config, again);
    config_free(&again);
    buffer_free(&text);
    buffer_free(&problems);
}

/* As the master does it. */
static void check_reload(const struct config *running, struct config *wanted)
{
    struct buffer changed = {0}, kept = {0}, problems = {0};
    int result;

    FUZZ_CHECK(config_reload(wanted, running, running, &changed, &kept) == 0, "no memory");
    result = config_resolve(wanted, CORES, &problems);
    check_problems(&problems, result);
    if (result == 0)
        check_reads_back(wanted, "what a reload puts in effect");
    buffer_free(&changed);
    buffer_free(&kept);
    buffer_free(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char divider[] = "\n%%\n";
    const char *text = (const char *)bytes, *second = NULL;
    struct config *config, *wanted = NULL;
    struct buffer warnings = {0};

    if (length < 1 || length > LONGEST)
        return 0;
    second = memmem(text, length, divider, sizeof divider - 1);
    config = read_config(text, second != NULL ? (size_t)(second - text) + 1 : length);
    if (config == NULL)
        return 0;
    check_reads_back(config, "a configuration");
    config_warn(config, &warnings);
    check_problems(&warnings, -(buffer_length(&warnings) != 0));
    buffer_free(&warnings);
    if (second != NULL) {
        second += sizeof divider - 1;
        wanted = read_config(second, length - (size_t)(second - text));
    }
    if (wanted != NULL)
        check_reload(config, wanted);
    config_free(&wanted);
    config_free(&config);
    return 0;
}
