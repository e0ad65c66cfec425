/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_PARSE_H
#define CONCUR_COMMON_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* Strict readings of numbers that a person or a peer wrote. Nothing is skipped, guessed or clamped: no blanks, no '+',
 * no leading zeros, nothing behind the number. Any thread, no allocation. */

/* Decimal without sign. 0, or -1 when it is no such number or overflows. */
MUST_USE int parse_u64(const char *text, size_t length, uint64_t *value);

/* Decimal with an optional '-'; "-0" is no number. 0 or -1. */
MUST_USE int parse_i64(const char *text, size_t length, int64_t *value);

/* Bytes: a decimal with an optional k, M or G (powers of 1024; case-insensitive). 0 or -1. */
MUST_USE int parse_size(const char *text, size_t length, uint64_t *bytes);

/* A duration: a decimal followed by us, ms, s, m or h (in this case); "0" needs no unit. Microseconds. 0 or -1. */
MUST_USE int parse_duration(const char *text, size_t length, uint64_t *us);

/* The same, with a fraction where one is given ("0.5s"), as long as whole microseconds come of it. */
MUST_USE int parse_duration_fraction(const char *text, size_t length, uint64_t *us);

/* A decimal with at most six digits behind an optional point, "2.5", as millionths. 0 or -1. */
MUST_USE int parse_millionths(const char *text, size_t length, uint64_t *millionths);

/* yes/no, true/false, on/off, 1/0, case-insensitive. 0 or -1. */
MUST_USE int parse_bool(const char *text, size_t length, bool *value);

#define PARSE_TEXT_BYTES 32 /* enough for whatever the two below write */

/* The shortest text that the parsers above read back as the same value; `text` has PARSE_TEXT_BYTES. Answer `text`. */
const char *parse_format_size(uint64_t bytes, char *text);
const char *parse_format_duration(uint64_t us, char *text);

/* Of the `count` words the one nearest to `word` by edit distance (Levenshtein, case-insensitive), or NULL when none
 * is near enough to be what was meant (more than a third of its letters, rounded up, differ). For "did you mean". */
const char *parse_nearest(const char *word, const char *const *words, size_t count);

#endif
