/* SPDX-License-Identifier: Apache-2.0
 *
 * Line editing, history and completion for the interactive client, on libedit. Its readline interface calls
 * back without a context pointer, so what it needs stands in one static struct here, and nothing else of the
 * client sees libedit. The command names come from the server itself. Runs in the main thread. */
#include "client/cli_edit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <editline/readline.h>

#define HISTORY_LINES    1000
#define NAMES_MOST       4096
#define LEARN_TIMEOUT_MS 2000

static struct {
    char history_file[4096]; /* empty: none */
    char **names;            /* commands that the server knows */
    size_t count;
} editor;

static void forget_names(void)
{
    size_t i;

    for (i = 0; i < editor.count; i++)
        free(editor.names[i]);
    free(editor.names);
    editor.names = NULL;
    editor.count = 0;
}

/* Called again and again with a growing `state`; the library frees each answer. */
static char *next_name(const char *text, int state)
{
    static size_t at;

    if (state == 0)
        at = 0;
    while (at < editor.count) {
        const char *name = editor.names[at++];

        if (strncasecmp(name, text, strlen(text)) == 0)
            return strdup(name);
    }
    return NULL;
}

static char **complete(const char *text, int start, int end)
{
    (void)end;
    rl_attempted_completion_over = 1; /* no file names: they mean nothing to the server */
    return start == 0 ? rl_completion_matches(text, next_name) : NULL;
}

static void find_history_file(void)
{
    const char *named = getenv("CONCUR_HISTFILE");
    const char *home = getenv("HOME");
    int length = 0;

    if (named != NULL)
        length = snprintf(editor.history_file, sizeof editor.history_file, "%s", named);
    else if (home != NULL)
        length = snprintf(editor.history_file, sizeof editor.history_file, "%s/.concur_history", home);
    if (length < 0 || (size_t)length >= sizeof editor.history_file)
        editor.history_file[0] = '\0';
}

void cli_edit_begin(void)
{
    rl_readline_name = (char *)"concur";
    rl_initialize();
    rl_attempted_completion_function = complete;
    using_history();
    stifle_history(HISTORY_LINES);
    find_history_file();
    if (editor.history_file[0] != '\0')
        read_history(editor.history_file);
}

void cli_edit_end(void)
{
    mode_t was = umask(077);

    if (editor.history_file[0] != '\0' && write_history(editor.history_file) == 0)
        chmod(editor.history_file, 0600); /* it may have been there before */
    umask(was);
    forget_names();
}

char *cli_edit_line(const char *prompt)
{
    return readline(prompt);
}

static bool carries_password(const char *line)
{
    return strncasecmp(line, "AUTH", 4) == 0 ||
           (strncasecmp(line, "HELLO", 5) == 0 && strcasestr(line, "AUTH") != NULL);
}

void cli_edit_remember(const char *line)
{
    while (isspace((unsigned char)*line))
        line++;
    if (*line != '\0' && !carries_password(line))
        add_history(line);
}

/* COMMAND LIST answers names, COMMAND an array per command that begins with its name. */
static const struct resp_reply *name_in(const struct resp_reply *element)
{
    if (element->type == RESP_ARRAY && element->count > 0)
        element = &element->elements[0];
    if (element->text == NULL || element->length == 0 || strchr(element->text, '|') != NULL)
        return NULL; /* Redis lists subcommands too, as "config|get": nothing that can be typed */
    return element;
}

static void keep_names(const struct resp_reply *list)
{
    size_t i;

    forget_names();
    editor.names = calloc(NAMES_MOST, sizeof *editor.names);
    if (editor.names == NULL)
        return;
    for (i = 0; i < list->count && editor.count < NAMES_MOST; i++) {
        const struct resp_reply *name = name_in(&list->elements[i]);
        char *copy = name != NULL ? strdup(name->text) : NULL;
        char *at;

        for (at = copy; at != NULL && *at != '\0'; at++)
            *at = (char)toupper((unsigned char)*at);
        if (copy != NULL)
            editor.names[editor.count++] = copy;
    }
}

void cli_edit_learn(struct link *link)
{
    static const struct resp_word list[] = {{"COMMAND", 7}, {"LIST", 4}};
    size_t words;

    for (words = 2; words >= 1; words--) {
        struct resp_reply reply = {0};
        struct error error;
        bool is_list;

        if (link_call(link, list, words, LEARN_TIMEOUT_MS, &reply, &error) != 0)
            return;
        is_list = reply.type == RESP_ARRAY || reply.type == RESP_SET;
        if (is_list)
            keep_names(&reply);
        resp_reply_clear(&reply);
        if (is_list)
            return;
    }
}
