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
 * deducted from what it is late. And one that is busy itself has lost nothing by our absence: where most of what is
 * under way is unanswered when we come back, or we have only taken turns - microseconds for each event -, one request
 * is late and passes nothing on. Runs in the load thread. */
#include "client/load/lateness.h"

#define USUAL_STEPS 16

static uint64_t later(uint64_t one_ns, uint64_t other_ns)
{
    return one_ns > other_ns ? one_ns : other_ns;
}

uint64_t lateness_send(struct lateness *place, uint64_t due_ns, uint64_t now_ns)
{
    uint64_t since_ns = later(due_ns, place->free_ns);
    uint64_t there_ns = place->free_ns - place->late_ns; /* free in the other account */
    uint64_t could_ns = later(due_ns, there_ns), first_ns = later(due_ns, there_ns - place->once_ns);
    uint64_t until_ns = now_ns >= since_ns + LATENESS_LEAST_NS ? now_ns : since_ns;

    place->late_ns = until_ns - could_ns;
    return now_ns > first_ns ? now_ns - first_ns : 0;
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

uint64_t lateness_free(struct lateness *place, uint64_t *usual_ns, const struct lateness_reply *reply)
{
    uint64_t unread_ns = reply->now_ns > reply->there_ns ? reply->now_ns - reply->there_ns : 0;
    uint64_t served_ns = reply->there_ns > reply->sent_ns ? reply->there_ns - reply->sent_ns : 0;
    uint64_t stalled_ns = served_ns > 2 * *usual_ns ? served_ns - 2 * *usual_ns : 0;

    if (*usual_ns > 0)
        place->late_ns -= stalled_ns < place->late_ns ? stalled_ns : place->late_ns;
    if (unread_ns < LATENESS_LEAST_NS)
        follow(usual_ns, served_ns);
    place->free_ns = reply->now_ns;
    place->once_ns = unread_ns;
    if (unread_ns >= LATENESS_LEAST_NS && reply->starved) {
        place->late_ns += unread_ns;
        place->once_ns = 0;
    }
    return place->late_ns;
}
