/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the concurd is that is to be compared: the one that was built or installed together with us, before any other, so
 * that client and daemon are of one version. Runs in the main thread. */
#include "client/compare/program.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Else errno says why. */
static bool is_program(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return false;
    if (!S_ISREG(status.st_mode)) { /* a directory may be "executed", too */
        errno = S_ISDIR(status.st_mode) ? EISDIR : EACCES;
        return false;
    }
    return access(path, X_OK) == 0;
}

/* Beside our own binary, then where it would be installed. */
static bool find_near_us(char path[PATH_MAX])
{
    static const char *const places[] = {"concurd", "../sbin/concurd"};
    char own[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    char *slash;
    size_t i;

    if (length <= 0)
        return false;
    own[length] = '\0';
    slash = strrchr(own, '/');
    slash[1] = '\0';
    for (i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (snprintf(path, PATH_MAX, "%s%s", own, places[i]) < PATH_MAX && is_program(path))
            return true;
    }
    return false;
}

static bool find_in_path(char path[PATH_MAX])
{
    const char *at = getenv("PATH");

    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ":");

        if (length > 0 && snprintf(path, PATH_MAX, "%.*s/concurd", (int)length, at) < PATH_MAX &&
            is_program(path))
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

int program_find(const char *wanted, char path[PATH_MAX], struct error *error)
{
    if (wanted != NULL) {
        if (!is_program(wanted))
            return error_errno(error, "--daemon %s", wanted);
        return snprintf(path, PATH_MAX, "%s", wanted) < PATH_MAX ? 0 : error_set(error, "--daemon: too long");
    }
    if (find_near_us(path) || find_in_path(path))
        return 0;
    return error_set(
        error, "concurd is neither beside concur, nor in ../sbin from there, nor in PATH: --daemon says "
               "where it is");
}
