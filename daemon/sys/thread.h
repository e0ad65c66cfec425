/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SYS_THREAD_H
#define CONCUR_SYS_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* The signal that takes a blocking thread out of its read: a handler without SA_RESTART that does nothing. */
#define THREAD_KICK SIGURG

/* Starts a thread with every signal blocked (signals are the main thread's), with a name for ps and gdb, and with
 * `stack_bytes` of stack (0 = the system's default). 0, or an errno value. Any thread. */
MUST_USE int thread_start(pthread_t *thread, const char *name, size_t stack_bytes, void *(*run)(void *),
                          void *argument);

/* Joins until `until_us` (monotonic). 0, or an errno value: ETIMEDOUT when it still runs. */
MUST_USE int thread_join(pthread_t thread, uint64_t until_us);

/* Lets the calling thread be kicked; the handler is installed once per process, before the first kick. */
void thread_kick_prepare(void);
void thread_kick_allow(void);

/* Keeps kicks for the calling thread back; what was blocked before goes to `before`, for a sleep that they are to end and
 * for thread_kick_resume. */
void thread_kick_hold(sigset_t *before);
void thread_kick_resume(const sigset_t *before);

#endif
