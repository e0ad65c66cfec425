/* SPDX-License-Identifier: Apache-2.0
 *
 * A load thread's absences. A client that gets no CPU reads no replies, and so has no connection with room for what
 * is due meanwhile: to itself it looks like a server that keeps every connection waiting. What tells the two apart is
 * whether it came to look when it meant to, and who made the requests wait in the first place: those that began to
 * wait while it looked on wait for the server, and it makes no difference that the client was away afterwards. A
 * queue that began in an absence is held to be the server's as well once the client has been there for half of its
 * time, in which a server with room would have seen to it. Asked for every request that is sent, so that one in time
 * costs a comparison. Runs in the load thread. */
#include "client/load/absence.h"

void absences_look(struct absences *absences, uint64_t now_ns, bool waiting)
{
    if (!waiting) {
        absences->waiting_since_ns = 0;
    } else if (absences->waiting_since_ns == 0) {
        absences->waiting_since_ns = now_ns;
        absences->ours = false;
    }
}

void absences_add(struct absences *absences, uint64_t from_ns, uint64_t to_ns)
{
    if (to_ns < from_ns + ABSENCE_LEAST_NS)
        return;
    if (absences->waiting_since_ns == 0) {
        absences->waiting_since_ns = from_ns;
        absences->missed_ns = 0;
        absences->ours = true;
    }
    absences->missed_ns += to_ns - from_ns;
    if (to_ns - absences->waiting_since_ns > 2 * absences->missed_ns)
        absences->ours = false;
    if (!absences->ours)
        return;
    absences->kept[absences->count++ % ABSENCES_KEPT] = (struct absence){.from_ns = from_ns, .to_ns = to_ns};
}

uint64_t absences_between(const struct absences *absences, uint64_t from_ns, uint64_t to_ns)
{
    uint64_t least = absences->count > ABSENCES_KEPT ? absences->count - ABSENCES_KEPT : 0;
    uint64_t at, sum = 0;

    for (at = absences->count; at > least; at--) {
        const struct absence *absence = &absences->kept[(at - 1) % ABSENCES_KEPT];
        uint64_t begin = absence->from_ns > from_ns ? absence->from_ns : from_ns;
        uint64_t end = absence->to_ns < to_ns ? absence->to_ns : to_ns;

        if (absence->to_ns <= from_ns)
            break;
        sum += end > begin ? end - begin : 0;
    }
    return sum;
}
