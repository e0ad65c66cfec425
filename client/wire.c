/* SPDX-License-Identifier: Apache-2.0
 *
 * One way to talk to a server whether TLS is between us or not, for all that is not the load itself: there every branch
 * is one that the server appears to take. Waiting is the caller's, who knows what else he waits for; only opening waits
 * here. Runs in the main thread, and in compare's crasher. */
#include "client/wire.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

static const enum wire_result results[] = {
    [TLS_OK] = WIRE_OK,         [TLS_WANT_READ] = WIRE_WANT_READ, [TLS_WANT_WRITE] = WIRE_WANT_WRITE,
    [TLS_CLOSED] = WIRE_CLOSED, [TLS_ERROR] = WIRE_FAILED,
};

int wire_begin(struct wire *wire, int fd, const struct target *target)
{
    *wire = (struct wire){.fd = fd};
    if (target->context == NULL)
        return 0;
    wire->tls = tls_new(target->context, fd, target->host);
    if (wire->tls != NULL)
        return 0;
    wire_close(wire);
    return -1;
}

enum wire_result wire_shake(struct wire *wire)
{
    if (wire->tls == NULL || tls_is_ready(wire->tls))
        return WIRE_OK;
    return results[tls_handshake(wire->tls, false)];
}

/* What the kernel's refusal means; nothing was read or written. */
static enum wire_result refused(struct wire *wire, enum wire_result later)
{
    if (errno == EAGAIN || errno == EINTR)
        return later;
    wire->why = errno;
    return WIRE_FAILED;
}

enum wire_result wire_read(struct wire *wire, void *bytes, size_t *length)
{
    ssize_t got;

    if (wire->tls != NULL)
        return results[tls_read(wire->tls, bytes, length, false)];
    got = recv(wire->fd, bytes, *length, 0);
    *length = got > 0 ? (size_t)got : 0;
    if (got < 0)
        return refused(wire, WIRE_WANT_READ);
    return got > 0 ? WIRE_OK : WIRE_CLOSED;
}

enum wire_result wire_write(struct wire *wire, const void *bytes, size_t *length)
{
    ssize_t sent;

    if (wire->tls != NULL)
        return results[tls_write(wire->tls, bytes, length)];
    sent = send(wire->fd, bytes, *length, MSG_NOSIGNAL);
    *length = sent > 0 ? (size_t)sent : 0;
    return sent < 0 ? refused(wire, WIRE_WANT_WRITE) : WIRE_OK;
}

bool wire_is_pending(const struct wire *wire)
{
    return wire->tls != NULL && tls_pending(wire->tls);
}

const char *wire_failure(const struct wire *wire)
{
    const char *text =
        wire->tls != NULL && wire->why == 0 ? tls_failure(wire->tls) : strerrordesc_np(wire->why);

    return text != NULL ? text : "for no known reason";
}

void wire_close(struct wire *wire)
{
    if (wire->tls != NULL)
        tls_finish(wire->tls);
    tls_free(&wire->tls);
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

/* What helps against what is wrong with a certificate; the last one is for all others. */
static const struct {
    const char *about, *hint;
} hints[] = {
    {"mismatch", "--host as the certificate has it, or --insecure"},
    {"self-signed", "--cacert FILE or --insecure"},
    {"issuer", "--cacert FILE or --insecure"},
    {"", "--insecure takes it as it is"},
};

static int explain(const struct wire *wire, const struct target *target, struct error *error)
{
    const char *wrong = tls_verify_failure(wire->tls);
    size_t i = 0;

    if (wrong == NULL)
        return error_set(error, "no TLS with %s: %s", target->name, wire_failure(wire));
    while (strstr(wrong, hints[i].about) == NULL)
        i++;
    return error_set(error, "no TLS with %s: certificate verify failed: %s; %s", target->name, wrong,
                     hints[i].hint);
}

static int shake_within(struct wire *wire, const struct target *target, uint64_t timeout_us,
                        struct error *error)
{
    uint64_t deadline = clock_add(clock_now_us(), timeout_us), now;
    enum wire_result result;

    while ((result = wire_shake(wire)) != WIRE_OK) {
        struct pollfd ready = {.fd = wire->fd, .events = result == WIRE_WANT_WRITE ? POLLOUT : POLLIN};

        if (result == WIRE_CLOSED || result == WIRE_FAILED)
            return explain(wire, target, error);
        now = clock_now_us();
        if (now >= deadline)
            return error_set(error, "no TLS with %s: no handshake within %llu ms", target->name,
                             (unsigned long long)(timeout_us / 1000));
        poll(&ready, 1, (int)((deadline - now + 999) / 1000)); /* whatever ended it, the handshake tells */
    }
    return 0;
}

int wire_open(struct wire *wire, const struct target *target, uint64_t timeout_us, struct dial_address *used,
              struct error *error)
{
    int fd = dial(target, timeout_us, used, error);

    *wire = (struct wire)WIRE_NONE;
    if (fd < 0)
        return -1;
    if (wire_begin(wire, fd, target) != 0)
        return error_set(error, "out of memory");
    if (shake_within(wire, target, timeout_us, error) == 0)
        return 0;
    wire_close(wire);
    return -1;
}
