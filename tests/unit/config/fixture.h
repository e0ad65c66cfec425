/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_CONFIG_FIXTURE_H
#define CONCUR_TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "daemon/config/config.h"

/* What the configuration's tests have in common: texts are read as a file "x.conf", and what is expected is
 * the whole list of problems, to the letter. */

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The buffer's contents as a string; freed by the caller. */
static inline char *fixture_string(const struct buffer *buffer)
{
    char *string = buffer->data != NULL ? strndup(buffer_head(buffer), buffer_length(buffer)) : strdup("");

    assert_non_null(string);
    return string;
}

static inline struct config *fixture_new(void)
{
    struct config *config = config_new();

    assert_non_null(config);
    return config;
}

/* Compares the problems with what is expected, and empties them. */
static inline void fixture_expect(struct buffer *problems, const char *expected)
{
    char *found = fixture_string(problems);

    assert_string_equal(found, expected);
    free(found);
    buffer_free(problems);
}

/* Reads the text into the configuration; exactly these problems, "" = none. */
static inline void fixture_read_into(struct config *config, const char *text, size_t length,
                                     const char *expected)
{
    struct buffer problems = {0};
    int result = config_read_text(config, "x.conf", text, length, &problems);

    assert_int_equal(result, expected[0] == '\0' ? 0 : -1);
    fixture_expect(&problems, expected);
}

/* A new configuration with the text read into it. */
static inline struct config *fixture_read(const char *text, const char *expected)
{
    struct config *config = fixture_new();

    fixture_read_into(config, text, strlen(text), expected);
    return config;
}

/* The text gives exactly these problems. */
static inline void fixture_refuses(const char *text, const char *expected)
{
    struct config *config = fixture_read(text, expected);

    config_free(&config);
}

static inline void fixture_override(struct config *config, const char *setting, const char *expected)
{
    struct buffer problems = {0};
    int result = config_override(config, setting, &problems);

    assert_int_equal(result, expected[0] == '\0' ? 0 : -1);
    fixture_expect(&problems, expected);
}

static inline void fixture_resolve(struct config *config, unsigned cores, const char *expected)
{
    struct buffer problems = {0};
    int result = config_resolve(config, cores, &problems);

    assert_int_equal(result, expected[0] == '\0' ? 0 : -1);
    fixture_expect(&problems, expected);
}

/* The dump as a string; freed by the caller. */
static inline char *fixture_dump(const struct config *config)
{
    struct buffer text = {0};
    char *dump;

    assert_int_equal(config_dump(config, &text), 0);
    dump = fixture_string(&text);
    buffer_free(&text);
    return dump;
}

/* The value of a key as it is written; freed by the caller. */
static inline char *fixture_format(const struct config *config, const struct config_key *key)
{
    struct buffer text = {0};
    char *value;

    assert_int_equal(config_key_format(config, key, &text), 0);
    value = fixture_string(&text);
    buffer_free(&text);
    return value;
}

#endif
