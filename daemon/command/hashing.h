/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_HASHING_H
#define CONCUR_COMMAND_HASHING_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/password.h"
#include "daemon/command/command.h"

/* Where passwords are checked: a few threads of the process, apart from those that run commands. A job is one check; who
 * submitted it is woken when it is over, and lets go of it then or at any time before. */

struct hashing;
struct hashing_job;

enum hashing_state {
    HASHING_WAITS, /* in the queue, or under way */
    HASHING_RIGHT,
    HASHING_WRONG,
    HASHING_BUSY,  /* given up in favour of somebody who had asked less */
    HASHING_FAILED /* memory was short */
};

/* With at most `threads` threads, which exist only while there is something to do, and at most `waiting` jobs in the queue.
 * `turns` (shm/turns.h, up to SEGMENT_HASHING_TURNS of them, in shared memory or not) bound the checks at once in all
 * processes that share them. Memory: turns times what the hashes cost (password_memory_bytes), and about a kilobyte for
 * each job. NULL when memory is short. */
struct hashing *hashing_new(unsigned threads, unsigned waiting, _Atomic uint64_t *turns, unsigned turn_count);

/* Ends it, waiting until `until_us` (monotonic) for checks under way; jobs that wait are never done. Nobody submits, wakes
 * or lets go any more. Answers how many threads were abandoned; their memory stays then. Takes NULL, nulls the pointer. */
unsigned hashing_stop(struct hashing **hashing, uint64_t until_us);

/* Checks a password against a hash, both copied, for whoever is `waker`. `source` is what everybody gets a fair share by, a
 * number made of the client's address. NULL when there is no room, or no memory or thread. Any thread. */
struct hashing_job *hashing_submit(struct hashing *hashing, const struct password_hash *hash,
                                   struct text password, uint64_t source, const struct waker *waker);

/* How it stands. Any thread. */
enum hashing_state hashing_look(const struct hashing_job *job);

/* The job is not looked at any more: one that waits is not done at all. `job` is a struct hashing_job. Any thread. */
void hashing_let_go(void *job);

/* Jobs that wait in the queue. Any thread. */
unsigned hashing_waiting(struct hashing *hashing);

#endif
