/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_CERTIFICATES_H
#define CONCUR_TESTS_CERTIFICATES_H

/* Certificates for tests, made when they are needed: none lies in the tree to expire there. Include unit.h before. */
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "common/tls.h"

#define CERTIFICATE_DAY 86400L

/* A certificate and its key, as PEM too. */
struct identity {
    X509 *certificate;
    EVP_PKEY *key;
    char *certificate_pem, *key_pem;
};

static inline char *identity_text(BIO *bio)
{
    char *bytes, *text;
    long length = BIO_get_mem_data(bio, &bytes);

    text = strndup(bytes, (size_t)length);
    assert_non_null(text);
    BIO_free(bio);
    return text;
}

static inline void identity_extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* `names` as in DNS:localhost,IP:127.0.0.1, NULL: it is a CA. `issuer` NULL: it has signed itself. Good from a day ago, and for
 * `seconds` from now. */
static inline void identity_make_for(struct identity *identity, const char *common_name, const char *names,
                                     const struct identity *issuer, long seconds)
{
    X509 *certificate = X509_new();
    BIO *bio;

    *identity = (struct identity){certificate, EVP_EC_gen("P-256"), NULL, NULL};
    assert_true(certificate != NULL && identity->key != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), unit_random() >> 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -CERTIFICATE_DAY);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               (const unsigned char *)common_name, -1, -1, 0);
    X509_set_issuer_name(certificate,
                         X509_get_subject_name(issuer != NULL ? issuer->certificate : certificate));
    X509_set_pubkey(certificate, identity->key);
    identity_extend(certificate, certificate, NID_basic_constraints,
                    names == NULL ? "critical,CA:TRUE" : "CA:FALSE");
    if (names != NULL)
        identity_extend(certificate, certificate, NID_subject_alt_name, names);
    assert_true(X509_sign(certificate, issuer != NULL ? issuer->key : identity->key, EVP_sha256()) > 0);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    identity->certificate_pem = identity_text(bio);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, identity->key, NULL, NULL, 0, NULL, NULL);
    identity->key_pem = identity_text(bio);
}

/* The same; good for `days` from a day ago. */
static inline void identity_make(struct identity *identity, const char *common_name, const char *names,
                                 const struct identity *issuer, long days)
{
    identity_make_for(identity, common_name, names, issuer, (days - 1) * CERTIFICATE_DAY);
}

static inline void identity_clear(struct identity *identity)
{
    X509_free(identity->certificate);
    EVP_PKEY_free(identity->key);
    free(identity->certificate_pem);
    free(identity->key_pem);
    *identity = (struct identity){NULL, NULL, NULL, NULL};
}

static inline struct tls_pem identity_pem(const char *text)
{
    return (struct tls_pem){text, text != NULL ? strlen(text) : 0};
}

/* Puts a text into a file of its own; the caller unlinks and frees the name. */
static inline char *identity_file(const char *text)
{
    char *path = strdup("/tmp/concurd-test.XXXXXX");
    int fd = mkostemp(path, O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return path;
}

static inline void identity_file_remove(char *path)
{
    unlink(path);
    free(path);
}

#endif
