/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether others are at work on this machine, before anything of ours is: figures measured beside them are worth less,
 * and nobody would see it in them. Not the load average, which still remembers the compiler a minute later. Time that a
 * hypervisor took away counts as work, too: it is missing to us alike. Runs in the main thread. */
#include "client/compare/busy.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "common/clock.h"

#define LOOK_US 200000

/* proc(5): user nice system idle iowait irq softirq steal; guests are in user already. */
struct busy_ticks busy_read(const char *text)
{
    unsigned long long user, nice, system, idle, wait, irq, soft, steal;

    if (sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq,
               &soft, &steal) != 8)
        return (struct busy_ticks){0};
    return (struct busy_ticks){.all = user + nice + system + idle + wait + irq + soft + steal,
                               .idle = idle + wait};
}

static struct busy_ticks read_now(void)
{
    char line[256] = "";
    FILE *file = fopen("/proc/stat", "re");

    if (file != NULL) {
        if (fgets(line, sizeof line, file) == NULL)
            line[0] = '\0';
        fclose(file);
    }
    return busy_read(line);
}

double busy_share(void)
{
    struct timespec pause = clock_timespec(LOOK_US);
    struct busy_ticks before = read_now(), after;

    nanosleep(&pause, NULL);
    after = read_now();
    if (before.all == 0 || after.all <= before.all || after.idle < before.idle)
        return NAN;
    return 1 - (double)(after.idle - before.idle) / (double)(after.all - before.all);
}
