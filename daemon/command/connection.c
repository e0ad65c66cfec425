/* SPDX-License-Identifier: Apache-2.0
 *
 * The connection family: what a client says about itself and asks about who serves it. Runs in workers. */
#include <string.h>

#include "config.h"
#include "daemon/command/authentication.h"
#include "daemon/command/call.h"
#include "daemon/command/client_list.h"
#include "daemon/command/families.h"

static enum command_result run_ping(struct call *call)
{
    static const char pong[] = "+PONG\r\n";

    if (call_argc(call) == 0)
        reply_raw(call_reply(call), pong, sizeof pong - 1);
    else
        reply_bulk(call_reply(call), call_arg(call, 0).bytes, call_arg(call, 0).length);
    return COMMAND_DONE;
}

static enum command_result run_echo(struct call *call)
{
    reply_bulk(call_reply(call), call_arg(call, 0).bytes, call_arg(call, 0).length);
    return COMMAND_DONE;
}

static void set_protocol(struct call *call, int protocol)
{
    call->client->protocol = (uint8_t)protocol;
    call_reply(call)->protocol = protocol;
    atomic_store_explicit(&call->client->entry->protocol, (uint8_t)protocol, memory_order_relaxed);
}

/* HELLO's options. */
struct hello {
    struct text name, user, password; /* without bytes: not given */
};

/* Reads them; 0, or -1 with the error reply written. */
static int read_hello_options(struct call *call, struct hello *hello)
{
    unsigned i = 1;

    while (i < call_argc(call)) {
        if (call_arg_is(call, i, "AUTH") && i + 2 < call_argc(call)) {
            hello->user = call_arg(call, i + 1);
            hello->password = call_arg(call, i + 2);
            i += 3;
        } else if (call_arg_is(call, i, "SETNAME") && i + 1 < call_argc(call)) {
            hello->name = call_arg(call, i + 1);
            i += 2;
            if (client_name_check(call, hello->name) != 0)
                return -1;
        } else {
            reply_error(call_reply(call), "ERR syntax error in HELLO");
            return -1;
        }
    }
    return 0;
}

static enum command_result run_hello(struct call *call)
{
    struct reply *reply = call_reply(call);
    struct hello hello = {0};
    bool two = call_argc(call) > 0 && call_arg_is(call, 0, "2");

    if (call_argc(call) > 0 && !two && !call_arg_is(call, 0, "3"))
        return call_error(call, "NOPROTO unsupported protocol version");
    if (read_hello_options(call, &hello) != 0)
        return COMMAND_DONE;
    if (hello.user.bytes != NULL) {
        enum authentication_step step = authentication_take(call, hello.user, hello.password);

        if (step != AUTHENTICATION_DONE)
            return step == AUTHENTICATION_WAITS ? COMMAND_WAIT : COMMAND_DONE;
    }
    if (!client_is_admitted(call->client, call->worker->config))
        return call_error(call, "NOAUTH HELLO must be called with the client already authenticated, "
                                "otherwise the HELLO <proto> AUTH <user> <pass> option can be used");
    if (hello.name.bytes != NULL)
        client_name_set(call, hello.name);
    if (call_argc(call) > 0)
        set_protocol(call, two ? 2 : 3);
    reply_map(reply, 7);
    reply_text(reply, "server");
    reply_text(reply, "concurd");
    reply_text(reply, "version");
    reply_text(reply, PACKAGE_VERSION);
    reply_text(reply, "proto");
    reply_integer(reply, call->client->protocol);
    reply_text(reply, "id");
    reply_integer(reply, (int64_t)call->client->id);
    reply_text(reply, "mode");
    reply_text(reply, config_mode_name(call->worker->config->server.mode));
    reply_text(reply, "role");
    reply_text(reply, "master"); /* what Redis clients look for */
    reply_text(reply, "modules");
    reply_array(reply, 0);
    return COMMAND_DONE;
}

static enum command_result run_auth(struct call *call)
{
    static const struct text nameless = {USERS_DEFAULT, sizeof USERS_DEFAULT - 1};
    bool named = call_argc(call) == 2;

    switch (authentication_take(call, named ? call_arg(call, 0) : nameless, call_arg(call, named ? 1 : 0))) {
    case AUTHENTICATION_WAITS:
        return COMMAND_WAIT;
    case AUTHENTICATION_DONE:
        reply_simple(call_reply(call), "OK");
        break;
    case AUTHENTICATION_REFUSED:
        break;
    }
    return COMMAND_DONE;
}

static enum command_result run_quit(struct call *call)
{
    call->client->closing = true;
    reply_simple(call_reply(call), "OK");
    return COMMAND_DONE;
}

static enum command_result run_reset(struct call *call)
{
    set_protocol(call, 2);
    client_name_set(call, (struct text){.bytes = "", .length = 0});
    client_become(call->client, "");
    reply_simple(call_reply(call), "RESET");
    return COMMAND_DONE;
}

static void pair(struct reply *reply, const char *name, uint64_t value)
{
    reply_text(reply, name);
    reply_integer(reply, (int64_t)value);
}

static enum command_result run_whoami(struct call *call)
{
    const struct process *process = call->worker->process;
    const struct segment_header *header = process->segment->header;
    char user[CONNECTION_USER_BYTES + 1];
    struct reply *reply = call_reply(call);

    reply_map(reply, 9);
    reply_text(reply, "mode");
    reply_text(reply, config_mode_name(header->mode));
    reply_text(reply, "inner");
    if (header->inner >= 0)
        reply_text(reply, config_mode_name(header->inner));
    else
        reply_null(reply);
    pair(reply, "pid", segment_get32(&process->segment->processes[process->number].pid));
    pair(reply, "tid", call->worker->tid);
    pair(reply, "process", process->number);
    pair(reply, "worker", call->worker->number);
    pair(reply, "connection", call->client->id);
    pair(reply, "generation", call->worker->generation->number);
    reply_text(reply, "user");
    shared_text_load(call->client->entry->user, SHARED_TEXT_WORDS(CONNECTION_USER_BYTES), user);
    if (call->client->authenticated)
        reply_text(reply, user);
    else
        reply_null(reply);
    return COMMAND_DONE;
}

static const struct command commands[] = {
    {"ping", "[message]", "PONG, or the message.", run_ping, 0, 1, COMMAND_FAST},
    {"echo", "message", "The message.", run_echo, 1, 1, COMMAND_FAST},
    {"hello", "[2|3 [AUTH user password] [SETNAME name]]",
     "Choose the protocol version and learn about the server.", run_hello, 0, COMMAND_ANY,
     COMMAND_WAITS | COMMAND_NO_AUTH | COMMAND_SECRET},
    {"auth", "[user] password", "Say who you are; without a user, that is 'default'.", run_auth, 1, 2,
     COMMAND_WAITS | COMMAND_NO_AUTH | COMMAND_SECRET},
    {"quit", "", "Close the connection after an OK.", run_quit, 0, COMMAND_ANY,
     COMMAND_FAST | COMMAND_NO_AUTH},
    {"reset", "", "Protocol version 2, no name and no user again.", run_reset, 0, 0,
     COMMAND_FAST | COMMAND_NO_AUTH},
    {"client", "ID|INFO|LIST|KILL|SETNAME|GETNAME|SETINFO [argument ...]",
     "About the connections of this server.", client_run, 1, COMMAND_ANY, 0},
    {"whoami", "", "Which process, thread and worker serves this connection, and for which user.", run_whoami,
     0, 0, COMMAND_FAST},
};

FAMILY(connection, commands);
