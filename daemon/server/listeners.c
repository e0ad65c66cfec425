/* SPDX-License-Identifier: Apache-2.0
 *
 * Where clients connect: the configured addresses, or sockets that were handed in, which win over `listen` - who wrote
 * that is told when it says something else. Listeners are bound before the backend starts, so that a wrong address is
 * found first; they accept when it is ready. Runs in the master's main thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/server/server_private.h"

#define LIST_BYTES 480 /* of addresses in one line of the log */

/* Whether somebody may come in who has shown neither a password nor a certificate. */
static bool is_open(const struct server *server, const struct listener *listener)
{
    const struct config *config = server_config(server);

    return !listener_is_local(listener) && config->auth.allow_anonymous &&
           !(listener_is_tls(listener) && config->tls.client_ca != NULL);
}

/* Whether passwords come in that others on the way can read. */
static bool is_overheard(const struct server *server, const struct listener *listener)
{
    return !listener_is_local(listener) && !listener_is_tls(listener) &&
           server_config(server)->auth.users != NULL;
}

/* Whatever log.level is; the worse of two alone. */
static void warn_if_open(const struct server *server, const struct listener *listener)
{
    char text[ADDRESS_TEXT_BYTES + 128];

    if (is_open(server, listener))
        snprintf(text, sizeof text, "ANYBODY WHO REACHES %s MAY USE THIS SERVER: auth.allow_anonymous = yes",
                 listener_name(listener));
    else if (is_overheard(server, listener))
        snprintf(text, sizeof text,
                 "ANYBODY ON THE WAY TO %s CAN READ PASSWORDS: it has no TLS, as tls.listen has",
                 listener_name(listener));
    else
        return;
    log_event(EVENT_CONFIG_WARNING, LOG_S(text));
}

/* The PROXY protocol has no proof of who speaks it. Whatever log.level is. */
void listeners_warn_of_claims(const struct server *server)
{
    char text[ADDRESS_TEXT_BYTES + 128];
    size_t i;

    if (!server_config(server)->server.proxy_protocol)
        return;
    for (i = 0; i < server->listener_count; i++) {
        if (listener_is_local(server->listeners[i]))
            continue;
        snprintf(text, sizeof text,
                 "ANYBODY WHO REACHES %s CAN CLAIM ANY ADDRESS: server.proxy_protocol believes it; let only "
                 "the proxy connect",
                 listener_name(server->listeners[i]));
        log_event(EVENT_CONFIG_WARNING, LOG_S(text));
    }
}

/* Whoever forgets tls.listen has no TLS, and would not notice before a client does. */
void listeners_warn_of_keys(const struct server *server)
{
    size_t i;

    if (server_config(server)->tls.cert == NULL)
        return;
    for (i = 0; i < server->listener_count; i++)
        if (listener_is_tls(server->listeners[i]))
            return;
    log_event(EVENT_CONFIG_WARNING,
              LOG_S("nobody speaks TLS: there are tls.cert and tls.key, and no tls.listen"));
}

/* Whether a listener or a connection has the number. Whoever closes a connection reads the name before it frees the entry,
 * with release: what is found free here is not read any more. */
static bool is_in_use(const struct server *server, uint32_t number)
{
    size_t i;

    for (i = 0; i < server->listener_count; i++)
        if (server->listeners[i] != NULL && listener_number(server->listeners[i]) == number)
            return true;
    for (i = 0; i < server->segment->header->connections; i++)
        if (atomic_load_explicit(&server->segment->connections[i].state, memory_order_acquire) ==
                CONNECTION_USED &&
            segment_get32(&server->segment->connections[i].listener) == number)
            return true;
    return false;
}

/* The number of that name, or one for it: unused, or of a listener that is gone with all who came through it. */
static unsigned find_number(struct server *server, const char *name)
{
    char(*names)[SEGMENT_LISTENER_BYTES] = server->segment->header->listeners;
    unsigned i, tries;

    for (i = 0; i < SEGMENT_LISTENERS; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    for (i = 0; i < SEGMENT_LISTENERS && names[i][0] != '\0';)
        i++;
    if (i < SEGMENT_LISTENERS)
        return i;
    /* Round and round: a listener that was given one a moment ago is not in the list yet. */
    for (tries = 0; tries < SEGMENT_LISTENERS; tries++) {
        server->name_reused = (server->name_reused + 1) % SEGMENT_LISTENERS;
        if (!is_in_use(server, server->name_reused))
            return server->name_reused;
    }
    return SEGMENT_LISTENERS;
}

/* Numbers the listener by its name in the shared segment, where every process looks for it. A name is written before a
 * connection that carries its number is handed to anybody, and stays as long as there is one: connections may outlive
 * their listener. One that finds no room has a number without a name. */
static void number(struct server *server, struct listener *listener)
{
    unsigned i = find_number(server, listener_name(listener));

    if (i < SEGMENT_LISTENERS)
        snprintf(server->segment->header->listeners[i], SEGMENT_LISTENER_BYTES, "%s",
                 listener_name(listener));
    listener_set_number(listener, i);
}

/* Takes `listener` in as the next one. */
static void add(struct server *server, struct listener *listener)
{
    server->listeners[server->listener_count++] = listener;
    warn_if_open(server, listener);
    number(server, listener);
}

void listeners_warn(const struct server *server)
{
    size_t i;

    for (i = 0; i < server->listener_count; i++)
        if (server->listeners[i] != NULL)
            warn_if_open(server, server->listeners[i]);
}

static void say_ready(const struct server *server, const struct listener *listener)
{
    log_event(EVENT_READY, LOG_S(listener_name(listener)),
              LOG_S(config_mode_name(server_config(server)->server.mode)),
              LOG_S(listener_is_tls(listener) ? "yes" : "no"));
}

void listeners_introduce(struct server *server, struct listener *listener)
{
    warn_if_open(server, listener);
    number(server, listener);
    say_ready(server, listener);
}

const struct config_list *listeners_wanted(const struct config *config, bool tls)
{
    return tls ? &config->tls.listen : &config->server.listen;
}

const char *listeners_key(bool tls)
{
    return tls ? "tls.listen" : "server.listen";
}

static int open_configured(struct server *server, bool tls, struct error *error)
{
    const struct config_list *specs = listeners_wanted(server_config(server), tls);
    size_t i;

    for (i = 0; i < specs->count; i++) {
        struct listener *listener =
            listener_open(specs->items[i], (int)server_config(server)->server.backlog, error);

        if (listener == NULL)
            return error_prefix(error, "%s", listeners_key(tls));
        listener_set_tls(listener, tls);
        add(server, listener);
    }
    return 0;
}

static int take_over(struct server *server, struct error *error)
{
    size_t i;

    for (i = 0; i < server->inherited->count; i++) {
        const struct inherited *socket = &server->inherited->sockets[i];
        struct listener *listener;

        if (socket->role != INHERIT_SERVER && socket->role != INHERIT_TLS)
            continue;
        listener = listener_inherit(socket->fd, (int)server_config(server)->server.backlog, error);
        if (listener == NULL)
            return -1;
        listener_set_tls(listener, socket->role == INHERIT_TLS);
        add(server, listener);
    }
    return 0;
}

/* The address as a listener on it would be called. */
static const char *canonical(const char *spec, char text[ADDRESS_TEXT_BYTES])
{
    struct address address;
    struct error error;

    return address_parse(spec, &address, &error) == 0 ? address_format(&address, text) : spec;
}

static bool is_inherited(const struct server *server, const char *spec, bool tls)
{
    char text[ADDRESS_TEXT_BYTES];
    size_t i;

    for (i = 0; i < server->listener_count; i++)
        if (listener_is_tls(server->listeners[i]) == tls &&
            strcmp(listener_name(server->listeners[i]), canonical(spec, text)) == 0)
            return true;
    return false;
}

static void append(char list[LIST_BYTES], const char *item)
{
    size_t used = strlen(list);

    snprintf(list + used, LIST_BYTES - used, "%s%s", used != 0 ? ", " : "", item);
}

/* What the file says about listening has no effect; it is no secret unless it says the same. */
static void compare_listen(const struct server *server, bool tls)
{
    const struct config_list *specs = listeners_wanted(server_config(server), tls);
    char configured[LIST_BYTES] = "", inherited[LIST_BYTES] = "";
    bool same = true;
    size_t i, count = 0;

    if (!config_key_written(server_config(server), tls ? "tls" : "server", "listen"))
        return;
    for (i = 0; i < specs->count; i++) {
        same = same && is_inherited(server, specs->items[i], tls);
        append(configured, specs->items[i]);
    }
    for (i = 0; i < server->listener_count; i++)
        if (listener_is_tls(server->listeners[i]) == tls) {
            append(inherited, listener_name(server->listeners[i]));
            count++;
        }
    if (!same || count != specs->count)
        log_event(EVENT_LISTEN_IGNORED, LOG_S(listeners_key(tls)), LOG_S(configured), LOG_S(inherited));
}

static void compare_admin(const struct server *server)
{
    const char *spec = server_config(server)->admin.listen;
    char text[ADDRESS_TEXT_BYTES];

    if (!config_key_written(server_config(server), "admin", "listen") ||
        (spec != NULL && strcmp(canonical(spec, text), admin_name(server->admin)) == 0))
        return;
    log_event(EVENT_LISTEN_IGNORED, LOG_S("admin.listen"), LOG_S(spec != NULL ? spec : "none"),
              LOG_S(admin_name(server->admin)));
}

size_t listeners_inherited(const struct server *server)
{
    return inherit_count(server->inherited, INHERIT_SERVER) + inherit_count(server->inherited, INHERIT_TLS);
}

void listeners_compare(const struct server *server)
{
    if (listeners_inherited(server) != 0) {
        compare_listen(server, false);
        compare_listen(server, true);
    }
    if (inherit_count(server->inherited, INHERIT_ADMIN) != 0)
        compare_admin(server);
}

/* The socket that was handed in for the admin listener, or -1. */
static int inherited_admin(const struct server *server)
{
    size_t i;

    for (i = 0; i < server->inherited->count; i++)
        if (server->inherited->sockets[i].role == INHERIT_ADMIN)
            return server->inherited->sockets[i].fd;
    return -1;
}

static int open_admin(struct server *server, struct error *error)
{
    const char *spec = server_config(server)->admin.listen;
    int fd = inherited_admin(server);

    if (fd < 0 && spec == NULL)
        return 0;
    server->admin = admin_start(server->base, spec, fd, error);
    if (server->admin == NULL)
        return -1;
    log_event(EVENT_ADMIN, LOG_S(admin_name(server->admin)));
    return 0;
}

static int open_all(struct server *server, struct error *error)
{
    if (listeners_inherited(server) != 0)
        return take_over(server, error);
    if (open_configured(server, false, error) != 0)
        return -1;
    return open_configured(server, true, error);
}

int listeners_open(struct server *server, struct error *error)
{
    const struct config *config = server_config(server);
    size_t count = listeners_inherited(server);

    if (count == 0)
        count = config->server.listen.count + config->tls.listen.count;
    server->listeners = calloc(count, sizeof(struct listener *));
    if (server->listeners == NULL)
        return error_set(error, "no memory for listeners");
    if (open_all(server, error) != 0 || open_admin(server, error) != 0)
        return -1;
    listeners_compare(server);
    listeners_warn_of_claims(server);
    listeners_warn_of_keys(server);
    return 0;
}

int listeners_start(struct server *server)
{
    size_t i;

    for (i = 0; i < server->listener_count; i++) {
        if (listener_start(server->listeners[i], server->base, dispatch_accepted, server) != 0)
            return -1;
        say_ready(server, server->listeners[i]);
    }
    return 0;
}

void listeners_shut(struct server *server)
{
    size_t i;

    for (i = 0; i < server->listener_count; i++)
        if (listener_is_inherited(server->listeners[i]))
            listener_close(&server->listeners[i]);
        else
            listener_shut(server->listeners[i]);
}

void listeners_drain(struct server *server)
{
    size_t i;

    for (i = 0; i < server->listener_count; i++) {
        if (server->listeners[i] == NULL)
            continue;
        listener_accept_rest(server->listeners[i]);
        listener_close(&server->listeners[i]);
    }
}

void listeners_close(struct server *server)
{
    size_t i;

    for (i = 0; i < server->listener_count; i++)
        listener_close(&server->listeners[i]);
    free(server->listeners);
    server->listeners = NULL;
    server->listener_count = 0;
    admin_stop(&server->admin);
}
