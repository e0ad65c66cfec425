/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_SECRET_H
#define CONCUR_CLIENT_SECRET_H

#include <stddef.h>

#include "common/password.h"

/* A password that somebody types or keeps in a file. The caller wipes it. */
struct secret {
    char text[PASSWORD_LONGEST + 1];
    size_t length;
};

/* The first line of a file, or of stdin with NULL: on a terminal that is asked for, twice, and not shown. 0, or -1 with the
 * reason: none, too long, empty, or two that differ. Blocks. */
MUST_USE int secret_read(struct secret *secret, const char *path, struct error *error);

void secret_wipe(struct secret *secret);

#endif
