/* SPDX-License-Identifier: Apache-2.0
 *
 * What the main loop looks at ten times a second: connections past their deadline, and threads that hang - a handler that
 * neither ends nor asks whether it should. Such a thread can't be stopped; it is reported, and the service manager's
 * watchdog goes hungry (service.c). Runs in the master's main thread. */
#include "common/clock.h"
#include "daemon/server/server_private.h"

#define STUCK_GRACE_US 5000000 /* beyond max_command_time, for a machine that is merely busy */

static const char *slot_command(const struct slot *slot)
{
    const struct command_row *row = command_at(segment_get32(&slot->command) - 1u);

    return segment_get32(&slot->command) != 0 && row != NULL ? row->command->name : "";
}

void watch_lowered(struct server *server, uint64_t patience_us)
{
    uint64_t now = clock_now_us();

    if (now >= server->patience_until_us || server->patience_us < patience_us)
        server->patience_us = patience_us;
    server->patience_until_us = clock_add(now, clock_add(server->patience_us, STUCK_GRACE_US));
}

/* A command keeps the time that it had when it began, so for a while there may be some with more than is allowed now. */
static uint64_t patience_of(const struct server *server, uint64_t now)
{
    uint64_t patience = server_config(server)->limits.max_command_time_us;

    return now < server->patience_until_us && server->patience_us > patience ? server->patience_us : patience;
}

/* Whether the thread of a slot hangs; the first time that it does is logged. */
static bool is_stuck(struct server *server, unsigned i, uint64_t now)
{
    const struct slot *slot = &server->segment->slots[i];
    uint64_t beat = segment_get(&slot->beat_us);
    uint64_t patience = patience_of(server, now) + STUCK_GRACE_US;

    if (segment_get32(&slot->state) != SLOT_BUSY || now < beat || now - beat < patience)
        return false;
    if (beat == server->stuck_reported_us[i])
        return true;
    server->stuck_reported_us[i] = beat;
    log_event(EVENT_THREAD_STUCK, LOG_U(i), LOG_U(segment_get32(&slot->tid)), LOG_U((now - beat) / 1000u),
              LOG_S(slot_command(slot)));
    return true;
}

static unsigned count_stuck(struct server *server, uint64_t now)
{
    unsigned count = 0, i;

    for (i = 0; i < server->process.slots; i++)
        count += is_stuck(server, i, now);
    return count;
}

void watch_tick(int fd, short what, void *context)
{
    struct server *server = context;
    uint64_t now = clock_now_us();
    uint64_t pauses = server->closed_pauses;
    unsigned i;

    (void)fd;
    (void)what;
    connections_sweep(server->connections, now);
    server->hanging = count_stuck(server, now);
    for (i = 0; i < server->listener_count; i++)
        if (server->listeners[i] != NULL)
            pauses += listener_pauses(server->listeners[i]);
    if (pauses != 0)
        segment_set(&server->segment->header->accept_pauses, pauses);
    service_tick(server, now);
}

/* What there is to say about the slots in all, beside a line for each that has served somebody. */
struct scoreboard {
    uint64_t states[SLOT_WAITING + 1];
    uint64_t unused; /* of those idle, never served anybody */
};

static void log_slot(const struct server *server, unsigned i, enum slot_state state, uint64_t now)
{
    static const char *const states[] = {
        [SLOT_FREE] = "free", [SLOT_IDLE] = "idle", [SLOT_BUSY] = "busy", [SLOT_WAITING] = "waiting"};
    const struct slot *slot = &server->segment->slots[i];
    uint64_t beat = segment_get(&slot->beat_us);

    log_event(EVENT_SCOREBOARD, LOG_U(i), LOG_U(segment_get32(&slot->process)),
              LOG_U(segment_get32(&slot->tid)), LOG_S(states[state]),
              LOG_U(state != SLOT_IDLE ? segment_get(&slot->connection) : 0),
              LOG_U(segment_get(&slot->commands)), LOG_U(segment_get(&slot->error_replies)),
              LOG_S(slot_command(slot)), LOG_U(state == SLOT_BUSY && now > beat ? now - beat : 0));
}

void watch_log_scoreboard(struct server *server)
{
    struct scoreboard all = {0};
    uint64_t now = clock_now_us();
    unsigned i;

    for (i = 0; i < server->segment->header->slots; i++) {
        const struct slot *slot = &server->segment->slots[i];
        uint32_t state = segment_get32(&slot->state);

        if (state == SLOT_FREE || state > SLOT_WAITING)
            continue;
        all.states[state]++;
        if (state == SLOT_IDLE && segment_get(&slot->connection) == 0)
            all.unused++;
        else
            log_slot(server, i, state, now);
    }
    log_event(EVENT_SCOREBOARD_TOTAL, LOG_U(all.states[SLOT_IDLE]), LOG_U(all.states[SLOT_BUSY]),
              LOG_U(all.states[SLOT_WAITING]), LOG_U(all.unused), LOG_U(segment_clients(server->segment)),
              LOG_U(segment_get(&server->segment->header->queued_connections)));
}
