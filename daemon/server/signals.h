/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_SIGNALS_H
#define CONCUR_SERVER_SIGNALS_H

#include <stdbool.h>

struct server;
struct signals;

/* Has the main loop act on the daemon's signals (DESIGN: TERM and INT drain, HUP reload, USR1 reopen, USR2 scoreboard).
 * NULL when memory is short. signals_free nulls the pointer, takes NULL. Main thread. */
struct signals *signals_watch(struct server *server);
void signals_free(struct signals **signals);

/* HUP, USR1 and USR2 kill nobody before signals_watch and after signals_free. First of all. */
void signals_ignore(void);

/* The main loop will answer no more: from now on TERM and INT only wait to be seen by signals_hurried, which says whether
 * one of them has come since. Main thread; all other threads must have them blocked. */
void signals_hold(void);
bool signals_hurried(void);

#endif
