/* SPDX-License-Identifier: Apache-2.0
 *
 * The session: one protocol implementation for every backend. It runs requests one after the other until it needs
 * input, has too much output, has had its share of the turn, or waits. A command that is not done keeps its request's
 * bytes at the head of `in` and a copy of where its arguments are; everything else works on what the worker lends, so
 * that an idle session owns no memory. Runs in whichever worker has the turn. */
#include "daemon/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/password.h"
#include "daemon/command/authentication.h"
#include "daemon/session/access.h"

/* Pending output at which a session stops and lets it be sent first; half of max_output where that is less, so that
 * replies of a peer that reads don't add up to what only one that doesn't read should reach. */
#define FLUSH_BYTES 65536

/* What somebody may ask for who has not said who he is: enough to say it. */
#define STRANGER_ARGS    10
#define STRANGER_REQUEST 16384
#define STRANGER_OUTPUT  16384

void session_init(struct session *session, struct connection_entry *entry)
{
    *session =
        (struct session){.client = {.entry = entry, .id = segment_get(&entry->id), .protocol = 2}, .need = 1};
    atomic_store_explicit(&entry->protocol, 2, memory_order_relaxed);
}

void session_free(struct session *session)
{
    call_progress_clear(&session->progress);
    throttle_forget(&session->client.throttle);
    free(session->held);
    session->held = NULL;
    session->in.secret = true; /* it may have been on its way */
    buffer_free(&session->in);
    buffer_free(&session->out);
}

bool session_mark(struct session *session, enum close_reason reason)
{
    uint32_t unmarked = CLOSE_NONE;

    return atomic_compare_exchange_strong_explicit(&session->mark, &unmarked, (uint32_t)reason,
                                                   memory_order_relaxed, memory_order_relaxed);
}

void session_end_input(struct session *session)
{
    session->ended = true;
}

static enum session_want close_for(struct session *session, enum close_reason reason)
{
    enum close_reason marked = session_marked(session);

    throttle_forget(&session->client.throttle); /* what is left to send may take long */
    session->reason = marked != CLOSE_NONE ? marked : reason;
    return SESSION_CLOSE;
}

/* Whether the client has yet to authenticate. */
static inline bool is_stranger(const struct session *session, const struct worker *worker)
{
    return !client_is_admitted(&session->client, worker->config);
}

/* How much of its replies may be pending. */
static inline uint64_t output_most(const struct worker *worker, bool stranger)
{
    uint64_t most = worker->config->limits.max_output;

    return stranger && most > STRANGER_OUTPUT ? STRANGER_OUTPUT : most;
}

/* The reply can't be completed. */
static enum session_want close_unanswered(struct session *session, const struct reply *reply)
{
    return close_for(session, reply->no_memory ? CLOSE_MEMORY : CLOSE_OUTPUT_LIMIT);
}

static inline void begin_call(struct session *session, struct worker *worker, struct call *call,
                              bool stranger)
{
    *call = (struct call){.worker = worker,
                          .bytes = buffer_head(&session->in),
                          .reply = {.out = &session->out,
                                    .limit = output_most(worker, stranger),
                                    .protocol = session->client.protocol},
                          .client = &session->client,
                          .progress = &session->progress,
                          .mark = &session->mark};
}

/* Refuses a request that no handler should see; true when it did. */
static inline bool refuse(struct call *call, const struct command_row *row, bool stranger)
{
    const struct resp_arg *name = &call->args[0];
    char shown[REPLY_SHOWN_LONGEST + 1];
    int given = (int)call->argc - 1;

    if (stranger && (row == NULL || (row->command->flags & COMMAND_NO_AUTH) == 0))
        reply_error(&call->reply,
                    "NOAUTH Authentication required."); /* also for what there is not: it tells nothing */
    else if (row == NULL)
        reply_error(&call->reply, "ERR unknown command '%s'",
                    reply_shown(shown, call->bytes + name->offset, name->length));
    else if (atomic_load_explicit(&row->disabled, memory_order_relaxed)) {
        worker_count(call->worker, LIMIT_DISABLED, 1);
        reply_error(&call->reply, "NOPERM command '%s' is disabled here ([commands] disable)",
                    row->command->name);
    } else if ((row->command->flags & COMMAND_FAULT) != 0 && !call->worker->config->faults.enable)
        reply_error(&call->reply, "NOPERM command '%s' needs [faults] enable = yes", row->command->name);
    else if (given < row->command->least || (row->command->most != COMMAND_ANY && given > row->command->most))
        reply_error(&call->reply, "ERR wrong number of arguments for '%s' command", row->command->name);
    else
        return false;
    return true;
}

static enum session_want protocol_error(struct session *session, struct worker *worker, const char *problem)
{
    char address[CONNECTION_ADDRESS_BYTES + 1];
    struct call call;

    begin_call(session, worker, &call, is_stranger(session, worker));
    reply_error(&call.reply, "ERR Protocol error: %s", problem);
    worker->tally.error_replies += call.reply.errors;
    session->linger = true;
    log_event(EVENT_PROTOCOL_ERROR, LOG_U(session->client.id),
              LOG_S(shared_text_load(session->client.entry->address,
                                     SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), address)),
              LOG_S(problem));
    return close_for(session, CLOSE_PROTOCOL_ERROR);
}

/* What is said and counted of a request beyond a limit. */
static const struct {
    enum limit limit;
    const char *problem, *of_stranger;
} beyond[] = {
    [RESP_BEYOND_SIZE] = {LIMIT_MAX_REQUEST, "request larger than limits.max_request",
                          "request too large before authentication"},
    [RESP_BEYOND_LINE] = {LIMIT_MAX_REQUEST, "too big inline request",
                          "request too large before authentication"},
    [RESP_BEYOND_ARGS] = {LIMIT_MAX_ARGS, "more arguments than limits.max_args",
                          "too many arguments before authentication"},
};

static enum session_want invalid(struct session *session, struct worker *worker,
                                 const struct resp_request *request)
{
    bool stranger = is_stranger(session, worker);

    if (request->beyond == RESP_WITHIN)
        return protocol_error(session, worker, request->problem);
    worker_count(worker, stranger ? LIMIT_BEFORE_AUTH : beyond[request->beyond].limit, 1);
    return protocol_error(session, worker,
                          stranger ? beyond[request->beyond].of_stranger : beyond[request->beyond].problem);
}

/* The limits for its next request: those of a stranger are only ever narrower. */
static inline const struct resp_limits *limits_of(const struct worker *worker, bool stranger,
                                                  struct resp_limits *narrow)
{
    if (!stranger)
        return &worker->limits;
    *narrow = worker->limits;
    if (narrow->max_args > STRANGER_ARGS)
        narrow->max_args = STRANGER_ARGS;
    if (narrow->max_request > STRANGER_REQUEST)
        narrow->max_request = STRANGER_REQUEST;
    return narrow;
}

/* What to do when `in` holds no whole request. */
static enum session_want need_input(struct session *session, struct worker *worker, size_t need)
{
    session->need = need;
    if (session->ended)
        return close_for(session, CLOSE_PEER);
    if (buffer_length(&session->in) != 0 && session->request_started_us == 0)
        session->request_started_us = worker->now_us;
    return SESSION_READ;
}

/* The command is over, its last call having found `out_before` bytes in `out`: its request leaves `in`. */
static void finish(struct session *session, struct worker *worker, const struct call *call, size_t length,
                   size_t out_before)
{
    if (access_wanted(worker))
        access_log(session, call, out_before);
    if (session->progress.memory != NULL)
        call_progress_clear(&session->progress);
    worker->tally.commands++;
    worker->tally.error_replies += call->reply.errors;
    session->commands++;
    if (session->row != NULL) {
        free(session->held);
        session->held = NULL;
        session->row = NULL;
        session->streamed = false;
        session->replied = 0;
        session->woken = false;
        atomic_store_explicit(&worker->slot->command, 0, memory_order_relaxed);
    }
    if (call->command != NULL && (call->command->flags & COMMAND_SECRET) != 0)
        password_wipe(buffer_head(&session->in), length);
    buffer_consume(&session->in, length);
}

/* A command that is not done yet goes on in a later call: keep what it needs. 0, or -1 when memory is short. */
static int hold(struct session *session, const struct call *call, const struct command_row *row,
                size_t length, size_t out_before)
{
    if (session->row == NULL) {
        session->held = malloc(call->argc * sizeof *session->held);
        if (session->held == NULL)
            return -1;
        memcpy(session->held, call->args, call->argc * sizeof *session->held);
        session->held_argc = call->argc;
        session->held_length = length;
        session->row = row;
    }
    session->streamed = session->streamed || buffer_length(&session->out) != out_before;
    session->replied += buffer_length(&session->out) - out_before;
    return 0;
}

/* The handler gave up, or its time is over: an error reply takes the place of what it wrote, unless part of that is
 * gone already, when only the connection's end is honest. */
static enum session_want cut(struct session *session, struct worker *worker, struct call *call, size_t length,
                             size_t out_before)
{
    throttle_cut(call);
    if (session_marked(session) != CLOSE_NONE)
        return close_for(session, CLOSE_KILLED);
    worker_count(worker, LIMIT_MAX_COMMAND_TIME, 1);
    if (session->streamed)
        return close_for(session, CLOSE_REPLY_CUT);
    session->out.end = session->out.start + out_before;
    call->reply.errors = 0;
    reply_error(&call->reply, "TIMEOUT the command took longer than limits.max_command_time");
    if (call->reply.failed)
        return close_unanswered(session, &call->reply);
    finish(session, worker, call, length, out_before);
    return SESSION_AGAIN;
}

/* A handler that may have run for long: whatever made it stop (call_should_stop) is a mark from now on. */
static void look_after_long_command(struct session *session, struct worker *worker)
{
    worker_touch(worker);
    if (segment_get32(&worker->process->segment->header->cut) != 0)
        session_mark(session, CLOSE_DRAIN);
    else if (segment_get32(&session->client.entry->kill) != 0)
        session_mark(session, CLOSE_KILLED);
}

/* Calls the handler; one that uses the CPU only when there are not too many that do. */
static enum command_result call_handler(struct call *call, const struct command *command)
{
    enum command_result result;

    if ((command->flags & COMMAND_CPU) == 0)
        return command->handler(call);
    if (!throttle_begin(call))
        return COMMAND_WAIT;
    result = command->handler(call);
    throttle_end(call);
    return result;
}

/* Has the command go on. */
static enum session_want perform(struct session *session, struct call *call, const struct command_row *row,
                                 size_t length)
{
    struct worker *worker = call->worker;
    size_t out_before = buffer_length(&session->out);
    enum command_result result;

    if (session->row != NULL && worker->now_us >= call_deadline(call))
        return cut(session, worker, call, length, out_before);
    if ((row->command->flags & COMMAND_FAST) == 0)
        segment_set32(&worker->slot->command, row->index + 1u);
    result = call_handler(call, row->command);
    if ((row->command->flags & (COMMAND_CPU | COMMAND_WAITS)) != 0)
        look_after_long_command(session, worker);
    else if ((row->command->flags & COMMAND_FAST) == 0)
        worker_touch(worker);
    if (call->reply.failed)
        return close_unanswered(session, &call->reply);
    if (session_marked(session) != CLOSE_NONE || worker->now_us >= call_deadline(call))
        return cut(session, worker, call, length, out_before);
    if (result == COMMAND_DONE) {
        finish(session, worker, call, length, out_before);
        return SESSION_AGAIN;
    }
    if (hold(session, call, row, length, out_before) != 0)
        return close_for(session, CLOSE_MEMORY);
    return result == COMMAND_WAIT ? SESSION_WAIT : SESSION_AGAIN;
}

/* Whether the command under way is a stranger's. Not if no stranger could have begun it: when a reload has made one of who did,
 * that holds from his next request on, and this one goes on as it began. */
static bool is_strangers(const struct session *session, const struct worker *worker)
{
    return (session->row->command->flags & COMMAND_NO_AUTH) != 0 && is_stranger(session, worker);
}

/* Goes on with the command under way. */
static enum session_want resume(struct session *session, struct worker *worker)
{
    struct call call;

    if (!session->woken && worker->now_us < session_wake_us(session))
        return SESSION_WAIT;
    session->woken = false;
    begin_call(session, worker, &call, is_strangers(session, worker));
    call.args = session->held;
    call.argc = session->held_argc;
    call.command = session->row->command;
    return perform(session, &call, session->row, session->held_length);
}

/* Takes the next request from `in` and starts it. */
static enum session_want start(struct session *session, struct worker *worker)
{
    const struct config *config = worker->config;
    size_t out_before = buffer_length(&session->out);
    bool stranger = is_stranger(session, worker);
    struct resp_limits narrow;
    struct resp_request request;
    const struct command_row *row;
    struct call call;

    switch (resp_request_parse(buffer_head(&session->in), buffer_length(&session->in),
                               limits_of(worker, stranger, &narrow), worker->args, &request)) {
    case RESP_INCOMPLETE:
        return need_input(session, worker, request.need);
    case RESP_INVALID:
        return invalid(session, worker, &request);
    case RESP_FOREIGN:
        return close_for(session, CLOSE_FOREIGN);
    case RESP_OK:
        break;
    }
    session->need = 1;
    session->request_started_us = 0;
    if (request.argc == 0) {
        buffer_consume(&session->in, request.length);
        return SESSION_AGAIN;
    }
    begin_call(session, worker, &call, stranger);
    call.args = worker->args;
    call.argc = request.argc;
    row = command_find(call.bytes + call.args[0].offset, call.args[0].length);
    call.command = row != NULL ? row->command : NULL;
    session->progress =
        (struct call_progress){.started_us = worker->now_us,
                               .deadline_us = clock_add(worker->now_us, config->limits.max_command_time_us)};
    if (refuse(&call, row, stranger)) {
        if (call.reply.failed)
            return close_unanswered(session, &call.reply);
        finish(session, worker, &call, request.length, out_before);
        if (stranger) /* whatever it was: AUTH is easily misspelt */
            password_wipe((char *)call.bytes, request.length);
        return SESSION_AGAIN;
    }
    session->client.last_command = (uint16_t)(row->index + 1);
    return perform(session, &call, row, request.length);
}

static enum session_want run_share(struct session *session, struct worker *worker)
{
    const struct config *config = worker->config;
    uint64_t share = config->limits.requests_per_turn;
    uint64_t most = output_most(worker, is_stranger(session, worker));
    uint64_t flush = most / 2 < FLUSH_BYTES ? most / 2 : FLUSH_BYTES;
    enum session_want want;

    for (;;) {
        if (session->row == NULL && buffer_length(&session->in) < session->need)
            return need_input(session, worker, session->need);
        if (share-- == 0) {
            worker_count(worker, LIMIT_REQUESTS_PER_TURN, 1);
            return SESSION_AGAIN;
        }
        want = session->row != NULL ? resume(session, worker) : start(session, worker);
        if (want != SESSION_AGAIN)
            return want;
        if (session->client.closing && session->row == NULL)
            return close_for(session, CLOSE_QUIT);
        if (buffer_length(&session->out) >= flush)
            return SESSION_FLUSH;
    }
}

enum session_want session_run(struct session *session, struct worker *worker)
{
    struct connection_entry *entry = session->client.entry;
    enum session_want want;

    if (session_marked(session) != CLOSE_NONE)
        return close_for(session, CLOSE_KILLED);
    if (session->client.authenticated && session->client.reviewed != worker->generation->number)
        authentication_review(&session->client, worker->generation);
    want = run_share(session, worker);
    atomic_store_explicit(&entry->command, session->client.last_command, memory_order_relaxed);
    segment_set(&entry->commands, session->commands);
    return want;
}

uint64_t session_wake_us(const struct session *session)
{
    const struct call_progress *progress = &session->progress;

    return progress->wait_until_us < progress->deadline_us ? progress->wait_until_us : progress->deadline_us;
}

uint64_t session_deadline_us(const struct session *session, const struct worker *worker,
                             enum close_reason *why)
{
    const struct config *config = worker->config;

    if (session->request_started_us != 0) {
        *why = CLOSE_REQUEST_TIMEOUT;
        return clock_add(session->request_started_us, config->server.request_timeout_us);
    }
    *why = CLOSE_IDLE;
    return CLOCK_NEVER;
}
