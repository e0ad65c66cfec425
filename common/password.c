/* SPDX-License-Identifier: Apache-2.0
 *
 * Password hashes. scrypt, because it is in OpenSSL 3.0 (which has no Argon2 yet) and needs memory as well as time, so
 * that a stolen users file is dear to try passwords against; its parameters stand beside each hash, so that the cost can
 * be raised without making old ones useless. OpenSSL wipes its working memory. Runs in the daemon's hashing threads and
 * in the client. */
#include "common/password.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"

#define BLOCK_BYTES 128 /* times r: scrypt's unit */
#define SLACK_BYTES 65536

void password_wipe(void *secret, size_t length)
{
    OPENSSL_cleanse(secret, length);
}

bool password_name_is_valid(const char *name, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        if (name[i] < '!' || name[i] > '~' || name[i] == ':')
            return false;
    return length != 0 && length <= PASSWORD_NAME_LONGEST && name[0] != '#';
}

size_t password_memory_bytes(const struct password_cost *cost)
{
    /* The vector of N blocks, p blocks to start from, and scratch for two. */
    return (size_t)BLOCK_BYTES * cost->r * (((size_t)1 << cost->ln) + cost->p + 2);
}

size_t password_blocks(const struct password_cost *cost)
{
    return ((size_t)1 << cost->ln) * cost->r * cost->p;
}

int password_cost_check(const struct password_cost *cost, struct error *error)
{
    if (cost->ln < PASSWORD_LN_LEAST || cost->ln > PASSWORD_LN_MOST)
        return error_set(error, "ln=%u is not from %d to %d", cost->ln, PASSWORD_LN_LEAST, PASSWORD_LN_MOST);
    if (cost->r < 1 || cost->r > PASSWORD_R_MOST)
        return error_set(error, "r=%u is not from 1 to %d", cost->r, PASSWORD_R_MOST);
    if (cost->p < 1 || cost->p > PASSWORD_P_MOST)
        return error_set(error, "p=%u is not from 1 to %d", cost->p, PASSWORD_P_MOST);
    if (((size_t)BLOCK_BYTES * cost->r) << cost->ln > PASSWORD_MEMORY_MOST)
        return error_set(error, "ln=%u with r=%u takes more than %u MiB of memory", cost->ln, cost->r,
                         PASSWORD_MEMORY_MOST >> 20);
    if (password_blocks(cost) > PASSWORD_BLOCKS_MOST)
        return error_set(error, "ln=%u, r=%u, p=%u takes too long", cost->ln, cost->r, cost->p);
    return 0;
}

/* The sum for that salt and cost; false when memory is short. */
static bool derive(const struct password_hash *hash, const char *password, size_t length,
                   unsigned char sum[PASSWORD_SUM_MOST])
{
    return EVP_PBE_scrypt(length != 0 ? password : "", length, hash->salt, hash->salt_length,
                          (uint64_t)1 << hash->cost.ln, hash->cost.r, hash->cost.p,
                          password_memory_bytes(&hash->cost) + SLACK_BYTES, sum, hash->sum_length) == 1;
}

static int begin(const struct password_cost *cost, struct password_hash *hash, struct error *error)
{
    if (password_cost_check(cost, error) != 0)
        return -1;
    *hash = (struct password_hash){
        .cost = *cost, .salt_length = PASSWORD_SALT_BYTES, .sum_length = PASSWORD_SUM_BYTES};
    return RAND_bytes(hash->salt, hash->salt_length) == 1 ? 0 : error_set(error, "no random numbers");
}

int password_make(const char *password, size_t length, const struct password_cost *cost,
                  struct password_hash *hash, struct error *error)
{
    if (length > PASSWORD_LONGEST)
        return error_set(error, "a password takes at most %d bytes", PASSWORD_LONGEST);
    if (begin(cost, hash, error) != 0)
        return -1;
    return derive(hash, password, length, hash->sum) ? 0 : error_set(error, "no memory for hashing");
}

int password_make_unknown(const struct password_cost *cost, struct password_hash *hash, struct error *error)
{
    if (begin(cost, hash, error) != 0)
        return -1;
    return RAND_bytes(hash->sum, hash->sum_length) == 1 ? 0 : error_set(error, "no random numbers");
}

enum password_result password_check(const struct password_hash *hash, const char *password, size_t length)
{
    unsigned char sum[PASSWORD_SUM_MOST];
    enum password_result result;

    if (!derive(hash, password, length, sum))
        return PASSWORD_FAILED;
    result = CRYPTO_memcmp(sum, hash->sum, hash->sum_length) == 0 ? PASSWORD_RIGHT : PASSWORD_WRONG;
    password_wipe(sum, sizeof sum);
    return result;
}

/* --- as text ------------------------------------------------------------------------------------------------------ */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Base64 (RFC 4648) without padding, with a NUL. Answers where it ends. */
static char *encode(const unsigned char *bytes, size_t length, char *text)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t i;

    for (i = 0; i < length; i++) {
        bits = (bits << 8 | bytes[i]) & 0xffff;
        for (held += 8; held >= 6; held -= 6)
            *text++ = digits[bits >> (held - 6) & 63];
    }
    if (held != 0)
        *text++ = digits[bits << (6 - held) & 63];
    *text = '\0';
    return text;
}

/* 0, or -1 when it is no such text, is longer than `most` bytes, or has bits set that belong to no byte. */
static int decode(const char *text, size_t length, unsigned char *bytes, size_t most, unsigned char *got)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t i, used = 0;

    for (i = 0; i < length; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;

        if (digit == NULL)
            return -1;
        bits = (bits << 6 | (uint32_t)(digit - digits)) & 0xffff;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (used == most)
            return -1;
        bytes[used++] = (unsigned char)(bits >> held);
    }
    *got = (unsigned char)used;
    return held < 6 && (bits & ((1u << held) - 1)) == 0 ? 0 : -1;
}

const char *password_format(const struct password_hash *hash, char text[PASSWORD_TEXT_BYTES])
{
    int used = snprintf(text, PASSWORD_TEXT_BYTES, "$scrypt$ln=%u,r=%u,p=%u$", hash->cost.ln, hash->cost.r,
                        hash->cost.p);
    char *end = encode(hash->salt, hash->salt_length, text + used);

    *end++ = '$';
    encode(hash->sum, hash->sum_length, end);
    return text;
}

/* What is left to read of a hash. */
struct rest {
    const char *at;
    size_t left;
};

static bool skip(struct rest *rest, const char *word)
{
    size_t length = strlen(word);

    if (rest->left < length || memcmp(rest->at, word, length) != 0)
        return false;
    rest->at += length;
    rest->left -= length;
    return true;
}

/* Up to that character, or to the end. */
static struct rest take(struct rest *rest, char end)
{
    const char *found = memchr(rest->at, end, rest->left);
    struct rest taken = {rest->at, found != NULL ? (size_t)(found - rest->at) : rest->left};

    rest->at += taken.left;
    rest->left -= taken.left;
    return taken;
}

static bool take_number(struct rest *rest, const char *name, char end, unsigned *number)
{
    struct rest text;
    uint64_t value;

    if (!skip(rest, name))
        return false;
    text = take(rest, end);
    if (parse_u64(text.at, text.left, &value) != 0 || value > UINT_MAX)
        return false;
    *number = (unsigned)value;
    return true;
}

int password_parse(const char *text, size_t length, struct password_hash *hash, struct error *error)
{
    struct rest rest = {text, length}, salt;
    struct password_cost *cost = &hash->cost;

    *hash = (struct password_hash){0};
    if (!skip(&rest, "$scrypt$"))
        return error_set(error, "the hash does not begin with $scrypt$: make it with 'concur passwd'");
    if (!take_number(&rest, "ln=", ',', &cost->ln) || !take_number(&rest, ",r=", ',', &cost->r) ||
        !take_number(&rest, ",p=", '$', &cost->p) || !skip(&rest, "$"))
        return error_set(error, "the hash's cost is not of the form ln=14,r=8,p=5");
    if (password_cost_check(cost, error) != 0)
        return -1;
    salt = take(&rest, '$');
    if (decode(salt.at, salt.left, hash->salt, sizeof hash->salt, &hash->salt_length) != 0 ||
        hash->salt_length < 8 || !skip(&rest, "$"))
        return error_set(error, "the hash's salt is not from 8 to %d bytes of base64 without padding",
                         PASSWORD_SALT_MOST);
    if (decode(rest.at, rest.left, hash->sum, sizeof hash->sum, &hash->sum_length) != 0 ||
        hash->sum_length < 16)
        return error_set(error, "the hash's sum is not from 16 to %d bytes of base64 without padding",
                         PASSWORD_SUM_MOST);
    return 0;
}
