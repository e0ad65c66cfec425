/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_PROGRAM_H
#define CONCUR_CLIENT_COMPARE_PROGRAM_H

#include <limits.h>

#include "common/error.h"

/* Finds concurd: `wanted` if not NULL; else beside our own binary, in ../sbin from there, in PATH. 0, or -1 with the
 * reason. */
MUST_USE int program_find(const char *wanted, char path[PATH_MAX], struct error *error);

#endif
