/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_PRINTABLE_H
#define CONCUR_COMMON_PRINTABLE_H

#include <stddef.h>
#include <stdint.h>

/* The length of the UTF-8 character at the front of a NUL-terminated text, and its code, or 0 when there is none (RFC
 * 3629: nothing overlong, no surrogates, nothing above U+10FFFF). The NUL is one of length 1. */
size_t printable_character(const char *text, uint32_t *code);

/* Makes a text fit to be shown, in place: each byte of a control character, or of what is no UTF-8, becomes a '?'. A
 * terminal does what control characters tell it, and JSON has no bytes but UTF-8. `text` has a NUL behind its `length`
 * bytes; those among them become '?', too. */
void printable(char *text, size_t length);

/* The same up to the NUL. */
void printable_text(char *text);

#endif
