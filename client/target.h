/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_TARGET_H
#define CONCUR_CLIENT_TARGET_H

#include <stdint.h>

#include "client/options.h"
#include "common/buffer.h"
#include "common/tls.h"

#define TARGET_PASSWORD_BYTES 512
#define TARGET_NAME_BYTES     256

/* Which server, and as whom. Filled by the options, completed by target_prepare, then read only. */
struct target {
    const char *host;
    uint64_t port;
    const char *socket; /* a unix socket's path; NULL: host and port */
    const char *user;
    const char *password_file;
    bool tls, insecure;
    const char *ca_file, *cert_file, *key_file; /* NULL: the system's; none; where the certificate is */
    char password[TARGET_PASSWORD_BYTES];       /* empty: none */
    struct tls_context *context;                /* a reference; NULL: plain */
    char name[TARGET_NAME_BYTES];               /* for people: 127.0.0.1:7070, [::1]:7070, or the path */
};

/* What a target is before any option. */
#define TARGET_DEFAULT                                                                                       \
    {                                                                                                        \
        .host = "127.0.0.1", .port = 7070                                                                    \
    }

extern const struct option_table target_options;

/* Of those the ones about TLS, for who has targets of another kind. */
extern const struct option_table target_tls_options;

/* Fetches the password (from the file, else from CONCUR_PASSWORD), makes the name, and reads what TLS needs. 0, or -1
 * with the reason. target_wipe when it is 0. */
MUST_USE int target_prepare(struct target *target, struct error *error);

/* A copy, to be wiped by itself; what it points to must stay. */
struct target target_copy(const struct target *target);

/* Wipes the password, gives up the TLS context. */
void target_wipe(struct target *target);

/* Appends what must be said before anything else: AUTH when there is a password, HELLO when a protocol (2 or
 * 3; 0: none) was asked for; and says how many replies that will bring. 0, or -1 when memory is short. */
MUST_USE int target_greeting(const struct target *target, uint64_t protocol, struct buffer *buffer,
                             unsigned *replies);

#endif
