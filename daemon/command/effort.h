/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_EFFORT_H
#define CONCUR_COMMAND_EFFORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* Ways of spending time that keep the thread, shared by the families that do so. They ask often enough whether to stop,
 * and answer false when they did: the handler is to give up. In the worker that runs the command. */

struct call;
struct robust_lock;

/* Uses that much CPU time of this thread. */
bool effort_burn(struct call *call, uint64_t cpu_us);

/* Sleeps on its thread for that long. */
bool effort_block(struct call *call, uint64_t us);

/* Takes a lock and, where that is another's for now, waits for it on its thread. */
MUST_USE bool effort_lock(struct call *call, struct robust_lock *lock);

#endif
