/* SPDX-License-Identifier: Apache-2.0
 *
 * What the right answers are: taken, and a byte beside them refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "client/load/answer.h"

static int make(struct mix *mix, struct answer *answer, const char *line, struct error *error)
{
    char text[256];

    snprintf(text, sizeof text, "%s:1", line);
    assert_int_equal(mix_parse(mix, text, error), 0);
    return answer_make(answer, &mix->commands[0], error);
}

static void right_answers_are_taken_and_others_are_not(void **state)
{
    static const struct {
        const char *line, *right, *wrong;
    } cases[] = {
        {"PING", "+PONG\r\n", "+PING\r\n"},
        {"ping", "+PONG\r\n", "$4\r\nPONG\r\n"},
        {"PING hello", "$5\r\nhello\r\n", "+PONG\r\n"},
        {"ECHO \"a\\r\\nb\"", "$4\r\na\r\nb\r\n", "$4\r\na\r\nc\r\n"},
        {"ECHO \"\"", "$0\r\n\r\n", "$-1\r\n"},
        {"SQUARE -12", ":144\r\n", ":-144\r\n"},
        {"SQUARE 3037000499", ":9223372030926249001\r\n", ":9223372030926249000\r\n"},
        {"PRIMES 0", ":0\r\n", ":1\r\n"},
        {"PRIMES 1", ":0\r\n", ":1\r\n"},
        {"PRIMES 2", ":1\r\n", ":0\r\n"},
        {"PRIMES 3", ":2\r\n", ":1\r\n"},
        {"PRIMES 10", ":4\r\n", ":5\r\n"},
        {"PRIMES 10000", ":1229\r\n", ":1228\r\n"},
        {"PRIMES 1000003", ":78499\r\n", ":78498\r\n"},
        {"SLEEP 5", "+OK\r\n", "$2\r\nOK\r\n"},
        {"BLOCK 5", "+OK\r\n", ":0\r\n"},
        {"SPIN 5", "+OK\r\n", "+KO\r\n"},
        {"SET a 5", "+OK\r\n", ":5\r\n"},
        {"WORK cpu=1us", "+OK\r\n", "+OK \r\n"},
        {"WORK reply=3 cpu=1us", "$3\r\nxyz\r\n", "$2\r\nxy\r\n"},
        {"WORK REPLY=1k", NULL, "+OK\r\n"},
        {"INCR a", ":1\r\n", "$1\r\n1\r\n"},
        {"DECR a", ":-1\r\n", ":\r\n"},
        {"INCRBY a 7", ":123456789\r\n", ":1x\r\n"},
        {"DECRBY a 7", ":0\r\n", "+0\r\n"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mix mix = {0};
        struct answer answer;
        struct error error = {""};

        if (make(&mix, &answer, cases[i].line, &error) != 0)
            fail_msg("%s: %s", cases[i].line, error.text);
        if (cases[i].right != NULL &&
            !answer_is_right(&answer, &mix, 1, 0, cases[i].right, strlen(cases[i].right)))
            fail_msg("%s: the right answer was refused", cases[i].line);
        if (answer_is_right(&answer, &mix, 1, 0, cases[i].wrong, strlen(cases[i].wrong)))
            fail_msg("%s: the wrong answer was taken", cases[i].line);
        answer_clear(&answer);
        mix_clear(&mix);
    }
}

static void what_is_not_known_is_said(void **state)
{
    static const struct {
        const char *line, *error;
    } cases[] = {
        {"INFO", "--verify: the right answer to 'INFO' is not known here"},
        {"PING a b", "--verify: the right answer to 'PING a b' is not known here"},
        {"ECHO", "--verify: the right answer to 'ECHO' is not known here"},
        {"SQUARE x", "--verify: 'SQUARE x': 'x' is no integer"},
        {"SQUARE 3037000500", "--verify: 'SQUARE 3037000500': the square is no 64-bit integer"},
        {"PRIMES 100000001",
         "--verify: 'PRIMES 100000001': the right answer is known up to PRIMES 100000000 only"},
        {"SQUARE __rand_int__", "--verify: 'SQUARE __rand_int__' can't be checked with a placeholder in it"},
        {"INCRBY a b", "--verify: 'INCRBY a b': 'b' is no integer"},
        {"DECRBY a -9223372036854775808", "--verify: 'DECRBY a -9223372036854775808': there is no such step"},
        {"WORK reply=x", "--verify: 'WORK reply=x': 'reply=x' is no size"},
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mix mix = {0};
        struct answer answer;
        struct error error = {""};

        assert_int_equal(make(&mix, &answer, cases[i].line, &error), -1);
        assert_string_equal(error.text, cases[i].error);
        answer_clear(&answer);
        mix_clear(&mix);
    }
}

/* Another request's echo is a wrong one. */
static void what_was_drawn_comes_back(void **state)
{
    struct mix mix = {0};
    struct answer answer;
    struct error error;
    char reply[128], digits[2][MIX_DIGITS];

    (void)state;
    assert_int_equal(make(&mix, &answer, "ECHO a__rand_int__b__rand_int__", &error), 0);
    mix_value(&mix, 3, 17, 0, digits[0]);
    mix_value(&mix, 3, 17, 1, digits[1]);
    snprintf(reply, sizeof reply, "$26\r\na%.12sb%.12s\r\n", digits[0], digits[1]);
    assert_true(answer_is_right(&answer, &mix, 3, 17, reply, strlen(reply)));
    assert_false(answer_is_right(&answer, &mix, 3, 18, reply, strlen(reply)));
    assert_false(answer_is_right(&answer, &mix, 4, 17, reply, strlen(reply)));
    reply[6] = 'c';
    reply[5] ^= 1;
    assert_false(answer_is_right(&answer, &mix, 3, 17, reply, strlen(reply)));
    answer_clear(&answer);
    mix_clear(&mix);
}

static void counters_say_what_they_move(void **state)
{
    static const struct {
        const char *line, *counter;
        int64_t delta;
    } cases[] = {{"INCR a", "a", 1},      {"DECR bc", "bc", -1},           {"INCRBY a 7", "a", 7},
                 {"DECRBY a -7", "a", 7}, {"INCR a__rand_int__", NULL, 1}, {"PING", NULL, 0}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mix mix = {0};
        struct answer answer;
        struct error error;

        assert_int_equal(make(&mix, &answer, cases[i].line, &error), 0);
        assert_int_equal(answer.delta, cases[i].delta);
        assert_int_equal(answer.counter != NULL, cases[i].counter != NULL);
        if (answer.counter != NULL)
            assert_memory_equal(answer.counter->bytes, cases[i].counter, answer.counter->length);
        answer_clear(&answer);
        mix_clear(&mix);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_answers_are_taken_and_others_are_not),
        cmocka_unit_test(what_is_not_known_is_said),
        cmocka_unit_test(what_was_drawn_comes_back),
        cmocka_unit_test(counters_say_what_they_move),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
