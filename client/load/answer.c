/* SPDX-License-Identifier: Apache-2.0
 *
 * What the right reply is, for --verify. It is worked out once per command and compared byte by byte: a load
 * thread that counted primes itself would measure that. A reply that repeats what was drawn for its request
 * has the same places to fill, so replies that were crossed between clients are seen. Made in the main thread;
 * compared in the load threads. */
#include "client/load/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/parse.h"

#define PRIMES_MOST    100000000 /* beyond, the sieve would take memory and seconds */
#define OVERHEAD_BYTES 32        /* of a bulk string: type, length, line ends */

static bool word_is(const struct resp_word *word, const char *text)
{
    return word->length == strlen(text) && strncasecmp(word->bytes, text, word->length) == 0;
}

static int set_bytes(struct answer *answer, const char *bytes, size_t length, struct error *error)
{
    answer->kind = ANSWER_BYTES;
    answer->length = length;
    answer->bytes = malloc(length);
    if (answer->bytes == NULL)
        return error_set(error, "out of memory");
    memcpy(answer->bytes, bytes, length);
    return 0;
}

static int set_integer(struct answer *answer, int64_t value, struct error *error)
{
    char text[OVERHEAD_BYTES];
    int length = snprintf(text, sizeof text, ":%lld\r\n", (long long)value);

    return set_bytes(answer, text, (size_t)length, error);
}

static int make_ok(struct answer *answer, const struct mix_command *command, struct error *error)
{
    (void)command;
    return set_bytes(answer, "+OK\r\n", 5, error);
}

/* The placeholders of the word are places in the reply, too. */
static int move_holes(struct answer *answer, const struct mix_command *command, size_t word, size_t to)
{
    size_t begin = (size_t)(command->words[word].bytes - command->request);
    size_t end = begin + command->words[word].length;
    size_t i;

    answer->holes = calloc(command->hole_count + 1, sizeof *answer->holes);
    if (answer->holes == NULL)
        return -1;
    for (i = 0; i < command->hole_count; i++) {
        if (command->holes[i] < begin)
            answer->first++;
        else if (command->holes[i] < end)
            answer->holes[answer->hole_count++] = command->holes[i] - begin + to;
    }
    return 0;
}

/* The reply is one of the request's words. */
static int set_word(struct answer *answer, const struct mix_command *command, size_t word,
                    struct error *error)
{
    const struct resp_word *echo = &command->words[word];
    char head[OVERHEAD_BYTES];
    size_t begin = (size_t)snprintf(head, sizeof head, "$%zu\r\n", echo->length);

    answer->kind = ANSWER_BYTES;
    answer->length = begin + echo->length + 2;
    answer->bytes = malloc(answer->length);
    if (answer->bytes == NULL || move_holes(answer, command, word, begin) != 0)
        return error_set(error, "out of memory");
    memcpy(answer->bytes, head, begin);
    memcpy(answer->bytes + begin, echo->bytes, echo->length);
    memcpy(answer->bytes + begin + echo->length, "\r\n", 2);
    return 0;
}

static int make_ping(struct answer *answer, const struct mix_command *command, struct error *error)
{
    return command->word_count == 1 ? set_bytes(answer, "+PONG\r\n", 7, error)
                                    : set_word(answer, command, 1, error);
}

static int make_echo(struct answer *answer, const struct mix_command *command, struct error *error)
{
    return set_word(answer, command, 1, error);
}

static int read_integer(const struct mix_command *command, size_t word, int64_t *value, struct error *error)
{
    const struct resp_word *text = &command->words[word];

    if (parse_i64(text->bytes, text->length, value) == 0)
        return 0;
    return error_set(error, "'%s': '%.*s' is no integer", command->text, (int)text->length, text->bytes);
}

static int make_square(struct answer *answer, const struct mix_command *command, struct error *error)
{
    int64_t value, square;

    if (read_integer(command, 1, &value, error) != 0)
        return -1;
    if (__builtin_mul_overflow(value, value, &square))
        return error_set(error, "'%s': the square is no 64-bit integer", command->text);
    return set_integer(answer, square, error);
}

/* Eratosthenes' sieve over the odd numbers: composite[i] stands for 2i + 1. */
static int64_t sieve(char *composite, int64_t most)
{
    int64_t half = (most + 1) / 2, count = 1, i, multiple; /* 2 is one */

    for (i = 1; i < half; i++) {
        int64_t prime = 2 * i + 1;

        if (composite[i])
            continue;
        count++;
        for (multiple = prime <= most / prime ? prime * prime / 2 : half; multiple < half; multiple += prime)
            composite[multiple] = 1;
    }
    return count;
}

static int make_primes(struct answer *answer, const struct mix_command *command, struct error *error)
{
    int64_t most, count = 0;

    if (read_integer(command, 1, &most, error) != 0)
        return -1;
    if (most > PRIMES_MOST)
        return error_set(error, "'%s': the right answer is known up to PRIMES %d only", command->text,
                         PRIMES_MOST);
    if (most >= 2) {
        char *composite = calloc((size_t)most / 2 + 1, 1);

        if (composite == NULL)
            return error_set(error, "out of memory");
        count = sieve(composite, most);
        free(composite);
    }
    return set_integer(answer, count, error);
}

static int make_work(struct answer *answer, const struct mix_command *command, struct error *error)
{
    size_t i;
    uint64_t bytes;

    for (i = 1; i < command->word_count; i++) {
        const struct resp_word *word = &command->words[i];

        if (word->length <= 6 || strncasecmp(word->bytes, "reply=", 6) != 0)
            continue;
        if (parse_size(word->bytes + 6, word->length - 6, &bytes) != 0)
            return error_set(error, "'%s': '%.*s' is no size", command->text, (int)word->length, word->bytes);
        answer->kind = ANSWER_BULK;
        answer->length = (size_t)bytes;
        return 0;
    }
    return make_ok(answer, command, error);
}

/* A counter: any integer will do for the single reply, for who else counts is not known; the total is told by
 * `delta`. */
static int set_counter(struct answer *answer, const struct mix_command *command, int64_t delta)
{
    const char *name = command->words[1].bytes;
    size_t i;

    answer->kind = ANSWER_INTEGER;
    answer->delta = delta;
    answer->counter = &command->words[1];
    for (i = 0; i < command->hole_count; i++) {
        const char *hole = command->request + command->holes[i];

        if (hole >= name && hole < name + command->words[1].length)
            answer->counter = NULL;
    }
    return 0;
}

static int make_incr(struct answer *answer, const struct mix_command *command, struct error *error)
{
    (void)error;
    return set_counter(answer, command, 1);
}

static int make_decr(struct answer *answer, const struct mix_command *command, struct error *error)
{
    (void)error;
    return set_counter(answer, command, -1);
}

static int make_incrby(struct answer *answer, const struct mix_command *command, struct error *error)
{
    int64_t delta;

    return read_integer(command, 2, &delta, error) == 0 ? set_counter(answer, command, delta) : -1;
}

static int make_decrby(struct answer *answer, const struct mix_command *command, struct error *error)
{
    int64_t delta;

    if (read_integer(command, 2, &delta, error) != 0)
        return -1;
    if (delta == INT64_MIN)
        return error_set(error, "'%s': there is no such step", command->text);
    return set_counter(answer, command, -delta);
}

typedef int answer_maker(struct answer *answer, const struct mix_command *command, struct error *error);

static const struct {
    const char *name;
    size_t least, most; /* words */
    answer_maker *make;
    bool fixed; /* its arguments must not be drawn */
} known[] = {
    {"ping", 1, 2, make_ping, false},     {"echo", 2, 2, make_echo, false},
    {"sleep", 2, 2, make_ok, false},      {"block", 2, 2, make_ok, false},
    {"spin", 2, 2, make_ok, false},       {"set", 3, 3, make_ok, false},
    {"work", 1, 32, make_work, true},     {"square", 2, 2, make_square, true},
    {"primes", 2, 2, make_primes, true},  {"incr", 2, 2, make_incr, false},
    {"decr", 2, 2, make_decr, false},     {"incrby", 3, 3, make_incrby, false},
    {"decrby", 3, 3, make_decrby, false},
};

int answer_make(struct answer *answer, const struct mix_command *command, struct error *error)
{
    size_t i;

    *answer = (struct answer){0};
    for (i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!word_is(&command->words[0], known[i].name) || command->word_count < known[i].least ||
            command->word_count > known[i].most)
            continue;
        if (known[i].fixed && command->hole_count > 0)
            return error_set(error, "--verify: '%s' can't be checked with a placeholder in it",
                             command->text);
        return known[i].make(answer, command, error) == 0 ? 0 : error_prefix(error, "--verify");
    }
    return error_set(error, "--verify: the right answer to '%s' is not known here", command->text);
}

void answer_clear(struct answer *answer)
{
    free(answer->bytes);
    free(answer->holes);
    *answer = (struct answer){0};
}

/* Byte by byte up to each place that was drawn, and then what was drawn. */
static bool bytes_are_right(const struct answer *answer, const struct mix *mix, uint64_t seed,
                            uint64_t number, const char *reply)
{
    size_t at = 0, i;

    for (i = 0; i < answer->hole_count; i++) {
        char digits[MIX_DIGITS];

        mix_value(mix, seed, number, answer->first + i, digits);
        if (memcmp(answer->bytes + at, reply + at, answer->holes[i] - at) != 0 ||
            memcmp(digits, reply + answer->holes[i], MIX_DIGITS) != 0)
            return false;
        at = answer->holes[i] + MIX_DIGITS;
    }
    return memcmp(answer->bytes + at, reply + at, answer->length - at) == 0;
}

static bool is_integer(const char *reply, size_t length)
{
    int64_t value;

    return length > 3 && reply[0] == ':' && parse_i64(reply + 1, length - 3, &value) == 0;
}

static bool is_bulk(const char *reply, size_t length, size_t bytes)
{
    char head[OVERHEAD_BYTES];
    size_t begin = (size_t)snprintf(head, sizeof head, "$%zu\r\n", bytes);

    return length == begin + bytes + 2 && memcmp(reply, head, begin) == 0;
}

bool answer_is_right(const struct answer *answer, const struct mix *mix, uint64_t seed, uint64_t number,
                     const char *reply, size_t length)
{
    if (answer->kind == ANSWER_INTEGER)
        return is_integer(reply, length);
    if (answer->kind == ANSWER_BULK)
        return is_bulk(reply, length, answer->length);
    return length == answer->length && bytes_are_right(answer, mix, seed, number, reply);
}

size_t answer_longest(const struct answer *answers, size_t count)
{
    size_t longest = OVERHEAD_BYTES, i;

    for (i = 0; i < count; i++)
        longest = answers[i].length + OVERHEAD_BYTES > longest ? answers[i].length + OVERHEAD_BYTES : longest;
    return longest;
}
