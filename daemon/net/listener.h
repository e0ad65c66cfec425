/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_NET_LISTENER_H
#define CONCUR_NET_LISTENER_H

#include "common/error.h"
#include "daemon/net/address.h"

/* A listening socket on the main loop. All calls: the main thread. */
struct listener;
struct event_base;

/* Somebody connected: `fd` is non-blocking, close-on-exec and the callee's. */
typedef void listener_accepted(void *context, struct listener *listener, int fd, const struct address *peer);

/* Opens a socket that listens on `spec` (address_parse), not accepting yet. A unix socket that nobody listens on any
 * more is replaced. Never waits for another daemon. NULL with the reason. listener_close also removes the unix socket's
 * name, unless it has become somebody else's; nulls the pointer. */
struct listener *listener_open(const char *spec, int backlog, struct error *error);
void listener_close(struct listener **listener);

/* The same around a socket that listens already and was handed in (net/inherit.h); the descriptor is its own from now
 * on, also when the answer is NULL. Its parent goes on having it, so closing neither shuts it down nor removes a name. */
struct listener *listener_inherit(int fd, int backlog, struct error *error);

/* How many connections the kernel queues from now on; none of those that are queued is lost. 0 or -1. */
MUST_USE int listener_set_backlog(struct listener *listener, int backlog, struct error *error);

/* Starts accepting. 0, or -1 when memory is short. */
MUST_USE int listener_start(struct listener *listener, struct event_base *base, listener_accepted *accepted,
                            void *context);

/* Lets nobody new in, before it is closed: who is connecting gets in still, and is accepted. TCP's others try again by
 * themselves, a second later; a unix socket loses its name. Inherited sockets are not ours to shut. */
void listener_shut(struct listener *listener);

/* Accepts whoever has connected already: the last thing before it is closed in a drain. Nobody at an inherited socket:
 * they are in the queue of the next daemon. */
void listener_accept_rest(struct listener *listener);

/* Stops accepting for a while (descriptors are short, or nobody can take more); it resumes by itself. */
void listener_pause(struct listener *listener, unsigned ms);

/* The address that it really has, with the port that was free: as text, for logs. */
const char *listener_name(const struct listener *listener);

/* Whether it listens on a unix socket whose name somebody has removed: nobody can connect any more. */
bool listener_lost_its_name(const struct listener *listener);

/* The same, not as text. */
const struct address *listener_address(const struct listener *listener);

/* What it was opened with, "" for an inherited one. */
const char *listener_spec(const struct listener *listener);

/* Whether those who connect here speak TLS; no unless it is said. They are told nothing when they are turned away: it would be
 * no TLS. */
void listener_set_tls(struct listener *listener, bool tls);
bool listener_is_tls(const struct listener *listener);

/* What its owner calls it. */
void listener_set_number(struct listener *listener, unsigned number);
unsigned listener_number(const struct listener *listener);

/* Whether its parent goes on having it. */
bool listener_is_inherited(const struct listener *listener);

/* Whether only this machine can reach it. */
bool listener_is_local(const struct listener *listener);

/* How often accepting paused because the kernel gave no descriptor. */
unsigned long listener_pauses(const struct listener *listener);

#endif
