/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_TALLY_H
#define CONCUR_CLIENT_LOAD_TALLY_H

#include <stdint.h>

#include "common/histogram.h"

/* What can go wrong. All but error replies count the connections that ended by it. */
enum load_error {
    LOAD_REFUSED,     /* nobody listens, or we were turned away before we asked anything */
    LOAD_RESET,       /* the connection was reset */
    LOAD_TIMED_OUT,   /* no reply, or no connection, within the time-out */
    LOAD_CLOSED,      /* the server closed the connection while it owed us replies */
    LOAD_ERROR_REPLY, /* replies that are errors */
    LOAD_MALFORMED,   /* what came is no RESP, or a reply to nothing */
    LOAD_OTHER,       /* whatever else the kernel said */
    LOAD_ERRORS       /* how many there are */
};

/* The class as reports name it. */
const char *load_error_name(enum load_error error);

/* The class of an errno of connect, send or recv. */
enum load_error load_error_of(int why);

/* What one load thread has counted, or all together. sent = ok + error_replies + failed + unfinished. */
struct load_tally {
    uint64_t sent;
    uint64_t ok;
    uint64_t error_replies;
    uint64_t failed;     /* lost with their connection */
    uint64_t unfinished; /* under way when the time was up */
    uint64_t errors[LOAD_ERRORS];
    struct histogram *service; /* from the write to the parsed reply */
};

/* 0, or -1 when memory is short. */
MUST_USE int load_tally_begin(struct load_tally *tally);
void load_tally_clear(struct load_tally *tally);

/* Adds `from` to `into`. */
void load_tally_merge(struct load_tally *into, const struct load_tally *from);

/* Requests that were answered. */
static inline uint64_t load_tally_replies(const struct load_tally *tally)
{
    return tally->ok + tally->error_replies;
}

#endif
