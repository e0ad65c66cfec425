/* SPDX-License-Identifier: Apache-2.0
 *
 * How OpenSSL reaches a socket. Its own socket BIO raises SIGPIPE, waits in writes on blocking sockets and can't say for one
 * call that a read may wait; so this is ours: sends never wait and raise nothing, reads wait when they are told to. And a call
 * of OpenSSL's comes to an end: it reads on for as long as what arrives is TLS's own affair, and a peer that sends nothing but
 * new keys (KeyUpdate) would have the thread for itself. Runs in whichever thread has the connection. */
#include <errno.h>
#include <sys/socket.h>

#include "common/tls_private.h"

#define READS_EACH 2 /* a record that has arrived takes no more: what was buffered of it, and the rest */

static bool may_retry(int why)
{
    return why == EAGAIN || why == EWOULDBLOCK || why == EINTR;
}

/* Enough for this time. Whoever waits for the socket now waits rightly: OpenSSL has no whole record, or it would not ask. */
static int put_off(BIO *bio, struct tls_socket *socket, size_t *length)
{
    *length = 0;
    socket->drained = true;
    BIO_set_retry_read(bio);
    return 0;
}

static int socket_read(BIO *bio, char *bytes, size_t size, size_t *length)
{
    struct tls_socket *socket = BIO_get_data(bio);
    ssize_t got;

    BIO_clear_retry_flags(bio);
    if (socket->reads == READS_EACH)
        return put_off(bio, socket, length);
    socket->reads++;
    got = recv(socket->fd, bytes, size, socket->may_wait ? 0 : MSG_DONTWAIT);
    *length = got > 0 ? (size_t)got : 0;
    socket->drained = got < 0;
    socket->received += *length;
    if (got > 0)
        return 1;
    socket->ended = got == 0;
    if (got < 0 && may_retry(errno))
        BIO_set_retry_read(bio);
    else if (got < 0)
        socket->last_errno = errno;
    return 0;
}

static int socket_write(BIO *bio, const char *bytes, size_t size, size_t *length)
{
    struct tls_socket *socket = BIO_get_data(bio);
    ssize_t sent = send(socket->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

    BIO_clear_retry_flags(bio);
    *length = sent > 0 ? (size_t)sent : 0;
    if (sent >= 0)
        return 1;
    if (may_retry(errno))
        BIO_set_retry_write(bio);
    else
        socket->last_errno = errno;
    return 0;
}

/* What OpenSSL asks: to flush, which is nothing to do, and whether a read of no bytes was the end. */
static long socket_control(BIO *bio, int command, long number, void *pointer)
{
    const struct tls_socket *socket = BIO_get_data(bio);

    (void)number, (void)pointer;
    if (command == BIO_CTRL_EOF)
        return socket->ended;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *tls_socket_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "concurd's socket");

    if (method == NULL)
        return NULL;
    if (BIO_meth_set_read_ex(method, socket_read) == 1 && BIO_meth_set_write_ex(method, socket_write) == 1 &&
        BIO_meth_set_ctrl(method, socket_control) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}
