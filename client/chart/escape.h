/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_CHART_ESCAPE_H
#define CONCUR_CLIENT_CHART_ESCAPE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* Writes text so that it is text in HTML and XML, in an attribute too: markup is escaped, and bytes that are
 * no UTF-8, or characters that XML does not have (most below the blank), become U+FFFD. */
void escape_text(FILE *out, const char *text);

/* The same of its first `size` bytes, behind which no character may go on. */
void escape_part(FILE *out, const char *text, size_t size);

/* The same with what printf makes of it, cut at ESCAPE_BYTES. */
#define ESCAPE_BYTES 4096
void escape_vprintf(FILE *out, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
void escape_printf(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How many characters (code points) a text has, for its width. */
size_t escape_characters(const char *text);

#endif
