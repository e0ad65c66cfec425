/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a load thread had the CPU that it wanted. What it spent is half of the answer: one that others keep from
 * running spends little, as one does that has nothing to do. The other half only the scheduler knows: for how long
 * the thread was to run and did not. And even the scheduler has nothing to tell of a process that was stopped, or of
 * a machine that stood still: that shows when the thread comes to look much later than it meant to. Runs in the load
 * thread. */
#include "client/load/attendance.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

void attendance_open(struct attendance *attendance)
{
    attendance->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

void attendance_close(struct attendance *attendance)
{
    if (attendance->schedstat >= 0)
        close(attendance->schedstat);
    attendance->schedstat = -1;
}

bool attendance_waited(const struct attendance *attendance, uint64_t *waited_ns)
{
    unsigned long long ran, waited;
    char text[64];
    ssize_t got = attendance->schedstat >= 0 ? pread(attendance->schedstat, text, sizeof text - 1, 0) : -1;

    if (got <= 0)
        return false;
    text[got] = '\0';
    if (sscanf(text, "%llu %llu", &ran, &waited) != 2)
        return false;
    *waited_ns = waited;
    return true;
}

/* What this thread has spent on CPUs. */
static uint64_t cpu_now_ns(void)
{
    struct rusage usage = {0};

    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
}

void attendance_begin(struct attendance *attendance)
{
    attendance->cpu_ns = cpu_now_ns();
    if (!attendance_waited(attendance, &attendance->waited_ns))
        attendance_close(attendance); /* half of a difference is none */
    attendance->away_ns = 0;
}

void attendance_end(struct attendance *attendance)
{
    uint64_t waited_ns;

    attendance->cpu_ns = cpu_now_ns() - attendance->cpu_ns;
    if (attendance_waited(attendance, &waited_ns) && waited_ns > attendance->waited_ns)
        attendance->waited_ns = waited_ns - attendance->waited_ns;
    else
        attendance->waited_ns = 0;
}

void attendance_look(struct attendance *attendance, uint64_t due_ns, uint64_t now_ns)
{
    if (now_ns > due_ns && now_ns - due_ns >= ATTENDANCE_GAP_NS)
        attendance->away_ns += now_ns - due_ns;
}
