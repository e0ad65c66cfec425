/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_LOAD_LATENESS_H
#define CONCUR_CLIENT_LOAD_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

/* A place for a request under way, one of those that a connection's pipeline has, and how late requests go out on it by
 * our own fault. Owned by its load thread. All zeroes: it was always free. */
struct lateness {
    uint64_t free_ns; /* since when it is free */
    uint64_t late_ns; /* how much earlier that would have been, had we always been there */
    uint64_t once_ns; /* and as far as only the next request is concerned */
};

#define LATENESS_LEAST_NS 1000000 /* what is shorter delays one request and not those behind it */

/* A reply, as the load thread has seen it. */
struct lateness_reply {
    uint64_t sent_ns;  /* when the request was written */
    uint64_t there_ns; /* when the reply may have been there already */
    uint64_t now_ns;   /* when we read it */
    bool starved;      /* the server has had little to do for us by now */
};

/* The request that was meant for `due_ns` is written now. Answers its send lag. */
uint64_t lateness_send(struct lateness *place, uint64_t due_ns, uint64_t now_ns);

/* Its reply has been read. `usual_ns` is how long the server keeps a request as a rule, for all places of a thread; it
 * is 0 at first, and follows what is seen. Answers by how much all that waits for the place is late now. */
uint64_t lateness_free(struct lateness *place, uint64_t *usual_ns, const struct lateness_reply *reply);

#endif
