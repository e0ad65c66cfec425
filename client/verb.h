/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_VERB_H
#define CONCUR_CLIENT_VERB_H

#include "client/options.h"
#include "common/error.h"

/* How the program ends; a contract with scripts. */
enum exit_code {
    EXIT_FINE = 0,
    EXIT_FAILED = 1, /* a request failed */
    EXIT_USAGE = 2,
    EXIT_NO_CONNECTION = 3,
    EXIT_SUSPECT = 4 /* a result not to be trusted */
};

/* One thing that concur can do: a row in main's table. */
struct verb {
    const char *name;
    const char *arguments; /* how the help writes what follows */
    const char *summary;
    const char *details;                      /* paragraphs for --help, or NULL */
    const struct option_table *const *tables; /* NULL-terminated */
    enum options_order order;
    enum exit_code (*run)(const struct verb *verb, int argc, char **argv); /* without program and verb */
};

extern const struct verb call_verb, cli_verb, compare_verb, load_verb, map_verb, passwd_verb;

/* Parses a verb's arguments into the objects of its tables. True: go on; false: all is said (help, or what is
 * wrong), end with `*code`. */
bool verb_parse(const struct verb *verb, void *const *into, int argc, char **argv, struct option_words *words,
                enum exit_code *code);

/* Says what went wrong on stderr and answers `code`. */
enum exit_code verb_fail(const struct verb *verb, enum exit_code code, const char *text);

#endif
