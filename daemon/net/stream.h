/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_NET_STREAM_H
#define CONCUR_NET_STREAM_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* Bytes in and out of a connection, plain or through TLS. What the socket and TLS say comes back as one of four words, never
 * as errno. Owner: the worker whose turn it is. On a blocking socket reads wait, and a signal ends the wait with AGAIN;
 * nothing else waits but what says so.
 *
 * With TLS the end of a peer's bytes is its close_notify: a FIN without it is an ERROR, as anybody on the way could have sent
 * it. And bytes may have left the socket that were not read yet: who waits for the socket asks stream_pending first. */

enum stream_result {
    STREAM_OK,
    STREAM_AGAIN,  /* not now */
    STREAM_CLOSED, /* the peer has sent all that it will; reading only */
    STREAM_ERROR   /* the connection is gone */
};

struct stream {
    int fd;
    struct tls *tls; /* NULL: plain */
    bool wants_room; /* what the last AGAIN of a handshake or a read meant */
};

struct tls_context;

/* Reads up to `*length` bytes; how many there were comes back in it. */
MUST_USE enum stream_result stream_read(struct stream *stream, void *bytes, size_t *length);

/* The same without waiting, whatever the socket's mode. */
MUST_USE enum stream_result stream_read_now(struct stream *stream, void *bytes, size_t *length);

/* Writes up to `*length` bytes without waiting; how many went comes back in it. Raises no SIGPIPE. */
MUST_USE enum stream_result stream_write(struct stream *stream, const void *bytes, size_t *length);

/* Goes on with TLS, as this context has it; the handshake comes next. 0, or -1 when memory is short. */
MUST_USE int stream_secure(struct stream *stream, struct tls_context *context);

/* One step of the handshake, which never waits: OK when it is done, AGAIN, or ERROR with the reason in stream_failure. */
MUST_USE enum stream_result stream_handshake(struct stream *stream);

/* After AGAIN from the handshake or a read: whether it is room in the socket that TLS waits for. */
bool stream_wants_room(const struct stream *stream);

/* Whether a read may find bytes that have left the socket already. Never for plain streams. */
bool stream_pending(const struct stream *stream);

/* For a stream with TLS, after AGAIN from a read: whether a part of something has come, of which nothing could be read yet. */
bool stream_is_within_record(const struct stream *stream);

/* Why TLS failed, in a few words for a log. */
const char *stream_failure(const struct stream *stream);

/* Bytes that have left the socket, for a stream with TLS. */
uint64_t stream_received(const struct stream *stream);

/* Tells the peer that all is said (close_notify), after which nothing can be written. False when the socket has no room for
 * it now: another call goes on with it. True for plain streams, and where it can't be said any more. */
bool stream_part(struct stream *stream);

/* Frees what TLS has, without a word. The descriptor stays open. */
void stream_clear(struct stream *stream);

/* Whether the peer is gone, or has finished without a byte that is still unread. Looks without waiting or reading. */
bool stream_is_over(const struct stream *stream);

/* For who looks at a socket before there is a stream on it, beneath whatever that will be. Copies up to `*length` bytes that
 * have arrived, which stay unread; how many comes back in it. Without waiting. */
MUST_USE enum stream_result stream_peek(int fd, void *bytes, size_t *length);

/* Reads exactly `length` bytes, which were seen there, into `bytes`. 0, or -1 when they can't be had any more. */
MUST_USE int stream_take(int fd, void *bytes, size_t length);

/* Bytes in the socket that were not read. */
size_t stream_unread(const struct stream *stream);

/* Bytes that were written and that the peer's end has not taken; SIZE_MAX where that can't be told. */
size_t stream_untaken(const struct stream *stream);

/* Says a last line to somebody who is turned away, without waiting for whether it arrives. */
void stream_say(int fd, const char *line);

/* Sends no more, but may still read: the first half of a lingering close. From here on stream_swallow reads. */
void stream_finish(struct stream *stream);

/* Reads up to `*length` bytes that nobody is interested in, past TLS. Waits as stream_read does. */
MUST_USE enum stream_result stream_swallow(struct stream *stream, void *bytes, size_t *length, bool may_wait);

/* Sleeps until `until_us` (monotonic) or until the connection is reset or shut down, whichever is first; data that
 * arrives does not end it. AGAIN when the time has come, ERROR when the connection is gone. A signal may end it early. */
enum stream_result stream_sleep(struct stream *stream, uint64_t until_us);

/* The same with another set of blocked signals while it sleeps, as ppoll(2) does it: a signal in `blocked` before and not
 * in it ends the sleep however narrowly it came before. */
MUST_USE enum stream_result stream_sleep_kicked(struct stream *stream, uint64_t until_us,
                                                const sigset_t *blocked);

/* Waits until there is something to read, its end included, or a signal comes. */
void stream_wait_readable(struct stream *stream);

/* Waits until it takes more bytes, is reset or shut down, or a signal comes. */
void stream_wait_writable(struct stream *stream);

/* Whether reads wait. 0, or -1 when the kernel refuses. */
MUST_USE int stream_set_blocking(struct stream *stream, int blocking);

#endif
