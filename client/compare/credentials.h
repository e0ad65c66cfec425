/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_CREDENTIALS_H
#define CONCUR_CLIENT_COMPARE_CREDENTIALS_H

#include "common/error.h"

#define CREDENTIALS_PATH_BYTES 48

/* A certificate and its key for private daemons, in memory, behind paths at which our children can read them as files. They are
 * gone when we are. */
struct credentials {
    int certificate, key; /* descriptors; -1: none */
    char certificate_path[CREDENTIALS_PATH_BYTES], key_path[CREDENTIALS_PATH_BYTES];
};

#define CREDENTIALS_NONE                                                                                     \
    {                                                                                                        \
        .certificate = -1, .key = -1                                                                         \
    }

/* For 127.0.0.1. 0, or -1 with the reason. */
MUST_USE int credentials_make(struct credentials *credentials, struct error *error);

/* Takes those that were never made. */
void credentials_clear(struct credentials *credentials);

#endif
