/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_TYPED_H
#define CONCUR_CLIENT_TYPED_H

/* The command line "concur VERB ARGUMENT...", quoted so that a shell takes it as it was: for reports, as what has to
 * be typed to have the same again. Call it before options_parse, which rearranges the arguments. The caller frees it;
 * NULL when memory is short. */
char *typed_line(const char *verb, int argc, char *const *argv);

#endif
