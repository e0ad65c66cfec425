/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages with descriptors between master and workers. SEQPACKET keeps message boundaries and reports a dead peer, so
 * that the control socket is also the proof of life. Runs in the main thread of either process. */
#include "daemon/sys/message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * MESSAGE_FDS)];
};

enum message_result message_send(int socket, const void *bytes, size_t length, const int *fds,
                                 unsigned fd_count)
{
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;

    if (fd_count != 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        CMSG_FIRSTHDR(&message)->cmsg_level = SOL_SOCKET;
        CMSG_FIRSTHDR(&message)->cmsg_type = SCM_RIGHTS;
        CMSG_FIRSTHDR(&message)->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), fds, sizeof(int) * fd_count);
    }
    for (;;) {
        if (sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length)
            return MESSAGE_OK;
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ETOOMANYREFS || errno == ENOBUFS)
            return MESSAGE_AGAIN;
        return errno == EPIPE || errno == ECONNRESET ? MESSAGE_CLOSED : MESSAGE_ERROR;
    }
}

static void take_descriptors(struct msghdr *message, int fds[MESSAGE_FDS])
{
    struct cmsghdr *header;
    unsigned i;

    for (i = 0; i < MESSAGE_FDS; i++)
        fds[i] = -1;
    for (header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            memcpy(fds, CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
    }
}

enum message_result message_receive(int socket, void *bytes, size_t *length, int fds[MESSAGE_FDS])
{
    struct iovec part = {.iov_base = bytes, .iov_len = *length};
    union control control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    enum message_result result = MESSAGE_ERROR;
    ssize_t got;
    unsigned i;

    /* A peer that died with messages of ours unread resets the socket, and the kernel reports that once, before what the
     * peer itself had sent: its last words are still there behind it. */
    do {
        got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && (errno == EINTR || errno == ECONNRESET));
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return MESSAGE_AGAIN;
    if (got < 0)
        return MESSAGE_ERROR;
    take_descriptors(&message, fds);
    if (got == 0 && fds[0] < 0)
        return MESSAGE_CLOSED;
    *length = (size_t)got;
    if (got != 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
        return MESSAGE_OK;
    /* Cut though not all places are taken: the kernel could not install more. An empty message looks like the end, but the
     * end has no descriptors. */
    if (got != 0 && (message.msg_flags & MSG_TRUNC) == 0 && fds[MESSAGE_FDS - 1] < 0)
        result = MESSAGE_STRIPPED;
    for (i = 0; i < MESSAGE_FDS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
    return result;
}
