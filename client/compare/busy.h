/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_BUSY_H
#define CONCUR_CLIENT_COMPARE_BUSY_H

#include <stdint.h>

/* From that share on it is said: repeats will differ by it. */
#define BUSY_MOST 0.15

/* What a machine's processors have done since it was started, in ticks. */
struct busy_ticks {
    uint64_t all, idle;
};

/* Reads the first line of /proc/stat, "cpu ...", out of `text`; zeroes when it is something else. */
struct busy_ticks busy_read(const char *text);

/* The share of its time, 0 to 1, that this machine was at work for others: looks for a fifth of a second, in which we do
 * nothing. NAN when it can't be found out. */
double busy_share(void);

#endif
