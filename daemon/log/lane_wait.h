/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_LOG_LANE_WAIT_H
#define CONCUR_LOG_LANE_WAIT_H

#include "daemon/log/lane.h"

/* Waiting for room in a lane (log.overflow = block), and waking who waits. */

enum lane_prospect {
    LANE_ROOM,
    LANE_FULL,     /* worth waiting for */
    LANE_HOPELESS, /* too small for it, or full and nothing was read since somebody waited in vain */
};

/* What would become of a record of `length` bytes now. Called like lane_put. `head` receives what lane_await
 * needs. */
enum lane_prospect lane_look(const struct lane_writer *writer, size_t length, bool urgent, uint64_t *head);

/* Sleeps until the log thread has read beyond `head`, at most `timeout_us`; may return early. `again`: this goes on
 * with a wait that is counted already. Any thread of the lane's process, without its lock. */
void lane_await(const struct lane_writer *writer, uint64_t head, uint64_t timeout_us, bool again);

/* A wait that began at one head timed out at another. When they are the same, nobody waits again until the log thread
 * reads on; else it does read, and others took the room. Called like lane_put. */
void lane_give_up(const struct lane_writer *writer, uint64_t began_at, uint64_t head);

/* Consumer: the head has moved; wakes who waits for that. */
void lane_wake(struct lane *lane);

#endif
