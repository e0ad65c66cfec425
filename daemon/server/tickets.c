/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of session tickets: the master makes them, its own threads and every worker process have the same, so a client
 * resumes wherever it comes to. Each is newest for an hour and opens what it sealed for two more; who records a session and
 * gets hold of the keys later than that has nothing. That other certificates or authorities make sessions void is none of
 * their business (tls_context.c). The backend sees to it that workers are told (host.ticket_serial). Runs in the master's
 * main thread. */
#include <event2/event.h>
#include <string.h>

#include "common/tls_tickets.h"
#include "daemon/server/server_private.h"

#define ROTATED_EVERY_S 3600

static void publish(struct server *server)
{
    tls_tickets_set(server->tickets, &server->ticket_keys);
    server->host.ticket_serial++;
}

int tickets_make(struct server *server, struct error *error)
{
    server->tickets = tls_tickets_new();
    if (server->tickets == NULL || tls_ticket_keys_make(&server->ticket_keys) != 0)
        return error_set(error, "can't make keys for TLS sessions");
    publish(server);
    return 0;
}

static void on_rotation(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;

    (void)fd;
    (void)what;
    if (tls_ticket_keys_rotate(&server->ticket_keys) == 0)
        publish(server);
    else
        log_event(EVENT_WARNING, LOG_S("there is no randomness for another key of TLS sessions"));
}

int tickets_watch(struct server *server)
{
    static const struct timeval interval = {.tv_sec = ROTATED_EVERY_S};

    server->rotation = event_new(server->base, -1, EV_PERSIST, on_rotation, server);
    return server->rotation != NULL ? event_add(server->rotation, &interval) : -1;
}

void tickets_unwatch(struct server *server)
{
    if (server->rotation != NULL)
        event_free(server->rotation);
    server->rotation = NULL;
}

void tickets_free(struct server *server)
{
    tls_tickets_free(&server->tickets);
    explicit_bzero(&server->ticket_keys, sizeof server->ticket_keys);
}
