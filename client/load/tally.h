/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_TALLY_H
#define CONCUR_CLIENT_LOAD_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/histogram.h"

/* What can go wrong. All but error replies and wrong replies count the connections that ended by it. */
enum load_error {
    LOAD_REFUSED,     /* nobody listens, or we were turned away before we asked anything */
    LOAD_RESET,       /* the connection was reset */
    LOAD_TIMED_OUT,   /* no reply, or no connection, within the time-out */
    LOAD_TLS,         /* the handshake failed, or TLS did later: cut without a goodbye is one */
    LOAD_CLOSED,      /* the server closed the connection while it owed us replies */
    LOAD_ERROR_REPLY, /* replies that are errors */
    LOAD_WRONG_REPLY, /* replies that are not what they must be: only with --verify */
    LOAD_MALFORMED,   /* what came is no RESP, or a reply to nothing */
    LOAD_OTHER,       /* whatever else the kernel said */
    LOAD_ERRORS       /* how many there are */
};

/* The class as reports name it. */
const char *load_error_name(enum load_error error);

/* The class of an errno of connect, send or recv. */
enum load_error load_error_of(int why);

/* What became of requests. sent = ok + error_replies + failed + unfinished. */
struct load_counts {
    uint64_t sent; /* written to a connection */
    uint64_t ok;
    uint64_t error_replies;
    uint64_t failed;     /* lost with their connection, or answered wrongly */
    uint64_t unfinished; /* under way when the time was up */
    uint64_t unsent;     /* open loop, and no part of `sent`: due, but not written when the time was up */
};

void load_counts_add(struct load_counts *into, const struct load_counts *from);

/* Requests that were answered as they should be, or with an error. */
static inline uint64_t load_counts_replies(const struct load_counts *counts)
{
    return counts->ok + counts->error_replies;
}

/* How long requests took.
 * - latency: from the moment the schedule meant to send. In an open loop it also has those that got no reply -
 *   failed, unfinished and unsent - with the age they had reached, which is the least that they can have
 *   taken: its count is sent + unsent.
 * - service: from the write to the reply, of answered requests.
 * - send_lag: how late we were ourselves, of sent requests.
 * In a closed loop a request is meant to be sent when its connection is free: latency has the replies, as
 * service has, and differs from it only where a connection is opened anew for the request (--reconnect-every)
 * and that counts; the send lag is 0 for all. */
struct load_times {
    struct histogram *latency, *service, *send_lag;
};

/* 0, or -1 when memory is short. */
MUST_USE int load_times_begin(struct load_times *times);
void load_times_clear(struct load_times *times);
void load_times_merge(struct load_times *into, const struct load_times *from);

/* One command of the mix, as one load thread has counted it. */
struct load_share {
    struct load_counts counts;
    struct load_times times;
};

#define LOAD_FIRST_ERROR_BYTES 160

/* What one load thread has counted. */
struct load_tally {
    struct load_share *shares; /* one per command of the mix */
    size_t count;
    uint64_t errors[LOAD_ERRORS];
    uint64_t first_error_ns; /* when the first error reply came; 0: none did */
    char first_error[LOAD_FIRST_ERROR_BYTES];
    const char *tls_failure; /* why TLS failed, the first time; NULL: it did not */
};

/* For a mix of `commands`. 0, or -1 when memory is short; load_tally_clear in any case. */
MUST_USE int load_tally_begin(struct load_tally *tally, size_t commands);
void load_tally_clear(struct load_tally *tally);

/* Keeps the text of an error reply ("-ERR ...", as received, up to `length` bytes) if it is the first. */
void load_tally_keep_error(struct load_tally *tally, uint64_t now_ns, const char *reply, size_t length);

#endif
