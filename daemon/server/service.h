/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_SERVICE_H
#define CONCUR_SERVER_SERVICE_H

#include <stdint.h>

#include "daemon/sys/notify.h"

/* What the service manager is told of the daemon's life: sd_notify(3)'s states, a line of status, signs of life, and more
 * time while a drain gets on. Without NOTIFY_SOCKET all of this does nothing. All calls: the main thread. */

struct server;

#define SERVICE_REASON_BYTES 200 /* of why a reload was refused, as the status shows it */
#define SERVICE_OWED_MOST    6   /* messages that wait for room at the receiver's */
#define SERVICE_STATUS_BYTES 400
#define SERVICE_OWED_BYTES   512

struct service {
    struct notify notify;
    /* the status line */
    char status[SERVICE_STATUS_BYTES];  /* as it was told last */
    char refused[SERVICE_REASON_BYTES]; /* why the last reload changed nothing; "" when it did */
    uint64_t looked_us;                 /* when the rate was taken last */
    uint64_t commands;                  /* how many there had been then */
    uint64_t rate;                      /* per second */
    unsigned hanging;                   /* threads that hung then */
    uint64_t pinged_us, extended_us;    /* when the watchdog was fed, when more time was asked for */
    /* what there was no room for at the receiver's: the oldest first */
    unsigned owed_count;
    char owed[SERVICE_OWED_MOST][SERVICE_OWED_BYTES];
};

/* Finds out whether anybody wants to know. */
void service_open(struct service *service);
void service_close(struct service *service);

/* Clients can be served. */
void service_ready(struct server *server);

/* A reload begins; and it is over: `refusal` says why nothing has changed, NULL = it has. */
void service_reloading(struct server *server);
void service_reloaded(struct server *server, const char *refusal);

/* A drain has begun; and the main loop has ended: what is left takes `most_us` at most. */
void service_stopping(struct server *server);
void service_ending(struct server *server, uint64_t most_us);

/* The daemon could not start, or go on. */
void service_failed(struct server *server, const char *reason);

/* Several times a second, from the main loop and from nowhere else: that it is called is the sign of life. */
void service_tick(struct server *server, uint64_t now_us);

#endif
