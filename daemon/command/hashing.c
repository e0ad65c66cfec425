/* SPDX-License-Identifier: Apache-2.0
 *
 * Checking passwords takes a tenth of a second of a core and some megabytes each time, on purpose; and anybody may ask for
 * it. So it runs in a bounded number of threads, which are nicer than those that serve, for a bounded number of jobs, of
 * which everybody gets a fair share: jobs are started in rounds, one of each source in a round, and when there is no room
 * the job of the latest round gives way to one of an earlier. So a flood from one address fills the queue, but holds up
 * everybody else's AUTH by two checks at most. This is start-time fair queueing (Goyal, Vin and Cheng, 1996) with equal
 * weights and lengths.
 *
 * Many worker processes could still check many passwords at once. So a check needs a turn, of which all processes share a
 * few (shm/turns.h). Whoever had one waits longer than those who look for one before he wants another.
 *
 * Threads end when the queue is empty: a process of one thread, as prefork's workers are, pays less for its system calls,
 * and starting a thread costs a thousandth of a check. Passwords are wiped when their job is over. Everything but the
 * threads' own function runs in workers. */
#include "daemon/command/hashing.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "daemon/command/worker.h"
#include "daemon/shm/turns.h"
#include "daemon/sys/thread.h"

#define THREADS_MOST  16
#define STACK_BYTES   131072 /* scrypt keeps its blocks on the heap */
#define NICENESS      10
#define LOOK_EVERY_US 2000 /* for a turn */

struct hashing_job {
    struct hashing *hashing;
    /* set when submitted, then read only until it is over */
    struct waker waker;
    struct password_hash hash;
    uint64_t source, round;
    size_t length;
    char password[PASSWORD_LONGEST]; /* wiped when it is over */
    /* lock: hashing.lock */
    bool under_way, abandoned;
    struct hashing_job *next; /* in the queue, oldest first */
    /* atomic: enum hashing_state; release when it is over, acquire by who looks */
    _Atomic uint32_t state;
};

enum thread_state { THREAD_NONE, THREAD_RUNS, THREAD_ENDED /* to be joined */ };

struct hashing_thread {
    struct hashing *hashing;
    pthread_t thread;
    enum thread_state state; /* lock: hashing.lock */
};

struct hashing {
    /* set before start */
    unsigned thread_count, waiting_most, turn_count;
    _Atomic uint64_t *turns;
    pthread_mutex_t lock;
    /* lock: lock */
    struct hashing_job *queue;
    unsigned waiting;
    uint64_t round; /* of the job that was started last */
    bool stopping;
    struct hashing_thread threads[THREADS_MOST];
};

struct hashing *hashing_new(unsigned threads, unsigned waiting, _Atomic uint64_t *turns, unsigned turn_count)
{
    struct hashing *hashing = calloc(1, sizeof *hashing);
    unsigned i;

    assert(threads != 0 && waiting != 0 && turn_count != 0);
    if (hashing == NULL)
        return NULL;
    hashing->thread_count = threads < THREADS_MOST ? threads : THREADS_MOST;
    hashing->waiting_most = waiting;
    hashing->turns = turns;
    hashing->turn_count = turn_count;
    pthread_mutex_init(&hashing->lock, NULL);
    for (i = 0; i < THREADS_MOST; i++)
        hashing->threads[i].hashing = hashing;
    return hashing;
}

static void job_free(struct hashing_job *job)
{
    password_wipe(job, sizeof *job);
    free(job);
}

/* With the lock. Takes a job out of the queue. */
static void unqueue(struct hashing *hashing, struct hashing_job *job)
{
    struct hashing_job **link = &hashing->queue;

    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
    hashing->waiting--;
}

/* With the lock. The job to be started next: the oldest of the earliest round. */
static struct hashing_job *next_job(struct hashing *hashing)
{
    struct hashing_job *job, *first = hashing->stopping ? NULL : hashing->queue;

    if (first == NULL)
        return NULL;
    for (job = first->next; job != NULL; job = job->next)
        if (job->round < first->round)
            first = job;
    unqueue(hashing, first);
    hashing->round = first->round;
    first->under_way = true;
    return first;
}

/* The job is over. Whoever submitted it is woken without the lock, and may be faster to let go of it than this. */
static void conclude(struct hashing *hashing, struct hashing_job *job, enum hashing_state state)
{
    struct waker waker = job->waker;
    bool abandoned;

    password_wipe(job->password, sizeof job->password);
    pthread_mutex_lock(&hashing->lock);
    job->under_way = false;
    abandoned = job->abandoned;
    /* pairs with the acquire in hashing_look: nothing of the job is touched here any more */
    atomic_store_explicit(&job->state, state, memory_order_release);
    pthread_mutex_unlock(&hashing->lock);
    if (abandoned)
        job_free(job);
    else
        waker_wake(&waker);
}

static bool is_stopping(struct hashing *hashing)
{
    bool stopping;

    pthread_mutex_lock(&hashing->lock);
    stopping = hashing->stopping;
    pthread_mutex_unlock(&hashing->lock);
    return stopping;
}

static void pause_for(uint64_t us)
{
    struct timespec rest = clock_timespec(us);

    nanosleep(&rest, NULL);
}

/* Waits for a turn of its process; false when that ends first. */
static bool take_turn(struct hashing *hashing, unsigned process, struct turn *turn)
{
    while (!turns_take(hashing->turns, hashing->turn_count, process, clock_now_us(), turn)) {
        if (is_stopping(hashing))
            return false;
        pause_for(LOOK_EVERY_US);
    }
    return true;
}

static void check(struct hashing *hashing, struct hashing_job *job)
{
    static const enum hashing_state states[] = {[PASSWORD_RIGHT] = HASHING_RIGHT,
                                                [PASSWORD_WRONG] = HASHING_WRONG,
                                                [PASSWORD_FAILED] = HASHING_FAILED};

    enum hashing_state state = HASHING_FAILED;
    struct turn turn;

    if (take_turn(hashing, job->waker.process->number, &turn)) {
        state = states[password_check(&job->hash, job->password, job->length)];
        turns_give(&turn);
    }
    conclude(hashing, job, state);
}

static void *hashing_main(void *argument)
{
    struct hashing_thread *self = argument;
    struct hashing *hashing = self->hashing;
    struct hashing_job *job;
    bool again = false;

    if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS) != 0) {
        /* a sandbox may forbid it; then it takes its share with the others */
    }
    for (;;) {
        pthread_mutex_lock(&hashing->lock);
        job = next_job(hashing);
        if (job == NULL)
            self->state = THREAD_ENDED;
        pthread_mutex_unlock(&hashing->lock);
        if (job == NULL)
            return NULL;
        if (again)
            pause_for(2 * LOOK_EVERY_US);
        check(hashing, job);
        again = true;
    }
}

/* With the lock. Sees to it that somebody does what waits: false when nobody can. Threads that have ended are past their
 * last lock, so joining them does not wait. */
static bool find_thread(struct hashing *hashing)
{
    unsigned running = 0, i;
    struct hashing_thread *unused = NULL;

    for (i = 0; i < hashing->thread_count; i++) {
        struct hashing_thread *thread = &hashing->threads[i];

        if (thread->state == THREAD_ENDED) {
            pthread_join(thread->thread, NULL);
            thread->state = THREAD_NONE;
        }
        running += thread->state == THREAD_RUNS;
        if (thread->state == THREAD_NONE && unused == NULL)
            unused = thread;
    }
    if (unused != NULL && thread_start(&unused->thread, "hashing", STACK_BYTES, hashing_main, unused) == 0) {
        unused->state = THREAD_RUNS;
        running++;
    }
    return running != 0;
}

/* With the lock. The round in which it is a source's turn for another job: after those of its that wait, and after the one
 * that was started last, whose it may have been. */
static uint64_t round_of(const struct hashing *hashing, uint64_t source)
{
    const struct hashing_job *job;
    uint64_t last = hashing->round;

    for (job = hashing->queue; job != NULL; job = job->next)
        if (job->source == source && job->round > last)
            last = job->round;
    return last + 1;
}

/* With the lock. The job of the latest round that waits, if that is later than `round`. */
static struct hashing_job *find_later(const struct hashing *hashing, uint64_t round)
{
    struct hashing_job *job, *found = NULL;

    for (job = hashing->queue; job != NULL; job = job->next)
        if (job->round > (found != NULL ? found->round : round))
            found = job;
    return found;
}

static struct hashing_job *job_new(struct hashing *hashing, const struct password_hash *hash,
                                   struct text password, uint64_t source, const struct waker *waker)
{
    struct hashing_job *job = password.length <= PASSWORD_LONGEST ? malloc(sizeof *job) : NULL;

    if (job == NULL)
        return NULL;
    *job = (struct hashing_job){
        .hashing = hashing, .waker = *waker, .hash = *hash, .source = source, .length = password.length};
    memcpy(job->password, password.bytes, password.length);
    return job;
}

/* With the lock. 0, or -1 when there is no room; one that gave way for it is `evicted`, out of the queue. */
static int enqueue(struct hashing *hashing, struct hashing_job *job, struct hashing_job **evicted)
{
    struct hashing_job **end = &hashing->queue;

    job->round = round_of(hashing, job->source);
    if (hashing->waiting == hashing->waiting_most) {
        *evicted = find_later(hashing, job->round);
        if (*evicted == NULL)
            return -1;
        unqueue(hashing, *evicted);
        (*evicted)->under_way = true; /* so that it is not freed before it is told */
    }
    while (*end != NULL)
        end = &(*end)->next;
    *end = job;
    hashing->waiting++;
    return 0;
}

struct hashing_job *hashing_submit(struct hashing *hashing, const struct password_hash *hash,
                                   struct text password, uint64_t source, const struct waker *waker)
{
    struct hashing_job *job = job_new(hashing, hash, password, source, waker), *evicted = NULL;
    bool queued;

    if (job == NULL)
        return NULL;
    pthread_mutex_lock(&hashing->lock);
    queued = !hashing->stopping && enqueue(hashing, job, &evicted) == 0;
    if (queued && !find_thread(hashing)) {
        unqueue(hashing, job);
        queued = false;
    }
    pthread_mutex_unlock(&hashing->lock);
    if (evicted != NULL)
        conclude(hashing, evicted, HASHING_BUSY);
    if (queued)
        return job;
    job_free(job);
    return NULL;
}

enum hashing_state hashing_look(const struct hashing_job *job)
{
    return (enum hashing_state)atomic_load_explicit(&job->state, memory_order_acquire);
}

void hashing_let_go(void *argument)
{
    struct hashing_job *job = argument;
    struct hashing *hashing = job->hashing;
    bool mine;

    pthread_mutex_lock(&hashing->lock);
    if (!job->under_way && hashing_look(job) == HASHING_WAITS)
        unqueue(hashing, job);
    mine = !job->under_way;
    job->abandoned = true;
    pthread_mutex_unlock(&hashing->lock);
    if (mine)
        job_free(job);
}

unsigned hashing_waiting(struct hashing *hashing)
{
    unsigned waiting;

    pthread_mutex_lock(&hashing->lock);
    waiting = hashing->waiting;
    pthread_mutex_unlock(&hashing->lock);
    return waiting;
}

unsigned hashing_stop(struct hashing **hashing, uint64_t until_us)
{
    struct hashing *it = *hashing;
    unsigned abandoned = 0, i;

    if (it == NULL)
        return 0;
    *hashing = NULL;
    pthread_mutex_lock(&it->lock);
    it->stopping = true;
    pthread_mutex_unlock(&it->lock);
    for (i = 0; i < it->thread_count; i++) {
        enum thread_state state;

        pthread_mutex_lock(&it->lock);
        state = it->threads[i].state;
        pthread_mutex_unlock(&it->lock);
        if (state != THREAD_NONE && thread_join(it->threads[i].thread, until_us) != 0)
            abandoned++;
    }
    if (abandoned != 0)
        return abandoned;
    assert(it->queue == NULL); /* everybody has let go */
    pthread_mutex_destroy(&it->lock);
    free(it);
    return 0;
}
