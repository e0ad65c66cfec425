/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals, as events of the main loop: libevent's handler only writes a byte, so nothing of ours runs in signal context
 * and logging from here is safe. Runs in the master's main thread. */
#include "daemon/server/signals.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#include "daemon/server/server_private.h"

static void on_terminate(evutil_socket_t signal_number, short what, void *context)
{
    (void)what;
    drain_begin(context, signal_number == SIGINT ? "INT" : "TERM");
}

static void on_reload(evutil_socket_t signal_number, short what, void *context)
{
    (void)signal_number;
    (void)what;
    reload_request(context);
}

static void on_reopen(evutil_socket_t signal_number, short what, void *context)
{
    struct server *server = context;

    (void)signal_number;
    (void)what;
    logger_reopen(server->logger);
}

static void on_scoreboard(evutil_socket_t signal_number, short what, void *context)
{
    (void)signal_number;
    (void)what;
    watch_log_scoreboard(context);
}

static const struct {
    int number;
    event_callback_fn handler;
} table[] = {
    {SIGTERM, on_terminate}, {SIGINT, on_terminate},   {SIGHUP, on_reload},
    {SIGUSR1, on_reopen},    {SIGUSR2, on_scoreboard},
};

static void mask_requests(int how)
{
    sigset_t requests;

    sigemptyset(&requests);
    sigaddset(&requests, SIGHUP);
    sigaddset(&requests, SIGUSR1);
    sigaddset(&requests, SIGUSR2);
    pthread_sigmask(how, &requests, NULL);
}

void signals_defer(void)
{
    /* The order matters: ignoring throws away what is pending, and what is blocked is kept although it is ignored, as its
     * handler may change. libevent puts back what was there when its events are freed, so afterwards they are ignored. */
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    mask_requests(SIG_BLOCK);
}

void signals_hold(void)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
}

bool signals_hurried(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) || sigismember(&pending, SIGINT));
}

#define SIGNALS (sizeof table / sizeof table[0])

struct signals {
    struct event *events[SIGNALS];
};

struct signals *signals_watch(struct server *server)
{
    struct signals *signals = calloc(1, sizeof *signals);
    size_t i;

    if (signals == NULL)
        return NULL;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a log file at its limit is an error of the write, not our end */
    for (i = 0; i < SIGNALS; i++) {
        signals->events[i] = evsignal_new(server->base, table[i].number, table[i].handler, server);
        if (signals->events[i] == NULL || event_add(signals->events[i], NULL) != 0) {
            signals_free(&signals);
            return NULL;
        }
    }
    mask_requests(SIG_UNBLOCK);
    return signals;
}

void signals_free(struct signals **signals)
{
    size_t i;

    if (*signals == NULL)
        return;
    for (i = 0; i < SIGNALS; i++)
        if ((*signals)->events[i] != NULL)
            event_free((*signals)->events[i]);
    free(*signals);
    *signals = NULL;
}
