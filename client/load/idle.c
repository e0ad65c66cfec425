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
#include <sys/socket.h>
#include <unistd.h>

#include "common/resp_scan.h"

#define AT_ONCE 256

/* How far one of those that are being opened has come. */
enum stage { STAGE_CONNECTING, STAGE_GREETING, STAGE_OPEN };

/* Those that are being opened, and behind them the descriptor that ends it. */
struct batch {
    const struct load_plan *plan;
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

/* Connected: says what the plan has to say before anything else. 0, or an errno. */
static int end_connect(struct batch *batch, size_t i)
{
    size_t length = buffer_length(&batch->plan->greeting);
    int why = dial_result(batch->fds[i].fd);

    if (why != 0)
        return why;
    if (length == 0) {
        become_open(batch, i);
        return 0;
    }
    batch->stages[i] = STAGE_GREETING;
    batch->fds[i].events = POLLIN;
    return send(batch->fds[i].fd, buffer_head(&batch->plan->greeting), length, MSG_NOSIGNAL) ==
                   (ssize_t)length
               ? 0
               : EPIPE;
}

static int read_greeting(struct batch *batch, size_t i)
{
    char bytes[512];
    ssize_t got = recv(batch->fds[i].fd, bytes, sizeof bytes, 0);
    size_t at = 0, used;

    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : errno;
    while (at < (size_t)got) {
        enum resp_scan found = resp_scan(&batch->scanners[i], bytes + at, (size_t)got - at, &used);

        at += used;
        if (found == RESP_SCAN_ERROR || found == RESP_SCAN_MALFORMED)
            return ECONNREFUSED;
        batch->replies[i] += found == RESP_SCAN_OK;
    }
    if (batch->replies[i] >= batch->plan->greeting_replies)
        become_open(batch, i);
    return got > 0 ? 0 : ECONNREFUSED;
}

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
            why = batch->stages[i] == STAGE_CONNECTING ? end_connect(batch, i) : read_greeting(batch, i);
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
        idle->fds[idle->count++] = fd;
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

    *idle = (struct idle){.fds = calloc(plan->idle + 1, sizeof *idle->fds)};
    if (batch == NULL || idle->fds == NULL)
        why = ENOMEM;
    while (why == 0 && idle->count < plan->idle) {
        size_t left = plan->idle - idle->count;

        *batch = (struct batch){.plan = plan, .count = left < AT_ONCE ? left : AT_ONCE};
        why = open_batch(idle, batch, signals);
    }
    free(batch);
    return why <= 0 ? 0
                    : error_set(error, "could not open %llu idle connections: %s",
                                (unsigned long long)plan->idle, strerror(why));
}

size_t idle_lost(const struct idle *idle)
{
    size_t lost = 0, i;
    char byte;

    for (i = 0; i < idle->count; i++) {
        ssize_t got = recv(idle->fds[i], &byte, 1, MSG_PEEK | MSG_DONTWAIT);

        lost += got >= 0 || (errno != EAGAIN && errno != EINTR);
    }
    return lost;
}

void idle_close(struct idle *idle)
{
    while (idle->count > 0)
        close(idle->fds[--idle->count]);
    free(idle->fds);
    idle->fds = NULL;
}
