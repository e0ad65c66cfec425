/* SPDX-License-Identifier: Apache-2.0
 *
 * The sinks that are streams of bytes: stderr and files.
 *
 * Never blocking: stderr belongs to others as well, so O_NONBLOCK, which all its users would share, is not
 * ours to set. Sockets are asked per call; pipes and terminals are polled, and then given no more than
 * PIPE_BUF, which a pipe that polls writable takes at once - cut at the end of a line, so that lines of
 * others don't end up within ours.
 *
 * A line cut by an error (a full disk takes half of it) must not stay in the way: a file of ours is shortened
 * by that half, elsewhere a newline ends it; either way the line is then written again, whole. Cut right
 * before its newline it only lacks that, unless it could be taken back. A reopening that finds another file
 * leaves the old one the same way; one that finds the same file goes on in it. Runs in the log thread. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/parse.h"
#include "daemon/log/sink_private.h"

enum stream_kind { STREAM_FILE, STREAM_SOCKET, STREAM_POLLED };

struct stream {
    struct sink sink; /* first: the sinks' common part */

    /* set by open, then read only */
    char *path; /* NULL: stderr, not ours to close */

    /* owner: the log thread */
    int fd;
    enum stream_kind kind;
    bool torn; /* the last line there has no end */
};

static enum stream_kind kind_of(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || S_ISREG(status.st_mode))
        return STREAM_FILE;
    return S_ISSOCK(status.st_mode) ? STREAM_SOCKET : STREAM_POLLED;
}

/* How much of a text to offer to a pipe at once. */
static size_t pipe_portion(const char *text, size_t length)
{
    const char *last;

    if (length <= PIPE_BUF)
        return length;
    last = memrchr(text, '\n', PIPE_BUF);
    return last != NULL ? (size_t)(last - text) + 1 : PIPE_BUF;
}

static ssize_t send_polled(int fd, const char *text, size_t length)
{
    struct pollfd writable = {.fd = fd, .events = POLLOUT};

    if (poll(&writable, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return write(fd, text, pipe_portion(text, length)); /* says what is wrong, should poll have failed */
}

static ssize_t send_once(const struct stream *stream, const char *text, size_t length)
{
    ssize_t sent;

    do {
        if (stream->kind == STREAM_SOCKET)
            sent = send(stream->fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        else if (stream->kind == STREAM_POLLED)
            sent = send_polled(stream->fd, text, length);
        else
            sent = write(stream->fd, text, length);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

/* Takes back the last `length` bytes of a file of ours, if they still are its last. */
static bool shorten(const struct stream *stream, size_t length)
{
    struct stat status;
    off_t end = lseek(stream->fd, 0, SEEK_CUR); /* behind our last write, O_APPEND or not */

    if (stream->path == NULL || stream->kind != STREAM_FILE || end < (off_t)length)
        return false;
    if (fstat(stream->fd, &status) != 0 || status.st_size != end)
        return false;
    return ftruncate(stream->fd, end - (off_t)length) == 0;
}

/* All of the current line is there but its newline. */
static bool lacks_newline_only(const struct batch *batch)
{
    const char *rest;

    batch_unsent(batch, &rest);
    return *rest == '\n';
}

/* An error came: what is there of the current line must not run into what comes later. A missing newline
 * alone is itself the fresh line. */
static void tear(struct stream *stream, struct batch *batch)
{
    size_t part = batch_partial(batch);

    if (part == 0)
        return;
    if (!shorten(stream, part)) {
        if (lacks_newline_only(batch))
            return;
        stream->torn = true;
    }
    batch_rewind(batch);
}

static enum sink_outcome refused(struct stream *stream, struct batch *batch)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return SINK_FULL;
    stream->sink.error = errno;
    tear(stream, batch);
    return SINK_ERROR;
}

static enum sink_outcome stream_write(struct sink *sink, struct batch *batch)
{
    struct stream *stream = (struct stream *)sink;
    const char *text;
    size_t length;
    ssize_t sent;

    if (stream->torn) {
        if (send_once(stream, "\n", 1) != 1)
            return refused(stream, batch);
        stream->torn = false;
    }
    length = batch_unsent(batch, &text);
    sent = send_once(stream, text, length);
    if (sent < 0)
        return refused(stream, batch);
    batch_sent(batch, (size_t)sent);
    return sent != 0 ? SINK_TOOK : SINK_FULL;
}

static struct stream *stream_new(const struct sink_ops *ops, struct error *error)
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL) {
        error_set(error, "not enough memory for the log");
        return NULL;
    }
    stream->sink.ops = ops;
    stream->fd = -1;
    return stream;
}

static void stream_close(struct sink *sink)
{
    struct stream *stream = (struct stream *)sink;

    if (stream->path != NULL && stream->fd >= 0)
        close(stream->fd);
    free(stream->path);
    free(stream);
}

/* JOURNAL_STREAM names device and inode of the stream that the journal reads (systemd.exec(5)): it counts
 * only when that is what stderr is, as the variable outlives a redirection. */
static bool journal_reads(int fd)
{
    const char *name = getenv("JOURNAL_STREAM");
    const char *colon = name != NULL ? strchr(name, ':') : NULL;
    uint64_t device, inode;
    struct stat status;

    if (colon == NULL || fstat(fd, &status) != 0)
        return false;
    if (parse_u64(name, (size_t)(colon - name), &device) != 0 ||
        parse_u64(colon + 1, strlen(colon + 1), &inode) != 0)
        return false;
    return device == status.st_dev && inode == status.st_ino;
}

enum envelope sink_stderr_envelope(void)
{
    return journal_reads(STDERR_FILENO) ? ENVELOPE_PRIORITY : ENVELOPE_NONE;
}

static struct sink *stderr_open(const char *where, struct error *error)
{
    struct stream *stream = stream_new(&sink_stderr_ops, error);

    (void)where;
    if (stream == NULL)
        return NULL;
    stream->fd = STDERR_FILENO;
    stream->kind = kind_of(stream->fd);
    stream->sink.envelope = sink_stderr_envelope();
    stream->sink.is_stderr = true;
    return &stream->sink;
}

/* O_NONBLOCK: a FIFO that nobody reads is refused instead of waited for. */
static int open_for_append(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

static struct sink *file_open(const char *where, struct error *error)
{
    struct stream *stream = stream_new(&sink_file_ops, error);

    if (stream == NULL)
        return NULL;
    stream->path = strdup(where);
    if (stream->path == NULL) {
        error_set(error, "not enough memory for the log");
        goto failed;
    }
    stream->fd = open_for_append(where);
    if (stream->fd < 0) {
        error_errno(error, "log.target = file:%s", where);
        goto failed;
    }
    stream->kind = kind_of(stream->fd);
    return &stream->sink;

failed:
    stream_close(&stream->sink);
    return NULL;
}

static bool same_file(int one, int other)
{
    struct stat a, b;

    return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The old file gets no more: a line that lacks nothing but its newline is ended there, any other begins again
 * in the new one. */
static void leave(struct stream *stream, struct batch *batch)
{
    if (batch_partial(batch) == 0)
        return;
    if (lacks_newline_only(batch) && send_once(stream, "\n", 1) == 1)
        batch_sent(batch, 1);
    else
        batch_rewind(batch);
}

static int file_reopen(struct sink *sink, struct batch *batch)
{
    struct stream *stream = (struct stream *)sink;
    int fd = open_for_append(stream->path);

    if (fd < 0)
        return -1;
    if (!same_file(stream->fd, fd)) {
        leave(stream, batch);
        stream->torn = false;
    }
    close(stream->fd);
    stream->fd = fd;
    stream->kind = kind_of(fd);
    return 0;
}

const struct sink_ops sink_stderr_ops = {.open = stderr_open, .write = stream_write, .close = stream_close};

const struct sink_ops sink_file_ops = {
    .open = file_open,
    .write = stream_write,
    .reopen = file_reopen,
    .close = stream_close,
};
