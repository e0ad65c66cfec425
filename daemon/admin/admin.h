/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_ADMIN_ADMIN_H
#define CONCUR_ADMIN_ADMIN_H

#include <stdbool.h>

#include "common/error.h"

/* The admin listener: HTTP for people and probes, on the main loop, so that it answers just as long as that turns. All
 * calls: the main thread. */
struct admin;
struct event_base;

/* Listens on `spec`, or on the listening socket `fd` (else -1), which is its own from now on. NULL with the reason.
 * admin_stop nulls the pointer, takes NULL. */
struct admin *admin_start(struct event_base *base, const char *spec, int fd, struct error *error);
void admin_stop(struct admin **admin);

/* What /readyz says: 200 while clients can be served, else 503. Takes NULL. */
void admin_set_ready(struct admin *admin, bool ready);

/* The address that it really has, as text. */
const char *admin_name(const struct admin *admin);

#endif
