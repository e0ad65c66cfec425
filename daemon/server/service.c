/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service manager is told. States are owed to it until its socket takes them: a READY=1 lost in a full queue
 * would end in the start's time-out. The status, the watchdog's pings and the requests for more time
 * are not: the next one is as good.
 *
 * The watchdog is fed from the main loop's tick, so a main loop that hangs starves it, and not while a thread hangs that
 * nobody can stop: only a restart of the whole mends that. Worker processes are none of its business, the supervisor kills
 * and replaces those. A drain asks for more time, a little at a time, while nothing hangs: it ends by a deadline of its
 * own, which may be later than the manager's, and what hangs shall not keep the service from being stopped.
 *
 * Runs in the master's main thread. */
#include "daemon/server/service.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/printable.h"
#include "daemon/server/server_private.h"

#define STATUS_EVERY_US 2000000
#define EXTEND_EVERY_US 1000000
#define EXTEND_BY_US    10000000

#define READY     "READY=1"
#define RELOADING "RELOADING=1"

/* What is owed goes first, in its order; false while some of it is left. */
static bool pay(struct service *service)
{
    while (service->owed_count != 0 && notify_send(&service->notify, service->owed[0]) == 0) {
        service->owed_count--;
        memmove(service->owed[0], service->owed[1], service->owed_count * sizeof service->owed[0]);
    }
    return service->owed_count == 0;
}

static bool is_owed(const struct service *service, unsigned from_last, const char *state)
{
    return service->owed_count > from_last &&
           strncmp(service->owed[service->owed_count - 1 - from_last], state, strlen(state)) == 0;
}

/* Sends it now or later. A reload that is owed from its beginning to its end is news to nobody when the next one begins; so
 * what is owed has an end: being ready, one reload, stopping, and why. A RELOADING is never without its READY, nor the
 * other way round. */
static void owe(struct service *service, const char *message)
{
    if (!notify_wanted(&service->notify) || (pay(service) && notify_send(&service->notify, message) == 0))
        return;
    if (strncmp(message, RELOADING, strlen(RELOADING)) == 0 && is_owed(service, 0, READY) &&
        is_owed(service, 1, RELOADING))
        service->owed_count -= 2;
    if (service->owed_count == SERVICE_OWED_MOST)
        service->owed_count--;
    snprintf(service->owed[service->owed_count++], SERVICE_OWED_BYTES, "%s", message);
}

/* A status is one line of UTF-8, or the whole message is refused: what a file holds need be neither. */
static void copy_line(char *to, size_t size, const char *text)
{
    size_t length = strcspn(text, "\r\n");

    if (length >= size)
        for (length = size - 1; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--; /* no part of a character */
    memcpy(to, text, length);
    to[length] = '\0';
    printable(to, length);
}

static void describe(struct server *server, char text[SERVICE_STATUS_BYTES])
{
    struct service *service = &server->service;
    char hangs[48] = "";

    if (server->hanging != 0)
        snprintf(hangs, sizeof hangs, "; %u thread%s", server->hanging,
                 server->hanging == 1 ? " hangs" : "s hang");
    if (server->drain_until_us != 0)
        snprintf(text, SERVICE_STATUS_BYTES, "draining: %" PRIu64 " clients left%s",
                 segment_clients(server->segment), hangs);
    else
        snprintf(text, SERVICE_STATUS_BYTES, "mode %s, %" PRIu64 " clients, %" PRIu64 " requests/s%s%s%s",
                 config_mode_name(server_config(server)->server.mode), segment_clients(server->segment),
                 service->rate, hangs, service->refused[0] != '\0' ? "; last reload refused: " : "",
                 service->refused);
}

static void tell(struct server *server, const char *state)
{
    char message[SERVICE_OWED_BYTES];

    if (!notify_wanted(&server->service.notify))
        return;
    describe(server, server->service.status);
    snprintf(message, sizeof message, "%s\nSTATUS=%s", state, server->service.status);
    owe(&server->service, message);
}

void service_open(struct service *service)
{
    *service = (struct service){.looked_us = clock_now_us()};
    notify_open(&service->notify);
}

void service_close(struct service *service)
{
    notify_close(&service->notify);
}

void service_ready(struct server *server)
{
    tell(server, READY);
}

void service_reloading(struct server *server)
{
    char state[64];

    snprintf(state, sizeof state, RELOADING "\nMONOTONIC_USEC=%" PRIu64, clock_now_us());
    tell(server, state);
}

void service_reloaded(struct server *server, const char *refusal)
{
    copy_line(server->service.refused, sizeof server->service.refused, refusal != NULL ? refusal : "");
    tell(server, READY);
}

static void extend(struct service *service, uint64_t by_us, uint64_t now_us)
{
    char message[64];

    snprintf(message, sizeof message, "EXTEND_TIMEOUT_USEC=%" PRIu64, by_us);
    if (notify_send(&service->notify, message) == 0)
        service->extended_us = now_us;
}

void service_stopping(struct server *server)
{
    tell(server, "STOPPING=1");
    extend(&server->service, EXTEND_BY_US, clock_now_us());
}

void service_ending(struct server *server, uint64_t most_us)
{
    if (server->drain_until_us != 0 && server->hanging == 0)
        extend(&server->service, most_us, clock_now_us());
}

void service_failed(struct server *server, const char *reason)
{
    char message[SERVICE_OWED_BYTES] = "STATUS=";

    copy_line(message + strlen(message), sizeof message - strlen(message), reason);
    owe(&server->service, message);
}

/* Sent only when it has changed; takes the rate over the time since the last look. */
static void update_status(struct server *server, uint64_t now_us)
{
    struct service *service = &server->service;
    uint64_t commands = segment_commands(server->segment);
    char text[SERVICE_STATUS_BYTES], message[SERVICE_OWED_BYTES];

    service->rate = (commands - service->commands) * 1000000u / (now_us - service->looked_us);
    service->commands = commands;
    service->looked_us = now_us;
    service->hanging = server->hanging;
    describe(server, text);
    if (strcmp(text, service->status) == 0)
        return;
    snprintf(message, sizeof message, "STATUS=%s", text);
    if (notify_send(&service->notify, message) == 0)
        memcpy(service->status, text, sizeof text);
}

static void feed_watchdog(struct service *service, uint64_t now_us)
{
    if (now_us - service->pinged_us >= service->notify.watchdog_us / 2 &&
        notify_send(&service->notify, "WATCHDOG=1") == 0)
        service->pinged_us = now_us;
}

void service_tick(struct server *server, uint64_t now_us)
{
    struct service *service = &server->service;

    if (!notify_wanted(&service->notify) || !pay(service))
        return;
    if (server->hanging == 0 && service->notify.watchdog_us != 0)
        feed_watchdog(service, now_us);
    if (server->hanging == 0 && server->drain_until_us != 0 &&
        now_us - service->extended_us >= EXTEND_EVERY_US)
        extend(service, EXTEND_BY_US, now_us);
    /* That something hangs, or no longer does, is told at once: the manager may act before the next look. */
    if (now_us - service->looked_us >= STATUS_EVERY_US || service->hanging != server->hanging)
        update_status(server, now_us);
}
