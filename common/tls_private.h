/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_TLS_PRIVATE_H
#define CONCUR_COMMON_TLS_PRIVATE_H

/* What the files of TLS share: OpenSSL's side of a context. */
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdatomic.h>

#include "common/tls.h"

struct tls_context {
    atomic_uint references;
    /* set before it is shared, then read only */
    SSL_CTX *ssl;
    BIO_METHOD *socket; /* tls_socket_method's */
    bool client;
    bool insecure;
    bool wants_client; /* server: the peer must show a certificate */
};

/* How connections reach their socket (tls_socket.c). NULL when memory is short. */
BIO_METHOD *tls_socket_method(void);

/* The state of one connection's socket, which its BIO points to. */
struct tls_socket {
    int fd;
    bool may_wait;     /* reads may, this time */
    unsigned reads;    /* how many were asked for, this time */
    bool drained;      /* the last read found nothing, or was put off: what is buffered is no whole record */
    bool ended;        /* the peer has closed its side */
    uint64_t received; /* bytes in all */
    int last_errno;    /* of what failed for good; 0: nothing has */
};

/* Has a context seal and open tickets with these keys. */
void tls_tickets_use(SSL_CTX *ssl, struct tls_tickets *tickets);

/* The reason of the first error in OpenSSL's queue, which is emptied. */
const char *tls_queue_reason(void);

#endif
