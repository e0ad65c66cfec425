/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_PRINT_H
#define CONCUR_CLIENT_PRINT_H

#include "common/buffer.h"
#include "common/resp_reply.h"

enum print_style {
    PRINT_RAW,   /* values alone, for programs: redis-cli's --raw */
    PRINT_PRETTY /* numbered, quoted and typed, for people: redis-cli's --no-raw */
};

/* How much of the reply that is arriving has been printed. All zeroes but for the style: nothing yet. */
struct printer {
    enum print_style style;
    size_t printed; /* elements */
};

/* Appends the elements that are new since the last call, each with its line end. Then print_reply appends
 * what is left. 0, or -1 when memory is short. */
MUST_USE int print_arriving(struct printer *printer, const struct resp_reply *arriving, struct buffer *out);

/* Appends a whole reply, but for what print_arriving has printed of it, with a line end; the printer is as
 * new then. */
MUST_USE int print_reply(struct printer *printer, const struct resp_reply *reply, struct buffer *out);

/* Writes the buffer to stdout at once and empties it. 0, or -1 with errno. */
MUST_USE int print_flush(struct buffer *out);

#endif
