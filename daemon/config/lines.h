/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_LINES_H
#define CONCUR_CONFIG_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"
#include "daemon/config/report.h"

/* A text's lines, made ready for inih: counted, checked, comments and blanks removed. All zeroes but for the
 * members that say "given". One owner. */
struct lines {
    const char *name;      /* given: what the text is called in messages */
    const char *text;      /* given */
    size_t length;         /* given */
    struct report *report; /* given: where problems go */
    size_t offset;         /* of what comes next */
    unsigned number;       /* of the line that was handed out last */
    bool skipping;         /* inside a section that is unknown */
};

/* The reader for ini_parse_stream, `stream` being the lines: writes the next section or pair to `line`, which
 * has `size` bytes, as "[section]\n" or "key = value\n". Lines that are wrong or that inih could not hold are
 * reported and left out. Answers `line`, or NULL at the end. */
char *config_lines_next(char *line, int size, void *stream);

/* Reports a problem of the line that was handed out last. */
void config_lines_report(const struct lines *lines, const struct error *error);

#endif
