/* SPDX-License-Identifier: Apache-2.0
 *
 * What a certificate says about itself, for people who are to be warned before their clients find out. Runs in any
 * thread. */
#include "common/tls_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

static int seconds(const ASN1_TIME *time, int64_t *since_1970)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return -1;
    *since_1970 = timegm(&parts);
    return 0;
}

int tls_certificate_times(const struct tls_pem *pem, int64_t *from, int64_t *until)
{
    BIO *text =
        pem->length > 0 && pem->length <= INT32_MAX ? BIO_new_mem_buf(pem->text, (int)pem->length) : NULL;
    X509 *certificate = text != NULL ? PEM_read_bio_X509(text, NULL, NULL, NULL) : NULL;
    int result = -1;

    if (certificate != NULL && seconds(X509_get0_notBefore(certificate), from) == 0)
        result = seconds(X509_get0_notAfter(certificate), until);
    X509_free(certificate);
    BIO_free(text);
    ERR_clear_error();
    return result;
}
