/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_TLS_H
#define CONCUR_COMMON_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/tls_tickets.h"

/* TLS 1.2 and 1.3 over a stream socket, for both programs. What OpenSSL says comes back as one of five words; nobody
 * else sees a header of its. */

enum tls_result {
    TLS_OK,
    TLS_WANT_READ, /* not before more bytes have come, or it is enough for once, or a signal ended the wait */
    TLS_WANT_WRITE, /* not before the socket takes more bytes */
    TLS_CLOSED,     /* the peer has said that it sends no more (close_notify); writing may go on */
    TLS_ERROR       /* refused, broken, or cut without close_notify: only tls_free is left, and tls_failure */
};

/* --- contexts: what many connections share; immutable once made, any thread ------------------------------------------ */
struct tls_context;

/* PEM texts with their lengths. A length of 0: there is none. */
struct tls_pem {
    const char *text;
    size_t length;
};

struct tls_server_settings {
    struct tls_pem certificate; /* the server's own first, then its chain */
    struct tls_pem key;         /* not encrypted */
    struct tls_pem
        client_ca; /* clients must show a certificate that one of these has signed; none: none is asked for */
    const char *min_version; /* "1.2" or "1.3"; NULL or empty: 1.2 */
    const char
        *ciphers; /* OpenSSL's names, separated by colons; those that begin with TLS_ are TLS 1.3's, the
                                  * others TLS 1.2's, and a version that has none keeps the default; NULL or empty: default */
    struct tls_tickets *tickets; /* outlives every connection; NULL: sessions are not resumed */
};

struct tls_client_settings {
    const char *ca_file;   /* whose signatures count; NULL: the system's */
    const char *cert_file; /* to show the server, with its chain; NULL: none */
    const char *key_file;  /* NULL: it stands in cert_file, too */
    bool insecure;         /* any certificate will do */
};

/* A context with one reference, or NULL with the reason, which begins with what is wrong: "certificate: ", "key: ",
 * "client_ca: ", "ciphers: ", "min_version: ", or the file's name. */
MUST_USE struct tls_context *tls_context_server(const struct tls_server_settings *settings,
                                                struct error *error);
MUST_USE struct tls_context *tls_context_client(const struct tls_client_settings *settings,
                                                struct error *error);

/* Another reference to it; answers the same. */
struct tls_context *tls_context_hold(struct tls_context *context);

/* Gives a reference back; connections have their own. Nulls the pointer, takes NULL. */
void tls_context_free(struct tls_context **context);

/* --- connections: one owner at a time, as its socket has; may move between threads ----------------------------------- */
struct tls;

/* Nothing is sent or read yet. The descriptor stays the caller's. `host` is whom the client means to talk to, a name or
 * an address that the certificate must be for (unless insecure), and the name is told to the server; NULL on the server's
 * side. NULL when memory is short. */
MUST_USE struct tls *tls_new(struct tls_context *context, int fd, const char *host);

/* Frees it without a word to the peer, wipes its secrets; nulls the pointer, takes NULL. */
void tls_free(struct tls **tls);

/* Goes on with the handshake: OK when it is done. Reads wait when `may_wait` and the socket is a blocking one; writes never
 * wait. */
MUST_USE enum tls_result tls_handshake(struct tls *tls, bool may_wait);

/* Whether the handshake is done; before that only tls_handshake may be called. */
bool tls_is_ready(const struct tls *tls);

/* Reads up to `*length` bytes (one record at most); how many there were comes back in it. Waits like the handshake. WANT_WRITE
 * is possible. */
MUST_USE enum tls_result tls_read(struct tls *tls, void *bytes, size_t *length, bool may_wait);

/* Writes up to `*length` bytes, never waits; how many went comes back in it. After TLS_WANT_WRITE the next write must begin with
 * the same bytes and offer no fewer; they may lie elsewhere. */
MUST_USE enum tls_result tls_write(struct tls *tls, const void *bytes, size_t *length);

/* Sends close_notify, never waits: the end of what we say. Reading may go on. False when the socket takes no more now, and
 * another call is to go on with it; true when it is sent, or can't be. */
bool tls_finish(struct tls *tls);

/* Whether a read may find bytes that have left the socket already, which epoll does not report. True at most once for the part
 * of a record: a read that answers TLS_WANT_READ settles it. */
bool tls_pending(const struct tls *tls);

/* Whether a part of a record has come, and not yet the rest. After TLS_WANT_READ. */
bool tls_is_within_record(const struct tls *tls);

/* How many bytes have come out of the socket so far. */
uint64_t tls_received(const struct tls *tls);

/* Why it answered TLS_ERROR, in a few words for a log; never NULL, never freed. */
const char *tls_failure(const struct tls *tls);

/* Where it was not TLS but the socket that failed: its errno; else 0. */
int tls_errno(const struct tls *tls);

/* What is wrong with the peer's certificate, in OpenSSL's words; NULL: nothing, or it was not checked. */
const char *tls_verify_failure(const struct tls *tls);

/* "TLSv1.3" and the like, and the cipher's name; once the handshake is done. */
const char *tls_version(const struct tls *tls);
const char *tls_cipher(const struct tls *tls);

/* Whether the handshake resumed an earlier session. */
bool tls_was_resumed(const struct tls *tls);

/* The common name in the certificate that the peer has shown and that was verified, as UTF-8 that may hold anything but NUL; ""
 * when there is none. */
const char *tls_peer(const struct tls *tls);

/* --- sessions, on the client's side --------------------------------------------------------------------------------- */
struct tls_session; /* what a server gave us to resume with. One owner. */

/* Keeps what this connection got, if it can be resumed, in place of what was kept before. To be called at its end: TLS
 * 1.3 servers send it behind the handshake. */
void tls_session_keep(struct tls_session **kept, const struct tls *tls);

/* Offers to resume it; before the handshake, by as many connections as one likes. NULL: does nothing. */
void tls_session_offer(const struct tls_session *session, struct tls *tls);

void tls_session_free(struct tls_session **session);

#endif
