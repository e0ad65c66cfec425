/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection that asks one thing at a time and is shown the replies as trees; `call`, `cli`, `map` and the
 * reading of INFO stand on it. The load loop does not: it needs no trees and can't wait. The descriptor is
 * non-blocking and waiting is poll's, so that there is one place with a time-out. Runs in the main thread. */
#include "client/link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/dial.h"
#include "common/clock.h"
#include "common/printable.h"

#define CONNECT_TIMEOUT_US  5000000
#define GREETING_TIMEOUT_MS 5000
#define READ_BYTES          65536

struct link {
    int fd;
    struct buffer in;
    struct buffer out;
    struct resp_reader *reader;
};

static const struct resp_reply_limits limits = {
    .depth = RESP_DEPTH_MOST, .elements = 16u << 20, .bytes = UINT64_C(1) << 30};

void link_close(struct link **link)
{
    if (*link == NULL)
        return;
    if ((*link)->fd >= 0)
        close((*link)->fd);
    if (buffer_length(&(*link)->out) > 0)
        explicit_bzero(buffer_head(&(*link)->out), buffer_length(&(*link)->out));
    buffer_free(&(*link)->in);
    buffer_free(&(*link)->out);
    resp_reader_free(&(*link)->reader);
    free(*link);
    *link = NULL;
}

int link_fd(const struct link *link)
{
    return link->fd;
}

const struct resp_reply *link_arriving(const struct link *link)
{
    return resp_reader_arriving(link->reader);
}

bool link_is_closed(const struct link *link)
{
    char byte;
    ssize_t got = recv(link->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

int link_queue(struct link *link, const struct resp_word *words, size_t count, struct error *error)
{
    return resp_encode(&link->out, words, count) == 0 ? 0 : error_set(error, "out of memory");
}

int link_flush(struct link *link, struct error *error)
{
    while (buffer_length(&link->out) > 0) {
        struct pollfd ready = {.fd = link->fd, .events = POLLOUT};
        ssize_t sent = send(link->fd, buffer_head(&link->out), buffer_length(&link->out), MSG_NOSIGNAL);

        if (sent >= 0)
            buffer_consume(&link->out, (size_t)sent);
        else if (errno != EAGAIN)
            return error_errno(error, "connection lost");
        else if (poll(&ready, 1, -1) < 0)
            return errno == EINTR ? error_set(error, "interrupted") : error_errno(error, "poll");
    }
    return 0;
}

/* What a reader's failure is called. */
static enum link_event reader_failed(enum resp_read found, struct error *error)
{
    static const char *const texts[] = {[RESP_READ_MALFORMED] = "the server's reply is not RESP",
                                        [RESP_READ_TOO_LARGE] = "the server's reply is too large",
                                        [RESP_READ_NO_MEMORY] = "out of memory"};

    error_set(error, "%s", texts[found]);
    return LINK_LOST;
}

static enum link_event take_reply(struct link *link, struct resp_reply *reply, struct error *error)
{
    enum resp_read found;

    for (;;) {
        found = resp_reader_next(link->reader, &link->in, reply);
        if (found == RESP_READ_INCOMPLETE)
            return LINK_WAITING;
        if (found != RESP_READ_REPLY)
            return reader_failed(found, error);
        if (reply->type != RESP_PUSH)
            return LINK_REPLY;
        resp_reply_clear(reply);
    }
}

static enum link_event receive(struct link *link, struct error *error)
{
    ssize_t got;

    if (buffer_reserve(&link->in, READ_BYTES) != 0) {
        error_set(error, "out of memory");
        return LINK_LOST;
    }
    got = recv(link->fd, buffer_tail(&link->in), buffer_room(&link->in), 0);
    if (got > 0)
        link->in.end += (size_t)got;
    if (got > 0 || (got < 0 && errno == EAGAIN))
        return LINK_WAITING;
    if (got == 0)
        error_set(error, "the server closed the connection");
    else
        error_errno(error, "connection lost");
    return LINK_LOST;
}

enum link_event link_read(struct link *link, int timeout_ms, struct resp_reply *reply, struct error *error)
{
    struct pollfd ready = {.fd = link->fd, .events = POLLIN};
    enum link_event event = take_reply(link, reply, error);
    int count;

    if (event != LINK_WAITING)
        return event;
    count = poll(&ready, 1, timeout_ms);
    if (count == 0)
        return LINK_WAITING;
    if (count < 0) {
        if (errno == EINTR)
            error_set(error, "interrupted");
        else
            error_errno(error, "poll");
        return LINK_LOST;
    }
    event = receive(link, error);
    return event == LINK_LOST ? LINK_LOST : take_reply(link, reply, error);
}

static int wait_reply(struct link *link, int timeout_ms, struct resp_reply *reply, struct error *error)
{
    uint64_t deadline = clock_add(clock_now_us(), (uint64_t)timeout_ms * 1000);
    uint64_t now;

    while ((now = clock_now_us()) < deadline) {
        enum link_event event = link_read(link, (int)((deadline - now + 999) / 1000), reply, error);

        if (event != LINK_WAITING)
            return event == LINK_REPLY ? 0 : -1;
    }
    return error_set(error, "no reply within %d ms", timeout_ms);
}

int link_call(struct link *link, const struct resp_word *words, size_t count, int timeout_ms,
              struct resp_reply *reply, struct error *error)
{
    if (link_queue(link, words, count, error) != 0 || link_flush(link, error) != 0)
        return -1;
    return wait_reply(link, timeout_ms, reply, error);
}

/* AUTH and HELLO, where asked for. */
static int introduce(struct link *link, const struct target *target, uint64_t protocol, struct error *error)
{
    unsigned replies;

    if (target_greeting(target, protocol, &link->out, &replies) != 0)
        return error_set(error, "out of memory");
    if (link_flush(link, error) != 0)
        return -1;
    while (replies-- > 0) {
        struct resp_reply reply;
        bool refused;

        if (wait_reply(link, GREETING_TIMEOUT_MS, &reply, error) != 0)
            return -1;
        refused = resp_reply_is_error(&reply);
        if (refused) {
            error_set(error, "%s refused us: %s", target->name, reply.text);
            printable_text(error->text);
        }
        resp_reply_clear(&reply);
        if (refused)
            return -1;
    }
    return 0;
}

int link_open(struct link **link, const struct target *target, uint64_t protocol, struct error *error)
{
    struct link *opened = calloc(1, sizeof *opened);

    if (opened == NULL)
        return error_set(error, "out of memory");
    opened->fd = dial(target, CONNECT_TIMEOUT_US, NULL, error);
    if (opened->fd < 0)
        goto failed;
    opened->reader = resp_reader_new(&limits);
    if (opened->reader == NULL) {
        error_set(error, "out of memory");
        goto failed;
    }
    if (introduce(opened, target, protocol, error) != 0)
        goto failed;
    *link = opened;
    return 0;
failed:
    link_close(&opened);
    return -1;
}
