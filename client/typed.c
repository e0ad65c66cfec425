/* SPDX-License-Identifier: Apache-2.0
 *
 * What was typed, as a shell would take it. No secret is in it: passwords come from files or the environment.
 * Runs in the main thread. */
#include "client/typed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What no shell gives a meaning to, wherever it stands. */
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+./:=,@%"

/* In single quotes everything is itself but their end. */
static void write_word(FILE *out, const char *word)
{
    if (word[0] != '\0' && strspn(word, PLAIN) == strlen(word)) {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; word[0] != '\0'; word++) {
        if (word[0] == '\'')
            fputs("'\\''", out);
        else
            fputc(word[0], out);
    }
    fputc('\'', out);
}

char *typed_line(const char *verb, int argc, char *const *argv)
{
    char *line = NULL;
    size_t length;
    FILE *out = open_memstream(&line, &length);
    int i;

    if (out == NULL)
        return NULL;
    fprintf(out, "concur %s", verb);
    for (i = 0; i < argc; i++) {
        fputc(' ', out);
        write_word(out, argv[i]);
    }
    if (ferror(out) | (fclose(out) != 0)) {
        free(line);
        return NULL;
    }
    return line;
}
