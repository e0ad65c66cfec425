/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_ATTENDANCE_H
#define CONCUR_CLIENT_LOAD_ATTENDANCE_H

#include <stdbool.h>
#include <stdint.h>

#define ATTENDANCE_GAP_NS 100000000 /* what is shorter may be a long round of work */

/* Whether a load thread had the CPU that it wanted. Owned by its load thread; main thread: after that has ended. */
struct attendance {
    int schedstat;      /* of the thread; -1: the kernel doesn't tell */
    uint64_t cpu_ns;    /* spent on CPUs: until attendance_end as of the beginning, then what was measured */
    uint64_t waited_ns; /* the same for the time in which it was to run and did not */
    uint64_t away_ns;   /* sum of gaps: it was to look by a certain time, and came much later */
};

/* Opens what the kernel tells of the calling thread. attendance_close in any case; one of `schedstat` -1 may be
 * closed. */
void attendance_open(struct attendance *attendance);
void attendance_close(struct attendance *attendance);

/* From here to there is measured. By the thread that opened it. */
void attendance_begin(struct attendance *attendance);
void attendance_end(struct attendance *attendance);

/* The thread had meant to look at its connections by `due_ns` at the latest, and does so now. */
void attendance_look(struct attendance *attendance, uint64_t due_ns, uint64_t now_ns);

/* For how long in all this thread was to run and did not; false where the kernel doesn't tell. */
bool attendance_waited(const struct attendance *attendance, uint64_t *waited_ns);

#endif
