/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SERVER_SERVER_H
#define CONCUR_SERVER_SERVER_H

#include "daemon/config/config.h"
#include "daemon/net/inherit.h"

/* Where configurations come from: the first, and one for each reload. */
struct config_source {
    const char *name; /* for the log */
    /* Reads everything anew, checked and resolved: a configuration that is the caller's, or NULL with a line in `problems`
     * for everything that is wrong. Main thread; blocks on the file system. */
    struct config *(*load)(const void *context, enum config_reading reading, struct buffer *problems);
    const void *context;
};

/* Runs the daemon with this configuration, which it owns from now on, in the foreground, until it has drained. Answers the
 * exit status: 0 after a drain, 1 when it could not start or go on (the reason is on stderr). `inherited` are the sockets
 * that stand in for the configured ones. Main thread; call it once. */
int server_run(struct config *config, const struct config_source *source,
               const struct inheritance *inherited);

/* Runs this process as prefork worker `number`, on the descriptors that it inherited (backend/handover.h), until it is
 * told to end or its master is gone. Answers the exit status. */
int server_run_worker(unsigned number);

#endif
