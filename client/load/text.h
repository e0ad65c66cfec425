/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_TEXT_H
#define CONCUR_CLIENT_LOAD_TEXT_H

#include <stdint.h>

#define TEXT_BYTES 40 /* enough for whatever these write */

/* Figures as people read them; each answers `text`, which has TEXT_BYTES. */
const char *text_count(uint64_t count, char *text); /* 1,234,567 */
const char *text_rate(double rate, char *text);     /* 12,346, and below 10 with three digits: 0.00123 */
const char *text_time(double us, char *text);       /* 87.3 us, 1.05 ms, 12.0 s: three digits */
const char *text_bytes(uint64_t bytes, char *text); /* 1.5 MiB */

#endif
