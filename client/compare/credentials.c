/* SPDX-License-Identifier: Apache-2.0
 *
 * What private daemons need to speak TLS: made for one comparison, trusted by it alone. The key never comes near a disk:
 * both lie in memory files, and the daemons open them below our /proc/PID/fd, again when one is restarted after a
 * crash. Runs in the main thread. */
#include "client/compare/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/tls_self_signed.h"

static int put(const char *name, const char *text, int *descriptor, char *path)
{
    size_t length = strlen(text);

    *descriptor = memfd_create(name, MFD_CLOEXEC);
    if (*descriptor < 0 || fchmod(*descriptor, S_IRUSR) != 0 ||
        write(*descriptor, text, length) != (ssize_t)length)
        return -1;
    snprintf(path, CREDENTIALS_PATH_BYTES, "/proc/%d/fd/%d", (int)getpid(), *descriptor);
    return 0;
}

int credentials_make(struct credentials *credentials, struct error *error)
{
    char *certificate = NULL, *key = NULL;
    int result;

    *credentials = (struct credentials)CREDENTIALS_NONE;
    if (tls_self_signed("IP:127.0.0.1", &certificate, &key, error) != 0)
        return -1;
    result = put("certificate", certificate, &credentials->certificate, credentials->certificate_path) != 0 ||
                     put("key", key, &credentials->key, credentials->key_path) != 0
                 ? error_errno(error, "could not keep a certificate")
                 : 0;
    explicit_bzero(key, strlen(key));
    free(certificate);
    free(key);
    return result;
}

void credentials_clear(struct credentials *credentials)
{
    if (credentials->certificate >= 0)
        close(credentials->certificate);
    if (credentials->key >= 0)
        close(credentials->key);
    *credentials = (struct credentials)CREDENTIALS_NONE;
}
