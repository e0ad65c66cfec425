/* SPDX-License-Identifier: Apache-2.0
 *
 * `concur call`: one command, its reply, and an exit code that a script can use. Runs in the main thread. */
#include <stdlib.h>
#include <string.h>

#include "client/ask.h"
#include "client/verb.h"

static const struct option_table *const tables[] = {&ask_options, &target_options, NULL};

static enum exit_code call(const struct verb *verb, const struct target *target,
                           const struct ask_settings *settings, const struct resp_word *words, size_t count)
{
    struct link *link = NULL;
    struct error error;
    enum ask_result result;

    if (link_open(&link, target, settings->protocol, &error) != 0)
        return verb_fail(verb, EXIT_NO_CONNECTION, error.text);
    result = ask(link, words, count, ask_style(settings), &error);
    link_close(&link);
    if (result == ASK_LOST)
        return verb_fail(verb, EXIT_FAILED, error.text);
    return result == ASK_FINE ? EXIT_FINE : EXIT_FAILED;
}

static enum exit_code run(const struct verb *verb, int argc, char **argv)
{
    struct ask_settings settings = {0};
    struct target target = TARGET_DEFAULT;
    void *into[] = {&settings, &target};
    struct option_words given;
    struct resp_word *words;
    struct error error;
    enum exit_code code;
    int i;

    if (!verb_parse(verb, into, argc, argv, &given, &code))
        return code;
    if (given.count == 0)
        return verb_fail(verb, EXIT_USAGE, "which command?");
    if (target_prepare(&target, &error) != 0)
        return verb_fail(verb, EXIT_USAGE, error.text);
    words = calloc((size_t)given.count, sizeof *words);
    if (words == NULL)
        return verb_fail(verb, EXIT_FAILED, "out of memory");
    for (i = 0; i < given.count; i++)
        words[i] = (struct resp_word){given.words[i], strlen(given.words[i])};
    code = call(verb, &target, &settings, words, (size_t)given.count);
    free(words);
    target_wipe(&target);
    return code;
}

const struct verb call_verb = {
    .name = "call",
    .arguments = "[OPTION...] COMMAND [ARG...]",
    .summary = "send one command and print its reply",
    .details = "The reply is printed as redis-cli does; one that streams is printed as it arrives. Exit: 0, "
               "or 1 for\n"
               "an error reply, 2 for wrong usage, 3 when there is no connection.",
    .tables = tables,
    .order = OPTIONS_FIRST,
    .run = run,
};
