/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process uses: CPU, context switches, memory, descriptors. getrusage gives the process's own CPU time to the
 * microsecond, where /proc/PID/stat would round to ticks: so each process reads itself and publishes the figures on
 * the scoreboard. Runs in the main thread of each process and in whoever answers INFO. */
#include "daemon/sys/usage.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t timeval_us(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

/* The number in kB behind `name` in the text of /proc/self/status. */
static uint64_t status_bytes(const char *status, const char *name)
{
    const char *at = strstr(status, name);

    return at != NULL ? strtoull(at + strlen(name), NULL, 10) * 1024u : 0;
}

static void read_memory(struct usage *usage)
{
    char status[4096];
    ssize_t length;
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    length = read(fd, status, sizeof status - 1);
    close(fd);
    if (length <= 0)
        return;
    status[length] = '\0';
    usage->rss_anon_bytes = status_bytes(status, "\nRssAnon:");
    usage->rss_file_bytes = status_bytes(status, "\nRssFile:");
    usage->rss_shared_bytes = status_bytes(status, "\nRssShmem:");
}

void usage_read(struct usage *usage)
{
    struct rusage self;

    *usage = (struct usage){0};
    if (getrusage(RUSAGE_SELF, &self) == 0) {
        usage->cpu_user_us = timeval_us(self.ru_utime);
        usage->cpu_sys_us = timeval_us(self.ru_stime);
        usage->voluntary_switches = (uint64_t)self.ru_nvcsw;
        usage->involuntary_switches = (uint64_t)self.ru_nivcsw;
    }
    read_memory(usage);
}

unsigned usage_cores(void)
{
    cpu_set_t set;
    int count;

    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    count = CPU_COUNT(&set);
    return count > 0 ? (unsigned)count : 1;
}

uint64_t usage_raise_files(uint64_t wanted)
{
    struct rlimit limit, raised;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur >= wanted)
        return limit.rlim_cur;
    raised =
        (struct rlimit){.rlim_cur = wanted, .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return wanted;
    raised = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? limit.rlim_max : limit.rlim_cur;
}
