/* SPDX-License-Identifier: Apache-2.0
 *
 * When an open loop means to send. Every time follows from the request's number, or from the sum of all gaps before
 * it, in integers that lose nothing: no rounded step is ever added to another, so request number 10^9 is as exact as
 * the first. Even gaps go by whole nanoseconds and a remainder that is carried on (Bresenham's way to draw a line). A
 * ramp bends time itself: where the rate rises evenly from nothing to R during T, the count by time t is R t^2 / 2T,
 * so what would come at time x of an even rate comes at sqrt(2xT), and behind the ramp at x + T/2. That is right for
 * chance arrivals too (a Poisson process under a change of time). Runs in the load threads. */
#include "client/load/schedule.h"

#include <math.h>

#include "client/load/random.h"

#define UNITS_NS                                                                                             \
    (UINT64_C(1000000000) * SCHEDULE_MILLION) /* nanoseconds of a request at one millionth per second */
#define GAP_SHIFT 32

/* A gap of mean 1, in units of 2^-32: the inverse of the exponential distribution at an even number in (0, 1]. */
static uint64_t draw_gap(const struct schedule *schedule)
{
    uint64_t bits = random_at(schedule->plan.seed, RANDOM_ARRIVAL + schedule->thread, schedule->index);
    double even = (double)((bits >> 11) + 1) * 0x1p-53;

    return (uint64_t)(-log(even) * 0x1p32);
}

void schedule_begin(struct schedule *schedule, const struct schedule_plan *plan, uint64_t thread)
{
    unsigned __int128 begin = (unsigned __int128)UNITS_NS * thread;
    unsigned __int128 step = (unsigned __int128)UNITS_NS * plan->threads;

    *schedule = (struct schedule){.plan = *plan, .thread = thread};
    schedule->whole_ns = (uint64_t)(begin / plan->rate_millionths);
    schedule->part = (uint64_t)(begin % plan->rate_millionths);
    schedule->step_ns = (uint64_t)(step / plan->rate_millionths);
    schedule->step_part = (uint64_t)(step % plan->rate_millionths);
    if (plan->poisson)
        schedule->gaps = draw_gap(schedule); /* the first one comes after a gap, too */
}

void schedule_advance(struct schedule *schedule)
{
    schedule->index++;
    if (schedule->plan.poisson) {
        schedule->gaps += draw_gap(schedule);
    } else {
        schedule->whole_ns += schedule->step_ns;
        schedule->part += schedule->step_part;
        if (schedule->part >= schedule->plan.rate_millionths) {
            schedule->part -= schedule->plan.rate_millionths;
            schedule->whole_ns++;
        }
    }
}

/* The time at an even rate. */
static uint64_t linear_ns(const struct schedule *schedule)
{
    unsigned __int128 units;

    if (!schedule->plan.poisson)
        return schedule->whole_ns;
    /* The sum has at most 76 bits after ten days at the highest rate of one thread, and as many fewer as the factor
     * beside it has more when there are several. */
    units = schedule->gaps * (UNITS_NS * schedule->plan.threads);
    return (uint64_t)((units >> GAP_SHIFT) / schedule->plan.rate_millionths);
}

uint64_t schedule_due_ns(const struct schedule *schedule)
{
    uint64_t linear = linear_ns(schedule);
    uint64_t ramp = schedule->plan.ramp_ns;

    if (ramp == 0)
        return linear;
    if (linear < ramp / 2)
        return (uint64_t)sqrtl(2 * (long double)linear * (long double)ramp);
    return linear + (ramp + 1) / 2;
}

uint64_t schedule_number(const struct schedule *schedule)
{
    return schedule->index * schedule->plan.threads + schedule->thread;
}

/* How many by then. */
static double expected_by(const struct schedule_plan *plan, double seconds)
{
    double ramp = (double)plan->ramp_ns / 1e9;
    double rate = (double)plan->rate_millionths / 1e6;

    return seconds < ramp ? rate * seconds * seconds / (2 * ramp) : rate * (seconds - ramp / 2);
}

double schedule_expected(const struct schedule_plan *plan, uint64_t from_ns, uint64_t to_ns)
{
    return expected_by(plan, (double)to_ns / 1e9) - expected_by(plan, (double)from_ns / 1e9);
}

/* Number n comes at floor(n * UNITS_NS / rate), which is before a whole time exactly when n * UNITS_NS is below it. */
static uint64_t even_before(const struct schedule *schedule, uint64_t ns)
{
    unsigned __int128 units = (unsigned __int128)ns * schedule->plan.rate_millionths;
    uint64_t all = (uint64_t)((units + UNITS_NS - 1) / UNITS_NS);

    if (all <= schedule->thread)
        return 0;
    return (all - schedule->thread - 1) / schedule->plan.threads + 1;
}

uint64_t schedule_count_before(const struct schedule *schedule, uint64_t ns)
{
    const struct schedule_plan *plan = &schedule->plan;

    if (plan->poisson || plan->ramp_ns > 0)
        return (uint64_t)(expected_by(plan, (double)ns / 1e9) / (double)plan->threads);
    return even_before(schedule, ns);
}
