/* SPDX-License-Identifier: Apache-2.0
 *
 * `concur cli`: commands typed by a person, or piped in line by line. A link that was lost is opened again
 * before the next command, never in the middle of one: a command whose reply did not come may have been
 * executed, and only the person can know whether to repeat it. Runs in the main thread; ^C gives up the reply
 * that is awaited, not the program. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/cli_edit.h"
#include "client/verb.h"
#include "common/quote.h"

#define WORDS_MOST 1024

struct session {
    const struct verb *verb;
    struct target target;
    struct ask_settings settings;
    enum print_style style;
    bool interactive;
    struct link *link; /* NULL: not connected */
    enum exit_code code;
};

enum outcome { GO_ON, STOP };

static const struct option_table *const tables[] = {&ask_options, &target_options, NULL};

static int connect_link(struct session *session, struct error *error)
{
    if (session->link != NULL && link_is_closed(session->link))
        link_close(&session->link);
    if (session->link != NULL)
        return 0;
    if (link_open(&session->link, &session->target, session->settings.protocol, error) != 0)
        return -1;
    if (session->interactive)
        cli_edit_learn(session->link);
    return 0;
}

static void on_interrupt(int signal_number)
{
    (void)signal_number; /* it has done its work by ending a poll() */
}

/* A reply that does not come can be given up: without SA_RESTART the wait ends, and with it the link. */
static enum ask_result ask_interruptibly(struct session *session, const struct resp_word *words, size_t count,
                                         struct error *error)
{
    struct sigaction interrupt = {.sa_handler = on_interrupt}, before;
    enum ask_result result;

    if (!session->interactive)
        return ask(session->link, words, count, session->style, error);
    sigaction(SIGINT, &interrupt, &before);
    result = ask(session->link, words, count, session->style, error);
    sigaction(SIGINT, &before, NULL);
    return result;
}

static enum outcome execute(struct session *session, const struct resp_word *words, size_t count)
{
    bool quit = count == 1 && words[0].length == 4 && strncasecmp(words[0].bytes, "quit", 4) == 0;
    enum ask_result result;
    struct error error;

    if (connect_link(session, &error) != 0) {
        session->code = verb_fail(session->verb, EXIT_NO_CONNECTION, error.text);
        return session->interactive ? GO_ON : STOP;
    }
    result = ask_interruptibly(session, words, count, &error);
    if (result != ASK_FINE)
        session->code = EXIT_FAILED;
    if (result == ASK_LOST) {
        verb_fail(session->verb, EXIT_FAILED, error.text);
        link_close(&session->link);
    }
    return quit ? STOP : GO_ON;
}

static bool is_exit(const struct resp_word *words, size_t count)
{
    return count == 1 && words[0].length == 4 && strncasecmp(words[0].bytes, "exit", 4) == 0;
}

static enum outcome execute_line(struct session *session, char *line)
{
    struct quote_word split[WORDS_MOST];
    struct resp_word words[WORDS_MOST];
    int count = quote_split(line, strlen(line), split, WORDS_MOST);
    int i;

    if (count < 0) {
        session->code = verb_fail(session->verb, EXIT_FAILED,
                                  count == QUOTE_TOO_MANY ? "too many words" : "unbalanced quotes");
        return GO_ON;
    }
    for (i = 0; i < count; i++)
        words[i] = (struct resp_word){line + split[i].offset, split[i].length};
    if (count == 0)
        return GO_ON;
    if (is_exit(words, (size_t)count))
        return STOP;
    return execute(session, words, (size_t)count);
}

/* One line from the person; STOP at the end of input. */
static enum outcome converse_once(struct session *session)
{
    char prompt[TARGET_NAME_BYTES + 24];
    enum outcome outcome;
    size_t length;
    char *line;

    snprintf(prompt, sizeof prompt, "%s%s> ", session->target.name,
             session->link == NULL ? " (not connected)" : "");
    line = cli_edit_line(prompt);
    if (line == NULL) {
        putchar('\n');
        return STOP;
    }
    length = strlen(line);
    cli_edit_remember(line);
    outcome = execute_line(session, line);
    explicit_bzero(line, length);
    free(line);
    return outcome;
}

static void converse(struct session *session)
{
    cli_edit_begin();
    cli_edit_learn(session->link);
    while (converse_once(session) == GO_ON)
        continue;
    cli_edit_end();
    session->code = EXIT_FINE; /* the person has seen what happened */
}

static void execute_input(struct session *session)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, stdin)) >= 0) {
        if (execute_line(session, line) == STOP)
            break;
    }
    free(line);
}

static enum exit_code run(const struct verb *verb, int argc, char **argv)
{
    struct session session = {.verb = verb, .target = TARGET_DEFAULT, .code = EXIT_FINE};
    void *into[] = {&session.settings, &session.target};
    struct option_words given;
    struct error error;
    enum exit_code code;

    if (!verb_parse(verb, into, argc, argv, &given, &code))
        return code;
    if (given.count > 0)
        return verb_fail(verb, EXIT_USAGE, "takes no command; 'concur call' does");
    if (target_prepare(&session.target, &error) != 0)
        return verb_fail(verb, EXIT_USAGE, error.text);
    session.style = ask_style(&session.settings);
    session.interactive = isatty(STDIN_FILENO);
    if (link_open(&session.link, &session.target, session.settings.protocol, &error) != 0)
        session.code = verb_fail(verb, EXIT_NO_CONNECTION, error.text);
    else if (session.interactive)
        converse(&session);
    else
        execute_input(&session);
    link_close(&session.link);
    target_wipe(&session.target);
    return session.code;
}

const struct verb cli_verb = {
    .name = "cli",
    .arguments = "[OPTION...]",
    .summary = "type commands and see their replies",
    .details = "Completes command names with the tab key and keeps a history in ~/.concur_history (or the "
               "file named\n"
               "by CONCUR_HISTFILE; empty for none). Reads commands line by line when its input is no "
               "terminal, and\n"
               "then exits with 1 if any of them failed. 'exit' or ^D ends it.",
    .tables = tables,
    .order = OPTIONS_FIRST,
    .run = run,
};
