/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits that evhttp lacks: it times out silence, so a byte every few seconds keeps a connection for hours, and it counts
 * nobody, so that a flood of them takes the master's descriptors, which are the data path's. Here each has a deadline, and
 * when there are too many the oldest makes room: probes ask and leave at once, who is old has dawdled.
 *
 * evhttp doesn't tell when it is done with a connection. We make its bufferevent and keep a reference: one whose callbacks
 * are gone has been freed by evhttp, which closed its socket, too. Runs in the master's main thread. */
#include "daemon/admin/guests.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"

#define GUESTS_MOST 64
#define PATIENCE_US 5000000 /* for a whole request */
#define LOOK_S      1

static const char too_late[] =
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

struct guest {
    struct bufferevent *stream; /* a reference of ours; NULL: nobody */
    uint64_t deadline_us;
};

struct guests {
    struct event *look;
    unsigned count;
    struct guest table[GUESTS_MOST];
};

static bool has_left(const struct guest *guest)
{
    bufferevent_data_cb on_input, on_output;
    bufferevent_event_cb on_event;
    void *context;

    bufferevent_getcb(guest->stream, &on_input, &on_output, &on_event, &context);
    return on_event == NULL;
}

static void forget(struct guests *guests, struct guest *guest)
{
    bufferevent_decref(guest->stream);
    guest->stream = NULL;
    if (--guests->count == 0)
        event_del(guests->look);
}

/* evhttp sees the end of the input and does the rest. */
static void show_out(const struct guest *guest)
{
    int fd = bufferevent_getfd(guest->stream);

    if (send(fd, too_late, strlen(too_late), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        /* it is closed either way */
    }
    shutdown(fd, SHUT_RDWR);
}

static void on_look(evutil_socket_t fd, short what, void *context)
{
    struct guests *guests = context;
    uint64_t now = clock_now_us();
    unsigned i;

    (void)fd;
    (void)what;
    for (i = 0; i < GUESTS_MOST; i++) {
        struct guest *guest = &guests->table[i];

        if (guest->stream == NULL)
            continue;
        if (has_left(guest))
            forget(guests, guest);
        else if (now >= guest->deadline_us)
            show_out(guest);
    }
}

/* A free place: nobody's, or of one who has left, or of the one who has been here for longest without asking. */
static struct guest *make_room(struct guests *guests)
{
    struct guest *oldest = &guests->table[0];
    unsigned i;

    for (i = 0; i < GUESTS_MOST; i++) {
        struct guest *guest = &guests->table[i];

        if (guest->stream != NULL && has_left(guest))
            forget(guests, guest);
        if (guest->stream == NULL)
            return guest;
        if (guest->deadline_us < oldest->deadline_us)
            oldest = guest;
    }
    show_out(oldest);
    forget(guests, oldest);
    return oldest;
}

static struct bufferevent *on_guest(struct event_base *base, void *context)
{
    static const struct timeval often = {.tv_sec = LOOK_S};

    struct guests *guests = context;
    struct bufferevent *stream = bufferevent_socket_new(base, -1, 0);
    struct guest *guest;

    if (stream == NULL)
        return NULL; /* evhttp tries for itself, and is told the same */
    guest = make_room(guests);
    bufferevent_incref(stream);
    *guest = (struct guest){stream, clock_now_us() + PATIENCE_US};
    if (guests->count++ == 0)
        event_add(guests->look, &often);
    return stream;
}

struct guests *guests_new(struct event_base *base, struct evhttp *http)
{
    struct guests *guests = calloc(1, sizeof *guests);

    if (guests == NULL)
        return NULL;
    guests->look = event_new(base, -1, EV_PERSIST, on_look, guests);
    if (guests->look == NULL) {
        free(guests);
        return NULL;
    }
    evhttp_set_bevcb(http, on_guest, guests);
    return guests;
}

void guests_free(struct guests **guests)
{
    struct guests *them = *guests;
    unsigned i;

    if (them == NULL)
        return;
    for (i = 0; i < GUESTS_MOST; i++)
        if (them->table[i].stream != NULL)
            forget(them, &them->table[i]);
    event_free(them->look);
    free(them);
    *guests = NULL;
}

void guests_answered(struct guests *guests, const struct bufferevent *stream)
{
    unsigned i;

    for (i = 0; i < GUESTS_MOST; i++)
        if (guests->table[i].stream == stream)
            guests->table[i].deadline_us = clock_now_us() + PATIENCE_US;
}
