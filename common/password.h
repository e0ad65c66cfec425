/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_PASSWORD_H
#define CONCUR_COMMON_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/* What is kept of a password: a scrypt sum (RFC 7914) with its salt and its cost, as one word of text in the form that
 * others use too (passlib, the PHC string format):
 *
 *     $scrypt$ln=14,r=8,p=5$SALT$SUM
 *
 * with N = 2^ln, and both in base64 without padding. Any thread; hashing takes as much time and memory as the cost says. */

#define PASSWORD_LONGEST    512 /* bytes of a password */
#define PASSWORD_SALT_BYTES 16  /* of one that we make */
#define PASSWORD_SUM_BYTES  32
#define PASSWORD_SALT_MOST  64
#define PASSWORD_SUM_MOST   64
#define PASSWORD_TEXT_BYTES 256 /* enough for any hash as text, with its NUL */

/* A users file has a line `name:hash` for each: a name is 1 to so many printable characters of ASCII, but for blanks and
 * ':', and does not begin with '#'. */
#define PASSWORD_NAME_LONGEST 40
bool password_name_is_valid(const char *name, size_t length);

struct password_cost {
    unsigned ln, r, p;
};

/* One of those that OWASP's Password Storage Cheat Sheet calls equally strong: N=2^17 with p=1, 2^16 with 2, 2^15 with 3,
 * 2^14 with 5, 2^13 with 10. This one takes 16 MiB - which a server that hashes in several processes at once has several
 * times - and about 150 ms of a core. */
#define PASSWORD_COST_DEFAULT ((struct password_cost){.ln = 14, .r = 8, .p = 5})

/* What is accepted: less is no protection, and more would let a users file take a server's memory or time. */
#define PASSWORD_LN_LEAST    10
#define PASSWORD_LN_MOST     20
#define PASSWORD_R_MOST      32
#define PASSWORD_P_MOST      64
#define PASSWORD_MEMORY_MOST (256u << 20) /* of the N blocks */
#define PASSWORD_BLOCKS_MOST (1u << 24)   /* N * r * p: some 4 s of a core */

struct password_hash {
    struct password_cost cost;
    unsigned char salt_length, sum_length;
    unsigned char salt[PASSWORD_SALT_MOST];
    unsigned char sum[PASSWORD_SUM_MOST];
};

/* Whether a cost is within the bounds above; -1 with what is wrong. */
MUST_USE int password_cost_check(const struct password_cost *cost, struct error *error);

/* Memory that hashing at this cost takes, and how much work it is, in blocks of 128 bytes mixed. */
size_t password_memory_bytes(const struct password_cost *cost);
size_t password_blocks(const struct password_cost *cost);

/* The hash of a password, with a salt of its own. 0, or -1 with the reason: the cost, memory, no randomness. */
MUST_USE int password_make(const char *password, size_t length, const struct password_cost *cost,
                           struct password_hash *hash, struct error *error);

/* One of the same cost that no password has: checking against it tells nobody that there is nothing to check against. */
MUST_USE int password_make_unknown(const struct password_cost *cost, struct password_hash *hash,
                                   struct error *error);

enum password_result { PASSWORD_RIGHT, PASSWORD_WRONG, PASSWORD_FAILED /* memory was short */ };

/* Whether that is the password. Takes the same time whatever the answer is. */
MUST_USE enum password_result password_check(const struct password_hash *hash, const char *password,
                                             size_t length);

/* To text and back. Reading is strict: 0, or -1 with what is wrong, which quotes nothing of the text. */
const char *password_format(const struct password_hash *hash, char text[PASSWORD_TEXT_BYTES]);
MUST_USE int password_parse(const char *text, size_t length, struct password_hash *hash, struct error *error);

/* Overwrites a secret in a way that no compiler leaves out. */
void password_wipe(void *secret, size_t length);

#endif
