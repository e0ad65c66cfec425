/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealed memfds. Seals are what lets a reader trust the size that it saw: an unsealed file could be cut under its
 * hands. Runs in the main thread of either process. */
#include "daemon/sys/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SNAPSHOT_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t wrote = write(fd, bytes, length);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return -1;
        bytes += wrote;
        length -= (size_t)wrote;
    }
    return 0;
}

int snapshot_write(const char *name, const void *bytes, size_t length, struct error *error)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd >= 0 && write_all(fd, bytes, length) == 0 && fcntl(fd, F_ADD_SEALS, SNAPSHOT_SEALS) == 0)
        return fd;
    error_errno(error, "making the snapshot '%s'", name);
    if (fd >= 0)
        close(fd);
    return -1;
}

int snapshot_read(int fd, size_t most, struct buffer *bytes, struct error *error)
{
    struct stat status;
    size_t length;

    if (fstat(fd, &status) != 0 || fcntl(fd, F_GET_SEALS) != SNAPSHOT_SEALS)
        return error_set(error, "descriptor %d is no sealed snapshot", fd);
    if (status.st_size < 0 || (size_t)status.st_size > most)
        return error_set(error, "a snapshot of %lld bytes is over the limit", (long long)status.st_size);
    length = (size_t)status.st_size;
    if (buffer_reserve(bytes, length) != 0)
        return error_set(error, "no memory for a snapshot of %zu bytes", length);
    if (pread(fd, buffer_tail(bytes), length, 0) != (ssize_t)length)
        return error_errno(error, "reading a snapshot");
    bytes->end += length;
    return 0;
}
