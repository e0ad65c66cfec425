/* SPDX-License-Identifier: Apache-2.0
 *
 * A line for each command, or for each slow one: as many lines as the server counts commands. A line costs
 * its worker a look at the clock and a record in its lane; so the end of a command is taken for the beginning
 * of the next one in the same turn, and a command that takes its time has read the clock at its end anyway.
 * Runs in workers. */
#include "daemon/session/access.h"

#include <string.h>

#include "common/clock.h"

#define NAME_LONGEST   64 /* bytes shown of a command that is not known */
#define RESULT_LONGEST 16 /* of an error's first word */

/* The command's name, as the table has it or else as it came, whatever bytes those are. */
static struct log_bytes name_of(const struct call *call)
{
    const struct resp_arg *given = &call->args[0];

    if (call->command != NULL)
        return (struct log_bytes){.at = call->command->name, .length = strlen(call->command->name)};
    return (struct log_bytes){.at = call->bytes + given->offset,
                              .length = given->length < NAME_LONGEST ? given->length : NAME_LONGEST};
}

/* "ok", or the first word of the error reply; "error" when that is not how the reply begins. */
static const char *result_of(const struct session *session, const struct call *call, size_t out_before,
                             char text[RESULT_LONGEST + 1])
{
    const char *reply = buffer_head(&session->out);
    size_t length = buffer_length(&session->out) - out_before, used = 0;

    if (call->reply.errors == 0)
        return "ok";
    if (length == 0 || reply[out_before] != '-')
        return "error";
    reply += out_before + 1;
    while (used < RESULT_LONGEST && used < length - 1 && reply[used] != ' ' && reply[used] != '\r') {
        text[used] = reply[used];
        used++;
    }
    text[used] = '\0';
    return text;
}

void access_log(const struct session *session, const struct call *call, size_t out_before)
{
    struct worker *worker = call->worker;
    const struct config *config = worker->config;
    bool each = config->log.access == LOG_ACCESS_COMMANDS && log_wants(EVENT_COMMAND);
    char peer[CONNECTION_ADDRESS_BYTES + 1], result[RESULT_LONGEST + 1];
    struct log_bytes name;
    uint64_t duration_us;

    if (each && (call->command == NULL || (call->command->flags & COMMAND_FAST) != 0))
        worker->now_us = clock_now_us();
    duration_us = worker->now_us - session->progress.started_us;
    if (!each && (config->log.slow_us == 0 || duration_us <= config->log.slow_us))
        return;
    shared_text_load(session->client.entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), peer);
    name = name_of(call);
    const struct log_value values[] = {
        LOG_U(session->client.id),
        LOG_S(peer),
        LOG_B(&name),
        LOG_U(duration_us),
        LOG_U(session->replied + buffer_length(&session->out) - out_before),
        LOG_S(result_of(session, call, out_before, result)),
    };
    if (each)
        log_put_at(worker->now_us, EVENT_COMMAND, values, sizeof values / sizeof values[0]);
    if (config->log.slow_us != 0 && duration_us > config->log.slow_us && log_wants(EVENT_SLOW_COMMAND))
        log_put_at(worker->now_us, EVENT_SLOW_COMMAND, values, sizeof values / sizeof values[0]);
}
