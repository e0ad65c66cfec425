/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_USERS_H
#define CONCUR_CONFIG_USERS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/password.h"

/* Who may log in: the users file, a line `name:hash` each. Part of a generation; never changes once it is read. */

#define USERS_NAME_LONGEST PASSWORD_NAME_LONGEST
#define USERS_MOST         65536     /* in one file */
#define USERS_DEFAULT      "default" /* whose password AUTH with nothing else names, as in Redis */

struct users;

/* Reads a file's text. NULL with a line in `problems`, "file:line: message", for everything that is wrong; none of them
 * quotes more than a name. users_free wipes, nulls the pointer and takes NULL. */
struct users *users_read(const char *file, const char *text, size_t length, struct buffer *problems);
void users_free(struct users **users);

size_t users_count(const struct users *users);

/* Whether there is a user of that name. */
bool users_has(const struct users *users, const char *name, size_t length);

/* What to check a password of theirs against; for a name that there isn't, a hash that no password matches and that costs
 * as much as the dearest in the file: so the time tells only what a file of hashes that differ in cost tells. */
const struct password_hash *users_hash(const struct users *users, const char *name, size_t length);

/* Whether hashes differ in their cost. */
bool users_differ(const struct users *users);

#endif
