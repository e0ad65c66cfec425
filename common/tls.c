/* SPDX-License-Identifier: Apache-2.0
 *
 * TLS over one connection. OpenSSL does the work; this file turns its many answers into five words, keeps the first
 * reason of a failure, and sees to it that nothing which was said on another connection of this thread is taken for
 * this one's: OpenSSL's queue of errors is the thread's and must be empty before each call. Runs in whichever thread
 * has the connection. */
#include "common/tls.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/tls_private.h"

struct tls {
    SSL *ssl;
    struct tls_context *context; /* a reference */
    struct tls_socket socket;
    bool ready;
    bool failed;
    bool finished;       /* close_notify is sent, or can't be */
    unsigned long cause; /* OpenSSL's code of the failure; 0: see the socket's errno */
    char *peer;          /* NULL: no name */
};

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* Whom we mean. RFC 6066 has no addresses in the server's name. */
static bool mean_host(SSL *ssl, const char *host)
{
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

static bool begin(struct tls *tls, const char *host)
{
    BIO *bio;

    tls->ssl = SSL_new(tls->context->ssl);
    bio = tls->ssl != NULL ? BIO_new(tls->context->socket) : NULL;
    if (bio == NULL)
        return false;
    BIO_set_data(bio, &tls->socket);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio); /* takes it over, once though it is named twice */
    if (tls->context->client)
        SSL_set_connect_state(tls->ssl);
    else
        SSL_set_accept_state(tls->ssl);
    return host == NULL || mean_host(tls->ssl, host);
}

struct tls *tls_new(struct tls_context *context, int fd, const char *host)
{
    struct tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL)
        return NULL;
    tls->context = tls_context_hold(context);
    tls->socket.fd = fd;
    ERR_clear_error();
    if (!begin(tls, host))
        tls_free(&tls);
    return tls;
}

void tls_free(struct tls **tls)
{
    if (*tls == NULL)
        return;
    /* Without this OpenSSL spoils the session that others may have kept; TLS no longer asks for that (RFC 5246, 7.2.1). */
    if ((*tls)->ready && !(*tls)->failed)
        SSL_set_shutdown((*tls)->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free((*tls)->ssl);
    tls_context_free(&(*tls)->context);
    free((*tls)->peer);
    free(*tls);
    *tls = NULL;
}

/* The end of a connection: what comes now can only be worse. */
static enum tls_result fail(struct tls *tls)
{
    tls->failed = true;
    tls->cause = ERR_peek_error();
    return TLS_ERROR;
}

static const struct {
    int code;
    enum tls_result result;
} answers[] = {
    {SSL_ERROR_WANT_READ, TLS_WANT_READ},
    {SSL_ERROR_WANT_WRITE, TLS_WANT_WRITE},
    {SSL_ERROR_ZERO_RETURN, TLS_CLOSED},
};

/* What a call that did not succeed has meant. */
static enum tls_result judge(struct tls *tls, int returned)
{
    int code = SSL_get_error(tls->ssl, returned);
    size_t i;

    for (i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (answers[i].code == code)
            return answers[i].result;
    }
    return fail(tls);
}

/* The name in a certificate that was verified; one with a NUL in it is nobody's. */
static char *common_name(SSL *ssl)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    X509_NAME *subject = certificate != NULL ? X509_get_subject_name(certificate) : NULL;
    int place = subject != NULL ? X509_NAME_get_index_by_NID(subject, NID_commonName, -1) : -1;
    unsigned char *utf8 = NULL;
    char *name = NULL;
    int length;

    if (place < 0)
        return NULL;
    length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
    if (length > 0 && memchr(utf8, '\0', (size_t)length) == NULL)
        name = strndup((char *)utf8, (size_t)length);
    OPENSSL_free(utf8);
    return name;
}

/* Before each of OpenSSL's calls. */
static void prepare(struct tls *tls, bool may_wait)
{
    tls->socket.may_wait = may_wait;
    tls->socket.reads = 0;
    ERR_clear_error();
}

enum tls_result tls_handshake(struct tls *tls, bool may_wait)
{
    enum tls_result result;
    int returned;

    assert(!tls->ready);
    if (tls->failed)
        return TLS_ERROR;
    prepare(tls, may_wait);
    returned = SSL_do_handshake(tls->ssl);
    if (returned != 1) {
        result = judge(tls, returned);
        return result == TLS_CLOSED ? fail(tls) : result;
    }
    tls->ready = true;
    if (tls->context->client ? !tls->context->insecure : tls->context->wants_client)
        tls->peer = common_name(tls->ssl);
    return TLS_OK;
}

bool tls_is_ready(const struct tls *tls)
{
    return tls->ready;
}

enum tls_result tls_read(struct tls *tls, void *bytes, size_t *length, bool may_wait)
{
    size_t got = 0;
    int returned;

    assert(tls->ready);
    if (tls->failed) {
        *length = 0;
        return TLS_ERROR;
    }
    prepare(tls, may_wait);
    returned = SSL_read_ex(tls->ssl, bytes, *length, &got);
    *length = got;
    return returned == 1 ? TLS_OK : judge(tls, returned);
}

enum tls_result tls_write(struct tls *tls, const void *bytes, size_t *length)
{
    size_t offered = *length;
    int returned;

    assert(tls->ready);
    *length = 0;
    if (tls->failed || tls->finished)
        return TLS_ERROR;
    if (offered == 0)
        return TLS_OK; /* OpenSSL's is undefined */
    prepare(tls, false);
    returned = SSL_write_ex(tls->ssl, bytes, offered, length);
    return returned == 1 ? TLS_OK : judge(tls, returned);
}

bool tls_finish(struct tls *tls)
{
    int returned;

    if (!tls->ready || tls->failed || tls->finished)
        return true;
    prepare(tls, false);
    returned = SSL_shutdown(tls->ssl);
    if (returned < 0 && SSL_get_error(tls->ssl, returned) == SSL_ERROR_WANT_WRITE)
        return false;
    tls->finished = true; /* whether it went or not: nothing can be done about it */
    ERR_clear_error();
    return true;
}

uint64_t tls_received(const struct tls *tls)
{
    return tls->socket.received;
}

bool tls_pending(const struct tls *tls)
{
    return !tls->socket.drained && !tls->failed && SSL_has_pending(tls->ssl) == 1;
}

bool tls_is_within_record(const struct tls *tls)
{
    return !tls->failed && SSL_has_pending(tls->ssl) == 1;
}

/* OpenSSL's words for what happens every day are riddles. */
static const struct {
    int library, reason;
    const char *text;
} plain_words[] = {
    {ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING, "cut without close_notify"},
    {ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER, "the peer speaks no TLS"},
    {ERR_LIB_SSL, SSL_R_HTTP_REQUEST, "the peer speaks HTTP without TLS"},
    {ERR_LIB_SSL, SSL_R_HTTPS_PROXY_REQUEST, "the peer speaks HTTP without TLS"},
    {ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL, "no version of TLS in common"},
    {ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER, "no cipher in common"},
    {ERR_LIB_SSL, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the peer shows no certificate"},
    {ERR_LIB_SSL, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the peer wants a certificate"},
    {ERR_LIB_PEM, PEM_R_NO_START_LINE, "no certificate in it"},
    {ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND, "no certificate in it"},
    {ERR_LIB_OSSL_DECODER, ERR_R_UNSUPPORTED, "no private key in it"},
    {ERR_LIB_CRYPTO, ERR_R_INTERRUPTED_OR_CANCELLED, "it has a pass phrase, and nobody to ask for it"},
};

static const char *words_for(unsigned long cause)
{
    const char *text;
    size_t i;

    for (i = 0; i < sizeof plain_words / sizeof plain_words[0]; i++) {
        if (ERR_GET_LIB(cause) == plain_words[i].library && ERR_GET_REASON(cause) == plain_words[i].reason)
            return plain_words[i].text;
    }
    text = ERR_SYSTEM_ERROR(cause) ? strerrordesc_np(ERR_GET_REASON(cause)) : ERR_reason_error_string(cause);
    return text != NULL ? text : "unknown";
}

const char *tls_queue_reason(void)
{
    unsigned long cause = ERR_peek_error();

    ERR_clear_error();
    return cause != 0 ? words_for(cause) : "out of memory";
}

const char *tls_failure(const struct tls *tls)
{
    const char *text;

    bool cut = ERR_GET_LIB(tls->cause) == ERR_LIB_SSL &&
               ERR_GET_REASON(tls->cause) == SSL_R_UNEXPECTED_EOF_WHILE_READING;

    if (tls->cause != 0 && !(cut && !tls->ready))
        return words_for(tls->cause);
    text = tls->socket.last_errno != 0 ? strerrordesc_np(tls->socket.last_errno) : NULL;
    return text != NULL ? text : "closed during the handshake";
}

int tls_errno(const struct tls *tls)
{
    return tls->failed && tls->cause == 0 ? tls->socket.last_errno : 0;
}

const char *tls_verify_failure(const struct tls *tls)
{
    long verdict = SSL_get_verify_result(tls->ssl);

    if (verdict == X509_V_OK || (SSL_get_verify_mode(tls->ssl) & SSL_VERIFY_PEER) == 0)
        return NULL;
    return X509_verify_cert_error_string(verdict);
}

const char *tls_version(const struct tls *tls)
{
    return SSL_get_version(tls->ssl);
}

const char *tls_cipher(const struct tls *tls)
{
    return SSL_get_cipher_name(tls->ssl);
}

bool tls_was_resumed(const struct tls *tls)
{
    return SSL_session_reused(tls->ssl) == 1;
}

const char *tls_peer(const struct tls *tls)
{
    return tls->peer != NULL ? tls->peer : "";
}

/* A session is an SSL_SESSION of OpenSSL's, which counts its own references. */
void tls_session_keep(struct tls_session **kept, const struct tls *tls)
{
    SSL_SESSION *session = tls->ready && !tls->failed ? SSL_get1_session(tls->ssl) : NULL;

    if (session == NULL || SSL_SESSION_is_resumable(session) != 1) {
        SSL_SESSION_free(session);
        return;
    }
    tls_session_free(kept);
    *kept = (struct tls_session *)session;
}

void tls_session_offer(const struct tls_session *session, struct tls *tls)
{
    if (session != NULL)
        SSL_set_session(tls->ssl, (SSL_SESSION *)session);
}

void tls_session_free(struct tls_session **session)
{
    SSL_SESSION_free((SSL_SESSION *)*session);
    *session = NULL;
}
