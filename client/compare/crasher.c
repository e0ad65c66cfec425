/* SPDX-License-Identifier: Apache-2.0
 *
 * Crashes on purpose, by the second. It does what a client with a deadly request would: connects, sends it, loses its
 * connection. What counts is what the others see of it: the load tells how many of them failed, and this thread how
 * long a new client is turned away, by trying again and again until one is served. The moments are fixed by the load's
 * own beginning, so that every model is hit at the same ones and as often. A service that does not return is not let
 * off: what has passed of its outage is known, and counts. Runs in a thread of its own. */
#include "client/compare/crasher.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client/link.h"
#include "common/clock.h"
#include "common/printable.h"

#define REPLY_MS 1000 /* patience for one reply */
#define PAUSE_MS 1    /* between two attempts to be served */

struct crasher {
    /* set before the thread starts, then read only */
    const struct target *target;
    uint64_t first_us, last_us; /* clock_now_us */
    int stop;                   /* eventfd */
    pthread_t thread;

    /* owner: the thread; others after it was joined */
    struct crasher_account account;
    double outage_sum_us;
};

/* Waits that long, or for the end: then true. */
static bool ends_within(const struct crasher *crasher, uint64_t us)
{
    struct pollfd ready = {.fd = crasher->stop, .events = POLLIN};
    struct timespec timeout = clock_timespec(us);

    return ppoll(&ready, 1, &timeout, NULL) > 0;
}

enum outcome {
    OUTCOME_ANSWERED,
    OUTCOME_LOST,   /* the connection ended before there was one */
    OUTCOME_SILENT, /* nothing came in time */
    OUTCOME_NOBODY, /* not even connected */
};

static enum outcome await_reply(struct link *link, struct resp_reply *reply)
{
    uint64_t now, deadline = clock_now_us() + REPLY_MS * 1000;
    struct error ignored;

    while ((now = clock_now_us()) < deadline) {
        enum link_event event = link_read(link, (int)((deadline - now + 999) / 1000), reply, &ignored);

        if (event != LINK_WAITING)
            return event == LINK_REPLY ? OUTCOME_ANSWERED : OUTCOME_LOST;
    }
    return OUTCOME_SILENT;
}

/* One command over a connection of its own. */
static enum outcome ask_alone(const struct target *target, const struct resp_word *word,
                              struct resp_reply *reply)
{
    enum outcome outcome;
    struct link *link = NULL;
    struct error ignored;

    if (link_open(&link, target, 0, &ignored) != 0)
        return OUTCOME_NOBODY;
    outcome = link_queue(link, word, 1, &ignored) == 0 && link_flush(link, &ignored) == 0
                  ? await_reply(link, reply)
                  : OUTCOME_LOST;
    link_close(&link);
    return outcome;
}

/* True when that has crashed somebody: the connection ended with whoever served it. */
static bool crash(struct crasher *crasher)
{
    static const struct resp_word word = {"CRASH", 5};
    struct resp_reply reply = {0};
    enum outcome outcome = ask_alone(crasher->target, &word, &reply);

    if (outcome == OUTCOME_ANSWERED && resp_reply_is_error(&reply))
        snprintf(crasher->account.trouble, sizeof crasher->account.trouble, "CRASH was refused: %s",
                 reply.text);
    else if (outcome == OUTCOME_SILENT)
        snprintf(crasher->account.trouble, sizeof crasher->account.trouble,
                 "CRASH was not answered within %d ms, and crashed nobody", REPLY_MS);
    printable_text(crasher->account.trouble);
    resp_reply_clear(&reply);
    return outcome == OUTCOME_LOST;
}

static bool is_served(const struct crasher *crasher)
{
    static const struct resp_word word = {"PING", 4};
    struct resp_reply reply = {0};
    bool served =
        ask_alone(crasher->target, &word, &reply) == OUTCOME_ANSWERED && !resp_reply_is_error(&reply);

    resp_reply_clear(&reply);
    return served;
}

/* Counts one that lasted, or has lasted by now, so long. */
static void count_outage(struct crasher *crasher, double outage_us)
{
    struct crasher_account *account = &crasher->account;
    bool first = account->recovered + account->unrecovered == 0;

    crasher->outage_sum_us += outage_us;
    account->outage_least_us =
        first || outage_us < account->outage_least_us ? outage_us : account->outage_least_us;
    account->outage_most_us = outage_us > account->outage_most_us ? outage_us : account->outage_most_us;
}

static void measure_outage(struct crasher *crasher)
{
    uint64_t began = clock_now_us();
    bool returned;

    while (!(returned = is_served(crasher))) {
        if (ends_within(crasher, PAUSE_MS * 1000))
            break;
    }
    count_outage(crasher, (double)(clock_now_us() - began));
    crasher->account.recovered += returned;
    crasher->account.unrecovered += !returned;
}

static void *crash_on(void *argument)
{
    struct crasher *crasher = argument;
    uint64_t due = crasher->first_us;

    for (; due <= crasher->last_us; due += CRASHER_INTERVAL_US) {
        uint64_t now = clock_now_us();

        if (now >= due + CRASHER_INTERVAL_US) /* the last outage took so long */
            continue;
        if (ends_within(crasher, due > now ? due - now : 0))
            return NULL;
        if (!crash(crasher))
            continue;
        crasher->account.crashes++;
        measure_outage(crasher);
    }
    return NULL;
}

double crasher_mean_us(double sum_us, uint64_t recovered)
{
    return recovered > 0 ? sum_us / (double)recovered : sum_us;
}

int crasher_start(struct crasher **made, const struct target *target, uint64_t first_us, uint64_t last_us,
                  struct error *error)
{
    struct crasher *crasher = calloc(1, sizeof *crasher);

    *made = NULL;
    if (crasher == NULL)
        return error_set(error, "out of memory");
    crasher->target = target;
    crasher->first_us = first_us;
    crasher->last_us = last_us;
    crasher->stop = eventfd(0, EFD_CLOEXEC);
    if (crasher->stop < 0 || pthread_create(&crasher->thread, NULL, crash_on, crasher) != 0) {
        if (crasher->stop >= 0)
            close(crasher->stop);
        free(crasher);
        return error_set(error, "no descriptor or no thread for the client that crashes workers");
    }
    *made = crasher;
    return 0;
}

void crasher_stop(struct crasher **crasher, struct crasher_account *account)
{
    static const uint64_t one = 1;

    *account = (struct crasher_account){0};
    if (*crasher == NULL)
        return;
    if (write((*crasher)->stop, &one, sizeof one) == (ssize_t)sizeof one)
        pthread_join((*crasher)->thread, NULL);
    *account = (*crasher)->account;
    account->outage_mean_us = crasher_mean_us((*crasher)->outage_sum_us, account->recovered);
    close((*crasher)->stop);
    free(*crasher);
    *crasher = NULL;
}
