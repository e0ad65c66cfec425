/* SPDX-License-Identifier: Apache-2.0
 *
 * The reactor: a libevent loop that owns connections. Each has a seat with one persistent event, registered for reading
 * when it comes and touched again only when it blocks: a full socket is watched for writing; a connection that sends
 * while its command waits is watched for its end alone, edge-triggered, so that the unread bytes don't wake the loop.
 * What had its share of a turn is queued behind everybody who became ready meanwhile. Waits are a heap and one timerfd
 * (wakeups.c). All of it runs in the reactor's thread; the inbox is what others may touch.
 *
 * A reactor may be a guest on its host's main loop: a process with one thread pays less for every system call on a
 * descriptor, because the kernel need not count who uses it. A floor server lost a quarter of its throughput to one idle
 * second thread. */
#include "daemon/backend/reactor.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/backend/loop.h"
#include "daemon/backend/turn.h"
#include "daemon/backend/wakeups.h"
#include "daemon/sys/thread.h"

/* What a seat's event is registered for. */
enum watch {
    WATCH_NOTHING = 0,
    WATCH_INPUT = EV_READ | EV_PERSIST,
    WATCH_ROOM = EV_WRITE | EV_PERSIST,
    WATCH_END = EV_WRITE | EV_ET | EV_PERSIST /* fires once for room, then only when reset or shut down */
};

/* A connection's place on its reactor. Owner: the reactor's thread. */
struct seat {
    struct event event;
    struct reactor *reactor;
    struct connection *connection;
    enum watch watch;
    enum turn_next next;
    struct wakeup wakeup;
    struct seat *following, *preceding; /* all seats of the reactor */
    struct seat *next_again;            /* the queue of those with more to do */
    /* lock: inbox_lock */
    bool woken; /* stands in the list of those */
    struct seat *next_woken;
};

struct reactor {
    /* set before start, then read only */
    struct backend *backend;
    unsigned number;
    pthread_t thread;
    int inbox_fd, timer_fd;
    struct event_base *base;
    bool guest; /* the base and the thread are the host's */
    /* owner: the reactor's thread */
    struct event inbox_event, timer_event, again_event;
    struct worker worker;
    struct seat *seats;
    struct seat *again_first, *again_last;
    struct wakeups wakeups;
    uint64_t armed_us; /* what the timerfd is set to; CLOCK_NEVER = nothing */
    /* lock: inbox_lock */
    pthread_mutex_t inbox_lock;
    struct connection *inbox; /* linked by `seat` */
    struct seat *woken;       /* whose commands somebody has completed */
    bool stop;
    /* atomic */
    _Atomic uint32_t load;
};

static void after_turn(struct seat *seat, enum turn_next next);
static void on_socket(evutil_socket_t fd, short what, void *context);

/* Memory is short, and nobody would ever look at it again: end it from the outside. */
static void give_up(struct seat *seat)
{
    session_mark(&seat->connection->session, CLOSE_MEMORY);
    seat->connection->gone = true;
}

static void watch(struct seat *seat, enum watch wanted)
{
    if (seat->watch == wanted)
        return;
    if (seat->watch != WATCH_NOTHING)
        event_del(&seat->event);
    seat->watch = wanted;
    if (wanted == WATCH_NOTHING)
        return;
    event_assign(&seat->event, seat->reactor->base, seat->connection->stream.fd, (short)wanted, on_socket,
                 seat);
    if (event_add(&seat->event, NULL) != 0) {
        seat->watch = WATCH_NOTHING;
        give_up(seat);
    }
}

static void arm_timer(struct reactor *reactor)
{
    struct wakeup *first = wakeups_first(&reactor->wakeups);
    uint64_t at = first != NULL ? first->at_us : CLOCK_NEVER;
    struct itimerspec spec = {0};

    if (at == reactor->armed_us)
        return;
    reactor->armed_us = at;
    if (at != CLOCK_NEVER)
        spec.it_value = clock_timespec(at != 0 ? at : 1); /* zero would disarm */
    timerfd_settime(reactor->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static struct seat *seat_new(struct reactor *reactor, struct connection *connection)
{
    struct seat *seat = calloc(1, sizeof *seat);

    if (seat == NULL)
        return NULL;
    seat->reactor = reactor;
    seat->connection = connection;
    seat->following = reactor->seats;
    if (reactor->seats != NULL)
        reactor->seats->preceding = seat;
    reactor->seats = seat;
    connection->seat = seat;
    return seat;
}

/* The connection leaves the reactor, out of its epoll set before anybody else may have the descriptor. */
static void seat_free(struct seat *seat)
{
    struct reactor *reactor = seat->reactor;

    watch(seat, WATCH_NOTHING);
    wakeups_remove(&reactor->wakeups, &seat->wakeup);
    if (seat->preceding != NULL)
        seat->preceding->following = seat->following;
    else
        reactor->seats = seat->following;
    if (seat->following != NULL)
        seat->following->preceding = seat->preceding;
    seat->connection->seat = NULL;
    free(seat);
    atomic_fetch_sub_explicit(&reactor->load, 1, memory_order_relaxed);
}

static void seat_close(struct seat *seat)
{
    struct reactor *reactor = seat->reactor;
    struct connection *connection = seat->connection;

    seat_free(seat);
    connection_close(reactor->backend->host->connections, connection, connection->session.reason);
}

static void seat_release(struct seat *seat)
{
    const struct backend_host *host = seat->reactor->backend->host;
    struct connection *connection = seat->connection;

    seat_free(seat);
    host->release(host->context, connection);
}

/* A timer that is over at once is how libevent runs something behind everything that is ready by then. */
static void queue_again(struct seat *seat)
{
    static const struct timeval at_once;
    struct reactor *reactor = seat->reactor;

    seat->next_again = NULL;
    if (reactor->again_last != NULL)
        reactor->again_last->next_again = seat;
    else {
        reactor->again_first = seat;
        event_add(&reactor->again_event, &at_once);
    }
    reactor->again_last = seat;
}

static void poke(struct reactor *reactor)
{
    uint64_t one = 1;

    if (write(reactor->inbox_fd, &one, sizeof one) < 0) {
        /* full: it is being woken already */
    }
}

/* Any thread, under the connection's guard: the seat is there for as long as it sleeps. */
static void wake(void *context, struct connection *connection)
{
    struct seat *seat = context;
    struct reactor *reactor = seat->reactor;

    (void)connection;
    pthread_mutex_lock(&reactor->inbox_lock);
    if (!seat->woken) {
        seat->woken = true;
        seat->next_woken = reactor->woken;
        reactor->woken = seat;
    }
    pthread_mutex_unlock(&reactor->inbox_lock);
    poke(reactor);
}

/* The first of those who were woken, or NULL; or that one, if it was. */
static struct seat *take_woken(struct reactor *reactor, struct seat *wanted)
{
    struct seat **link = &reactor->woken, *seat;

    pthread_mutex_lock(&reactor->inbox_lock);
    while (wanted != NULL && *link != NULL && *link != wanted)
        link = &(*link)->next_woken;
    seat = *link;
    if (seat != NULL) {
        *link = seat->next_woken;
        seat->woken = false;
    }
    pthread_mutex_unlock(&reactor->inbox_lock);
    return seat;
}

/* The turn rouses a connection that slept, and nobody wakes it from then on: but somebody may have before. */
static void turn(struct seat *seat)
{
    struct reactor *reactor = seat->reactor;
    bool slept = seat->connection->want == SESSION_WAIT && session_is_wakeable(&seat->connection->session);
    enum turn_next next =
        turn_take(reactor->backend->host->connections, seat->connection, &reactor->worker, TURN_NOW);

    if (slept)
        take_woken(reactor, seat);
    after_turn(seat, next);
}

/* Retiring, at a request boundary. False when the seat is gone. */
static bool part(struct seat *seat)
{
    switch (turn_part(seat->reactor->backend->host->connections, seat->connection)) {
    case PARTING_NOW:
        seat_release(seat);
        return false;
    case PARTING_OWES:
        seat->next = TURN_AGAIN;
        queue_again(seat);
        break;
    case PARTING_AWAITS:
        watch(seat, WATCH_INPUT);
        break;
    }
    return true;
}

static void after_turn(struct seat *seat, enum turn_next next)
{
    struct reactor *reactor = seat->reactor;

    seat->next = next;
    switch (next) {
    case TURN_READ:
        if (!backend_is_retiring(reactor->backend) || seat->connection->lingering)
            watch(seat, WATCH_INPUT);
        else if (!part(seat))
            return;
        break;
    case TURN_WRITE:
        watch(seat, WATCH_ROOM);
        break;
    case TURN_AGAIN:
        queue_again(seat);
        break;
    case TURN_WAIT:
        if (session_is_wakeable(&seat->connection->session) &&
            !connection_sleep(seat->connection, wake, seat)) {
            seat->next = TURN_AGAIN;
            queue_again(seat);
            break;
        }
        if (wakeups_set(&reactor->wakeups, &seat->wakeup, session_wake_us(&seat->connection->session)) != 0)
            give_up(seat);
        arm_timer(reactor);
        break;
    case TURN_CLOSE:
        seat_close(seat);
        return;
    }
    if (seat->connection->gone && seat->next != TURN_AGAIN) {
        seat->next = TURN_AGAIN;
        queue_again(seat);
    }
}

/* Something about a connection whose command waits: its end, or input that has to wait too. */
static void while_waiting(struct seat *seat)
{
    seat->connection->gone = stream_sleep(&seat->connection->stream, 0) == STREAM_ERROR;
    if (seat->connection->gone) {
        wakeups_remove(&seat->reactor->wakeups, &seat->wakeup);
        turn(seat);
    } else if (seat->watch != WATCH_END)
        watch(seat, WATCH_END);
}

static void on_socket(evutil_socket_t fd, short what, void *context)
{
    struct seat *seat = context;

    (void)fd;
    (void)what;
    if (seat->next == TURN_WAIT)
        while_waiting(seat);
    else if (seat->next != TURN_AGAIN) /* queued already: its turn comes */
        turn(seat);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct reactor *reactor = context;
    struct wakeup *first;
    uint64_t expirations, now = clock_now_us();

    (void)what;
    if (read(fd, &expirations, sizeof expirations) < 0 && errno == EAGAIN)
        return;
    reactor->armed_us = CLOCK_NEVER;
    while ((first = wakeups_first(&reactor->wakeups)) != NULL && first->at_us <= now) {
        struct seat *seat = (struct seat *)((char *)first - offsetof(struct seat, wakeup));

        wakeups_remove(&reactor->wakeups, first);
        turn(seat);
    }
    arm_timer(reactor);
}

/* A new connection: one that comes with unread input runs it first. */
static void adopt(struct reactor *reactor, struct connection *connection)
{
    struct seat *seat = seat_new(reactor, connection);

    if (seat == NULL) {
        log_event(EVENT_MEMORY_SHORT, LOG_S("a connection's seat"));
        atomic_fetch_sub_explicit(&reactor->load, 1, memory_order_relaxed);
        connection_close(reactor->backend->host->connections, connection, CLOSE_MEMORY);
        return;
    }
    if (connection->want == SESSION_READ && !connection->gone && !backend_is_retiring(reactor->backend))
        after_turn(seat, TURN_READ);
    else
        turn(seat);
}

/* One last look at the input of everybody who waits for some; whoever finds none is released. */
static void retire(struct reactor *reactor)
{
    struct seat *seat, *following;

    for (seat = reactor->seats; seat != NULL; seat = following) {
        following = seat->following;
        if (seat->next == TURN_READ && !seat->connection->lingering)
            turn(seat);
    }
}

/* Whoever is woken while this runs pokes again. */
static void serve_woken(struct reactor *reactor)
{
    struct seat *seat;

    while ((seat = take_woken(reactor, NULL)) != NULL) {
        wakeups_remove(&reactor->wakeups, &seat->wakeup);
        if (seat->next == TURN_WAIT) /* otherwise it is queued already */
            turn(seat);
    }
}

static void on_inbox(evutil_socket_t fd, short what, void *context)
{
    struct reactor *reactor = context;
    struct connection *connection, *following;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof count) < 0 && errno == EAGAIN)
        return;
    pthread_mutex_lock(&reactor->inbox_lock);
    connection = reactor->inbox;
    reactor->inbox = NULL;
    if (reactor->stop)
        event_base_loopbreak(reactor->base);
    pthread_mutex_unlock(&reactor->inbox_lock);
    for (; connection != NULL; connection = following) {
        following = connection->seat;
        adopt(reactor, connection);
    }
    serve_woken(reactor);
    if (backend_is_retiring(reactor->backend))
        retire(reactor);
}

/* Those who had more to do when this round began; who has still more comes again in the next. */
static void on_again(evutil_socket_t fd, short what, void *context)
{
    struct reactor *reactor = context;
    struct seat *seat = reactor->again_first, *following;

    (void)fd;
    (void)what;
    reactor->again_first = reactor->again_last = NULL;
    for (; seat != NULL; seat = following) {
        following = seat->next_again;
        turn(seat);
    }
}

static void enter(struct reactor *reactor)
{
    worker_enter(&reactor->worker, 1 + reactor->number, false,
                 reactor->backend->host->process->first_slot + 1 + reactor->number);
}

static void *reactor_main(void *argument)
{
    struct reactor *reactor = argument;

    enter(reactor);
    event_base_dispatch(reactor->base);
    worker_leave(&reactor->worker);
    return NULL;
}

static void reactor_free(struct reactor *reactor)
{
    if (reactor->base != NULL && !reactor->guest)
        event_base_free(reactor->base);
    if (reactor->inbox_fd >= 0)
        close(reactor->inbox_fd);
    if (reactor->timer_fd >= 0)
        close(reactor->timer_fd);
    wakeups_free(&reactor->wakeups);
    worker_clear(&reactor->worker);
    pthread_mutex_destroy(&reactor->inbox_lock);
    free(reactor);
}

static int watch_own_descriptors(struct reactor *reactor)
{
    event_assign(&reactor->inbox_event, reactor->base, reactor->inbox_fd, EV_READ | EV_PERSIST, on_inbox,
                 reactor);
    event_assign(&reactor->timer_event, reactor->base, reactor->timer_fd, EV_READ | EV_PERSIST, on_timer,
                 reactor);
    event_assign(&reactor->again_event, reactor->base, -1, 0, on_again, reactor);
    return event_add(&reactor->inbox_event, NULL) == 0 && event_add(&reactor->timer_event, NULL) == 0 ? 0
                                                                                                      : -1;
}

static struct reactor *reactor_new(struct backend *backend, unsigned number, struct event_base *guest_of)
{
    struct reactor *reactor = calloc(1, sizeof *reactor);

    if (reactor == NULL)
        return NULL;
    reactor->backend = backend;
    reactor->number = number;
    reactor->armed_us = CLOCK_NEVER;
    pthread_mutex_init(&reactor->inbox_lock, NULL);
    reactor->inbox_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    reactor->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    reactor->guest = guest_of != NULL;
    reactor->base = reactor->guest ? guest_of : loop_new();
    if (reactor->inbox_fd >= 0 && reactor->timer_fd >= 0 && reactor->base != NULL &&
        worker_prepare(&reactor->worker, backend->host->process) == 0 && watch_own_descriptors(reactor) == 0)
        return reactor;
    reactor_free(reactor);
    return NULL;
}

struct reactor *reactor_start(struct backend *backend, unsigned number, struct event_base *guest_of,
                              struct error *error)
{
    struct reactor *reactor = reactor_new(backend, number, guest_of);
    char name[16];

    if (reactor == NULL) {
        error_errno(error, "making reactor %u", number);
        return NULL;
    }
    snprintf(name, sizeof name, "reactor-%u", number);
    if (reactor->guest) {
        enter(reactor);
        return reactor;
    }
    errno = thread_start(&reactor->thread, name, 0, reactor_main, reactor);
    if (errno == 0)
        return reactor;
    error_errno(error, "starting reactor %u", number);
    reactor_free(reactor);
    return NULL;
}

void reactor_submit(struct reactor *reactor, struct connection *connection)
{
    bool was_empty;

    atomic_fetch_add_explicit(&reactor->load, 1, memory_order_relaxed);
    pthread_mutex_lock(&reactor->inbox_lock);
    was_empty = reactor->inbox == NULL;
    connection->seat = reactor->inbox;
    reactor->inbox = connection;
    pthread_mutex_unlock(&reactor->inbox_lock);
    if (was_empty)
        poke(reactor);
}

unsigned reactor_load(const struct reactor *reactor)
{
    return atomic_load_explicit(&reactor->load, memory_order_relaxed);
}

void reactor_nudge(struct reactor *reactor)
{
    poke(reactor);
}

/* The main thread is no worker any more, and goes on with its own lane. */
static void guest_leaves(struct reactor *reactor)
{
    const struct process *process = reactor->backend->host->process;

    event_del(&reactor->inbox_event);
    event_del(&reactor->timer_event);
    event_del(&reactor->again_event);
    worker_leave(&reactor->worker);
    log_bind(log_queue_lane(process->log, process->first_slot), process->first_slot, false);
}

int reactor_stop(struct reactor **reactor, uint64_t until_us)
{
    struct reactor *it = *reactor;

    *reactor = NULL;
    if (it->guest)
        guest_leaves(it);
    else {
        pthread_mutex_lock(&it->inbox_lock);
        it->stop = true;
        pthread_mutex_unlock(&it->inbox_lock);
        poke(it);
        if (thread_join(it->thread, until_us) != 0)
            return -1;
    }
    reactor_free(it);
    return 0;
}
