/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection that asks one thing at a time and is shown the replies as trees; `call`, `cli`, `map` and the
 * reading of INFO stand on it. The load loop does not: it needs no trees and can't wait. The descriptor is
 * non-blocking and waiting is poll's, so that there is one place with a time-out. What TLS has read ahead is fetched at
 * once, since poll() would not tell of it, and whoever polls link_fd need not know. Runs in the main thread. */
#include "client/link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "client/wire.h"
#include "common/clock.h"
#include "common/printable.h"

#define CONNECT_TIMEOUT_US  5000000
#define GREETING_TIMEOUT_MS 5000
#define READ_BYTES          65536
#define TLS_ALERT           0x15 /* the first byte of what a TLS server says to plain bytes (RFC 8446, 5.1) */

struct link {
    struct wire wire;
    struct buffer in;
    struct buffer out;
    struct resp_reader *reader;
    enum wire_result end; /* CLOSED or FAILED once nothing more will come */
};

static const struct resp_reply_limits limits = {
    .depth = RESP_DEPTH_MOST, .elements = 16u << 20, .bytes = UINT64_C(1) << 30};

void link_close(struct link **link)
{
    if (*link == NULL)
        return;
    wire_close(&(*link)->wire);
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
    return link->wire.fd;
}

const struct resp_reply *link_arriving(const struct link *link)
{
    return resp_reader_arriving(link->reader);
}

int link_queue(struct link *link, const struct resp_word *words, size_t count, struct error *error)
{
    return resp_encode(&link->out, words, count) == 0 ? 0 : error_set(error, "out of memory");
}

/* The connection has failed; answers -1. */
static int lose(struct link *link, struct error *error)
{
    link->end = WIRE_FAILED;
    return error_set(error, "connection lost: %s", wire_failure(&link->wire));
}

int link_flush(struct link *link, struct error *error)
{
    while (buffer_length(&link->out) > 0) {
        struct pollfd ready = {.fd = link->wire.fd};
        size_t length = buffer_length(&link->out);
        enum wire_result result = wire_write(&link->wire, buffer_head(&link->out), &length);

        buffer_consume(&link->out, length);
        if (result == WIRE_OK)
            continue;
        if (result == WIRE_FAILED)
            return lose(link, error);
        ready.events = result == WIRE_WANT_READ ? POLLIN : POLLOUT;
        if (poll(&ready, 1, -1) < 0)
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
        bool alert = buffer_length(&link->in) > 0 && buffer_head(&link->in)[0] == TLS_ALERT;

        found = resp_reader_next(link->reader, &link->in, reply);
        if (found == RESP_READ_INCOMPLETE)
            return LINK_WAITING;
        if (found == RESP_READ_MALFORMED && alert && link->wire.tls == NULL) {
            error_set(error, "the server seems to speak TLS: try --tls");
            return LINK_LOST;
        }
        if (found != RESP_READ_REPLY)
            return reader_failed(found, error);
        if (reply->type != RESP_PUSH)
            return LINK_REPLY;
        resp_reply_clear(reply);
    }
}

/* Reads what is there, all that TLS has read ahead included. How it has ended, if it has, is kept. */
static enum wire_result fetch(struct link *link)
{
    enum wire_result result;

    do {
        size_t length;

        if (buffer_reserve(&link->in, READ_BYTES) != 0) {
            link->wire.why = ENOMEM;
            return link->end = WIRE_FAILED;
        }
        length = buffer_room(&link->in);
        result = wire_read(&link->wire, buffer_tail(&link->in), &length);
        link->in.end += length;
    } while (result == WIRE_OK && wire_is_pending(&link->wire));
    if (result == WIRE_CLOSED || result == WIRE_FAILED)
        link->end = result;
    return link->end;
}

bool link_is_closed(struct link *link)
{
    return fetch(link) != WIRE_OK;
}

bool link_has_failed_tls(const struct link *link)
{
    return link->end == WIRE_FAILED && link->wire.tls != NULL;
}

/* Waits until there is something to read. 0: not in time; negative with the reason. */
static int await_bytes(struct link *link, int timeout_ms, struct error *error)
{
    struct pollfd ready = {.fd = link->wire.fd, .events = POLLIN};
    int count = poll(&ready, 1, timeout_ms);

    if (count < 0 && errno == EINTR)
        error_set(error, "interrupted");
    else if (count < 0)
        error_errno(error, "poll");
    return count;
}

/* There was nothing more to take. */
static enum link_event judge_end(struct link *link, struct error *error)
{
    if (link->end == WIRE_OK)
        return LINK_WAITING;
    if (link->end == WIRE_CLOSED)
        error_set(error, "the server closed the connection");
    else
        lose(link, error);
    return LINK_LOST;
}

enum link_event link_read(struct link *link, int timeout_ms, struct resp_reply *reply, struct error *error)
{
    enum link_event event = take_reply(link, reply, error);
    int count;

    if (event != LINK_WAITING || link->end != WIRE_OK)
        return event != LINK_WAITING ? event : judge_end(link, error);
    count = await_bytes(link, timeout_ms, error);
    if (count <= 0)
        return count == 0 ? LINK_WAITING : LINK_LOST;
    fetch(link);
    event = take_reply(link, reply, error); /* what came before the end comes first */
    return event != LINK_WAITING ? event : judge_end(link, error);
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
    if (wire_open(&opened->wire, target, CONNECT_TIMEOUT_US, NULL, error) != 0)
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
