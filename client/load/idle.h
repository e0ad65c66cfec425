/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_IDLE_H
#define CONCUR_CLIENT_LOAD_IDLE_H

#include "client/load/plan.h"
#include "client/wire.h"

/* Connections that only stand there. */
struct idle {
    struct wire *wires;
    size_t count;
};

/* Opens as many as the plan wants, at plan->address, and introduces each as the plan says. 0, or -1 with the reason;
 * idle_close in any case. Blocks; gives up when nothing goes on for plan->timeout_us, or when `signals`, a descriptor,
 * becomes readable: then there is no error, and there are fewer. */
MUST_USE int idle_open(struct idle *idle, const struct load_plan *plan, int signals, struct error *error);

/* How many of them the server has closed, or said something on that nobody asked for. */
size_t idle_lost(struct idle *idle);

void idle_close(struct idle *idle);

#endif
