/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_TLS_SELF_SIGNED_H
#define CONCUR_COMMON_TLS_SELF_SIGNED_H

#include "common/error.h"

/* Makes a key and a certificate that it has signed itself, good for a few days, as PEM: for a server that lives no longer than we
 * do. `names` says for whom, as in "IP:127.0.0.1,DNS:localhost". 0, and both are the caller's to free (the key to be wiped);
 * or -1 with the reason. */
MUST_USE int tls_self_signed(const char *names, char **certificate, char **key, struct error *error);

#endif
