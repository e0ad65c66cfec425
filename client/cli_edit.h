/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_CLI_EDIT_H
#define CONCUR_CLIENT_CLI_EDIT_H

#include "client/link.h"

/* The line editor of the interactive client: one per process, in the main thread. */

/* Sets up editing, and reads the history (CONCUR_HISTFILE, else ~/.concur_history; an empty name means none).
 */
void cli_edit_begin(void);

/* Writes the history, readable by its owner alone, and frees what completion knows. */
void cli_edit_end(void);

/* A line without its line end, to be freed by the caller; NULL at the end of input. */
char *cli_edit_line(const char *prompt);

/* Keeps a line in the history, unless it carries a password. */
void cli_edit_remember(const char *line);

/* Asks the server for its commands, for completion; without an answer there is none. */
void cli_edit_learn(struct link *link);

#endif
