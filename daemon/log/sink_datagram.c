/* SPDX-License-Identifier: Apache-2.0
 *
 * The sinks that are datagram sockets: the journal's native protocol and syslog. What the datagrams hold is
 * formatted already (format_envelope.c), one to a line.
 *
 * The socket is never connected: each message names the path, so that a journal or syslog that is restarted,
 * or was not there at first, is found again without anybody's doing. Sixty-four go with one system call.
 * Never blocking: a receiver whose queue is full is tried again later, and counts as failed when it stays
 * full.
 *
 * A message larger than the socket takes goes to the journal in a sealed memfd, as its protocol has it;
 * syslog has nothing of the kind and gets the beginning, marked as such. Runs in the log thread, opening in the main thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/log/sink_private.h"

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define SYSLOG_PATH  "/dev/log"
#define AT_ONCE      64
#define CUT_LEAST    480 /* RFC 5424 section 6.1: what every receiver takes */
#define CUT_MARK     "..."
#define SEALS        (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

struct datagrams {
    struct sink sink; /* first: the sinks' common part */

    /* set by open, then read only */
    int fd;
    struct sockaddr_un address;
    ssize_t (*send_large)(const struct datagrams *to, const struct iovec *message);
};

static void set_destination(const struct datagrams *to, struct msghdr *message)
{
    message->msg_name = (void *)(uintptr_t)&to->address;
    message->msg_namelen = sizeof to->address;
}

/* A descriptor of the message instead of the message. 1 when sent, -1 with errno. */
static ssize_t send_in_memfd(const struct datagrams *to, const struct iovec *message)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {{0}};
    struct msghdr envelope = {.msg_control = &control, .msg_controllen = sizeof control};
    int fd = memfd_create("concurd-log", MFD_CLOEXEC | MFD_ALLOW_SEALING), saved;
    ssize_t result = -1;

    if (fd < 0)
        return -1;
    control.header =
        (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    set_destination(to, &envelope);
    if (write(fd, message->iov_base, message->iov_len) == (ssize_t)message->iov_len &&
        fcntl(fd, F_ADD_SEALS, SEALS) == 0 && sendmsg(to->fd, &envelope, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        result = 1;
    saved = errno;
    close(fd);
    errno = saved;
    return result;
}

/* The beginning of a text, at most `length` bytes, that ends where a character does. */
static size_t whole_characters(const char *text, size_t length)
{
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) /* what comes next goes on in UTF-8 */
        length--;
    return length;
}

/* As much of the message as the socket takes, halving, and a mark. */
static ssize_t send_cut(const struct datagrams *to, const struct iovec *message)
{
    static char mark[] = CUT_MARK;
    struct iovec parts[] = {*message, {.iov_base = mark, .iov_len = sizeof mark - 1}};
    struct msghdr envelope = {.msg_iov = parts, .msg_iovlen = 2};
    size_t room = message->iov_len;
    ssize_t sent;

    set_destination(to, &envelope);
    do {
        room /= 2;
        parts[0].iov_len = whole_characters(message->iov_base, room);
        sent = sendmsg(to->fd, &envelope, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EMSGSIZE && room > CUT_LEAST);
    return sent < 0 ? -1 : 1;
}

/* Answers how many of them went, at least one; -1 with errno. */
static int send_some(const struct datagrams *to, struct iovec *messages, unsigned count)
{
    struct mmsghdr headers[AT_ONCE];
    int sent;

    for (unsigned i = 0; i < count; i++) {
        headers[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &messages[i], .msg_iovlen = 1}};
        set_destination(to, &headers[i].msg_hdr);
    }
    do
        sent = sendmmsg(to->fd, headers, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno == EMSGSIZE)
        sent = (int)to->send_large(to, &messages[0]);
    return sent;
}

static enum sink_outcome datagrams_write(struct sink *sink, struct batch *batch)
{
    struct datagrams *to = (struct datagrams *)sink;
    struct iovec messages[AT_ONCE];
    int sent = send_some(to, messages, batch_unsent_lines(batch, messages, AT_ONCE));

    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return SINK_FULL;
    if (sent < 0) {
        sink->error = errno;
        return SINK_ERROR;
    }
    for (int i = 0; i < sent; i++)
        batch_sent(batch, messages[i].iov_len);
    return SINK_TOOK;
}

static struct sink *datagrams_open(const struct sink_ops *ops, const char *path, struct error *error)
{
    struct datagrams *to = calloc(1, sizeof *to);

    if (to == NULL) {
        error_set(error, "not enough memory for the log");
        return NULL;
    }
    to->sink.ops = ops;
    to->address.sun_family = AF_UNIX;
    to->fd = -1;
    if (strlen(path) >= sizeof to->address.sun_path) {
        error_set(error, "log.target: '%s' is too long for a socket", path);
        goto failed;
    }
    strcpy(to->address.sun_path, path);
    to->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (to->fd < 0) {
        error_errno(error, "a socket for the log");
        goto failed;
    }
    return &to->sink;

failed:
    free(to);
    return NULL;
}

static struct sink *journal_open(const char *where, struct error *error)
{
    struct sink *sink = datagrams_open(&sink_journal_ops, where[0] != '\0' ? where : JOURNAL_PATH, error);

    if (sink == NULL)
        return NULL;
    sink->envelope = ENVELOPE_JOURNAL;
    ((struct datagrams *)sink)->send_large = send_in_memfd;
    return sink;
}

static struct sink *syslog_open(const char *where, struct error *error)
{
    struct sink *sink = datagrams_open(&sink_syslog_ops, where[0] != '\0' ? where : SYSLOG_PATH, error);

    if (sink == NULL)
        return NULL;
    sink->envelope = ENVELOPE_SYSLOG;
    ((struct datagrams *)sink)->send_large = send_cut;
    return sink;
}

static void datagrams_close(struct sink *sink)
{
    close(((struct datagrams *)sink)->fd);
    free(sink);
}

const struct sink_ops sink_journal_ops = {
    .open = journal_open, .write = datagrams_write, .close = datagrams_close};

const struct sink_ops sink_syslog_ops = {
    .open = syslog_open, .write = datagrams_write, .close = datagrams_close};
