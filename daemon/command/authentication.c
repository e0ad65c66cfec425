/* SPDX-License-Identifier: Apache-2.0
 *
 * Authentication. The password's check is a job for the hashing threads (hashing.c); the command waits for it, and its
 * worker serves others. Names that there are and names that there aren't take the same way: a hash is computed, and the
 * reply is the same.
 *
 * Failures are logged with the address, at most a few a second in each process, and the next line says how many were
 * not: who tries passwords must not fill the disk. The name is logged only if there is such a user; what stands in its
 * place otherwise is too often the password. Runs in workers. */
#include "daemon/command/authentication.h"

#include <arpa/inet.h>
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "daemon/command/hashing.h"
#include "daemon/sys/usage.h"

#define TOLD_MOST    10 /* failures that are logged in */
#define TOLD_SPAN_US 1000000

static_assert(CONNECTION_USER_BYTES == USERS_NAME_LONGEST, "an entry shows whole names");

struct authentication {
    struct hashing *hashing;
    pthread_mutex_t lock;
    /* lock: lock */
    uint64_t span_started_us, told, untold;
};

/* Half of the cores: those who are in have the other half. */
static unsigned turns(void)
{
    unsigned half = usage_cores() / 2;

    return half == 0 ? 1 : half < SEGMENT_HASHING_TURNS ? half : SEGMENT_HASHING_TURNS;
}

struct authentication *authentication_new(struct segment *segment)
{
    struct authentication *authentication = calloc(1, sizeof *authentication);

    if (authentication == NULL)
        return NULL;
    pthread_mutex_init(&authentication->lock, NULL);
    authentication->hashing =
        hashing_new(turns(), AUTHENTICATION_WAITING_MOST, segment->header->hashing_turns, turns());
    if (authentication->hashing == NULL)
        authentication_stop(&authentication, CLOCK_NEVER);
    return authentication;
}

unsigned authentication_stop(struct authentication **authentication, uint64_t until_us)
{
    struct authentication *it = *authentication;
    unsigned abandoned;

    if (it == NULL)
        return 0;
    *authentication = NULL;
    abandoned = hashing_stop(&it->hashing, until_us);
    pthread_mutex_destroy(&it->lock);
    free(it);
    return abandoned;
}

static const char *peer_of(const struct call *call, char text[CONNECTION_ADDRESS_BYTES + 1])
{
    return shared_text_load(call->client->entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), text);
}

/* What a client's fair share is measured by: its address without the port; of an IPv6 address the network, which is what a
 * customer of a provider has. FNV-1a: for a collision one would have to own the other's address. */
static uint64_t source_of(const struct call *call)
{
    char text[CONNECTION_ADDRESS_BYTES + 1], *end;
    const unsigned char *at = (const unsigned char *)peer_of(call, text);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    unsigned char network[16];
    size_t i, length;

    end = strrchr(text, ':');
    if (end != NULL)
        *end = '\0';
    length = strlen(text);
    if (text[0] == '[' && length > 2 && text[length - 1] == ']') {
        text[length - 1] = '\0';
        if (inet_pton(AF_INET6, text + 1, network) == 1) {
            at = network;
            length = sizeof network / 2;
        }
    }
    for (i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* Whether a failure is to be logged, and how many were not since the last that was. */
static bool may_tell(struct authentication *authentication, uint64_t now_us, uint64_t *untold)
{
    bool may;

    pthread_mutex_lock(&authentication->lock);
    if (now_us - authentication->span_started_us >= TOLD_SPAN_US) {
        authentication->span_started_us = now_us;
        authentication->told = 0;
    }
    may = authentication->told < TOLD_MOST;
    *untold = authentication->untold;
    authentication->told += may;
    authentication->untold = may ? 0 : authentication->untold + 1;
    pthread_mutex_unlock(&authentication->lock);
    return may;
}

static void tell_failure(const struct call *call, struct text user, const char *reason)
{
    const struct users *users = call->worker->generation->users;
    char peer[CONNECTION_ADDRESS_BYTES + 1], name[USERS_NAME_LONGEST + 1] = "";
    uint64_t untold;

    if (!may_tell(call->worker->process->authentication, call_now(call), &untold))
        return;
    if (users != NULL && users_has(users, user.bytes, user.length)) {
        memcpy(name, user.bytes, user.length);
        name[user.length] = '\0';
    }
    log_event(EVENT_AUTH_FAILED, LOG_U(call->client->id), LOG_S(peer_of(call, peer)), LOG_S(name),
              LOG_S(reason), LOG_U(untold));
}

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static enum authentication_step refuse_busy(struct call *call, struct text user)
{
    count(&call->worker->process->segment->header->auth_busy);
    tell_failure(call, user, "busy");
    reply_error(call_reply(call), "BUSY too many clients are authenticating; try again later");
    return AUTHENTICATION_REFUSED;
}

static enum authentication_step refuse_wrong(struct call *call, struct text user)
{
    count(&call->worker->process->segment->header->auth_failures);
    tell_failure(call, user, "wrong");
    reply_error(call_reply(call), "WRONGPASS invalid username-password pair or user is disabled.");
    return AUTHENTICATION_REFUSED;
}

/* The password is right; the user may be gone meanwhile. */
static enum authentication_step succeed(struct call *call, struct text user)
{
    const struct users *users = call->worker->generation->users;
    char peer[CONNECTION_ADDRESS_BYTES + 1], name[USERS_NAME_LONGEST + 1];

    if (users == NULL || !users_has(users, user.bytes, user.length))
        return refuse_wrong(call, user);
    memcpy(name, user.bytes, user.length);
    name[user.length] = '\0';
    client_become(call->client, name);
    count(&call->worker->process->segment->header->auth_successes);
    log_event(EVENT_AUTHENTICATED, LOG_U(call->client->id), LOG_S(peer_of(call, peer)), LOG_S(name));
    return AUTHENTICATION_DONE;
}

static enum authentication_step wait(struct call *call)
{
    (void)call_wait_for(call, CLOCK_NEVER);
    return AUTHENTICATION_WAITS;
}

static enum authentication_step start(struct call *call, struct text user, struct text password)
{
    const struct worker *worker = call->worker;
    const struct users *users = worker->generation->users;
    struct waker waker = call_waker(call);
    struct hashing_job *job;

    if (users == NULL) {
        reply_error(call_reply(call), "ERR AUTH was sent, but this server has no users configured");
        return AUTHENTICATION_REFUSED;
    }
    if (password.length > PASSWORD_LONGEST) {
        reply_error(call_reply(call), "ERR a password takes at most %d bytes", PASSWORD_LONGEST);
        return AUTHENTICATION_REFUSED;
    }
    job = hashing_submit(worker->process->authentication->hashing, users_hash(users, user.bytes, user.length),
                         password, source_of(call), &waker);
    if (job == NULL)
        return refuse_busy(call, user);
    call_keep(call, job, hashing_let_go);
    return wait(call);
}

enum authentication_step authentication_take(struct call *call, struct text user, struct text password)
{
    const struct hashing_job *job = call_kept(call);

    if (job == NULL)
        return start(call, user, password);
    switch (hashing_look(job)) {
    case HASHING_WAITS:
        return wait(call);
    case HASHING_RIGHT:
        return succeed(call, user);
    case HASHING_WRONG:
        return refuse_wrong(call, user);
    case HASHING_BUSY:
    case HASHING_FAILED:
        break;
    }
    return refuse_busy(call, user);
}

void authentication_review(struct client *client, const struct generation *generation)
{
    char user[CONNECTION_USER_BYTES + 1];

    client->reviewed = generation->number;
    shared_text_load(client->entry->user, SHARED_TEXT_WORDS(CONNECTION_USER_BYTES), user);
    if (generation->users == NULL || !users_has(generation->users, user, strlen(user)))
        client_become(client, "");
}
