/* SPDX-License-Identifier: Apache-2.0
 *
 * What TLS connections share: certificate, key, whom we trust, and what we speak. The server's texts come from memory,
 * since workers read no files; the client's from files. The defaults are TLS 1.2 and 1.3 with forward secrecy and
 * authenticated ciphers alone. OpenSSL's own would offer CBC and RSA key exchange as well, and clients that are old
 * enough to need them are older than this server. Runs wherever a configuration is read; connections of any thread
 * share what was made. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tls_private.h"

#define CIPHERS_TLS12 "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS        "X25519:P-256:P-384"
#define CIPHERS_BYTES 2048 /* that a list of ciphers may have */
#define TICKETS_EACH  1 /* per TLS 1.3 handshake: clients that open several connections resume the same one */

static const char TLS13_PREFIX[] = "TLS_";

struct tls_context *tls_context_hold(struct tls_context *context)
{
    /* Relaxed: whoever has a reference to copy has seen the context. */
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
    return context;
}

void tls_context_free(struct tls_context **context)
{
    struct tls_context *last = *context;

    *context = NULL;
    /* Release pairs with the acquire of whoever turns out to be the last: all use of it came before. */
    if (last == NULL || atomic_fetch_sub_explicit(&last->references, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(last->ssl);
    BIO_meth_free(last->socket);
    free(last);
}

/* Keys with a pass phrase: nobody is there who could be asked, and OpenSSL would ask the terminal. */
static int no_pass_phrase(char *text, int size, int writing, void *unused)
{
    (void)text, (void)size, (void)writing, (void)unused;
    return -1;
}

static struct tls_context *new_context(bool client, struct error *error)
{
    struct tls_context *context = calloc(1, sizeof *context);

    ERR_clear_error();
    if (context == NULL)
        goto failed;
    atomic_init(&context->references, 1);
    context->client = client;
    context->ssl = SSL_CTX_new(client ? TLS_client_method() : TLS_server_method());
    context->socket = tls_socket_method();
    if (context->ssl == NULL || context->socket == NULL)
        goto failed;
    SSL_CTX_set_mode(context->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_read_ahead(context->ssl, 1); /* one recv for a record, not two */
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(context->ssl, no_pass_phrase);
    if (SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION) == 1)
        return context;
failed:
    error_set(error, "TLS: %s", tls_queue_reason());
    tls_context_free(&context);
    return NULL;
}

/* --- the server ---------------------------------------------------------------------------------------------------- */

static BIO *pem_reader(const struct tls_pem *pem)
{
    ERR_clear_error();
    return pem->length > 0 && pem->length <= INT32_MAX ? BIO_new_mem_buf(pem->text, (int)pem->length) : NULL;
}

/* Whether a text has been read to its end, and not to something that can't be read. */
static bool text_is_over(void)
{
    unsigned long cause = ERR_peek_last_error();
    bool over = ERR_GET_LIB(cause) == ERR_LIB_PEM && ERR_GET_REASON(cause) == PEM_R_NO_START_LINE;

    if (over)
        ERR_clear_error();
    return over;
}

/* The server's own certificate, and behind it its chain. The first is answered, to be freed; NULL: not fine. */
static X509 *take_certificates(SSL_CTX *ssl, BIO *text, struct error *error)
{
    X509 *own = PEM_read_bio_X509(text, NULL, no_pass_phrase, NULL), *other = NULL;

    if (own == NULL) {
        error_set(error, "%s", text_is_over() ? "no certificate in it" : tls_queue_reason());
        return NULL;
    }
    if (SSL_CTX_use_certificate(ssl, own) != 1)
        goto failed;
    while ((other = PEM_read_bio_X509(text, NULL, no_pass_phrase, NULL)) != NULL) {
        if (SSL_CTX_add0_chain_cert(ssl, other) != 1)
            goto failed;
    }
    if (text_is_over())
        return own;
failed:
    error_set(error, "%s", tls_queue_reason());
    X509_free(other);
    X509_free(own);
    return NULL;
}

static int take_key(SSL_CTX *ssl, X509 *certificate, const struct tls_pem *pem, struct error *error)
{
    BIO *text = pem_reader(pem);
    EVP_PKEY *key = text != NULL ? PEM_read_bio_PrivateKey(text, NULL, no_pass_phrase, NULL) : NULL;
    int result = 0;

    if (key == NULL && pem->length > 0 && memmem(pem->text, pem->length, "ENCRYPTED", 9) != NULL)
        result = error_set(error, "key: it has a pass phrase, and nobody to ask for it");
    else if (key == NULL) /* OpenSSL's decoders say "unsupported" to whatever is none */
        result = error_set(error, "key: no private key in it");
    else if (X509_check_private_key(certificate, key) != 1)
        result = error_set(error, "key: it does not belong to the certificate");
    else if (SSL_CTX_use_PrivateKey(ssl, key) != 1)
        result = error_set(error, "key: %s", tls_queue_reason());
    EVP_PKEY_free(key);
    BIO_free(text);
    return result;
}

static int take_identity(SSL_CTX *ssl, const struct tls_server_settings *settings, struct error *error)
{
    BIO *text = pem_reader(&settings->certificate);
    X509 *own = NULL;
    int result = -1;

    if (text == NULL)
        error_set(error, "no certificate in it");
    else
        own = take_certificates(ssl, text, error);
    if (own == NULL)
        error_prefix(error, "certificate");
    else
        result = take_key(ssl, own, &settings->key, error);
    X509_free(own);
    BIO_free(text);
    return result;
}

/* Trusts each certificate of the text for clients, and tells clients their names. How many there were, or -1. */
static int trust_all(SSL_CTX *ssl, BIO *text)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    X509 *ca;
    int count = 0;

    while ((ca = PEM_read_bio_X509(text, NULL, no_pass_phrase, NULL)) != NULL) {
        bool taken = X509_STORE_add_cert(store, ca) == 1 && SSL_CTX_add_client_CA(ssl, ca) == 1;

        X509_free(ca);
        if (!taken)
            return -1;
        count++;
    }
    return text_is_over() ? count : -1;
}

static int demand_client(struct tls_context *context, const struct tls_pem *pem, struct error *error)
{
    BIO *text;
    int count;

    if (pem->length == 0)
        return 0;
    text = pem_reader(pem);
    count = text != NULL ? trust_all(context->ssl, text) : -1;
    BIO_free(text);
    if (count <= 0)
        return error_set(error, "client_ca: %s", count == 0 ? "no certificate in it" : tls_queue_reason());
    context->wants_client = true;
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return 0;
}

/* A list of ciphers that is cut in two: OpenSSL has one setting for each version of the protocol. */
struct cipher_lists {
    char tls12[CIPHERS_BYTES];
    char tls13[CIPHERS_BYTES];
};

/* Fits: these are parts of a text that fits as a whole. */
static void add_cipher(char list[CIPHERS_BYTES], const char *name)
{
    size_t used = strlen(list);

    snprintf(list + used, CIPHERS_BYTES - used, "%s%s", used > 0 ? ":" : "", name);
}

/* OpenSSL passes over names that it does not know as long as there is one that it does; here they are errors. */
static bool is_known(SSL_CTX *ssl, const char *name)
{
    const char *bare = name + strspn(name, "!-+");

    if (strncmp(name, TLS13_PREFIX, strlen(TLS13_PREFIX)) == 0)
        return SSL_CTX_set_ciphersuites(ssl, name) == 1;
    return bare[0] == '@' || SSL_CTX_set_cipher_list(ssl, bare) == 1;
}

static int split_ciphers(SSL_CTX *ssl, const char *text, struct cipher_lists *lists, struct error *error)
{
    char copy[CIPHERS_BYTES], *rest = NULL, *name;

    *lists = (struct cipher_lists){"", ""};
    if (snprintf(copy, sizeof copy, "%s", text) >= CIPHERS_BYTES)
        return error_set(error, "ciphers: longer than %d bytes", CIPHERS_BYTES - 1);
    for (name = strtok_r(copy, ":, ", &rest); name != NULL; name = strtok_r(NULL, ":, ", &rest)) {
        if (!is_known(ssl, name)) {
            ERR_clear_error();
            return error_set(error, "ciphers: none is called '%s'", name);
        }
        add_cipher(strncmp(name, TLS13_PREFIX, strlen(TLS13_PREFIX)) == 0 ? lists->tls13 : lists->tls12,
                   name);
    }
    return 0;
}

/* What is wanting of a cipher, as a reason; NULL when nothing is. */
static const char *weakness(const SSL_CIPHER *cipher)
{
    int exchange = SSL_CIPHER_get_kx_nid(cipher);

    if (SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null)
        return "does not say who the server is";
    if (exchange != NID_kx_any && exchange != NID_kx_ecdhe && exchange != NID_kx_dhe)
        return "has no forward secrecy with a certificate";
    return SSL_CIPHER_is_aead(cipher) ? NULL : "has no authenticated encryption";
}

/* OpenSSL's own words reach from its best to no encryption at all, and the level below which it refuses is part of the list. */
static int refuse_weak(SSL_CTX *ssl, int level, struct error *error)
{
    const STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(ssl);
    int i;

    if (SSL_CTX_get_security_level(ssl) < level)
        return error_set(error, "ciphers: @SECLEVEL below %d", level);
    for (i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
        const char *reason = weakness(cipher);

        if (reason != NULL)
            return error_set(error, "ciphers: %s is among them, which %s", SSL_CIPHER_get_name(cipher),
                             reason);
    }
    return 0;
}

static int choose_ciphers(SSL_CTX *ssl, const char *text, struct error *error)
{
    int level = SSL_CTX_get_security_level(ssl);
    struct cipher_lists lists;

    if (split_ciphers(ssl, text != NULL ? text : "", &lists, error) != 0)
        return -1;
    if (SSL_CTX_set_cipher_list(ssl, lists.tls12[0] != '\0' ? lists.tls12 : CIPHERS_TLS12) != 1 ||
        SSL_CTX_set_ciphersuites(ssl, lists.tls13[0] != '\0' ? lists.tls13 : TLS_DEFAULT_CIPHERSUITES) != 1)
        return error_set(error, "ciphers: %s", tls_queue_reason());
    return refuse_weak(ssl, level, error);
}

static const struct {
    const char *text;
    int number;
} versions[] = {{"", TLS1_2_VERSION}, {"1.2", TLS1_2_VERSION}, {"1.3", TLS1_3_VERSION}};

static int choose_version(SSL_CTX *ssl, const char *text, struct error *error)
{
    size_t i;

    for (i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (strcmp(versions[i].text, text != NULL ? text : "") == 0)
            return SSL_CTX_set_min_proto_version(ssl, versions[i].number) == 1
                       ? 0
                       : error_set(error, "min_version: %s", tls_queue_reason());
    }
    return error_set(error, "min_version: neither 1.2 nor 1.3");
}

/* Stateless tickets in both versions, or none. */
static void choose_tickets(SSL_CTX *ssl, struct tls_tickets *tickets)
{
    if (tickets == NULL) {
        SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(ssl, 0);
    } else {
        SSL_CTX_set_num_tickets(ssl, TICKETS_EACH);
        tls_tickets_use(ssl, tickets);
    }
}

/* Sessions are resumed only where certificate, authorities and ciphers are those that they began with: who is resumed is not
 * asked for a certificate again, with TLS 1.2 he goes on with the cipher that he had, and the keys of tickets may be newer than
 * the context that seals with them, as when a handshake was begun before a reload and is finished after it. */
static bool name_sessions(SSL_CTX *ssl, const struct tls_server_settings *settings)
{
    const char *ciphers = settings->ciphers != NULL ? settings->ciphers : "";
    const struct tls_pem parts[] = {settings->certificate, settings->client_ca, {ciphers, strlen(ciphers)}};
    unsigned char sums[sizeof parts / sizeof parts[0]][SHA256_DIGEST_LENGTH], name[SHA256_DIGEST_LENGTH];
    size_t i;

    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (EVP_Digest(parts[i].text, parts[i].length, sums[i], NULL, EVP_sha256(), NULL) != 1)
            return false;
    }
    return EVP_Digest(sums, sizeof sums, name, NULL, EVP_sha256(), NULL) == 1 &&
           SSL_CTX_set_session_id_context(ssl, name, sizeof name) == 1;
}

struct tls_context *tls_context_server(const struct tls_server_settings *settings, struct error *error)
{
    struct tls_context *context = new_context(false, error);

    if (context == NULL)
        return NULL;
    SSL_CTX_set_options(context->ssl, SSL_OP_CIPHER_SERVER_PREFERENCE);
    choose_tickets(context->ssl, settings->tickets);
    if (choose_version(context->ssl, settings->min_version, error) != 0 ||
        choose_ciphers(context->ssl, settings->ciphers, error) != 0 ||
        take_identity(context->ssl, settings, error) != 0 ||
        demand_client(context, &settings->client_ca, error) != 0)
        goto failed;
    if (SSL_CTX_set1_groups_list(context->ssl, GROUPS) == 1 && name_sessions(context->ssl, settings))
        return context;
    error_set(error, "TLS: %s", tls_queue_reason());
failed:
    tls_context_free(&context);
    return NULL;
}

/* --- the client ---------------------------------------------------------------------------------------------------- */

static int trust(struct tls_context *context, const struct tls_client_settings *settings, struct error *error)
{
    if (settings->insecure)
        return 0;
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    if (settings->ca_file == NULL)
        return SSL_CTX_set_default_verify_paths(context->ssl) == 1
                   ? 0
                   : error_set(error, "the system's CAs: %s", tls_queue_reason());
    return SSL_CTX_load_verify_file(context->ssl, settings->ca_file) == 1
               ? 0
               : error_set(error, "%s: %s", settings->ca_file, tls_queue_reason());
}

static int show_certificate(SSL_CTX *ssl, const struct tls_client_settings *settings, struct error *error)
{
    const char *key_file = settings->key_file != NULL ? settings->key_file : settings->cert_file;

    if (settings->cert_file == NULL)
        return 0;
    SSL_CTX_set_default_passwd_cb(ssl, no_pass_phrase);
    if (SSL_CTX_use_certificate_chain_file(ssl, settings->cert_file) != 1)
        return error_set(error, "%s: %s", settings->cert_file, tls_queue_reason());
    if (SSL_CTX_use_PrivateKey_file(ssl, key_file, SSL_FILETYPE_PEM) != 1)
        return error_set(error, "%s: %s", key_file, tls_queue_reason());
    return 0;
}

struct tls_context *tls_context_client(const struct tls_client_settings *settings, struct error *error)
{
    struct tls_context *context = new_context(true, error);

    if (context == NULL)
        return NULL;
    context->insecure = settings->insecure;
    if (trust(context, settings, error) != 0 || show_certificate(context->ssl, settings, error) != 0)
        tls_context_free(&context);
    return context;
}
