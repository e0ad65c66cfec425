/* SPDX-License-Identifier: Apache-2.0
 *
 * The master: makes the segment, the log, the main loop, the listeners and the backend, in this order, runs until drained,
 * and takes it all down again in the reverse one, the log thread last. Listeners are bound before the backend starts, so
 * that a wrong address is found first; they accept when it is ready. Runs in the main thread. */
#include "daemon/server/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#include "common/clock.h"
#include "daemon/command/authentication.h"
#include "daemon/server/server_private.h"
#include "daemon/sys/snapshot.h"
#include "daemon/sys/usage.h"

#define SPARE_FILES      256     /* descriptors beside those of clients */
#define STOP_PATIENCE_US 1000000 /* for threads to end once nothing is left to do */
#define LOG_PATIENCE_US  5000000 /* for the sink to take the last lines */
#define LOG_HURRIED_US   1000000 /* the same after a second TERM */
#define ENDING_GRACE_US  2000000 /* beyond these */
#define FIRST_GENERATION 1

static int make_segment(struct server *server, struct error *error)
{
    const struct config *config = server->first->config;
    unsigned processes = backend_processes(config);
    struct backend_share mine = backend_share(config, 0), last = backend_share(config, processes - 1);
    struct segment_layout layout = {.processes = processes,
                                    .slots = last.first + last.count,
                                    .connections = (unsigned)config->server.max_clients,
                                    .counters = (unsigned)config->counters.capacity};
    struct segment_header *header;

    layout.log_bytes = log_queue_bytes(layout.slots, config->log.lane_size);
    server->segment = segment_create(&layout, error);
    if (server->segment == NULL)
        return -1;
    server->queue = log_queue_init(server->segment->log, layout.slots, config->log.lane_size);
    header = server->segment->header;
    header->started_us = clock_now_us();
    header->master_pid = (uint32_t)getpid();
    header->mode = config->server.mode;
    header->inner = config->server.mode == MODE_PREFORK ? config->prefork.inner : -1;
    segment_set32(&header->generation, FIRST_GENERATION);
    segment_set32(&server->segment->processes[0].pid, header->master_pid);
    segment_set32(&server->segment->processes[0].state, PROCESS_READY);
    segment_set32(&server->segment->processes[0].generation, FIRST_GENERATION);
    process_init(&server->process, 0, server->generations, server->segment, server->queue, mine.first,
                 mine.count);
    return 0;
}

void server_log_warnings(const struct config *config)
{
    struct buffer warnings = {0};
    char *line, *rest;

    config_warn(config, &warnings);
    if (buffer_append(&warnings, "", 1) == 0)
        for (rest = buffer_head(&warnings); (line = strsep(&rest, "\n")) != NULL && *line != '\0';)
            log_event(EVENT_CONFIG_WARNING, LOG_S(line));
    buffer_free(&warnings);
}

static int make_log(struct server *server, struct error *error)
{
    const struct config *config = server_config(server);

    log_adopt(config);
    log_bind(log_queue_lane(server->queue, 0), 0, false);
    log_never_wait(); /* this thread accepts, watches the workers and answers signals */
    server->logger = logger_start(config, server->queue, error);
    if (server->logger == NULL)
        return -1;
    log_event(EVENT_STARTED, LOG_S(PACKAGE_VERSION), LOG_S(config_mode_name(config->server.mode)),
              LOG_U(usage_cores()), LOG_S(server->source->name));
    server_log_warnings(config);
    return 0;
}

/* Descriptors for max_clients, or a warning: the daemon then pauses accepting when it gets there. */
static void raise_files(const struct server *server)
{
    uint64_t wanted = server_config(server)->server.max_clients + SPARE_FILES;
    uint64_t got = usage_raise_files(wanted);

    if (got < wanted)
        log_event(EVENT_LIMIT, LOG_S("RLIMIT_NOFILE is too low for server.max_clients"), LOG_U(wanted),
                  LOG_U(got));
}

static int make_tables(struct server *server, struct error *error)
{
    const struct config *config = server_config(server);

    if (command_set_up(config, error) != 0)
        return -1;
    server->connections = connections_new(&server->process);
    server->process.wake = connections_wake;
    server->process.wake_context = server->connections;
    server->free_indexes = malloc(config->server.max_clients * sizeof *server->free_indexes);
    server->addresses = addresses_new(server->segment);
    server->process.authentication = authentication_new(server->segment);
    server->stuck_reported_us = calloc(server->process.slots, sizeof *server->stuck_reported_us);
    if (server->connections == NULL || server->free_indexes == NULL || server->addresses == NULL ||
        server->process.authentication == NULL || server->stuck_reported_us == NULL)
        return error_set(error, "no memory for %llu clients", (unsigned long long)config->server.max_clients);
    return 0;
}

/* What libevent would print on stderr, past the log: its calls tell us in their results. */
static void drop_message(int severity, const char *message)
{
    (void)severity;
    (void)message;
}

static int make_loop(struct server *server, struct error *error)
{
    struct timeval interval = {.tv_usec = CONNECTIONS_SWEEP_MS * 1000};

    event_set_log_callback(drop_message);
    server->base = event_base_new();
    if (server->base != NULL) {
        server->signals = signals_watch(server);
        server->tick = event_new(server->base, -1, EV_PERSIST, watch_tick, server);
    }
    if (server->signals == NULL || server->tick == NULL || event_add(server->tick, &interval) != 0 ||
        reload_watch(server) != 0 || tickets_watch(server) != 0)
        return error_set(error, "no memory for the main loop");
    return 0;
}

/* The backend serves: now clients may come. */
static void on_ready(void *context)
{
    struct server *server = context;

    if (server->drain_until_us != 0 || server->failed)
        return; /* too late: the listeners are closed */
    if (listeners_start(server) != 0) {
        server->host.failed(server, "no memory for a listener");
        return;
    }
    server->ready = true;
    admin_set_ready(server->admin, true);
    service_ready(server);
    if (server->reload_waits)
        reload_request(server);
}

static void on_failed(void *context, const char *reason)
{
    struct server *server = context;

    log_event(EVENT_ERROR, LOG_S(reason));
    server->failed = true;
    event_base_loopbreak(server->base);
}

static void on_process_ended(void *context, unsigned number)
{
    struct server *server = context;
    struct backend_share share = backend_share(server->first->config, number);
    unsigned i;

    segment_fold(server->segment, number);
    for (i = 0; i < share.count; i++)
        logger_lane_died(server->logger, share.first + i);
}

static bool on_process_reusable(void *context, unsigned number)
{
    struct server *server = context;
    struct backend_share share = backend_share(server->first->config, number);
    unsigned i;

    for (i = 0; i < share.count; i++)
        if (!logger_lane_ready(server->logger, share.first + i))
            return false;
    return true;
}

static void on_process_wanted(void *context, unsigned number)
{
    struct server *server = context;
    struct backend_share share = backend_share(server->first->config, number);
    unsigned i;

    for (i = 0; i < share.count; i++)
        logger_lane_wanted(server->logger, share.first + i);
}

/* What a worker is to read instead of any file: this configuration, whole and unchangeable. */
static int make_generation(struct server *server, struct error *error)
{
    struct buffer bytes = {0};

    server->host.program_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (server->host.program_fd < 0)
        return error_errno(error, "opening our own binary");
    if (generation_write(server->first, &bytes) != 0)
        error_set(error, "no memory for the generation");
    else
        server->host.generation_fd =
            snapshot_write("concurd-generation", bytes.data, buffer_length(&bytes), error);
    generation_wipe(&bytes);
    return server->host.generation_fd >= 0 ? 0 : -1;
}

static int start_backend(struct server *server, struct error *error)
{
    server->host = (struct backend_host){.process = &server->process,
                                         .connections = server->connections,
                                         .base = server->base,
                                         .context = server,
                                         .release = drain_release,
                                         .ready = on_ready,
                                         .failed = on_failed,
                                         .process_ended = on_process_ended,
                                         .process_reusable = on_process_reusable,
                                         .process_wanted = on_process_wanted,
                                         .generation_fd = -1,
                                         .ticket_keys = &server->ticket_keys,
                                         .ticket_serial = 1,
                                         .program_fd = -1};
    if (server_config(server)->server.mode == MODE_PREFORK && make_generation(server, error) != 0)
        return -1;
    server->sampler = sampler_start(server->segment);
    server->backend = backend_start(server_config(server)->server.mode, &server->host, error);
    return server->backend != NULL ? 0 : -1;
}

/* Everything but the segment, which the sampler may still write to, and the log. Answers how many threads hang. */
static unsigned take_down(struct server *server)
{
    unsigned abandoned;

    signals_hold();
    service_ending(server, 2 * STOP_PATIENCE_US + LOG_PATIENCE_US + ENDING_GRACE_US);
    listeners_close(server);
    proxy_close(server);
    abandoned = backend_stop(&server->backend, clock_add(clock_now_us(), STOP_PATIENCE_US));
    if (abandoned == 0)
        abandoned =
            authentication_stop(&server->process.authentication, clock_add(clock_now_us(), STOP_PATIENCE_US));
    sampler_abandon(server->sampler);
    signals_free(&server->signals);
    if (server->tick != NULL)
        event_free(server->tick);
    if (server->reload != NULL)
        event_free(server->reload);
    tickets_unwatch(server);
    if (server->drain_tick != NULL)
        event_free(server->drain_tick);
    if (server->base != NULL)
        event_base_free(server->base);
    free(server->free_indexes);
    addresses_free(&server->addresses);
    free(server->stuck_reported_us);
    if (abandoned == 0)
        connections_free(&server->connections);
    return abandoned;
}

static void stop_log(struct server *server, unsigned abandoned)
{
    const struct segment_header *header = server->segment->header;
    const struct logger_end end = {.uptime_us = clock_now_us() - header->started_us,
                                   .connections = segment_get(&header->total_connections),
                                   .abandoned = abandoned,
                                   .hurried = signals_hurried};

    logger_stop(&server->logger, &end, server->hurried ? LOG_HURRIED_US : LOG_PATIENCE_US);
}

/* Where somebody who starts the daemon by hand looks, wherever the log goes. */
static void complain(struct server *server, const struct error *error)
{
    service_failed(server, error->text);
    if (server->logger != NULL)
        log_event(EVENT_ERROR, LOG_S(error->text));
    if (server->logger == NULL || strcmp(server_config(server)->log.target, "stderr") != 0)
        fprintf(stderr, "concurd: %s\n", error->text);
}

static void drop_generations(struct server *server)
{
    if (server->first != NULL)
        generations_let_go(server->generations, server->first);
    generations_free(&server->generations);
    tickets_free(server);
}

/* The configuration that it starts with becomes the first generation, which stays: segment and threads are made from it. */
static int make_generations(struct server *server, struct config *config, struct error *error)
{
    struct buffer problems = {0};
    struct generation *first = generation_new(config, FIRST_GENERATION, server->tickets, &problems);

    if (first == NULL) {
        config_free(&config);
        error_set(error, "%s",
                  buffer_append(&problems, "", 1) == 0 ? strtok(buffer_head(&problems), "\n") : "no memory");
    } else if ((server->generations = generations_new(first)) == NULL) {
        generation_free(&first);
        error_set(error, "no memory for the configuration");
    } else
        server->first = generations_hold(server->generations);
    buffer_free(&problems);
    return server->generations != NULL ? 0 : -1;
}

int server_run(struct config *config, const struct config_source *source, const struct inheritance *inherited)
{
    static struct server server; /* static: abandoned threads may outlive this function */
    struct error error;
    unsigned abandoned;
    int status = 1;

    server.source = source;
    server.inherited = inherited;
    service_open(&server.service);
    if (tickets_make(&server, &error) != 0 || make_generations(&server, config, &error) != 0 ||
        make_segment(&server, &error) != 0 || make_log(&server, &error) != 0) {
        complain(&server, &error);
        segment_close(&server.segment);
        drop_generations(&server);
        return 1;
    }
    raise_files(&server);
    if (make_tables(&server, &error) != 0 || make_loop(&server, &error) != 0 ||
        listeners_open(&server, &error) != 0 || start_backend(&server, &error) != 0)
        complain(&server, &error);
    else if (!server.failed && event_base_dispatch(server.base) >= 0 && !server.failed)
        status = 0;
    abandoned = take_down(&server);
    if (server.segment != NULL && server.logger != NULL)
        stop_log(&server, abandoned);
    service_close(&server.service);
    if (abandoned == 0)
        drop_generations(&server); /* where it shows when somebody held one and is gone */
    if (abandoned != 0 || server.sampler != NULL)
        _exit(status); /* threads still run: no destructor may take anything from under them */
    return status;
}
