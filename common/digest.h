/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_DIGEST_H
#define CONCUR_COMMON_DIGEST_H

#include <stddef.h>

#define DIGEST_LONGEST 64 /* bytes of any digest (EVP_MAX_MD_SIZE) */

/* A message digest of OpenSSL's. One thread at a time. */
struct digest;

/* By OpenSSL's name for it (sha256, blake2b512, ...), in any case. NULL when there is none, when its output has no fixed
 * size, or when memory is short. digest_free nulls the pointer and takes NULL. */
struct digest *digest_new(const char *name, size_t length);
void digest_free(struct digest **digest);

/* Hashes `length` bytes, which may lie where the sum goes. Answers the sum's length, 0 when OpenSSL failed. */
size_t digest_once(struct digest *digest, const void *bytes, size_t length,
                   unsigned char sum[DIGEST_LONGEST]);

#endif
