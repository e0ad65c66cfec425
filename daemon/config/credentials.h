/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_CREDENTIALS_H
#define CONCUR_CONFIG_CREDENTIALS_H

#include "common/buffer.h"
#include "common/error.h"

struct config;
struct report;
struct tls_context;
struct tls_tickets;

/* What a generation's TLS connections share: certificate, key and whom it lets in, made from the configuration's attachments.
 * `*credentials` is NULL where there is no certificate. `tickets` as in generation_new. 0, or -1 with a line in `problems`. */
MUST_USE int credentials_make(const struct config *config, struct tls_tickets *tickets,
                              struct tls_context **credentials, struct buffer *problems);

/* What works and will not for long, or should not: a certificate that is out of its time, a key that everybody can read. */
void credentials_warn(const struct config *config, struct report *warnings);

#endif
