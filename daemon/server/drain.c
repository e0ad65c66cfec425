/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of a daemon, in good order: no more connections, idle ones closed - but for those so young that their first
 * request is on its way (turn.c) -, running commands finished and answered; at the deadline waits are cut; then the backend's
 * threads or processes end, and the log thread last of all. A second signal goes straight to the cut. Runs in the master's
 * main thread. */
#include <event2/event.h>

#include "common/clock.h"
#include "daemon/server/server_private.h"

#define DRAIN_TICK_MS 10
#define CUT_GRACE_US  1000000 /* after the cut, for handlers to notice */

void drain_release(void *context, struct connection *connection)
{
    struct server *server = context;

    connection_close(server->connections, connection, CLOSE_DRAIN);
}

static void cut(struct server *server, const char *reason)
{
    log_event(EVENT_DRAIN_CUT, LOG_U(backend_connections(server->backend)), LOG_S(reason));
    server->cut = true;
    segment_set32(&server->segment->header->cut, 1);
    server->drain_until_us = clock_now_us() + CUT_GRACE_US;
    backend_cut(server->backend);
}

static void on_drain_tick(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    bool late = clock_now_us() >= server->drain_until_us;

    (void)fd;
    (void)what;
    listeners_drain(server);
    if (proxy_drain(server, late || server->cut))
        return; /* a moment later, as they are to be served like those who are there */
    backend_retire(server->backend);
    if (backend_connections(server->backend) == 0 || (late && server->cut))
        event_base_loopbreak(server->base);
    else if (late)
        cut(server, "drain_timeout");
    else if (server->cut)
        backend_cut(server->backend);
}

void drain_begin(struct server *server, const char *signal_name)
{
    struct timeval interval = {.tv_usec = DRAIN_TICK_MS * 1000};

    if (server->drain_until_us != 0) {
        server->hurried = true;
        if (!server->cut)
            cut(server, "a second signal");
        return;
    }
    server->drain_until_us = clock_add(clock_now_us(), server_config(server)->server.drain_timeout_us);
    segment_set(&server->segment->header->draining_us, clock_now_us());
    admin_set_ready(server->admin, false);
    service_stopping(server);
    log_event(EVENT_DRAINING, LOG_S(signal_name), LOG_U(segment_clients(server->segment)),
              LOG_U(server_config(server)->server.drain_timeout_us / 1000u));
    listeners_shut(server); /* the first tick goes on, when all handshakes are over */
    server->drain_tick = event_new(server->base, -1, EV_PERSIST, on_drain_tick, server);
    if (server->drain_tick == NULL || event_add(server->drain_tick, &interval) != 0)
        event_base_loopbreak(server->base); /* memory is short: what is left is the stop itself */
}
