/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_ADMIN_GUESTS_H
#define CONCUR_ADMIN_GUESTS_H

#include "common/error.h"

/* Who is connected to the admin listener: so many at most, and each with a deadline for its next whole request, however busily
 * it sends parts of it. Main thread. */
struct guests;
struct bufferevent;
struct event_base;
struct evhttp;

/* Watches everybody that `http` accepts from now on. NULL when memory is short. guests_free, once `http` is freed, nulls the
 * pointer, takes NULL. */
MUST_USE struct guests *guests_new(struct event_base *base, struct evhttp *http);
void guests_free(struct guests **guests);

/* A whole request of this one has come and was answered: its time begins anew. */
void guests_answered(struct guests *guests, const struct bufferevent *stream);

#endif
