/* SPDX-License-Identifier: Apache-2.0
 *
 * Listeners at a reload: those that are wanted and open stay as they are, with who waits in their queues; new ones are
 * opened beside them; those that are wanted no more accept whoever has connected and are closed. Sockets that were handed
 * in stay, whatever the file says. Runs in the master's main thread. */
#include <stdlib.h>
#include <string.h>

#include "daemon/server/server_private.h"

static bool in(struct listener *const *list, size_t count, const struct listener *listener)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (list[i] == listener)
            return true;
    return false;
}

/* The open listener of that specification, which is not in the plan yet, or NULL. One whose name was removed does not
 * count: nobody can reach it, and another makes the name again. */
static struct listener *find_open(const struct server *server, const struct listeners_plan *plan,
                                  const char *spec, bool tls)
{
    size_t i;

    for (i = 0; i < server->listener_count; i++)
        if (strcmp(listener_spec(server->listeners[i]), spec) == 0 &&
            listener_is_tls(server->listeners[i]) == tls &&
            !in(plan->listeners, plan->count, server->listeners[i]) &&
            !listener_lost_its_name(server->listeners[i]))
            return server->listeners[i];
    return NULL;
}

/* One of ours is in the way of `spec` until it is closed, and it is not closed before everything else is open: else a
 * reload that is refused later on would have lost it. So this can't be had in one reload, which is better said than the
 * kernel's "in use". */
static int check_overlap(const struct server *server, const char *spec, struct error *error)
{
    struct address wanted;
    size_t i;

    if (address_parse(spec, &wanted, error) != 0)
        return -1;
    for (i = 0; i < server->listener_count; i++)
        if (address_overlaps(&wanted, listener_address(server->listeners[i])))
            return error_set(
                error,
                "%s: %s is still open here: this takes a restart, or two reloads, the first of them "
                "without either",
                spec, listener_name(server->listeners[i]));
    return 0;
}

/* One that accepts as soon as the loop turns again: before that, the plan is taken or dropped. */
static struct listener *open_next(struct server *server, const struct config *next, const char *spec,
                                  bool tls, struct error *error)
{
    struct listener *listener = NULL;

    if (check_overlap(server, spec, error) == 0)
        listener = listener_open(spec, (int)next->server.backlog, error);
    if (listener == NULL) {
        error_prefix(error, "%s", listeners_key(tls));
        return NULL;
    }
    listener_set_tls(listener, tls);
    if (listener_start(listener, server->base, dispatch_accepted, server) != 0) {
        error_set(error, "no memory for a listener");
        listener_close(&listener);
    }
    return listener;
}

static int plan_list(struct server *server, const struct config *next, bool tls, struct listeners_plan *plan,
                     struct error *error)
{
    const struct config_list *specs = listeners_wanted(next, tls);
    size_t i;

    for (i = 0; i < specs->count; i++) {
        struct listener *listener = find_open(server, plan, specs->items[i], tls);

        if (listener == NULL)
            listener = open_next(server, next, specs->items[i], tls, error);
        if (listener == NULL)
            return -1;
        plan->listeners[plan->count++] = listener;
    }
    return 0;
}

static int plan_listeners(struct server *server, const struct config *next, struct listeners_plan *plan,
                          struct error *error)
{
    plan->listeners = calloc(next->server.listen.count + next->tls.listen.count, sizeof(struct listener *));
    if (plan->listeners == NULL)
        return error_set(error, "no memory for listeners");
    if (plan_list(server, next, false, plan, error) != 0)
        return -1;
    return plan_list(server, next, true, plan, error);
}

/* Sockets that were handed in stay; those of TLS need a certificate. */
static int check_inherited(const struct server *server, const struct config *next, struct error *error)
{
    if (inherit_count(server->inherited, INHERIT_TLS) == 0 || next->tls.cert != NULL)
        return 0;
    return error_set(error, "sockets for TLS were handed in, so tls.cert and tls.key are needed");
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int plan_admin(struct server *server, const struct config *next, struct listeners_plan *plan,
                      struct error *error)
{
    plan->admin_changes = !same_text(server_config(server)->admin.listen, next->admin.listen);
    if (!plan->admin_changes || next->admin.listen == NULL)
        return 0;
    plan->admin = admin_start(server->base, next->admin.listen, -1, error);
    return plan->admin != NULL ? 0 : -1;
}

int listeners_prepare(struct server *server, const struct config *next, struct listeners_plan *plan,
                      struct error *error)
{
    *plan = (struct listeners_plan){0};
    if ((listeners_inherited(server) != 0 ? check_inherited(server, next, error)
                                          : plan_listeners(server, next, plan, error)) == 0 &&
        (inherit_count(server->inherited, INHERIT_ADMIN) != 0 || plan_admin(server, next, plan, error) == 0))
        return 0;
    listeners_drop(server, plan);
    return -1;
}

void listeners_drop(struct server *server, struct listeners_plan *plan)
{
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (!in(server->listeners, server->listener_count, plan->listeners[i]))
            listener_close(&plan->listeners[i]);
    free(plan->listeners);
    admin_stop(&plan->admin);
    *plan = (struct listeners_plan){0};
}

static void close_unwanted(struct server *server, const struct listeners_plan *plan)
{
    size_t i;

    for (i = 0; i < server->listener_count; i++) {
        struct listener *listener = server->listeners[i];

        if (in(plan->listeners, plan->count, listener))
            continue;
        log_event(EVENT_LISTENER_CLOSED, LOG_S(listener_name(listener)));
        server->closed_pauses += listener_pauses(listener);
        listener_shut(listener);
        listener_accept_rest(listener);
        listener_close(&listener);
    }
}

static void take_listeners(struct server *server, struct listeners_plan *plan)
{
    struct listener **old = server->listeners;
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (!in(old, server->listener_count, plan->listeners[i]))
            listeners_introduce(server, plan->listeners[i]);
    close_unwanted(server, plan);
    server->listeners = plan->listeners;
    server->listener_count = plan->count;
    free(old);
}

static void take_admin(struct server *server, struct listeners_plan *plan)
{
    admin_stop(&server->admin);
    server->admin = plan->admin;
    admin_set_ready(server->admin, true);
    if (server->admin != NULL)
        log_event(EVENT_ADMIN, LOG_S(admin_name(server->admin)));
}

static void set_backlogs(struct server *server)
{
    struct error error;
    size_t i;

    for (i = 0; i < server->listener_count; i++)
        if (listener_set_backlog(server->listeners[i], (int)server_config(server)->server.backlog, &error) !=
            0)
            log_event(EVENT_WARNING, LOG_S(error.text));
}

void listeners_take(struct server *server, struct listeners_plan *plan)
{
    if (plan->listeners != NULL)
        take_listeners(server, plan);
    if (plan->admin_changes)
        take_admin(server, plan);
    listeners_compare(server);
    listeners_warn_of_claims(server);
    listeners_warn_of_keys(server);
    set_backlogs(server);
    *plan = (struct listeners_plan){0};
}
