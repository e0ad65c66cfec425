/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_SERVER_PRIVATE_H
#define CONCUR_SERVER_SERVER_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/tls_tickets.h"
#include "daemon/admin/admin.h"
#include "daemon/backend/backend.h"
#include "daemon/command/worker.h"
#include "daemon/config/config.h"
#include "daemon/log/logger.h"
#include "daemon/net/inherit.h"
#include "daemon/net/listener.h"
#include "daemon/server/addresses.h"
#include "daemon/server/sampler.h"
#include "daemon/server/service.h"
#include "daemon/server/signals.h"

/* The master's state, for the files of this folder. Owner: the main thread, but for what `process` lends to workers. */
struct server {
    /* set before start, then read only */
    const struct config_source *source;
    const struct inheritance *inherited;
    struct generations *generations;
    struct tls_tickets *tickets;
    const struct generation *first; /* what segment and threads were made from; held to the end */
    struct process process;
    struct segment *segment;
    struct connections *connections;
    struct log_queue *queue;
    struct logger *logger;
    struct event_base *base;
    struct backend_host host;
    /* as it goes */
    struct backend *backend;
    struct listener **listeners;
    size_t listener_count;
    unsigned name_reused;           /* the last number whose name was replaced in the segment */
    uint64_t closed_pauses;         /* of listeners that a reload has closed */
    struct proxy_wait *proxy_waits; /* a list */
    struct admin *admin;
    struct sampler *sampler;
    struct signals *signals;
    struct event *reload; /* pending: asked for */
    struct tls_ticket_keys ticket_keys;
    struct event *rotation;
    struct service service;
    struct event *tick;
    uint32_t *free_indexes; /* a stack; those not on it are in use, or were freed since it was filled */
    size_t free_count;
    struct addresses *addresses; /* where the connections are from */
    uint64_t last_id;
    uint64_t refusal_logged_us;
    bool ready;
    bool reload_waits; /* asked for before the daemon was ready */
    bool failed;
    /* the drain */
    struct event *drain_tick;
    uint64_t drain_until_us; /* 0 = not draining */
    bool cut;
    bool hurried;                /* a second signal came */
    uint64_t *stuck_reported_us; /* by slot: the last sign of life of a thread that was reported as stuck */
    unsigned hanging;            /* threads that are stuck now */
    uint64_t patience_us;        /* limits.max_command_time of commands that began before */
    uint64_t patience_until_us;  /* that was lowered; until when there may be such */
};

/* The configuration in effect. */
static inline const struct config *server_config(const struct server *server)
{
    return process_config(&server->process);
}

/* server/dispatch.c: whether limits.clients_per_address lets one more client in from there; counted when not. Who is let in
 * is entered in server->addresses, under its index. */
MUST_USE bool dispatch_admits(struct server *server, const struct address *peer);

/* A client has connected; is refused by the listener of that number, and closed; where it comes from is written into its entry;
 * and it goes to the backend, when the entry says so. */
void dispatch_accepted(void *context, struct listener *listener, int fd, const struct address *peer);
void dispatch_refuse(struct server *server, uint32_t listener, bool tls, int fd, const struct address *peer,
                     const char *reason);
void dispatch_name(struct connection_entry *entry, const struct address *client);
void dispatch_named(struct server *server, struct connection *connection);

#define DISPATCH_ADDRESS_FULL "max number of clients from this address reached"

/* server/proxy.c: with server.proxy_protocol, waits for a connection's header, and dispatches it with its client's address,
 * which is the proxy's, `peer`, when the header names none; or closes it. In a drain, called again and again: closes who is
 * not about to send one, and everybody when it is `cut`; answers whether any are left. And the end of all of them. */
void proxy_expect(struct server *server, struct connection *connection, const struct address *peer);
bool proxy_drain(struct server *server, bool cut);
void proxy_close(struct server *server);

/* server/listeners.c: opens what clients and the admin listener connect to, or takes over what was handed in; has it
 * accept, once the backend serves; in a drain lets nobody new in, and a moment later, when who was connecting has got in,
 * closes it, where who has connected is accepted first. Draining again does nothing. */
MUST_USE int listeners_open(struct server *server, struct error *error);
MUST_USE int listeners_start(struct server *server);
void listeners_shut(struct server *server);
void listeners_drain(struct server *server);
void listeners_close(struct server *server);

/* Names a listener for all processes and says that it is ready; and warns of a `listen` in the file that says something
 * else than what was handed in; and says again where anybody may come, when that has become so. */
void listeners_introduce(struct server *server, struct listener *listener);
void listeners_compare(const struct server *server);
void listeners_warn(const struct server *server);

/* Warns of each listener that strangers can reach, where what they say about themselves is believed. */
void listeners_warn_of_claims(const struct server *server);
/* Warns of a certificate that no listener shows. */
void listeners_warn_of_keys(const struct server *server);
/* How many sockets stand in for server.listen and tls.listen: with one, neither has any effect. */
size_t listeners_inherited(const struct server *server);

/* What is wanted of either kind, and the key that says so. */
const struct config_list *listeners_wanted(const struct config *config, bool tls);
const char *listeners_key(bool tls);

/* server/relisten.c: the same for a reload, in two steps: what `next` wants listened on is opened beside what there is, or nothing is; then
 * it takes over - what is no longer wanted accepts whoever has connected and is closed - or is dropped. Drop takes one
 * that is all zeroes, or has been taken. */
struct listeners_plan {
    struct listener **listeners; /* NULL: all stay as they are */
    size_t count;
    bool admin_changes;
    struct admin *admin; /* the new one, NULL = none */
};
MUST_USE int listeners_prepare(struct server *server, const struct config *next, struct listeners_plan *plan,
                               struct error *error);
void listeners_take(struct server *server, struct listeners_plan *plan);
void listeners_drop(struct server *server, struct listeners_plan *plan);

/* server/tickets.c: the keys that let TLS sessions be resumed at every process. Made before the first generation; rotated
 * from `watch` on. Free them when nobody is left who uses them. */
MUST_USE int tickets_make(struct server *server, struct error *error);
MUST_USE int tickets_watch(struct server *server);
void tickets_unwatch(struct server *server);
void tickets_free(struct server *server);

/* server/reload.c: HUP. Whatever is asked for until the loop comes round is one reload. */
MUST_USE int reload_watch(struct server *server);
void reload_request(struct server *server);

/* server/watch.c: limits.max_command_time has become less than `patience_us`. */
void watch_lowered(struct server *server, uint64_t patience_us);

/* server/server.c: what --check warns of, into the log. */
void server_log_warnings(const struct config *config);

/* server/drain.c: begins a drain for `signal_name`; a second call ends it at once. */
void drain_begin(struct server *server, const char *signal_name);

/* What retiring backends call: the connection has had its last look. */
void drain_release(void *context, struct connection *connection);

/* server/watch.c: the tick of the main loop: overdue connections, threads that hang. */
void watch_tick(int fd, short what, void *context);

/* USR2: the scoreboard into the log. */
void watch_log_scoreboard(struct server *server);

#endif
