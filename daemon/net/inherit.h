/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_NET_INHERIT_H
#define CONCUR_NET_INHERIT_H

#include <stddef.h>

#include "common/error.h"

/* Listening sockets that were handed in at start (socket activation: sd_listen_fds(3), spoken directly). Each comes with
 * a name, which says in whose place it stands: `concurd` or `server` of server.listen, whatever begins with `tls` of
 * tls.listen, `admin` of admin.listen. */

#define INHERIT_FIRST_FD 3  /* SD_LISTEN_FDS_START */
#define INHERIT_MOST     64 /* as many as the shared segment can name */

enum inherit_role { INHERIT_SERVER, INHERIT_TLS, INHERIT_ADMIN, INHERIT_ROLES };

struct inheritance {
    size_t count;
    struct inherited {
        int fd;
        enum inherit_role role;
    } sockets[INHERIT_MOST];
};

/* Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES and takes them out of the environment, so that no child believes them
 * to be for it; takes over the descriptors from `first` on and makes them close-on-exec and non-blocking. None when there
 * are none, or they are another process's. 0, or -1 when anything is wrong with any of them: no socket, no stream, not
 * listening, a name that nobody knows, more or fewer names than sockets. Main thread, before any other descriptor is
 * opened. */
MUST_USE int inherit_take(struct inheritance *inheritance, int first, struct error *error);

/* How many there are of that role. */
size_t inherit_count(const struct inheritance *inheritance, enum inherit_role role);

#endif
