/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_SIGNALS_H
#define CONCUR_SERVER_SIGNALS_H

#include <stdbool.h>

struct server;
struct signals;

/* Has the main loop act on the daemon's signals (DESIGN: TERM and INT drain, HUP reload, USR1 reopen, USR2 scoreboard),
 * those that were deferred first. NULL when memory is short. signals_free nulls the pointer, takes NULL. Main thread. */
struct signals *signals_watch(struct server *server);
void signals_free(struct signals **signals);

/* HUP, USR1 and USR2 kill nobody from now on: before signals_watch they wait, after signals_free they are ignored. First
 * of all, while there is one thread. */
void signals_defer(void);

/* The main loop will answer no more: from now on TERM and INT only wait to be seen by signals_hurried, which says whether
 * one of them has come since. Main thread; all other threads must have them blocked. */
void signals_hold(void);
bool signals_hurried(void);

#endif
