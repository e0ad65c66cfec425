/* SPDX-License-Identifier: Apache-2.0
 *
 * A dump reads back to the same dump: for the defaults, and for configurations put together at random from
 * what each key's row allows. The seed is fixed and printed; CONCUR_TEST_SEED sets another. */
#include "tests/unit/config/fixture.h"

#include <stdio.h>

#include "common/parse.h"
#include "daemon/config/keys.h"
#include "daemon/config/value.h"

#define ROUNDS 300

/* xorshift64*, Vigna 2016: the same numbers everywhere. */
static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (*seed * UINT64_C(2685821657736338717) >> 11) % below;
}

static const char *draw_one(uint64_t *seed, const char *const *choices, size_t count)
{
    return choices[draw(seed, count)];
}

/* Any number within bounds, small ones, round ones and the bounds themselves more often than chance would
 * have it. */
static uint64_t draw_number(uint64_t *seed, const struct config_key *key)
{
    uint64_t span = key->most - key->least;

    switch (draw(seed, 5)) {
    case 0:
        return key->least;
    case 1:
        return key->most;
    case 2:
        return key->least + draw(seed, span < 100 ? span + 1 : 100);
    default:
        return key->least + draw(seed, span + 1);
    }
}

static void draw_text(uint64_t *seed, const struct config_key *key, char *text, size_t size)
{
    static const char *const targets[] = {"stderr", "file:/var/log/concurd.log", "file:a b"};
    static const char *const addresses[] = {"127.0.0.1:1", "[::1]:0", "none", "", "255.255.255.255:65535"};
    static const char *const paths[] = {
        "", "none", "/srv/files", "/with blank/and=equals", "/a#b;c,d\xc3\xa9", "[x]"};

    if (strcmp(key->name, "target") == 0)
        snprintf(text, size, "%s", draw_one(seed, targets, COUNT(targets)));
    else if (key->check != NULL)
        snprintf(text, size, "%s", draw_one(seed, addresses, COUNT(addresses)));
    else
        snprintf(text, size, "%s", draw_one(seed, paths, COUNT(paths)));
}

static void draw_list(uint64_t *seed, const struct config_key *key, char *text, size_t size)
{
    static const char *const addresses[] = {"127.0.0.1:7070", "[::1]:7070", "unix:/run/a b", "0.0.0.0:0"};
    static const char *const commands[] = {"READ", "block", "SPIN", "X-1.2_3"};
    bool is_commands = strcmp(key->section, "commands") == 0;
    size_t items = draw(seed, 6), used = 0, i;

    text[0] = '\0';
    for (i = 0; i < items; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? draw(seed, 2) ? "," : " , " : "",
                                 draw_one(seed, is_commands ? commands : addresses, 4));
}

static void draw_word(uint64_t *seed, const struct config_key *key, char *text, size_t size)
{
    struct config_words words;

    config_words_split(key->words, &words);
    do
        snprintf(text, size, "%s", words.list[draw(seed, words.count)]);
    while (key->later != NULL && strstr(key->later, text) != NULL);
}

static void draw_value(uint64_t *seed, const struct config_key *key, char *text, size_t size)
{
    char number[PARSE_TEXT_BYTES];

    switch ((enum config_type)key->type) {
    case CONFIG_BOOL:
        snprintf(text, size, "%s", draw(seed, 2) ? "TRUE" : "0");
        break;
    case CONFIG_COUNT:
        snprintf(text, size, "%llu", (unsigned long long)draw_number(seed, key));
        if (key->words != NULL && draw(seed, 3) == 0)
            snprintf(text, size, "%s", key->words);
        break;
    case CONFIG_SIZE:
        snprintf(text, size, "%s", parse_format_size(draw_number(seed, key), number));
        break;
    case CONFIG_DURATION:
        snprintf(text, size, "%s", parse_format_duration(draw_number(seed, key), number));
        break;
    case CONFIG_WORD:
        draw_word(seed, key, text, size);
        break;
    case CONFIG_TEXT:
        draw_text(seed, key, text, size);
        break;
    case CONFIG_LIST:
        draw_list(seed, key, text, size);
        break;
    }
}

static struct config *draw_config(uint64_t *seed)
{
    struct config *config = fixture_new();
    size_t i;

    for (i = 0; i < config_key_count(); i++) {
        const struct config_key *key = config_key_at(i);
        char value[256], setting[320];

        if (key->later != NULL && strcmp(key->later, "*") == 0)
            continue;
        draw_value(seed, key, value, sizeof value);
        snprintf(setting, sizeof setting, "%s.%s=%s", key->section, key->name, value);
        fixture_override(config, setting, "");
    }
    return config;
}

/* Dump, read, dump: the same text, and every field the same value. */
static void check_fixed_point(const struct config *config)
{
    char *dump = fixture_dump(config);
    struct config *again = fixture_read(dump, "");
    char *second = fixture_dump(again);
    size_t i;

    assert_string_equal(second, dump);
    for (i = 0; i < config_key_count(); i++) {
        char *was = fixture_format(config, config_key_at(i));
        char *is = fixture_format(again, config_key_at(i));

        assert_string_equal(is, was);
        free(was);
        free(is);
    }
    free(dump);
    free(second);
    config_free(&again);
}

static void test_defaults(void **state)
{
    struct config *config = fixture_new();

    (void)state;
    check_fixed_point(config);
    fixture_resolve(config, 7, "");
    check_fixed_point(config);
    config_free(&config);
}

static void test_random(void **state)
{
    const char *chosen = getenv("CONCUR_TEST_SEED");
    uint64_t seed = chosen != NULL ? strtoull(chosen, NULL, 10) : 7070;
    int round;

    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (round = 0; round < ROUNDS; round++) {
        struct config *config = draw_config(&seed);

        check_fixed_point(config);
        config_free(&config);
    }
}

static void test_shape(void **state)
{
    struct config *config = fixture_new();
    char *dump = fixture_dump(config);

    (void)state;
    assert_int_equal(strncmp(dump, "[server]\nlisten = 127.0.0.1:7070\nmode = pool\n", 45), 0);
    assert_non_null(strstr(dump, "\nproxy_protocol = no\nfiles_root =\n\n[thread]\n"));
    assert_non_null(strstr(dump, "\n[pool]\nthreads = 64\nturns = auto\n\n[event]\n"));
    assert_non_null(strstr(dump, "\n[tls]\nlisten =\ncert =\n"));
    assert_non_null(strstr(dump, "\n[faults]\nenable = no\n"));
    free(dump);
    config_free(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_shape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
