/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMON_ERROR_H
#define CONCUR_COMMON_ERROR_H

/* An error's text in the caller's own memory: functions that can fail in ways a person must be told about take a
 * `struct error *` (never NULL), fill it and answer -1. Nothing to free, safe from any thread. */
struct error {
    char text[320];
};

/* Marks results that must not be ignored. */
#define MUST_USE __attribute__((warn_unused_result))

/* Sets the text, cut to fit; always answers -1, so that `return error_set(...)` reads well. */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same, followed by ": " and the text of errno, which is kept. */
int error_errno(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " before what is there already; answers -1. */
int error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
