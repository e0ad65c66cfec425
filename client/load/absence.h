/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_ABSENCE_H
#define CONCUR_CLIENT_LOAD_ABSENCE_H

#include <stdbool.h>
#include <stdint.h>

/* When a load thread was not there to look at its connections although there was something to see - it waited for a
 * CPU, or was stopped, or was busy - and this is why requests had to wait. Owned by its load thread. All zeroes: it
 * was always there. */

#define ABSENCES_KEPT    128
#define ABSENCE_LEAST_NS 1000000 /* what is shorter counts for nothing */

struct absences {
    struct absence {
        uint64_t from_ns, to_ns;
    } kept[ABSENCES_KEPT]; /* a ring; the oldest are forgotten */
    uint64_t count;        /* how many there ever were */

    uint64_t waiting_since_ns; /* requests have been waiting since then; 0: there is none */
    uint64_t missed_ns;        /* of the time since then */
    bool ours;                 /* they wait because of our absence */
};

/* Whether any requests wait for a connection now, which is looked at. */
void absences_look(struct absences *absences, uint64_t now_ns, bool waiting);

/* Adds an absence, later than all before it. Counts for nothing when it is too short, or when requests have been
 * waiting already for what is not our doing. */
void absences_add(struct absences *absences, uint64_t from_ns, uint64_t to_ns);

/* For how much of the time between the two it was not there. */
uint64_t absences_between(const struct absences *absences, uint64_t from_ns, uint64_t to_ns);

#endif
