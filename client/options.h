/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_OPTIONS_H
#define CONCUR_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/error.h"

/* What an option's value is, and so which type stands at its offset. */
enum option_kind {
    OPTION_FLAG,     /* bool; takes no value */
    OPTION_CHOICE,   /* uint64_t, set to `least`; takes no value */
    OPTION_COUNT,    /* uint64_t within least and most */
    OPTION_DURATION, /* uint64_t, microseconds within least and most */
    OPTION_RATE,     /* uint64_t, millionths per second within least and most; k and M allowed */
    OPTION_TEXT,     /* const char *, into the argument vector */
    OPTION_TEXTS     /* struct option_texts: may be given several times */
};

#define OPTION_TEXTS_MOST 32

/* The values of an option that may be given several times, in their order; into the argument vector. */
struct option_texts {
    const char *text[OPTION_TEXTS_MOST];
    unsigned count;
};

/* One option: parsing, help and completion all read this row. */
struct option_row {
    char letter;      /* 0: none */
    const char *name; /* without dashes; NULL: none */
    enum option_kind kind;
    size_t offset; /* in the object that the table is parsed into */
    uint64_t least, most;
    const char *value; /* what the help calls the value */
    const char *help;
};

struct option_table {
    const char *title;
    const struct option_row *rows;
    size_t count;
};

enum options_order {
    OPTIONS_FIRST,   /* the first word that is no option ends them: the rest may look like anything */
    OPTIONS_ANYWHERE /* between the words too; "-5" is a word */
};

/* What is left beside the options: the words, in the front of the argument vector that was given. */
struct option_words {
    char **words;
    int count;
    bool separated; /* "--" was there */
    bool help;      /* --help was there: nothing else matters */
};

/* Reads the arguments by the tables (NULL-terminated), each into the object of the same index. Values: "-p
 * 1", "-p1",
 * "--port 1", "--port=1". Rearranges `argv`. 0, or -1 with the reason. */
MUST_USE int options_parse(const struct option_table *const *tables, void *const *into,
                           enum options_order order, int argc, char **argv, struct option_words *words,
                           struct error *error);

/* Prints the tables for a person, without the options that are not supported yet. */
void options_print(const struct option_table *const *tables, FILE *out);

#endif
