/* SPDX-License-Identifier: Apache-2.0
 *
 * Session tickets are sealed with keys of our own and not OpenSSL's, which differ from process to process and never
 * change: with the same keys everywhere a client resumes at whichever worker it comes to, and what is rotated out can't
 * open old recordings. Sealed as RFC 5077, section 4, recommends: AES in CBC mode, authenticated by HMAC-SHA256. A mutex
 * guards the keys; it is held for a copy of one, beside which a handshake's cost is a thousandfold. Runs in any
 * thread. */
#include "common/tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/tls_private.h"

struct tls_tickets {
    pthread_mutex_t lock;
    /* lock: lock */
    struct tls_ticket_keys keys;
};

/* What OpenSSL wants to hear from the callback. */
enum {
    TICKET_FAILED = -1,
    TICKET_UNKNOWN = 0, /* a full handshake, then */
    TICKET_FINE = 1,
    TICKET_OLD = 2 /* good, and to be replaced by one of the newest key */
};

static int make_key(struct tls_ticket_key *key)
{
    return RAND_bytes(key->name, sizeof key->name) == 1 &&
                   RAND_priv_bytes(key->cipher, sizeof key->cipher) == 1 &&
                   RAND_priv_bytes(key->mac, sizeof key->mac) == 1
               ? 0
               : -1;
}

int tls_ticket_keys_make(struct tls_ticket_keys *keys)
{
    explicit_bzero(keys, sizeof *keys);
    if (make_key(&keys->keys[0]) != 0)
        return -1;
    keys->count = 1;
    return 0;
}

int tls_ticket_keys_rotate(struct tls_ticket_keys *keys)
{
    struct tls_ticket_key fresh;

    if (make_key(&fresh) != 0)
        return -1;
    memmove(&keys->keys[1], &keys->keys[0], sizeof keys->keys[0] * (TLS_TICKET_KEYS_MOST - 1));
    keys->keys[0] = fresh;
    if (keys->count < TLS_TICKET_KEYS_MOST)
        keys->count++;
    explicit_bzero(&fresh, sizeof fresh);
    return 0;
}

struct tls_tickets *tls_tickets_new(void)
{
    struct tls_tickets *tickets = calloc(1, sizeof *tickets);

    if (tickets != NULL && pthread_mutex_init(&tickets->lock, NULL) != 0) {
        free(tickets);
        return NULL;
    }
    return tickets;
}

void tls_tickets_free(struct tls_tickets **tickets)
{
    if (*tickets == NULL)
        return;
    pthread_mutex_destroy(&(*tickets)->lock);
    explicit_bzero(*tickets, sizeof **tickets);
    free(*tickets);
    *tickets = NULL;
}

void tls_tickets_set(struct tls_tickets *tickets, const struct tls_ticket_keys *keys)
{
    pthread_mutex_lock(&tickets->lock);
    explicit_bzero(&tickets->keys, sizeof tickets->keys);
    if (keys->count <= TLS_TICKET_KEYS_MOST)
        tickets->keys = *keys;
    pthread_mutex_unlock(&tickets->lock);
}

/* A copy of the key of that name (NULL: of the newest). Its place, 0 being the newest, or -1: there is none. */
static int copy_key(struct tls_tickets *tickets, const unsigned char *name, struct tls_ticket_key *key)
{
    int place = -1;
    unsigned i;

    pthread_mutex_lock(&tickets->lock);
    for (i = 0; i < tickets->keys.count && place < 0; i++) {
        if (name == NULL || memcmp(tickets->keys.keys[i].name, name, sizeof key->name) == 0)
            place = (int)i;
    }
    if (place >= 0)
        *key = tickets->keys.keys[place];
    pthread_mutex_unlock(&tickets->lock);
    return place;
}

static int begin_sealing(const struct tls_ticket_key *key, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                         EVP_MAC_CTX *mac, int sealing)
{
    char digest[] = OSSL_DIGEST_NAME_SHA2_256;
    OSSL_PARAM how[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->mac, sizeof key->mac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};

    if (sealing && RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
        return -1;
    if (EVP_CipherInit_ex2(cipher, EVP_aes_256_cbc(), key->cipher, iv, sealing, NULL) != 1 ||
        EVP_MAC_CTX_set_params(mac, how) != 1)
        return -1;
    return 0;
}

/* OpenSSL's ticket callback (SSL_CTX_set_tlsext_ticket_key_evp_cb(3)). */
static int seal_or_open(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                        EVP_MAC_CTX *mac, int sealing)
{
    struct tls_ticket_key key;
    int place = copy_key(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)), sealing ? NULL : name, &key);
    int answer = place > 0 ? TICKET_OLD : TICKET_FINE;

    if (place < 0)
        return TICKET_UNKNOWN;
    if (sealing)
        memcpy(name, key.name, sizeof key.name);
    if (begin_sealing(&key, iv, cipher, mac, sealing) != 0)
        answer = TICKET_FAILED;
    explicit_bzero(&key, sizeof key);
    return answer;
}

static bool has_expired(const X509 *certificate)
{
    return certificate != NULL && X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0;
}

/* A certificate is asked for no more where a session is resumed, and each time a session is, it is as new: without this somebody
 * whose certificate has expired could come back for as long as he does so often enough. */
static SSL_TICKET_RETURN judge_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                      size_t length, SSL_TICKET_STATUS status, void *unused)
{
    (void)ssl, (void)name, (void)length, (void)unused;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    if (has_expired(SSL_SESSION_get0_peer(session)))
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

void tls_tickets_use(SSL_CTX *ssl, struct tls_tickets *tickets)
{
    SSL_CTX_set_app_data(ssl, tickets);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, seal_or_open);
    SSL_CTX_set_session_ticket_cb(ssl, NULL, judge_opened, NULL);
}
