/* SPDX-License-Identifier: Apache-2.0
 *
 * Message digests, so that OpenSSL's EVP headers stay in this file. Fetching an algorithm is slow in OpenSSL 3; a digest
 * keeps what it fetched for all of its rounds. Runs in workers. */
#include "common/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct digest {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

struct digest *digest_new(const char *name, size_t length)
{
    char word[32];
    struct digest *digest;

    if (length == 0 || length >= sizeof word || memchr(name, '\0', length) != NULL)
        return NULL;
    memcpy(word, name, length);
    word[length] = '\0';
    digest = calloc(1, sizeof *digest);
    if (digest == NULL)
        return NULL;
    digest->algorithm = EVP_MD_fetch(NULL, word, NULL);
    digest->context = EVP_MD_CTX_new();
    if (digest->algorithm == NULL || digest->context == NULL || EVP_MD_get_size(digest->algorithm) <= 0 ||
        (EVP_MD_get_flags(digest->algorithm) & EVP_MD_FLAG_XOF) != 0)
        digest_free(&digest);
    return digest;
}

void digest_free(struct digest **digest)
{
    if (*digest == NULL)
        return;
    EVP_MD_CTX_free((*digest)->context);
    EVP_MD_free((*digest)->algorithm);
    free(*digest);
    *digest = NULL;
}

size_t digest_once(struct digest *digest, const void *bytes, size_t length, unsigned char sum[DIGEST_LONGEST])
{
    unsigned size = 0;

    if (EVP_DigestInit_ex2(digest->context, digest->algorithm, NULL) != 1 ||
        EVP_DigestUpdate(digest->context, bytes, length) != 1 ||
        EVP_DigestFinal_ex(digest->context, sum, &size) != 1)
        return 0;
    return size;
}
