/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_SIGNALS_H
#define CONCUR_SERVER_SIGNALS_H

struct server;
struct signals;

/* Has the main loop act on the daemon's signals (DESIGN: TERM and INT drain, HUP reload, USR1 reopen, USR2 scoreboard).
 * NULL when memory is short. signals_free nulls the pointer, takes NULL. Main thread. */
struct signals *signals_watch(struct server *server);
void signals_free(struct signals **signals);

#endif
