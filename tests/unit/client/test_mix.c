/* SPDX-License-Identifier: Apache-2.0
 *
 * What a load sends: the text of a mix and its quoting, weights by a chi-square test on draws that the seed fixes,
 * placeholders, and the shape that --work takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/load/mix.h"
#include "client/load/work.h"

static void a_text_becomes_commands(void **state)
{
    static const struct {
        const char *text;
        struct {
            const char *words[4];
            uint64_t weight;
        } commands[3];
    } cases[] = {
        {"PING:1", {{{"PING"}, 1}}},
        {"PING:90,PRIMES 10000:10", {{{"PING"}, 90}, {{"PRIMES", "10000"}, 10}}},
        {"INCR user:7:3", {{{"INCR", "user:7"}, 3}}},
        {"SET \"a,b:c\" 1:2,PING:1", {{{"SET", "a,b:c", "1"}, 2}, {{"PING"}, 1}}},
        {"ECHO 'it\\'s, so':5,  ECHO \"q\\\"x\":1000000",
         {{{"ECHO", "it's, so"}, 5}, {{"ECHO", "q\"x"}, 1000000}}},
        {"ECHO \"\":1", {{{"ECHO", ""}, 1}}},
    };
    size_t i, j, k;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mix mix = {0};
        struct error error;

        assert_int_equal(mix_parse(&mix, cases[i].text, &error), 0);
        for (j = 0; j < mix.count; j++) {
            assert_int_equal(mix.commands[j].weight, cases[i].commands[j].weight);
            for (k = 0; k < mix.commands[j].word_count; k++) {
                const char *word = cases[i].commands[j].words[k];

                assert_int_equal(mix.commands[j].words[k].length, strlen(word));
                assert_memory_equal(mix.commands[j].words[k].bytes, word, strlen(word));
            }
            assert_true(k == 4 || cases[i].commands[j].words[k] == NULL);
        }
        assert_true(j == 3 || cases[i].commands[j].weight == 0);
        mix_clear(&mix);
    }
}

static void what_is_wrong_with_a_text_is_said(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"PING", "--mix: 'PING' must end with a colon and a weight from 1 to 1000000, as PING:90"},
        {"", "--mix: '' must end with a colon and a weight"},
        {"PING:0", "'PING:0' must end"},
        {"PING:1000001", "'PING:1000001' must end"},
        {"PING:-1", "'PING:-1' must end"},
        {"PING:1,", "'' must end"},
        {"PING:1,,PING:1", "'' must end"},
        {"PING :x", "'PING :x' must end"},
        {"ECHO \"a:1", "must end"},
        {"ECHO \"a\"b:1", "--mix: unbalanced quotes in"},
        {":5", "--mix: a command without a word"},
        {" :5", "--mix: a command without a word"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mix mix = {0};
        struct error error;

        assert_int_equal(mix_parse(&mix, cases[i].text, &error), -1);
        if (strstr(error.text, cases[i].error) == NULL)
            fail_msg("'%s' says: %s", cases[i].text, error.text);
        mix_clear(&mix);
    }
}

static void a_mix_holds_so_many_commands(void **state)
{
    struct mix mix = {0};
    struct error error;
    int i;

    (void)state;
    for (i = 0; i < MIX_COMMANDS_MOST; i++)
        assert_int_equal(mix_parse(&mix, "PING:1", &error), 0);
    assert_int_equal(mix_parse(&mix, "PING:1", &error), -1);
    assert_string_equal(error.text, "--mix: more than 64 commands");
    mix_clear(&mix);
}

#define DRAWS 200000

static void weights_are_kept(void **state)
{
    static const double share[] = {0.9, 0.09, 0.009, 0.001};
    struct mix mix = {0};
    struct error error;
    uint64_t seed, n;

    (void)state;
    assert_int_equal(mix_parse(&mix, "A:900,B:90,C:9,D:1", &error), 0);
    for (seed = 0; seed < 5; seed++) {
        double counts[4] = {0}, chi = 0;
        size_t i;

        for (n = 0; n < DRAWS; n++)
            counts[mix_choose(&mix, seed, n)]++;
        for (i = 0; i < 4; i++)
            chi += (counts[i] - share[i] * DRAWS) * (counts[i] - share[i] * DRAWS) / (share[i] * DRAWS);
        assert_true(chi < 16.3); /* 3 degrees of freedom: by chance once in a thousand */
    }
    mix_clear(&mix);
}

/* Whether the next command can be told from the one before. */
static void draws_do_not_hang_together(void **state)
{
    struct mix mix = {0};
    struct error error;
    double pairs[4] = {0}, chi = 0;
    uint64_t n;
    size_t i;

    (void)state;
    assert_int_equal(mix_parse(&mix, "A:1,B:1", &error), 0);
    for (n = 0; n < DRAWS; n++)
        pairs[mix_choose(&mix, 1, 2 * n) * 2 + mix_choose(&mix, 1, 2 * n + 1)]++;
    for (i = 0; i < 4; i++)
        chi += (pairs[i] - DRAWS / 4.0) * (pairs[i] - DRAWS / 4.0) / (DRAWS / 4.0);
    assert_true(chi < 16.3);
    mix_clear(&mix);
}

static void one_seed_is_one_sequence(void **state)
{
    struct mix a = {0}, b = {0};
    struct error error;
    uint64_t n;
    unsigned differ = 0;

    (void)state;
    assert_int_equal(mix_parse(&a, "A __rand_int__:1,B:1", &error), 0);
    assert_int_equal(mix_parse(&b, "A __rand_int__:1,B:1", &error), 0);
    for (n = 0; n < 1000; n++) {
        char x[MIX_DIGITS], y[MIX_DIGITS];

        assert_int_equal(mix_choose(&a, 42, n), mix_choose(&b, 42, n));
        mix_value(&a, 42, n, 0, x);
        mix_value(&b, 42, n, 0, y);
        assert_memory_equal(x, y, MIX_DIGITS);
        differ += mix_choose(&a, 42, n) != mix_choose(&b, 43, n);
    }
    assert_true(differ > 400 && differ < 600);
    mix_clear(&a);
    mix_clear(&b);
}

static void placeholders_are_drawn_in_place(void **state)
{
    static const struct resp_word words[] = {
        {"MSET", 4}, {"k:__rand_int__", 14}, {"__rand_int____rand_int__", 24}, {"__rand_int_", 11}};
    struct mix mix = {.range = 1000};
    struct error error;
    double bins[10] = {0}, chi = 0;
    char request[128];
    unsigned alike = 0;
    uint64_t n;
    size_t i;

    (void)state;
    assert_int_equal(mix_add(&mix, 1, words, 4, &error), 0);
    assert_int_equal(mix.commands[0].hole_count, 3);
    for (n = 0; n < 20000; n++) {
        const struct mix_command *command = &mix.commands[0];

        memcpy(request, command->request, command->request_bytes);
        mix_fill(&mix, command, 9, n, request);
        assert_memory_equal(request, "*4\r\n$4\r\nMSET\r\n$14\r\nk:000000000", 29);
        assert_memory_equal(request + command->request_bytes - 18, "$11\r\n__rand_int_\r\n", 18);
        for (i = 0; i < 3; i++) {
            char digits[MIX_DIGITS + 1] = "";

            memcpy(digits, request + command->holes[i], MIX_DIGITS);
            assert_true(strspn(digits, "0123456789") == MIX_DIGITS && strtoull(digits, NULL, 10) < 1000);
            bins[strtoull(digits, NULL, 10) / 100]++;
        }
        alike += memcmp(request + command->holes[1], request + command->holes[2], MIX_DIGITS) == 0;
    }
    for (i = 0; i < 10; i++)
        chi += (bins[i] - 6000) * (bins[i] - 6000) / 6000;
    assert_true(alike < 40); /* each by itself: one in a thousand */
    assert_true(chi < 27.9); /* 9 degrees of freedom: by chance once in a thousand */
    mix_clear(&mix);
}

/* They are sent as they are, and shown as they can be: in one piece, also behind a NUL. */
static void any_bytes_are_sent_and_shown(void **state)
{
    struct mix mix = {0};
    struct error error;

    (void)state;
    assert_int_equal(mix_parse(&mix, "ECHO \"a\\x00b\\x1b[2J\\xff\" end:1", &error), 0);
    assert_string_equal(mix.commands[0].text, "ECHO a?b?[2J? end");
    assert_int_equal(mix.commands[0].words[1].length, 8);
    assert_memory_equal(mix.commands[0].words[1].bytes, "a\0b\x1b[2J\xff", 8);
    mix_clear(&mix);
}

static void a_shape_becomes_work(void **state)
{
    struct mix mix = {0};
    struct error error;

    (void)state;
    assert_int_equal(work_add(&mix, " cpu=200us  wait=3ms reply=4k ", &error), 0);
    assert_string_equal(mix.commands[0].text, "WORK cpu=200us wait=3ms reply=4k");
    assert_int_equal(work_add(&mix, "reply=1 lock=1ms alloc=64k block=0 wait=1s cpu=5us", &error), 0);
    assert_int_equal(mix.commands[1].word_count, 7);
    mix_clear(&mix);
}

static void what_is_wrong_with_a_shape_is_said(void **state)
{
    static const struct {
        const char *shape, *error;
    } cases[] = {
        {"", "--work: no work in it; see --help"},
        {"  ", "--work: no work in it; see --help"},
        {"cpu", "--work: 'cpu': cpu= takes a time such as 200us"},
        {"cpu=", "--work: 'cpu=': cpu= takes a time such as 200us"},
        {"cpu=5", "--work: 'cpu=5': cpu= takes a time such as 200us"},
        {"reply=1ms", "--work: 'reply=1ms': reply= takes a size such as 4k"},
        {"cpu=1us cpu=1us", "--work: cpu= is given twice"},
        {"sleep=1ms", "--work: 'sleep=1ms' is none of cpu=, wait=, block=, alloc=, lock=, reply="},
        {"cpu=1us,wait=1us", "--work: 'cpu=1us,wait=1us': cpu= takes a time such as 200us"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mix mix = {0};
        struct error error;

        assert_int_equal(work_add(&mix, cases[i].shape, &error), -1);
        assert_string_equal(error.text, cases[i].error);
        assert_int_equal(mix.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_becomes_commands),
        cmocka_unit_test(what_is_wrong_with_a_text_is_said),
        cmocka_unit_test(a_mix_holds_so_many_commands),
        cmocka_unit_test(weights_are_kept),
        cmocka_unit_test(draws_do_not_hang_together),
        cmocka_unit_test(one_seed_is_one_sequence),
        cmocka_unit_test(placeholders_are_drawn_in_place),
        cmocka_unit_test(any_bytes_are_sent_and_shown),
        cmocka_unit_test(a_shape_becomes_work),
        cmocka_unit_test(what_is_wrong_with_a_shape_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
