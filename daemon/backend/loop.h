/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_LOOP_H
#define CONCUR_BACKEND_LOOP_H

struct event_base;

/* A libevent loop as a reactor needs it, also for a host that lends its own to one: without locks, and without a look at
 * the clock at every turn. One thread. NULL when memory is short; event_base_free it. */
struct event_base *loop_new(void);

#endif
