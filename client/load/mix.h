/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_MIX_H
#define CONCUR_CLIENT_LOAD_MIX_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/resp_encode.h"

#define MIX_COMMANDS_MOST 64
#define MIX_WEIGHT_MOST   1000000
#define MIX_DIGITS        12 /* of a placeholder's value; as many as the letters of its name, so it fits its place */
#define MIX_PLACEHOLDER   "__rand_int__"
#define MIX_RANGE         UINT64_C(1000000000000) /* values are below it */

/* One command of a mix, encoded once. */
struct mix_command {
    uint64_t weight;
    char *text;    /* as one line for people */
    char *request; /* as RESP; what is to be drawn still has its placeholder's name */
    size_t request_bytes;
    struct resp_word *words; /* inside the request */
    size_t word_count;
    size_t *holes; /* offsets of placeholders in the request */
    size_t hole_count;
};

/* Commands and how often each is to be sent. All zeroes is an empty one. Made before the threads start, then
 * read only. */
struct mix {
    struct mix_command *commands;
    size_t count;
    uint64_t weight;   /* of all */
    size_t holes_most; /* in one command */
    size_t longest;    /* request, in bytes */
    uint64_t range;    /* placeholders' values are below it; 0: MIX_RANGE */
};

/* Appends a command. 0, or -1 with the reason. */
MUST_USE int mix_add(struct mix *mix, uint64_t weight, const struct resp_word *words, size_t count,
                     struct error *error);

/* Appends what a text says: "PING:90,PRIMES 10000:10", each entry a command with its arguments - quoted as
 * redis-cli has it; commas and colons in quotes belong to them - and behind its last colon the weight. 0, or
 * -1 with the reason. */
MUST_USE int mix_parse(struct mix *mix, const char *text, struct error *error);

void mix_clear(struct mix *mix);

/* Which command request `number` is, by the seed alone. */
size_t mix_choose(const struct mix *mix, uint64_t seed, uint64_t number);

/* The value of placeholder `hole` of request `number`, as it is sent. */
void mix_value(const struct mix *mix, uint64_t seed, uint64_t number, size_t hole, char digits[MIX_DIGITS]);

/* Fills the placeholders of `request`, a copy of the command's, for request `number`. */
void mix_fill(const struct mix *mix, const struct mix_command *command, uint64_t seed, uint64_t number,
              char *request);

#endif
