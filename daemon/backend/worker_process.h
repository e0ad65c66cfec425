/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_BACKEND_WORKER_PROCESS_H
#define CONCUR_BACKEND_WORKER_PROCESS_H

#include <sys/types.h>

#include "daemon/backend/backend_private.h"
#include "daemon/backend/handover.h"

/* The master's side of one worker process. All calls: the main thread. */

struct event;

enum worker_end { WORKER_RUNS, WORKER_ENDED, WORKER_STOPPED, WORKER_CONTINUED };

struct worker_process {
    /* set when started */
    unsigned number; /* its entry in the segment */
    pid_t pid;       /* 0 = there is none */
    int control;
    struct event *control_event;
    uint64_t started_us;
    /* as it goes */
    uint64_t requests_most; /* recycled after so many; 0 = never */
    uint32_t told;          /* the generation that it was told last, and when */
    uint64_t told_us;
    uint32_t told_tickets;  /* the serial number of the keys that it has; 0 = none */
    bool leaving;           /* told to end; takes no more connections */
    bool dismissed;         /* because there are too many: nobody takes its place */
    bool told_drain;        /* HANDOVER_DRAIN went out */
    bool told_cut;          /* HANDOVER_CUT went out */
    bool killed;            /* by us */
    uint64_t full_until_us; /* it had no descriptors left; until when it is given no more */
    uint64_t stopped_us;    /* since when it is stopped; 0 = it is not */
    uint64_t last_beat_us;  /* its oldest sign of life, as it was at the master's last look */
    uint64_t silent_us;     /* of the master's own waking time: how long that has been the same */
    enum process_state state_before_stop;
    int status;                /* waitpid's, once it ended */
    uint64_t waiting_since_us; /* when it last acknowledged, or was sent the first that it has not */
    unsigned unacknowledged_count;
    uint32_t unacknowledged[HANDOVER_UNACKNOWLEDGED_MOST]; /* indexes of connections that are SENT */
};

/* Starts our own binary as worker `number`, with a control socket of its own. 0, or -1 with the reason. */
MUST_USE int worker_process_start(struct worker_process *worker, const struct backend_host *host,
                                  unsigned number, struct error *error);

/* Closes what the master holds of it. The process must have ended. */
void worker_process_clear(struct worker_process *worker, const struct backend_host *host);

/* What has become of it since the last look (waitid, without waiting). ENDED sets `status`. */
enum worker_end worker_process_look(struct worker_process *worker);

/* Its state on the scoreboard. */
enum process_state worker_process_state(const struct worker_process *worker, const struct backend_host *host);
void worker_process_set_state(struct worker_process *worker, const struct backend_host *host,
                              enum process_state state);

/* Its oldest sign of life (monotonic): the process's own, or that of a thread that is busy. */
uint64_t worker_process_beat_us(const struct worker_process *worker, const struct backend_host *host);

/* Commands that it has run. */
uint64_t worker_process_requests(const struct worker_process *worker, const struct backend_host *host);

/* Another generation is in effect: how long it may live may be another. */
void worker_process_adopt(struct worker_process *worker, const struct backend_host *host);

/* Tells it the newest generation, unless it has that, or has not yet taken over the one that it was told: a stopped
 * worker's socket does not fill up, and after any number of reloads it is told the last. Again after a while, as it may
 * have had no descriptor left for it. */
void worker_process_tell_generation(struct worker_process *worker, const struct backend_host *host,
                                    uint64_t now_us);

/* Whether what is sent to it now finds it with the newest generation. */
bool worker_process_is_current(const struct worker_process *worker, const struct backend_host *host);

/* Tells it the keys of TLS sessions, unless it has these, or its socket is full: then that is tried again. */
void worker_process_tell_tickets(struct worker_process *worker, const struct backend_host *host);

void worker_process_kill(struct worker_process *worker);

/* Whether it has kept a connection waiting for its acknowledgement: busy with something that does not let go. */
bool worker_process_is_slow(const struct worker_process *worker, uint64_t now_us);

/* Notes that `index` is SENT to it, or no longer; the latter answers false for one that was not. */
void worker_process_sent(struct worker_process *worker, uint32_t index);
MUST_USE bool worker_process_settled(struct worker_process *worker, uint32_t index);

#endif
