/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_HOST_H
#define CONCUR_CLIENT_HOST_H

#include <stdint.h>

#define HOST_BYTES 128

/* The machine that we run on, as far as figures measured on it depend on it. What is not known is empty or 0. */
struct host {
    char name[HOST_BYTES];
    char kernel[HOST_BYTES]; /* "Linux 6.1.0 x86_64" */
    char cpu[HOST_BYTES];    /* its model's name */
    unsigned cores;          /* that this process may use */
    uint64_t memory_bytes;
};

void host_read(struct host *host);

#define HOST_TIME_BYTES 32

/* A wall-clock time as ISO 8601 in UTC, to the second. Answers `text`, which has HOST_TIME_BYTES. */
const char *host_time(uint64_t wall_us, char *text);

#endif
