/* SPDX-License-Identifier: Apache-2.0
 *
 * The handover of connections between the master and its worker processes (daemon/backend/handover.h), for spin: all
 * interleavings of a master, two workers, and workers that are killed, stopped and recycled at any point. tests/model/run
 * checks it.
 *
 * What is modelled as the code has it: the master is one thread, so what it does about one event is one step; a worker's
 * main thread receives, acknowledges and submits in steps of their own, while its other threads read, close and return
 * connections at any time between them. A message that was written survives its writer (the kernel keeps it), one that
 * was not received dies with its reader. A worker's death is seen by waitpid alone.
 *
 * What must hold, and how it is asked:
 *   - no connection is read by two processes: `reader` remembers who has read since the last request boundary, and
 *     whoever reads must be that one. Holds over time, too: a request that somebody began is nobody else's to continue.
 *   - no connection is lost unless the worker that held it died: `owner` remembers who acknowledged and has not returned
 *     it, and nothing is buried that its worker did not own.
 *   - every accepted connection ends up HELD by a living worker or closed: asked when nothing more can happen. All that
 *     happens uses something up, so every run comes to that point.
 *
 * Each of these switches breaks the protocol; the runner asserts that spin finds out:
 *   ACKNOWLEDGE_LATE   a worker reads before it acknowledges
 *   NO_LAST_LOOK       what a dead worker had written is not read before its connections are redispatched and buried
 *   DECIDE_BY_TIMEOUT  a worker that is stopped for long counts as dead, before waitpid says so
 *   CLOSE_AT_SEND      the master closes its copy when it has sent a connection, not when it is acknowledged
 *   FORGET_SENT        what a dead worker had not acknowledged is not dispatched again
 *   READ_AFTER_RETURN  a worker returns a connection before it has left its epoll set */

#ifndef CONNECTIONS
#define CONNECTIONS 2
#endif
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef STOPS
#define STOPS 1
#endif
#ifndef RECYCLES
#define RECYCLES 1
#endif
#define WORKERS 2
#define STARTS  (DEATHS + RECYCLES) /* beyond the first ones: always enough to have somebody who serves */
#define UNACKNOWLEDGED_MOST 1
#define NOBODY 0
#define NONE   255

mtype = { SENT, RETIRE, DRAIN, ACKNOWLEDGED, RETURNED };

/* Where a connection is, as the master knows it. */
mtype = { COMING, QUEUED, GIVEN, HELD, CLOSED };

chan to_worker[WORKERS] = [3] of { mtype, byte };
chan to_master[WORKERS] = [4] of { mtype, byte };

/* The kernel's truth about the process in each place. */
bool alive[WORKERS];
bool stopped[WORKERS];

/* The shared segment: whether the connection's entry was freed by the worker that closed it. */
bool freed[CONNECTIONS];

/* The master's. */
mtype place[CONNECTIONS] = COMING;
byte given[CONNECTIONS];  /* to which worker */
bool copy[CONNECTIONS];   /* the master has a descriptor of it */
bool known[WORKERS];      /* started, and not yet found dead */
bool leaving[WORKERS];
bool told[WORKERS];
bool seen_stopped[WORKERS];
byte unacknowledged[WORKERS];
bool will_drain; /* decided at the start, so that runs without a drain come to their end as well */
bool draining;

/* What the properties remember; a worker process is known by its _pid. */
byte owner[CONNECTIONS];
byte reader[CONNECTIONS];

byte deaths = DEATHS;
byte stops = STOPS;
byte recycles = RECYCLES;
byte starts = STARTS;

/* --- a worker process -------------------------------------------------------------------------------------------- */

#define READABLE(c) (at[c] == HELD_HERE || (LATE && (at[c] == RECEIVED)) || (EAGER && at[c] == RETURNING))
#ifdef ACKNOWLEDGE_LATE
#define LATE true
#else
#define LATE false
#endif
#ifdef READ_AFTER_RETURN
#define EAGER true
#else
#define EAGER false
#endif

#define AWAY      0 /* not here */
#define RECEIVED  1
#define ANSWERED  2 /* acknowledged, not yet the backend's */
#define HELD_HERE 3
#define RETURNING 4 /* the message is written, our copy still to be closed */

/* What its threads may do with a connection. */
#define THREADS(c)                                                                                                     \
    :: atomic { (!stopped[me] && READABLE(c) && reader[c] != _pid) ->                                                  \
        assert(reader[c] == NOBODY);                                                                                   \
        reader[c] = _pid }                                                                                             \
    :: atomic { (!stopped[me] && at[c] == HELD_HERE) -> /* QUIT, the peer's end, a time-out; or a drain */             \
        at[c] = AWAY; owner[c] = NOBODY; reader[c] = NOBODY; freed[c] = true }                                         \
    :: atomic { (!stopped[me] && returning && at[c] == HELD_HERE && nfull(to_master[me])) ->                           \
        to_master[me]!RETURNED,c;                                                                                      \
        owner[c] = NOBODY; reader[c] = NOBODY; at[c] = RETURNING }                                                     \
    :: atomic { (!stopped[me] && at[c] == RETURNING) -> at[c] = AWAY }

proctype Worker(byte me)
{
    byte at[CONNECTIONS];
    byte pending = NONE; /* what the main thread is at */
    bool returning, ending;
    mtype kind;
    byte c;

end:
    do
    :: atomic { (!stopped[me] && pending == NONE && nempty(to_worker[me])) ->
        to_worker[me]?kind,c;
        if
        :: kind == SENT -> assert(at[c] == AWAY); at[c] = RECEIVED; pending = c
        :: kind == RETIRE -> returning = true; ending = true
        :: kind == DRAIN -> returning = false; ending = true
        fi;
        c = 0 }
    :: atomic { (!stopped[me] && pending != NONE && at[pending] == RECEIVED && nfull(to_master[me])) ->
        to_master[me]!ACKNOWLEDGED,pending;
        owner[pending] = _pid; at[pending] = ANSWERED }
    :: atomic { (!stopped[me] && pending != NONE && at[pending] == ANSWERED) ->
        at[pending] = HELD_HERE; pending = NONE }
    THREADS(0)
    THREADS(1)
#if CONNECTIONS > 2
    THREADS(2)
#endif
    :: atomic { (!stopped[me] && ending && pending == NONE && at[0] == AWAY && at[1] == AWAY
#if CONNECTIONS > 2
        && at[2] == AWAY
#endif
        ) -> alive[me] = false; break }
    :: atomic { (deaths > 0) -> /* SIGKILL: at any point, stopped or not */
        deaths--; alive[me] = false; break }
    :: atomic { (stops > 0 && !stopped[me]) -> stops--; stopped[me] = true }
    :: atomic { (stopped[me]) -> stopped[me] = false } /* SIGCONT: at last it comes, or SIGKILL did */
    od
}

/* --- the master ----------------------------------------------------------------------------------------------------- */

inline start(w)
{
    known[w] = true; leaving[w] = false; told[w] = false; seen_stopped[w] = false; unacknowledged[w] = 0;
    alive[w] = true; stopped[w] = false;
    run Worker(w)
}

/* One message. */
inline hear(w)
{
    to_master[w]?kind,c;
    if
    :: kind == ACKNOWLEDGED ->
        if
        :: place[c] == GIVEN && given[c] == w -> place[c] = HELD; copy[c] = false; unacknowledged[w]--
        :: else -> skip
        fi
    :: kind == RETURNED ->
        assert(place[c] == HELD && given[c] == w && !copy[c]);
        place[c] = QUEUED; copy[c] = true
    fi;
    c = 0
}

#ifdef FORGET_SENT
#define AFTER_DEATH GIVEN
#else
#define AFTER_DEATH QUEUED
#endif
#ifdef CLOSE_AT_SEND
#define KEPT false
#else
#define KEPT true
#endif

/* waitpid has it. */
inline bury(w)
{
#ifndef NO_LAST_LOOK
    do
    :: nempty(to_master[w]) -> hear(w)
    :: empty(to_master[w]) -> break
    od;
#endif
    c = 0;
    do
    :: c < CONNECTIONS ->
        if
        :: place[c] == GIVEN && given[c] == w ->
            if
            :: copy[c] -> place[c] = AFTER_DEATH
            :: else -> assert(owner[c] != NOBODY); place[c] = CLOSED /* nothing is left of it */
            fi
        :: place[c] == HELD && given[c] == w && !freed[c] ->
            assert(owner[c] != NOBODY); /* else it was given back, and lost on its way */
            place[c] = CLOSED; owner[c] = NOBODY; reader[c] = NOBODY
        :: else -> skip
        fi;
        c++
    :: else -> break
    od;
    c = 0;
    do
    :: nempty(to_worker[w]) -> to_worker[w]?kind,_
    :: nempty(to_master[w]) -> to_master[w]?kind,_
    :: empty(to_worker[w]) && empty(to_master[w]) -> break
    od;
    kind = 0; known[w] = false; leaving[w] = false; told[w] = false; seen_stopped[w] = false;
    unacknowledged[w] = 0
}

/* Whether a connection may be given to it: a send to a dead one fails (EPIPE), one that is seen stopped gets no more. */
#define TAKES(w)                                                                                                       \
    (known[w] && alive[w] && !leaving[w] && !seen_stopped[w] && unacknowledged[w] < UNACKNOWLEDGED_MOST &&             \
     nfull(to_worker[w]))

#define DISPATCH(c, w)                                                                                                 \
    :: atomic { (place[c] == QUEUED && !draining && TAKES(w)) ->                                                       \
        to_worker[w]!SENT,c;                                                                                           \
        place[c] = GIVEN; given[c] = w; copy[c] = KEPT; unacknowledged[w]++ }

#define ACCEPT(one)                                                                                                    \
    :: atomic { (place[one] == COMING && !draining) -> place[one] = QUEUED; copy[one] = true }                         \
    :: atomic { (place[one] == QUEUED && draining) -> place[one] = CLOSED; copy[one] = false }

#define LOOK_AFTER(w)                                                                                                  \
    :: atomic { (known[w] && nempty(to_master[w])) -> hear(w) }                                                        \
    :: atomic { (known[w] && !alive[w]) -> bury(w) }                                                                   \
    :: atomic { (known[w] && alive[w] && seen_stopped[w] != stopped[w]) -> seen_stopped[w] = stopped[w] }              \
    :: atomic { (!known[w] && !draining && starts > 0) -> starts--; start(w) }                                         \
    :: atomic { (known[w] && alive[w] && !leaving[w] && !draining && recycles > 0 && nfull(to_worker[w])) ->           \
        recycles--; to_worker[w]!RETIRE,0; leaving[w] = true }                                                         \
    :: atomic { (draining && known[w] && alive[w] && !told[w] && nfull(to_worker[w])) ->                               \
        to_worker[w]!DRAIN,0; leaving[w] = true; told[w] = true }

/* Takes back from the living, which is what waitpid is waited for. */
#define GIVE_UP(c, w)                                                                                                  \
    :: atomic { (known[w] && seen_stopped[w] && place[c] == GIVEN && given[c] == w) ->                                 \
        place[c] = QUEUED; unacknowledged[w]-- }

/* Nothing more can happen. */
inline settled()
{
    c = 0;
    do
    :: c < CONNECTIONS ->
        if
        :: place[c] == COMING -> assert(draining)
        :: place[c] == CLOSED -> assert(!copy[c] && owner[c] == NOBODY)
        :: place[c] == HELD ->
            assert(!copy[c]);
            assert(freed[c] || (owner[c] != NOBODY && alive[given[c]] && !draining))
        :: place[c] == QUEUED || place[c] == GIVEN -> assert(false) /* nobody serves it, and it is not closed */
        fi;
        c++
    :: else -> break
    od
}

active proctype Master()
{
    mtype kind;
    byte c;

    atomic { start(0); start(1); if :: will_drain = true :: skip fi }
end:
    do
    ACCEPT(0)
    ACCEPT(1)
#if CONNECTIONS > 2
    ACCEPT(2)
#endif
    DISPATCH(0, 0)
    DISPATCH(0, 1)
    DISPATCH(1, 0)
    DISPATCH(1, 1)
#if CONNECTIONS > 2
    DISPATCH(2, 0)
    DISPATCH(2, 1)
#endif
#ifdef DECIDE_BY_TIMEOUT
    GIVE_UP(0, 0)
    GIVE_UP(0, 1)
    GIVE_UP(1, 0)
    GIVE_UP(1, 1)
#endif
    LOOK_AFTER(0)
    LOOK_AFTER(1)
    :: atomic { (will_drain && !draining) -> draining = true }
    :: atomic { timeout -> settled(); break }
    od
}
