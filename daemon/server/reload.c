/* SPDX-License-Identifier: Apache-2.0
 *
 * A reload: everything that can fail is done first, beside what runs - the files are read, keys that a reload may not
 * change are put back, listeners and the log's target are opened, the snapshot for the workers is made. Then it is taken
 * over, which can't fail; or it was refused, and nothing has changed. So there is no half of a reload.
 *
 * Reloads are serialised by running in the one main loop, and coalesced: what is asked for while the loop is busy, be it
 * two hundred times, is one reload. Runs in the master's main thread. */
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log/change.h"
#include "daemon/server/server.h"
#include "daemon/server/server_private.h"
#include "daemon/sys/snapshot.h"
#include "daemon/sys/usage.h"

/* All that a reload needs, ready to be taken over. */
struct reload {
    struct generation *generation;
    struct buffer changed, kept; /* names of keys */
    int snapshot;                /* for worker processes; -1 without any */
    struct log_change *log;
    struct listeners_plan listeners;
};

static int complain(struct buffer *problems, const char *text)
{
    if (buffer_printf(problems, "%s\n", text) != 0)
        return -1; /* without a word: there is no memory for one */
    return -1;
}

/* The configuration as it would be, and what that changes. */
static struct config *read_config(struct server *server, struct reload *reload, struct buffer *problems)
{
    struct config *config = server->source->load(server->source->context, CONFIG_READS_AGAIN, problems);
    int result;

    if (config == NULL)
        return NULL;
    result =
        config_reload(config, server_config(server), server->first->config, &reload->changed, &reload->kept);
    if (result != 0)
        (void)complain(problems, "no memory for the configuration");
    else /* What was put back has to get on with what was not. */
        result = config_resolve(config, usage_cores(), problems);
    if (result != 0)
        config_free(&config);
    return config;
}

static int make_generation(struct server *server, struct reload *reload, struct buffer *problems)
{
    uint32_t number = generations_current(server->generations)->number + 1;
    struct config *config = read_config(server, reload, problems);

    if (config == NULL)
        return -1;
    reload->generation = generation_new(config, number, server->tickets, problems);
    if (reload->generation == NULL)
        config_free(&config);
    return reload->generation != NULL ? 0 : -1;
}

static int make_snapshot(struct server *server, struct reload *reload, struct error *error)
{
    struct buffer bytes = {0};

    if (server->host.generation_fd < 0)
        return 0;
    if (generation_write(reload->generation, &bytes) != 0)
        error_set(error, "no memory for the generation");
    else
        reload->snapshot = snapshot_write("concurd-generation", bytes.data, buffer_length(&bytes), error);
    generation_wipe(&bytes);
    return reload->snapshot >= 0 ? 0 : -1;
}

/* 0, or -1 with at least one line in `problems`, unless there is no memory even for that. */
static int prepare(struct server *server, struct reload *reload, struct buffer *problems)
{
    const struct config *next;
    struct error error;

    if (make_generation(server, reload, problems) != 0)
        return -1;
    next = reload->generation->config;
    reload->log = log_change_prepare(server_config(server), next, &error);
    if (reload->log == NULL || make_snapshot(server, reload, &error) != 0 ||
        listeners_prepare(server, next, &reload->listeners, &error) != 0)
        return complain(problems, error.text);
    return 0;
}

/* Each key by its name, with where the other value is written. */
static void tell_kept(const struct config *config, struct buffer *kept)
{
    char *rest = buffer_length(kept) != 0 && buffer_append(kept, "", 1) == 0 ? buffer_head(kept) : NULL;
    char *name;

    while ((name = strsep(&rest, ",")) != NULL) {
        const struct config_key *key = config_key_named(name);
        struct buffer value = {0};

        if (config_key_format(config, key, &value) == 0 && buffer_append(&value, "", 1) == 0)
            log_event(EVENT_RESTART_NEEDED, LOG_S(name), LOG_S(buffer_head(&value)),
                      LOG_S(config_key_written(config, key->section, key->name)
                                ? config_key_place(config, key->section, key->name)
                                : "the default"));
        buffer_free(&value);
    }
}

static void publish(struct server *server, struct generation *next)
{
    uint64_t old_patience = server_config(server)->limits.max_command_time_us;

    if (next->config->limits.max_command_time_us < old_patience)
        watch_lowered(server, old_patience);
    generations_publish(server->generations, next);
    segment_set32(&server->segment->header->generation, next->number);
    segment_set32(&server->segment->processes[0].generation, next->number);
    log_adopt(next->config);
    command_adopt(next->config);
    connections_adopt(server->connections);
}

/* Whether who had to show a password, or a certificate, need not any more. */
static bool lets_more_in(const struct config *before, const struct config *after)
{
    return after->auth.allow_anonymous &&
           (!before->auth.allow_anonymous || (before->tls.client_ca != NULL && after->tls.client_ca == NULL));
}

static void take(struct server *server, struct reload *reload)
{
    struct generation *next = reload->generation;
    bool opens = lets_more_in(server_config(server), next->config);

    reload->generation = NULL;
    publish(server, next);
    logger_change(server->logger, &reload->log);
    if (reload->snapshot >= 0) {
        close(server->host.generation_fd);
        server->host.generation_fd = reload->snapshot;
        reload->snapshot = -1;
    }
    backend_adopt(server->backend);
    if (buffer_append(&reload->changed, "", 1) == 0)
        log_event(EVENT_RELOADED, LOG_U(next->number), LOG_S(buffer_head(&reload->changed)));
    if (opens)
        listeners_warn(server);
    listeners_take(server, &reload->listeners);
    tell_kept(next->config, &reload->kept);
    server_log_warnings(next->config);
}

static void clear(struct server *server, struct reload *reload)
{
    generation_free(&reload->generation);
    buffer_free(&reload->changed);
    buffer_free(&reload->kept);
    if (reload->snapshot >= 0)
        close(reload->snapshot);
    log_change_free(&reload->log);
    listeners_drop(server, &reload->listeners);
}

/* Each problem is a line of the log; the first is what the service manager shows. */
static void refuse(struct server *server, struct buffer *problems)
{
    char *rest, *line;

    if (buffer_length(problems) == 0 || buffer_append(problems, "", 1) != 0) {
        log_event(EVENT_RELOAD_REFUSED, LOG_S("no memory"));
        service_reloaded(server, "no memory");
        return;
    }
    service_reloaded(server, buffer_head(problems));
    rest = buffer_head(problems);
    while ((line = strsep(&rest, "\n")) != NULL)
        if (line[0] != '\0')
            log_event(EVENT_RELOAD_REFUSED, LOG_S(line));
}

static void on_reload(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    struct reload reload = {.snapshot = -1};
    struct buffer problems = {0};

    (void)fd;
    (void)what;
    if (server->drain_until_us != 0 || server->failed)
        return;
    service_reloading(server);
    if (prepare(server, &reload, &problems) == 0) {
        take(server, &reload);
        service_reloaded(server, NULL);
    } else
        refuse(server, &problems);
    clear(server, &reload);
    buffer_free(&problems);
}

int reload_watch(struct server *server)
{
    server->reload = evtimer_new(server->base, on_reload, server);
    return server->reload != NULL ? 0 : -1;
}

void reload_request(struct server *server)
{
    static const struct timeval at_once;

    if (server->drain_until_us != 0)
        log_event(EVENT_RELOAD_REFUSED, LOG_S("the daemon is draining"));
    else if (!server->ready)
        server->reload_waits = true;
    else if (event_add(server->reload, &at_once) != 0)
        log_event(EVENT_RELOAD_REFUSED, LOG_S("no memory"));
}
