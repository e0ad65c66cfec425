/* SPDX-License-Identifier: Apache-2.0
 *
 * The calls that a handler makes (command.h). Runs in the worker that runs the command. */
#include "daemon/command/call.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/parse.h"

void client_become(struct client *client, const char *user)
{
    client->authenticated = user[0] != '\0';
    client->reviewed = 0;
    shared_text_store(client->entry->user, SHARED_TEXT_WORDS(CONNECTION_USER_BYTES), user, strlen(user));
}

unsigned call_argc(const struct call *call)
{
    return call->argc - 1;
}

struct text call_arg(const struct call *call, unsigned i)
{
    const struct resp_arg *arg = &call->args[i + 1];

    return (struct text){.bytes = call->bytes + arg->offset, .length = arg->length};
}

bool call_arg_is(const struct call *call, unsigned i, const char *word)
{
    struct text arg = call_arg(call, i);

    return arg.length == strlen(word) && strncasecmp(arg.bytes, word, arg.length) == 0;
}

int call_integer(struct call *call, unsigned i, int64_t least, int64_t most, int64_t *value)
{
    struct text arg = call_arg(call, i);

    if (parse_i64(arg.bytes, arg.length, value) == 0 && *value >= least && *value <= most)
        return 0;
    if (least == INT64_MIN || most == INT64_MAX)
        reply_error(&call->reply, "ERR value is not an integer or out of range");
    else
        reply_error(&call->reply, "ERR argument %u of '%s' must be an integer from %lld to %lld", i + 1,
                    call->command->name, (long long)least, (long long)most);
    return -1;
}

int call_duration(struct call *call, unsigned i, uint64_t most_us, uint64_t *us)
{
    struct text arg = call_arg(call, i);
    char longest[PARSE_TEXT_BYTES];

    if (parse_duration(arg.bytes, arg.length, us) == 0 && *us <= most_us)
        return 0;
    reply_error(&call->reply,
                "ERR argument %u of '%s' must be a time up to %s, with its unit: us, ms, s, m, h", i + 1,
                call->command->name, parse_format_duration(most_us, longest));
    return -1;
}

struct reply *call_reply(struct call *call)
{
    return &call->reply;
}

enum command_result call_wait(struct call *call, uint64_t until_us)
{
    call->progress->wait_until_us = until_us;
    call->progress->wakeable = false;
    return COMMAND_WAIT;
}

enum command_result call_wait_for(struct call *call, uint64_t until_us)
{
    call->progress->wait_until_us = until_us;
    call->progress->wakeable = true;
    return COMMAND_WAIT;
}

struct waker call_waker(const struct call *call)
{
    const struct process *process = call->worker->process;

    return (struct waker){.process = process,
                          .index = (uint32_t)(call->client->entry - process->segment->connections),
                          .id = call->client->id};
}

void waker_wake(const struct waker *waker)
{
    const struct process *process = waker->process;

    if (process->wake != NULL)
        process->wake(process->wake_context, waker->index, waker->id);
}

uint64_t *call_state(struct call *call)
{
    return call->progress->state;
}

void *call_allocate(struct call *call, size_t bytes)
{
    assert(call->progress->memory == NULL);
    call->progress->memory = malloc(bytes);
    return call->progress->memory;
}

void call_keep(struct call *call, void *thing, void (*release)(void *thing))
{
    assert(call->progress->memory == NULL);
    call->progress->memory = thing;
    call->progress->release = release;
}

void *call_kept(const struct call *call)
{
    return call->progress->memory;
}

void call_progress_clear(struct call_progress *progress)
{
    if (progress->release != NULL)
        progress->release(progress->memory);
    else
        free(progress->memory);
    progress->memory = NULL;
    progress->release = NULL;
}

uint64_t call_now(const struct call *call)
{
    return call->worker->now_us;
}

uint64_t call_deadline(const struct call *call)
{
    return call->progress->deadline_us;
}

/* In a process of one thread nobody can mark the session while a handler runs: what other processes say is read here. */
static bool stopped_from_afar(const struct call *call)
{
    return segment_get32(&call->client->entry->kill) != 0 ||
           segment_get32(&call->worker->process->segment->header->cut) != 0;
}

bool call_should_stop(struct call *call)
{
    worker_touch(call->worker);
    return atomic_load_explicit(call->mark, memory_order_relaxed) != 0 || stopped_from_afar(call) ||
           call_now(call) >= call_deadline(call);
}

enum command_result call_subcommand(struct call *call, const struct subcommand *table)
{
    struct text word = call_arg(call, 0);
    char shown[REPLY_SHOWN_LONGEST + 1];
    const struct subcommand *row;

    for (row = table; row->name != NULL; row++) {
        if (!call_arg_is(call, 0, row->name))
            continue;
        if ((int)call->argc - 2 < row->least || (row->most != COMMAND_ANY && (int)call->argc - 2 > row->most))
            return call_error(call, "ERR wrong number of arguments for '%s|%s': it takes '%s'",
                              call->command->name, row->name, row->syntax);
        return row->handler(call);
    }
    return call_error(call, "ERR unknown subcommand '%s' of '%s'",
                      reply_shown(shown, word.bytes, word.length), call->command->name);
}
