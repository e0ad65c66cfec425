/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a request's waiting is our own doing. A client that gets no CPU, or is stopped, reads no replies, and so has
 * no room for what is due meanwhile: to itself it looks like a server that keeps every connection waiting. And what
 * has piled up goes on delaying requests long after it is back.
 *
 * So each place keeps a second account: of the load as it would have gone had we always been there. There, a request
 * is sent when it is due or when its place is free, whichever is later, and takes as long as it took here, but for the
 * time that its reply lay unread. What it was sent later here than there is its send lag. That is passed on from
 * request to request and gone as soon as there is a gap in the other account, as it is with any queue.
 *
 * A server that stalls answers when it is back, however early it was asked: what a request takes longer than usual is
 * deducted from what it is late. A loop that only takes turns - microseconds for each event - passes nothing on:
 * against a server that is busy itself nothing would have been won. Runs in the load thread. */
#include "client/load/lateness.h"

#define USUAL_STEPS 16

uint64_t lateness_send(struct lateness *place, uint64_t due_ns, uint64_t now_ns)
{
    uint64_t since_ns = due_ns > place->free_ns ? due_ns : place->free_ns;
    uint64_t there_ns = place->free_ns - place->late_ns; /* in the other account */
    uint64_t could_ns = due_ns > there_ns ? due_ns : there_ns;

    if (now_ns < since_ns)
        since_ns = now_ns;
    if (now_ns < could_ns)
        could_ns = now_ns;
    place->late_ns = (now_ns - since_ns >= LATENESS_LEAST_NS ? now_ns : since_ns) - could_ns;
    return now_ns - could_ns;
}

/* The median, nearly: a step up or down. */
static void follow(uint64_t *usual_ns, uint64_t served_ns)
{
    uint64_t step_ns = *usual_ns / USUAL_STEPS + 1;

    if (*usual_ns == 0)
        *usual_ns = served_ns;
    else if (served_ns > *usual_ns)
        *usual_ns += step_ns;
    else if (served_ns < *usual_ns)
        *usual_ns -= step_ns < *usual_ns ? step_ns : 0;
}

uint64_t lateness_free(struct lateness *place, uint64_t *usual_ns, uint64_t sent_ns, uint64_t there_ns,
                       uint64_t now_ns)
{
    uint64_t unread_ns = now_ns > there_ns ? now_ns - there_ns : 0;
    uint64_t served_ns = there_ns > sent_ns ? there_ns - sent_ns : 0;
    uint64_t stalled_ns = served_ns > 2 * *usual_ns ? served_ns - 2 * *usual_ns : 0;

    if (*usual_ns > 0)
        place->late_ns -= stalled_ns < place->late_ns ? stalled_ns : place->late_ns;
    if (unread_ns < LATENESS_LEAST_NS)
        follow(usual_ns, served_ns);
    place->free_ns = there_ns;
    return place->late_ns + (unread_ns >= LATENESS_LEAST_NS ? unread_ns : 0);
}
