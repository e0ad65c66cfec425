/* SPDX-License-Identifier: Apache-2.0
 *
 * Report files. A load may run for an hour before its report is written, so that a path that can't be written
 * must be told before it; and a report is often compared with the one before, so that a disk that fills up
 * must not cost both. Runs in the main thread. */
#include "client/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BESIDE_BYTES 4096 /* PATH_MAX */

static bool is_stdout(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* Whether there can be another file beside it. */
static bool has_room_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[BESIDE_BYTES];

    if (slash == NULL)
        return access(".", W_OK) == 0;
    snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return access(folder, W_OK) == 0;
}

/* A file of ours alone, or of anybody's where we are root and can give it back to him: it may be replaced. What is not there
 * yet is to be one. */
static bool is_plain(const char *path)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return true;
    return S_ISREG(status.st_mode) && status.st_nlink == 1 &&
           (status.st_uid == geteuid() || geteuid() == 0) && has_room_beside(path);
}

/* mkostemp's files are for their owner alone: gives it the owner, the group and the mode that the old one has, or the mode
 * that a new one gets. The mode comes last, as a change of owner takes some of its bits. */
static int copy_rights(int fd, const char *path, mode_t mask)
{
    struct stat status, mine;

    if (stat(path, &status) != 0)
        return fchmod(fd, 0666 & ~mask);
    if (fstat(fd, &mine) != 0 || ((mine.st_uid != status.st_uid || mine.st_gid != status.st_gid) &&
                                  fchown(fd, status.st_uid, status.st_gid) != 0))
        return -1;
    return fchmod(fd, status.st_mode & 07777);
}

/* The file beside `path`, made anew and open; its name goes to `beside`. */
static int open_beside(const char *path, char *beside, size_t size)
{
    mode_t mask = umask(0);
    int fd;

    umask(mask);
    if ((size_t)snprintf(beside, size, "%s.XXXXXX", path) >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd >= 0 && copy_rights(fd, path, mask) != 0) {
        unlink(beside);
        close(fd);
        return -1;
    }
    return fd;
}

int outfile_check(const char *path, struct error *error)
{
    char beside[BESIDE_BYTES];
    struct stat status;
    bool there = stat(path, &status) == 0;
    int fd;

    if (is_stdout(path))
        return 0;
    if (path[0] == '\0')
        return error_set(error, "a file's name is empty");
    if (there && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return error_errno(error, "%s", path);
    }
    if ((there || !is_plain(path)) && access(path, W_OK) != 0)
        return error_errno(error, "%s", path);
    if (!is_plain(path))
        return 0;
    fd = open_beside(path, beside, sizeof beside);
    if (fd < 0)
        return error_errno(error, "%s", path);
    unlink(beside);
    close(fd);
    return 0;
}

/* The folder that holds it, and its name there. */
static const char *split(const char *path, struct stat *folder)
{
    const char *slash = strrchr(path, '/');
    char name[BESIDE_BYTES];

    *folder = (struct stat){0};
    snprintf(name, sizeof name, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
             slash != NULL ? path : ".");
    return stat(name, folder) != 0 ? NULL : slash != NULL ? slash + 1 : path;
}

static bool is_one(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

bool outfile_is_same(const char *path, const char *other)
{
    struct stat one, two;
    const char *name, *other_name;

    if (strcmp(path, other) == 0)
        return true;
    if (is_stdout(path) || is_stdout(other))
        return false;
    if (stat(path, &one) == 0)
        return stat(other, &two) == 0 && S_ISREG(one.st_mode) && is_one(&one, &two);
    name = split(path, &one);
    other_name = split(other, &two);
    return name != NULL && other_name != NULL && strcmp(name, other_name) == 0 && is_one(&one, &two);
}

int outfile_begin(struct outfile *file, const char *path, struct error *error)
{
    *file = (struct outfile){.path = path};
    file->text = open_memstream(&file->bytes, &file->length);
    return file->text != NULL ? 0 : error_set(error, "%s: out of memory", path);
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);

        if (written < 0 && errno != EINTR)
            return -1;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

/* A file in its place gets all its room before its first byte is lost. */
static int write_over(int fd, const struct stat *status, const struct outfile *file)
{
    int why = file->length != 0 ? posix_fallocate(fd, 0, (off_t)file->length) : 0;

    if (why != 0) {
        if (ftruncate(fd, status->st_size) != 0) {
            /* then there are zeroes behind what it had */
        }
        errno = why;
        return -1;
    }
    return write_all(fd, file->bytes, file->length) != 0 || ftruncate(fd, (off_t)file->length) != 0 ? -1 : 0;
}

static int write_onto(const struct outfile *file)
{
    int fd = open(file->path, O_WRONLY | O_CLOEXEC | O_NOCTTY), result, why;
    struct stat status;

    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        result = write_over(fd, &status, file);
    else
        result = write_all(fd, file->bytes, file->length);
    why = errno;
    if (close(fd) != 0)
        return -1;
    errno = why;
    return result;
}

static int replace(const struct outfile *file)
{
    char beside[BESIDE_BYTES];
    int fd = open_beside(file->path, beside, sizeof beside);
    int status, why;

    if (fd < 0)
        return -1;
    status = write_all(fd, file->bytes, file->length) != 0 || fsync(fd) != 0 ? -1 : 0; /* before its name */
    why = errno;
    if (close(fd) != 0 && status == 0) {
        status = -1;
        why = errno;
    }
    if (status == 0 && rename(beside, file->path) != 0) {
        status = -1;
        why = errno;
    }
    if (status != 0)
        unlink(beside);
    errno = why;
    return status;
}

/* stdio may hold text of the terminal's table: that comes first. */
static int write_stdout(const struct outfile *file)
{
    if (fflush(stdout) != 0)
        return -1;
    return write_all(STDOUT_FILENO, file->bytes, file->length);
}

int outfile_commit(struct outfile *file, struct error *error)
{
    bool complete = file->text != NULL && !ferror(file->text);
    int status;

    if (file->text == NULL || fclose(file->text) != 0)
        complete = false;
    file->text = NULL;
    if (!complete)
        status = error_set(error, "%s: out of memory", file->path);
    else if ((is_stdout(file->path) ? write_stdout : is_plain(file->path) ? replace : write_onto)(file) != 0)
        status = error_errno(error, "%s", is_stdout(file->path) ? "stdout" : file->path);
    else
        status = 0;
    outfile_abandon(file);
    return status;
}

void outfile_abandon(struct outfile *file)
{
    if (file->text != NULL)
        fclose(file->text);
    free(file->bytes);
    *file = (struct outfile){.path = file->path};
}
