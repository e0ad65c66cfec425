/* SPDX-License-Identifier: Apache-2.0
 *
 * What all verbs of the client do alike: parse their options, print their help, say what went wrong.
 * Runs in the main thread. */
#include "client/verb.h"

#include <stdio.h>

static void print_help(const struct verb *verb)
{
    printf("usage: concur %s %s\n\n%s\n", verb->name, verb->arguments, verb->summary);
    if (verb->details != NULL)
        printf("\n%s\n", verb->details);
    options_print(verb->tables, stdout);
}

bool verb_parse(const struct verb *verb, void *const *into, int argc, char **argv, struct option_words *words,
                enum exit_code *code)
{
    struct error error;

    if (options_parse(verb->tables, into, verb->order, argc, argv, words, &error) != 0) {
        *code = verb_fail(verb, EXIT_USAGE, error.text);
        fprintf(stderr, "Try 'concur %s --help'.\n", verb->name);
        return false;
    }
    if (words->help) {
        print_help(verb);
        *code = EXIT_FINE;
        return false;
    }
    return true;
}

enum exit_code verb_fail(const struct verb *verb, enum exit_code code, const char *text)
{
    fprintf(stderr, "concur %s: %s\n", verb->name, text);
    return code;
}
