/* SPDX-License-Identifier: Apache-2.0
 *
 * Error texts in the caller's memory. No allocation, so that running out of memory can be reported too.
 * Runs in any thread of either program. */
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return -1;
}

int error_errno(struct error *error, const char *format, ...)
{
    int saved = errno;
    char reason[128];
    va_list args;
    size_t used;

    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    used = strlen(error->text);
    /* The GNU strerror_r: thread-safe, answers a pointer that need not be the buffer. */
    snprintf(error->text + used, sizeof error->text - used, ": %s", strerror_r(saved, reason, sizeof reason));
    errno = saved;
    return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
    struct error was = *error;
    va_list args;
    size_t used;

    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, ": %s", was.text);
    return -1;
}
