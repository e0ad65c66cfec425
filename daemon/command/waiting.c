/* SPDX-License-Identifier: Apache-2.0
 *
 * The waiting family: SLEEP waits as a handler should, BLOCK as it should not, READ lets the file system decide.
 * SLEEP tells the backend that it waits, and whoever runs it serves others meanwhile where the model can; BLOCK keeps
 * its thread asleep, and on a reactor all of its neighbours with it. Runs in workers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/command/call.h"
#include "daemon/command/effort.h"
#include "daemon/command/families.h"

#define WAIT_LONGEST_MS 3600000
#define BULK_FRAME      32  /* bytes around a bulk string, at most */
#define NAME_SIZE       256 /* of a file for READ, with its end */

static enum command_result run_sleep(struct call *call)
{
    uint64_t *until = &call_state(call)[0];
    int64_t ms;

    if (*until == 0) {
        if (call_integer(call, 0, 0, WAIT_LONGEST_MS, &ms) != 0)
            return COMMAND_DONE;
        *until = clock_add(call_now(call), (uint64_t)ms * 1000u);
        if (ms > 0)
            return call_wait(call, *until);
    }
    reply_simple(call_reply(call), "OK");
    return COMMAND_DONE;
}

static enum command_result run_block(struct call *call)
{
    int64_t ms;

    if (call_integer(call, 0, 0, WAIT_LONGEST_MS, &ms) != 0)
        return COMMAND_DONE;
    if (effort_block(call, (uint64_t)ms * 1000u))
        reply_simple(call_reply(call), "OK");
    return COMMAND_DONE;
}

/* Opens one component of a name in a directory, which it closes; none is the directory itself. */
static int open_part(int directory, const char *name, size_t length, int flags)
{
    char part[NAME_SIZE] = ".";
    int fd = -1;
    int saved = EXDEV;

    if (length > 0)
        snprintf(part, sizeof part, "%.*s", (int)length, name);
    if (strcmp(part, "..") != 0) {
        fd = openat(directory, part, flags | O_NOFOLLOW | O_CLOEXEC);
        saved = errno;
    }
    close(directory);
    errno = saved;
    return fd;
}

/* Opens a name of less than NAME_SIZE bytes that stays below the root: it goes down one component at a time, through no
 * symbolic link and no "..", so that there is no way out. openat2(2) would follow those that stay inside, but systemd's
 * RestrictSUIDSGID=, which DynamicUser= implies, takes it away. */
static int open_beneath(const char *root, const char *name)
{
    size_t length = strcspn(name, "/");
    int fd;

    if (name[0] == '/') {
        errno = EXDEV;
        return -1;
    }
    fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (; fd >= 0 && name[length] == '/'; length = strcspn(name, "/")) {
        fd = open_part(fd, name, length, O_PATH | O_DIRECTORY);
        name += length + 1;
    }
    return fd < 0 ? -1 : open_part(fd, name, length, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

static enum command_result send_file(struct call *call, int fd)
{
    struct stat status;
    size_t size, got = 0;
    char *bytes;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return call_error(call, "ERR not a regular file");
    if ((uint64_t)status.st_size + BULK_FRAME > call->worker->config->limits.max_output)
        return call_error(call, "LIMIT the file is larger than limits.max_output");
    size = (size_t)status.st_size;
    bytes = malloc(size + 1);
    if (bytes == NULL)
        return call_error(call, "ERR out of memory");
    while (got < size) {
        ssize_t part = read(fd, bytes + got, size - got);

        if (part <= 0)
            break;
        got += (size_t)part;
    }
    reply_bulk(call_reply(call), bytes, got);
    free(bytes);
    return COMMAND_DONE;
}

static enum command_result run_read(struct call *call)
{
    const char *root = call->worker->config->server.files_root;
    struct text arg = call_arg(call, 0);
    enum command_result result;
    char name[NAME_SIZE];
    char reason[128];
    int fd;

    if (root == NULL)
        return call_error(call, "NOPERM READ is refused: server.files_root is not set");
    if (arg.length == 0 || arg.length >= sizeof name || memchr(arg.bytes, '\0', arg.length) != NULL)
        return call_error(call, "ERR the name of a file takes 1 to %zu bytes", sizeof name - 1);
    memcpy(name, arg.bytes, arg.length);
    name[arg.length] = '\0';
    fd = open_beneath(root, name);
    if (fd < 0)
        return call_error(call, "ERR can't open '%s': %s", name, strerror_r(errno, reason, sizeof reason));
    result = send_file(call, fd);
    close(fd);
    return result;
}

static const struct command commands[] = {
    {"sleep", "ms", "Wait as a good handler does, 0 to 3600000 ms, letting others be served.", run_sleep, 1,
     1, COMMAND_WAITS},
    {"block", "ms", "Wait as a bad handler does, 0 to 3600000 ms, keeping the thread.", run_block, 1, 1,
     COMMAND_WAITS},
    {"read", "name", "The contents of a file below server.files_root.", run_read, 1, 1, COMMAND_WAITS},
};

FAMILY(waiting, commands);
