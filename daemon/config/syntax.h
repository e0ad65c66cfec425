/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_SYNTAX_H
#define CONCUR_CONFIG_SYNTAX_H

/* What texts of the configuration must look like. Each answers NULL when the text is right, else what is
 * wrong with it as the end of a sentence that begins with the text ("is no ..."). Only the form is checked,
 * nothing is resolved, opened or bound. Any thread. */

/* What every value must be: no control characters, and nothing that a file would take for a comment. */
const char *config_check_value(const char *text);

/* A listener: ADDR:PORT, [V6ADDR]:PORT or unix:PATH, addresses in numbers. */
const char *config_check_listen(const char *text);

/* The same without unix:PATH. */
const char *config_check_tcp(const char *text);

/* Where the log goes: stderr, journald, syslog or file:PATH. */
const char *config_check_target(const char *text);

/* A command's name. Whether there is such a command is the command table's to say. */
const char *config_check_command(const char *text);

#endif
