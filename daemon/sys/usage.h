/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_SYS_USAGE_H
#define CONCUR_SYS_USAGE_H

#include <stdint.h>

#include "common/error.h"

/* What this process has used up so far. */
struct usage {
    uint64_t cpu_user_us, cpu_sys_us;
    uint64_t voluntary_switches, involuntary_switches;
    uint64_t rss_anon_bytes;   /* its own pages */
    uint64_t rss_file_bytes;   /* program text and libraries, shared with its siblings */
    uint64_t rss_shared_bytes; /* the shared segment's pages that it touched */
};

/* Reads getrusage and /proc/self/status. A figure that the system does not give stays 0. Any thread; reads a file. */
void usage_read(struct usage *usage);

/* CPUs that this process may run on, at least 1. */
unsigned usage_cores(void);

/* Raises the soft limit of open descriptors to `wanted`, the hard limit too where that is allowed. Answers the limit
 * now in force. Main thread, at start. */
uint64_t usage_raise_files(uint64_t wanted);

#endif
