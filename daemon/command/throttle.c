/* SPDX-License-Identifier: Apache-2.0
 *
 * limits.cpu_commands. A command that gets no permit waits as SLEEP does: on a thread, with its turn given back, or as a timer
 * of a reactor; so nobody is kept from being served by those who wait, and all that ends a wait ends this one: the time
 * limit, a kill, a drain, the client's end.
 *
 * Nobody is woken when a permit is given back, since those who wait do it in other processes and in three different ways.
 * They look again by themselves: after an eighth of what the next place took so far when it is their turn, and after half
 * of what the places before them will take otherwise, going by how the queue has moved. So the looks are in proportion
 * to the commands that run and not to those that wait, and what they leave unused is a small part of each. Where the
 * queue does not move it is 5 ms for the first, and more for those behind. Runs in workers. */
#include "daemon/command/throttle.h"

#include <stdlib.h>

#include "common/clock.h"
#include "daemon/command/call.h"

#define LOOK_FIRST_US 100  /* the shortest pause between two looks: twice what a timer is late */
#define LOOK_LAST_US  5000 /* the longest of who is first in the queue */
#define LOOK_EACH_US  100  /* and so much more for each who is before him */

/* How long to wait for the next look with so many others to be served first. */
static uint64_t pause_us(const struct throttle *throttle, uint64_t ahead, unsigned most, uint64_t now)
{
    uint64_t waited = now - throttle->since_us;
    uint64_t moved = throttle->ahead > ahead ? throttle->ahead - ahead : 0;
    uint64_t each = waited / (moved + 1);
    uint64_t pause = ahead < most ? each / 8 : each * (ahead + 1) / 2;
    uint64_t longest = LOOK_LAST_US + ahead * LOOK_EACH_US;

    if (pause > longest)
        pause = longest;
    return pause > LOOK_FIRST_US ? pause : LOOK_FIRST_US;
}

/* What it has waited since that was counted last: at each look, as a client that is gone is not asked again. */
static void count_wait(const struct call *call, struct throttle *throttle, uint64_t now)
{
    if (throttle->since_us != 0)
        worker_count(call->worker, LIMIT_CPU_WAITED_US, now - throttle->counted_us);
    throttle->counted_us = now;
}

/* Until the next look; it may be the first. */
static void wait_on(struct call *call, struct throttle *throttle, unsigned most)
{
    uint64_t now = clock_now_us();
    uint64_t ahead = permits_ahead(throttle->permits, &throttle->permit);

    count_wait(call, throttle, now);
    if (throttle->since_us == 0) {
        throttle->since_us = now;
        throttle->ahead = ahead;
        worker_count(call->worker, LIMIT_CPU_WAITS, 1);
    }
    call_wait(call, now + pause_us(throttle, ahead, most, now));
}

static void end_wait(const struct call *call, struct throttle *throttle)
{
    if (throttle->since_us != 0)
        count_wait(call, throttle, clock_now_us());
    throttle->since_us = 0;
}

/* The client's throttle, made if need be; NULL when memory is short. */
static struct throttle *throttle_of(struct call *call)
{
    struct throttle **throttle = &call->client->throttle;

    if (*throttle == NULL)
        *throttle = calloc(1, sizeof **throttle);
    if (*throttle != NULL)
        (*throttle)->permits = call->worker->process->segment->cpu_permits;
    return *throttle;
}

bool throttle_begin(struct call *call)
{
    unsigned most = (unsigned)call->worker->config->limits.cpu_commands;
    struct throttle *throttle = call->client->throttle;

    if (most == 0 && throttle == NULL)
        return true;
    throttle = throttle_of(call);
    if (throttle == NULL) {
        call_wait(call, clock_now_us() + LOOK_LAST_US); /* there may be some then */
        return false;
    }
    if (most != 0 &&
        !permits_take(throttle->permits, &throttle->permit, call->worker->process->number, most)) {
        wait_on(call, throttle, most);
        return false;
    }
    end_wait(call, throttle);
    if (most == 0) /* since a reload there is no limit */
        throttle_forget(&call->client->throttle);
    return true;
}

void throttle_end(struct call *call)
{
    throttle_forget(&call->client->throttle);
}

void throttle_cut(struct call *call)
{
    if (call->client->throttle != NULL)
        end_wait(call, call->client->throttle);
    throttle_forget(&call->client->throttle);
}

void throttle_forget(struct throttle **throttle)
{
    if (*throttle == NULL)
        return;
    permits_give((*throttle)->permits, &(*throttle)->permit);
    permits_leave((*throttle)->permits, &(*throttle)->permit);
    free(*throttle);
    *throttle = NULL;
}
