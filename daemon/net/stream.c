/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams over stream sockets, plain or with TLS on top. A plain one costs one look at a pointer more than the call of the
 * kernel. Runs in whichever worker has the connection. */
#include "daemon/net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/tls.h"

static enum stream_result received(ssize_t got, size_t *length)
{
    if (got > 0) {
        *length = (size_t)got;
        return STREAM_OK;
    }
    *length = 0;
    if (got == 0)
        return STREAM_CLOSED;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? STREAM_AGAIN : STREAM_ERROR;
}

static enum stream_result word_for(enum tls_result result)
{
    static const enum stream_result words[] = {[TLS_OK] = STREAM_OK,
                                               [TLS_WANT_READ] = STREAM_AGAIN,
                                               [TLS_WANT_WRITE] = STREAM_AGAIN,
                                               [TLS_CLOSED] = STREAM_CLOSED,
                                               [TLS_ERROR] = STREAM_ERROR};

    return words[result];
}

static enum stream_result read_secure(struct stream *stream, void *bytes, size_t *length, bool may_wait)
{
    enum tls_result result = tls_read(stream->tls, bytes, length, may_wait);

    stream->wants_room = result == TLS_WANT_WRITE;
    return word_for(result);
}

enum stream_result stream_read(struct stream *stream, void *bytes, size_t *length)
{
    if (stream->tls != NULL)
        return read_secure(stream, bytes, length, true);
    return received(recv(stream->fd, bytes, *length, 0), length);
}

enum stream_result stream_read_now(struct stream *stream, void *bytes, size_t *length)
{
    if (stream->tls != NULL)
        return read_secure(stream, bytes, length, false);
    return received(recv(stream->fd, bytes, *length, MSG_DONTWAIT), length);
}

enum stream_result stream_write(struct stream *stream, const void *bytes, size_t *length)
{
    ssize_t sent;

    if (stream->tls != NULL)
        return word_for(tls_write(stream->tls, bytes, length));
    sent = send(stream->fd, bytes, *length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
        *length = (size_t)sent;
        return STREAM_OK;
    }
    *length = 0;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? STREAM_AGAIN : STREAM_ERROR;
}

int stream_secure(struct stream *stream, struct tls_context *context)
{
    stream->tls = tls_new(context, stream->fd, NULL);
    return stream->tls != NULL ? 0 : -1;
}

enum stream_result stream_handshake(struct stream *stream)
{
    enum tls_result result = tls_handshake(stream->tls, false);

    stream->wants_room = result == TLS_WANT_WRITE;
    return word_for(result);
}

bool stream_wants_room(const struct stream *stream)
{
    return stream->wants_room;
}

bool stream_pending(const struct stream *stream)
{
    return stream->tls != NULL && tls_pending(stream->tls);
}

bool stream_is_within_record(const struct stream *stream)
{
    return tls_is_within_record(stream->tls);
}

const char *stream_failure(const struct stream *stream)
{
    const char *certificate = tls_verify_failure(stream->tls);

    return certificate != NULL ? certificate : tls_failure(stream->tls);
}

uint64_t stream_received(const struct stream *stream)
{
    return tls_received(stream->tls);
}

bool stream_part(struct stream *stream)
{
    return stream->tls == NULL || tls_finish(stream->tls);
}

void stream_clear(struct stream *stream)
{
    tls_free(&stream->tls);
}

bool stream_is_over(const struct stream *stream)
{
    char byte;
    ssize_t got = recv(stream->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

enum stream_result stream_peek(int fd, void *bytes, size_t *length)
{
    return received(recv(fd, bytes, *length, MSG_PEEK | MSG_DONTWAIT), length);
}

int stream_take(int fd, void *bytes, size_t length)
{
    while (length != 0) {
        ssize_t got = recv(fd, bytes, length, MSG_DONTWAIT);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        bytes = (char *)bytes + got;
        length -= (size_t)got;
    }
    return 0;
}

size_t stream_unread(const struct stream *stream)
{
    int unread = 0;

    return ioctl(stream->fd, FIONREAD, &unread) == 0 && unread > 0 ? (size_t)unread : 0;
}

size_t stream_untaken(const struct stream *stream)
{
    int untaken = 0;

    return ioctl(stream->fd, SIOCOUTQ, &untaken) == 0 && untaken >= 0 ? (size_t)untaken : SIZE_MAX;
}

void stream_say(int fd, const char *line)
{
    if (send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        /* the connection is closed either way */
    }
}

void stream_finish(struct stream *stream)
{
    shutdown(stream->fd, SHUT_WR); /* it may be reset already: nothing to do about it */
}

enum stream_result stream_swallow(struct stream *stream, void *bytes, size_t *length, bool may_wait)
{
    return received(recv(stream->fd, bytes, *length, may_wait ? 0 : MSG_DONTWAIT), length);
}

enum stream_result stream_sleep_kicked(struct stream *stream, uint64_t until_us, const sigset_t *blocked)
{
    /* No events asked for: POLLHUP and POLLERR are always reported, and a half-closed peer still gets its reply. */
    struct pollfd poll_fd = {.fd = stream->fd};
    uint64_t now = clock_now_us();
    /* A time that has passed is a look without waiting: a reactor asks so whether the peer is gone. */
    struct timespec rest = clock_timespec(until_us > now ? until_us - now : 0);

    return ppoll(&poll_fd, 1, &rest, blocked) > 0 ? STREAM_ERROR : STREAM_AGAIN;
}

enum stream_result stream_sleep(struct stream *stream, uint64_t until_us)
{
    return stream_sleep_kicked(stream, until_us, NULL);
}

void stream_wait_readable(struct stream *stream)
{
    struct pollfd poll_fd = {.fd = stream->fd, .events = POLLIN};

    poll(&poll_fd, 1, -1); /* whatever ends it, the next read tells */
}

void stream_wait_writable(struct stream *stream)
{
    struct pollfd poll_fd = {.fd = stream->fd, .events = POLLOUT};

    poll(&poll_fd, 1, -1); /* whatever ends it, the next write tells */
}

int stream_set_blocking(struct stream *stream, int blocking)
{
    int flags = fcntl(stream->fd, F_GETFL);

    if (flags < 0)
        return -1;
    flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    return fcntl(stream->fd, F_SETFL, flags);
}
