/* SPDX-License-Identifier: Apache-2.0
 *
 * What a load sends: commands with weights, encoded once, so that the load threads have nothing to format. A
 * placeholder's name is as long as its value (redis-benchmark chose it so), hence drawing a value is twelve
 * digits written into place. Made in the main thread; the load threads only read it. */
#include "client/load/mix.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/random.h"
#include "common/parse.h"
#include "common/printable.h"
#include "common/quote.h"

#define WORDS_MOST 1024

/* Finds the words' bytes again in what was encoded: lengths are known, so lines are only passed over. */
static void find_words(struct mix_command *command, const struct resp_word *words)
{
    const char *at = command->request;
    size_t i;

    at = strchr(at, '\n') + 1;
    for (i = 0; i < command->word_count; i++) {
        at = strchr(at, '\n') + 1;
        command->words[i] = (struct resp_word){at, words[i].length};
        at += words[i].length + 2;
    }
}

static size_t count_holes(const struct mix_command *command, size_t *holes)
{
    size_t i, at, count = 0;

    for (i = 0; i < command->word_count; i++) {
        const struct resp_word *word = &command->words[i];

        for (at = 0; at + MIX_DIGITS <= word->length; at++) {
            if (memcmp(word->bytes + at, MIX_PLACEHOLDER, MIX_DIGITS) != 0)
                continue;
            if (holes != NULL)
                holes[count] = (size_t)(word->bytes + at - command->request);
            count++;
            at += MIX_DIGITS - 1;
        }
    }
    return count;
}

/* For people: placeholders by their name, and whatever can't be shown as '?'. */
static int describe(struct mix_command *command)
{
    size_t size = 1, at = 0, i;

    for (i = 0; i < command->word_count; i++)
        size += command->words[i].length + 1;
    command->text = calloc(1, size);
    if (command->text == NULL)
        return -1;
    for (i = 0; i < command->word_count; i++) {
        if (i > 0)
            command->text[at++] = ' ';
        memcpy(command->text + at, command->words[i].bytes, command->words[i].length);
        at += command->words[i].length;
    }
    printable(command->text, at);
    return 0;
}

static int encode(struct mix_command *command, const struct resp_word *words, size_t count)
{
    struct buffer buffer = {0};

    if (resp_encode(&buffer, words, count) != 0)
        return -1;
    command->request = buffer_head(&buffer); /* ours from here on */
    command->request_bytes = buffer_length(&buffer);
    command->words = calloc(count, sizeof *command->words);
    if (command->words == NULL)
        return -1;
    command->word_count = count;
    find_words(command, words);
    command->hole_count = count_holes(command, NULL);
    command->holes = calloc(command->hole_count + 1, sizeof *command->holes);
    if (command->holes == NULL)
        return -1;
    count_holes(command, command->holes);
    return describe(command);
}

static void clear_command(struct mix_command *command)
{
    free(command->text);
    free(command->request);
    free(command->words);
    free(command->holes);
}

int mix_add(struct mix *mix, uint64_t weight, const struct resp_word *words, size_t count,
            struct error *error)
{
    struct mix_command *command;

    if (count == 0)
        return error_set(error, "a command without a word");
    if (mix->count == MIX_COMMANDS_MOST)
        return error_set(error, "more than %d commands", MIX_COMMANDS_MOST);
    if (mix->commands == NULL)
        mix->commands = calloc(MIX_COMMANDS_MOST, sizeof *mix->commands);
    if (mix->commands == NULL)
        return error_set(error, "out of memory");
    command = &mix->commands[mix->count];
    command->weight = weight;
    if (encode(command, words, count) != 0) {
        clear_command(command);
        *command = (struct mix_command){0};
        return error_set(error, "out of memory");
    }
    mix->count++;
    mix->weight += weight;
    mix->longest = command->request_bytes > mix->longest ? command->request_bytes : mix->longest;
    mix->holes_most = command->hole_count > mix->holes_most ? command->hole_count : mix->holes_most;
    return 0;
}

/* The end of an entry, and its last colon (NULL: none), both outside of quotes. */
static const char *entry_end(const char *at, const char **colon)
{
    char quote = '\0';

    *colon = NULL;
    for (; *at != '\0' && (quote != '\0' || *at != ','); at++) {
        if (quote != '\0' && *at == '\\' && at[1] != '\0')
            at++;
        else if (quote != '\0')
            quote = *at == quote ? '\0' : quote;
        else if (*at == '"' || *at == '\'')
            quote = *at;
        else if (*at == ':')
            *colon = at;
    }
    return at;
}

static int add_line(struct mix *mix, uint64_t weight, char *line, size_t length, struct error *error)
{
    static const char wrong[] = "unbalanced quotes in '%.*s'";
    struct quote_word *found = calloc(WORDS_MOST, sizeof *found);
    struct resp_word *words = calloc(WORDS_MOST, sizeof *words);
    int count, i, status = -1;

    if (found == NULL || words == NULL) {
        error_set(error, "out of memory");
    } else {
        count = quote_split(line, length, found, WORDS_MOST);
        for (i = 0; i < count; i++)
            words[i] = (struct resp_word){line + found[i].offset, found[i].length};
        if (count < 0)
            error_set(error, wrong, (int)length, line);
        else
            status = mix_add(mix, weight, words, (size_t)count, error);
    }
    free(found);
    free(words);
    return status;
}

static int add_entry(struct mix *mix, const char *entry, const char *end, const char *colon,
                     struct error *error)
{
    uint64_t weight;
    char *line;
    int status;

    if (colon == NULL || parse_u64(colon + 1, (size_t)(end - colon) - 1, &weight) != 0 || weight == 0 ||
        weight > MIX_WEIGHT_MOST)
        return error_set(error, "'%.*s' must end with a colon and a weight from 1 to %d, as PING:90",
                         (int)(end - entry), entry, MIX_WEIGHT_MOST);
    line = strndup(entry, (size_t)(colon - entry));
    if (line == NULL)
        return error_set(error, "out of memory");
    status = add_line(mix, weight, line, (size_t)(colon - entry), error);
    free(line);
    return status;
}

int mix_parse(struct mix *mix, const char *text, struct error *error)
{
    const char *at = text;

    for (;;) {
        const char *colon, *end = entry_end(at, &colon);

        if (add_entry(mix, at, end, colon, error) != 0)
            return error_prefix(error, "--mix");
        if (*end == '\0')
            return 0;
        at = end + 1;
    }
}

void mix_clear(struct mix *mix)
{
    size_t i;

    for (i = 0; i < mix->count; i++)
        clear_command(&mix->commands[i]);
    free(mix->commands);
    *mix = (struct mix){.range = mix->range};
}

size_t mix_choose(const struct mix *mix, uint64_t seed, uint64_t number)
{
    uint64_t drawn;
    size_t i;

    if (mix->count == 1)
        return 0;
    drawn = random_below(random_at(seed, RANDOM_COMMAND, number), mix->weight);
    for (i = 0; drawn >= mix->commands[i].weight; i++)
        drawn -= mix->commands[i].weight;
    return i;
}

void mix_value(const struct mix *mix, uint64_t seed, uint64_t number, size_t hole, char digits[MIX_DIGITS])
{
    uint64_t bits = random_at(seed, RANDOM_VALUE, number * mix->holes_most + hole);
    uint64_t value = random_below(bits, mix->range != 0 ? mix->range : MIX_RANGE);
    int i;

    for (i = MIX_DIGITS - 1; i >= 0; i--) {
        digits[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void mix_fill(const struct mix *mix, const struct mix_command *command, uint64_t seed, uint64_t number,
              char *request)
{
    size_t i;

    for (i = 0; i < command->hole_count; i++)
        mix_value(mix, seed, number, i, request + command->holes[i]);
}
