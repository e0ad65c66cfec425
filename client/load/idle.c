/* SPDX-License-Identifier: Apache-2.0
 *
 * Idle connections beside the load (--idle): what a model pays for clients that do nothing is one of the questions that
 * it must answer. They are opened before the load begins, a few hundred at a time so that a listener's backlog is not
 * what is measured, looked at once at the end, and never touched in between. Runs in the main thread. */
#include "client/load/idle.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "client/wire.h"
#include "common/resp_scan.h"

#define AT_ONCE 256

/* How far one of those that are being opened has come. */
enum stage { STAGE_CONNECTING, STAGE_SHAKING, STAGE_GREETING, STAGE_OPEN };

/* Those that are being opened, and behind them the descriptor that ends it. */
struct batch {
    const struct load_plan *plan;
    struct wire *wires; /* of this batch */
    size_t count, open;
    struct pollfd fds[AT_ONCE + 1];
    enum stage stages[AT_ONCE];
    struct resp_scanner scanners[AT_ONCE];
    unsigned replies[AT_ONCE];
};

static void become_open(struct batch *batch, size_t i)
{
    batch->stages[i] = STAGE_OPEN;
    batch->fds[i].fd = -1; /* poll passes over it */
    batch->open++;
}

/* The errno for what a wire has answered; 0: it goes on when there is something to do. */
static int why_not(const struct wire *wire, enum wire_result result)
{
    if (result == WIRE_CLOSED)
        return ECONNREFUSED;
    if (result == WIRE_FAILED)
        return wire->tls == NULL ? wire->why : EPROTO;
    return 0;
}

/* Connected, and secure if it is to be: says what the plan has to say before anything else. 0, or an errno. */
static int greet(struct batch *batch, size_t i)
{
    size_t length = buffer_length(&batch->plan->greeting);
    enum wire_result result;

    if (length == 0) {
        become_open(batch, i);
        return 0;
    }
    batch->stages[i] = STAGE_GREETING;
    batch->fds[i].events = POLLIN;
    result = wire_write(&batch->wires[i], buffer_head(&batch->plan->greeting), &length);
    return result == WIRE_OK && length == buffer_length(&batch->plan->greeting) ? 0 : EPIPE;
}

static int shake(struct batch *batch, size_t i)
{
    enum wire_result result = wire_shake(&batch->wires[i]);

    if (result == WIRE_OK)
        return greet(batch, i);
    batch->stages[i] = STAGE_SHAKING;
    batch->fds[i].events = result == WIRE_WANT_WRITE ? POLLOUT : POLLIN;
    return why_not(&batch->wires[i], result);
}

static int end_connect(struct batch *batch, size_t i)
{
    int why = dial_result(batch->fds[i].fd);

    if (why != 0)
        return why;
    return wire_begin(&batch->wires[i], batch->fds[i].fd, &batch->plan->target) == 0 ? shake(batch, i)
                                                                                     : ENOMEM;
}

/* Counts good replies; an errno when one of them is not. */
static int count_replies(struct batch *batch, size_t i, const char *bytes, size_t length)
{
    size_t at = 0, used;

    while (at < length) {
        enum resp_scan found = resp_scan(&batch->scanners[i], bytes + at, length - at, &used);

        at += used;
        if (found == RESP_SCAN_ERROR || found == RESP_SCAN_MALFORMED)
            return ECONNREFUSED;
        batch->replies[i] += found == RESP_SCAN_OK;
    }
    return 0;
}

static int read_greeting(struct batch *batch, size_t i)
{
    struct wire *wire = &batch->wires[i];
    int why;

    do {
        char bytes[512];
        size_t length = sizeof bytes;
        enum wire_result result = wire_read(wire, bytes, &length);

        why = count_replies(batch, i, bytes, length);
        if (why == 0)
            why = why_not(wire, result);
    } while (why == 0 && wire_is_pending(wire));
    if (batch->replies[i] >= batch->plan->greeting_replies)
        become_open(batch, i);
    return why;
}

static int (*const steps[])(struct batch *batch, size_t i) = {
    [STAGE_CONNECTING] = end_connect, [STAGE_SHAKING] = shake, [STAGE_GREETING] = read_greeting};

/* Waits, and goes on with those that something happened to. 0, an errno, or -1: it is to end. */
static int advance(struct batch *batch)
{
    int ready = poll(batch->fds, batch->count + 1, (int)(batch->plan->timeout_us / 1000) + 1);
    size_t i;
    int why = 0;

    if (ready == 0)
        return ETIMEDOUT;
    if (batch->fds[batch->count].revents != 0)
        return -1;
    for (i = 0; ready > 0 && i < batch->count && why == 0; i++) {
        if (batch->fds[i].revents != 0 && batch->stages[i] != STAGE_OPEN)
            why = steps[batch->stages[i]](batch, i);
    }
    return why;
}

/* Opens a batch. 0, an errno, or -1: it is to end. */
static int open_batch(struct idle *idle, struct batch *batch, int signals)
{
    int why = 0;
    size_t i;

    for (i = 0; i < batch->count; i++) {
        int fd = dial_start(&batch->plan->address);

        if (fd < 0)
            return errno;
        batch->wires[i] = (struct wire){.fd = fd};
        idle->count++;
        batch->fds[i] = (struct pollfd){.fd = fd, .events = POLLOUT};
    }
    batch->fds[i] = (struct pollfd){.fd = signals, .events = POLLIN};
    while (batch->open < batch->count && why == 0)
        why = advance(batch);
    return why;
}

int idle_open(struct idle *idle, const struct load_plan *plan, int signals, struct error *error)
{
    struct batch *batch = malloc(sizeof *batch);
    int why = 0;

    *idle = (struct idle){.wires = calloc(plan->idle + 1, sizeof *idle->wires)};
    if (batch == NULL || idle->wires == NULL)
        why = ENOMEM;
    while (why == 0 && idle->count < plan->idle) {
        size_t left = plan->idle - idle->count;

        *batch = (struct batch){
            .plan = plan, .wires = idle->wires + idle->count, .count = left < AT_ONCE ? left : AT_ONCE};
        why = open_batch(idle, batch, signals);
    }
    free(batch);
    return why <= 0 ? 0
                    : error_set(error, "could not open %llu idle connections: %s",
                                (unsigned long long)plan->idle, strerror(why));
}

size_t idle_lost(struct idle *idle)
{
    size_t lost = 0, i;
    char byte;

    for (i = 0; i < idle->count; i++) {
        size_t length = 1;
        enum wire_result result =
            wire_shake(&idle->wires[i]); /* a signal may have ended it before it was open */

        if (result == WIRE_OK)
            result = wire_read(&idle->wires[i], &byte, &length);
        lost += result != WIRE_WANT_READ;
    }
    return lost;
}

void idle_close(struct idle *idle)
{
    while (idle->count > 0)
        wire_close(&idle->wires[--idle->count]);
    free(idle->wires);
    idle->wires = NULL;
}
