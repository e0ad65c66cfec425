/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_SERVER_H
#define CONCUR_CLIENT_COMPARE_SERVER_H

#include <sched.h>

#include "client/compare/model.h"

/* A private daemon on a free port of the loopback interface, with a thread that keeps it: reads its log, restarts it
 * when it was made to crash, ends it. It never outlives us, whatever becomes of us. */
struct server;

struct server_spec {
    const char *program;            /* concurd's path */
    const char *file;               /* its configuration file, or NULL */
    struct model_settings settings; /* these win over the file */
    bool tls;                       /* speaks nothing else; the settings name a certificate */
    bool restarts;                  /* when it dies it is started again at once, on the same port */
    const cpu_set_t *cores;         /* that it may use; NULL: all of ours */
};

/* Starts it and waits until clients can connect. 0, or -1 with the reason and the last words of its log. Blocks for
 * at most START_SECONDS of server.c; a pending TERM or INT ends the wait. Main thread. */
MUST_USE int server_start(struct server **server, const struct server_spec *spec, struct error *error);

/* Where it listens. */
unsigned server_port(const struct server *server);

/* How often it was started again. Any thread. */
unsigned server_restarts(struct server *server);

/* Whether it has died and was not, or could not be, started again; then the reason. Any thread. */
bool server_is_dead(struct server *server, struct error *why);

/* Ends it (TERM, after a while KILL), waits for that, frees; nulls the pointer, takes NULL. False when it had to be
 * killed. */
bool server_stop(struct server **server);

#endif
