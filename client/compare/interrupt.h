/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_INTERRUPT_H
#define CONCUR_CLIENT_COMPARE_INTERRUPT_H

#include <stdbool.h>

/* TERM and INT during a comparison: blocked in all threads from the beginning, so that one that comes between two runs
 * waits until somebody looks. A load that runs takes it (load_run), and says so in its result. */

/* Main thread, before any other thread is there. */
void interrupt_block(void);

/* Whether one is waiting. */
bool interrupt_is_pending(void);

#endif
