/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_SERVER_H
#define CONCUR_SERVER_SERVER_H

#include "daemon/config/config.h"
#include "daemon/net/inherit.h"

/* Runs the daemon with this configuration, in the foreground, until it has drained. Answers the exit status: 0 after a
 * drain, 1 when it could not start or go on (the reason is on stderr). `source` names where the configuration came from,
 * for the log; `inherited` are the sockets that stand in for the configured ones. Main thread; call it once. */
int server_run(const struct config *config, const char *source, const struct inheritance *inherited);

/* Runs this process as prefork worker `number`, on the descriptors that it inherited (backend/handover.h), until it is
 * told to end or its master is gone. Answers the exit status. */
int server_run_worker(unsigned number);

#endif
