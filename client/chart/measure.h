/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_CHART_MEASURE_H
#define CONCUR_CLIENT_CHART_MEASURE_H

#include <stddef.h>

#define MEASURE_TEXT_BYTES 48 /* enough for whatever measure_text and measure_label write */

/* What a figure counts, and so how it is written. */
enum measure {
    MEASURE_NUMBER,  /* a plain number: 0.25, 12.4, 1,234 */
    MEASURE_COUNT,   /* things, or things a second: 950, 12.5k, 1.2M */
    MEASURE_TIME_US, /* microseconds: 87.3 µs, 1.05 ms, 12.0 s */
    MEASURE_SECONDS, /* seconds of a clock: 90 s, 5 min, 2 h */
    MEASURE_BYTES,   /* 1.5 KiB, 12.0 MiB */
    MEASURE_SHARE,   /* of one: 0.25 is 25% */
};

/* A value for a reader: three digits and the unit that fits, in UTF-8. "-" for what is no finite number.
 * Answers `text`, which has MEASURE_TEXT_BYTES. */
const char *measure_text(enum measure measure, double value, char *text);

/* A tick's label: as few digits as tell it from its neighbours, which are `step` away, in the unit that fits
 * the axis' end `most`. Zero is "0". Answers `text`. */
const char *measure_label(enum measure measure, double value, double step, double most, char *text);

#endif
