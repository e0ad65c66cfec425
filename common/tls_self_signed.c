/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate for an hour's use, between programs that we have started ourselves. An elliptic key, since those are made
 * in a moment. Runs in the main thread. */
#include "common/tls_self_signed.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "common/tls_private.h"

#define DAY_S       86400L
#define NAME        "concurd, of its own"
#define SERIAL_BITS 127 /* RFC 5280, 4.1.2.2: positive, and twenty bytes at most */

static bool add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;
    bool added;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool number(X509 *certificate)
{
    BIGNUM *serial = BN_new();
    bool numbered = serial != NULL &&
                    BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL;

    BN_free(serial);
    return numbered;
}

static bool fill(X509 *certificate, EVP_PKEY *key, const char *names)
{
    X509_NAME *subject = X509_get_subject_name(certificate);

    return X509_set_version(certificate, X509_VERSION_3) == 1 && number(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY_S) != NULL && /* clocks may differ */
           X509_gmtime_adj(X509_getm_notAfter(certificate), 7 * DAY_S) != NULL &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)NAME, -1, -1, 0) ==
               1 &&
           X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_subject_alt_name, names) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

/* What was written there, as a text; NULL when memory is short. */
static char *text_of(BIO *written)
{
    char *bytes;
    long length = BIO_get_mem_data(written, &bytes);

    return strndup(bytes, (size_t)length);
}

static int write_both(X509 *made, EVP_PKEY *made_key, char **certificate, char **key)
{
    BIO *first = BIO_new(BIO_s_mem()), *second = BIO_new(BIO_s_secmem());
    int result = -1;

    *certificate = *key = NULL;
    if (first != NULL && second != NULL && PEM_write_bio_X509(first, made) == 1 &&
        PEM_write_bio_PrivateKey(second, made_key, NULL, NULL, 0, NULL, NULL) == 1) {
        *certificate = text_of(first);
        *key = text_of(second);
        result = *certificate != NULL && *key != NULL ? 0 : -1;
    }
    BIO_free(first);
    BIO_free(second);
    return result;
}

int tls_self_signed(const char *names, char **certificate, char **key, struct error *error)
{
    EVP_PKEY *made_key = EVP_EC_gen("P-256");
    X509 *made = X509_new();
    int result = -1;

    ERR_clear_error();
    if (made_key != NULL && made != NULL && fill(made, made_key, names))
        result = write_both(made, made_key, certificate, key);
    if (result != 0)
        error_set(error, "could not make a certificate: %s", tls_queue_reason());
    X509_free(made);
    EVP_PKEY_free(made_key);
    return result;
}
