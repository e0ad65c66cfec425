/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a measurement was made: a report that does not say it can't be compared with another. Runs in the main
 * thread. */
#include "client/host.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 512

/* The first "model name" of /proc/cpuinfo; not all architectures have one. */
static void read_cpu(char *cpu, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[LINE_BYTES];

    cpu[0] = '\0';
    while (file != NULL && cpu[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) == 0 && colon != NULL)
            snprintf(cpu, size, "%.*s", (int)strcspn(colon + 1 + strspn(colon + 1, " "), "\n"),
                     colon + 1 + strspn(colon + 1, " "));
    }
    if (file != NULL)
        fclose(file);
}

void host_read(struct host *host)
{
    struct utsname names;
    cpu_set_t cores;
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

    *host = (struct host){.memory_bytes = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0};
    if (uname(&names) == 0) {
        snprintf(host->name, sizeof host->name, "%s", names.nodename);
        snprintf(host->kernel, sizeof host->kernel, "%.20s %.70s %.30s", names.sysname, names.release,
                 names.machine);
    }
    read_cpu(host->cpu, sizeof host->cpu);
    /* EINVAL: more cores than a cpu_set_t has; then the count of all is near enough. */
    if (sched_getaffinity(0, sizeof cores, &cores) == 0)
        host->cores = (unsigned)CPU_COUNT(&cores);
    else
        host->cores = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

const char *host_time(uint64_t wall_us, char *text)
{
    time_t seconds = (time_t)(wall_us / 1000000u);
    struct tm parts;

    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, HOST_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        text[0] = '\0';
    return text;
}
