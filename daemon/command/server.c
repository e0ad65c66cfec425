/* SPDX-License-Identifier: Apache-2.0
 *
 * The server family: what the server says about itself, its commands and its configuration, each read from the table
 * that the server itself lives by. Runs in workers. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "daemon/command/call.h"
#include "daemon/command/families.h"
#include "daemon/command/info.h"

static enum command_result run_time(struct call *call)
{
    uint64_t now = clock_wall_us();
    char text[32];

    reply_array(call_reply(call), 2);
    snprintf(text, sizeof text, "%llu", (unsigned long long)(now / 1000000u));
    reply_text(call_reply(call), text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)(now % 1000000u));
    reply_text(call_reply(call), text);
    return COMMAND_DONE;
}

/* Redis counts the name into the arity and writes "at least" as a negative number. */
static int64_t arity(const struct command *command)
{
    return command->least == command->most ? command->least + 1 : -(command->least + 1);
}

static void reply_flags(struct reply *reply, const struct command *command)
{
    static const struct {
        unsigned flag;
        const char *name;
    } names[] = {{COMMAND_FAST, "fast"},   {COMMAND_CPU, "cpu"},         {COMMAND_WAITS, "blocking"},
                 {COMMAND_FAULT, "admin"}, {COMMAND_COUNTER, "counter"}, {COMMAND_NO_AUTH, "no_auth"}};
    unsigned count = 0;
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        count += (command->flags & names[i].flag) != 0;
    reply_array(reply, count);
    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((command->flags & names[i].flag) != 0)
            reply_simple(reply, names[i].name);
}

/* The ten fields that COMMAND has had since Redis 7; keys are counters here. */
static void reply_command(struct reply *reply, const struct command_row *row)
{
    bool keyed = (row->command->flags & COMMAND_COUNTER) != 0;
    int i;

    reply_array(reply, 10);
    reply_text(reply, row->command->name);
    reply_integer(reply, arity(row->command));
    reply_flags(reply, row->command);
    reply_integer(reply, keyed);
    reply_integer(reply, !keyed ? 0 : row->command->most == COMMAND_ANY ? -1 : 1);
    reply_integer(reply, keyed);
    for (i = 0; i < 4; i++) /* ACL categories, tips, key specifications, subcommands */
        reply_array(reply, 0);
}

static enum command_result command_all(struct call *call)
{
    size_t i;

    reply_array(call_reply(call), command_count());
    for (i = 0; i < command_count(); i++)
        reply_command(call_reply(call), command_at(i));
    return COMMAND_DONE;
}

static enum command_result command_counted(struct call *call)
{
    reply_integer(call_reply(call), (int64_t)command_count());
    return COMMAND_DONE;
}

static enum command_result command_list(struct call *call)
{
    size_t i;

    reply_array(call_reply(call), command_count());
    for (i = 0; i < command_count(); i++)
        reply_text(call_reply(call), command_at(i)->command->name);
    return COMMAND_DONE;
}

static enum command_result command_info(struct call *call)
{
    unsigned i;

    if (call_argc(call) == 1)
        return command_all(call);
    reply_array(call_reply(call), call_argc(call) - 1);
    for (i = 1; i < call_argc(call); i++) {
        const struct command_row *row = command_find(call_arg(call, i).bytes, call_arg(call, i).length);

        if (row != NULL)
            reply_command(call_reply(call), row);
        else
            reply_null(call_reply(call));
    }
    return COMMAND_DONE;
}

/* The words of a syntax line: how many, or the i-th one. Words inside one pair of brackets are one. */
static unsigned syntax_word(const char *syntax, unsigned wanted, struct text *word)
{
    unsigned count = 0;

    while (*syntax != '\0') {
        const char *first = syntax;
        int depth = 0;

        while (*syntax != '\0' && (depth > 0 || *syntax != ' ')) {
            depth += (*syntax == '[') - (*syntax == ']');
            syntax++;
        }
        if (count == wanted)
            *word = (struct text){.bytes = first, .length = (size_t)(syntax - first)};
        count++;
        while (*syntax == ' ')
            syntax++;
    }
    return count;
}

/* What redis-cli builds its hints from. */
static void reply_arguments(struct reply *reply, const char *syntax)
{
    struct text word = {0};
    unsigned count = syntax_word(syntax, ~0u, &word);
    unsigned i;

    reply_array(reply, count);
    for (i = 0; i < count; i++) {
        bool optional;

        syntax_word(syntax, i, &word);
        optional = word.bytes[0] == '[';
        reply_map(reply, optional ? 3 : 2);
        reply_text(reply, "name");
        reply_bulk(reply, word.bytes + optional, word.length - 2 * optional);
        reply_text(reply, "type");
        reply_text(reply, "string");
        if (optional) {
            reply_text(reply, "flags");
            reply_array(reply, 1);
            reply_simple(reply, "optional");
        }
    }
}

static void reply_docs(struct reply *reply, const struct command_row *row)
{
    bool arguments = row->command->syntax[0] != '\0';

    reply_text(reply, row->command->name);
    reply_map(reply, arguments ? 4 : 3);
    reply_text(reply, "summary");
    reply_text(reply, row->command->summary);
    reply_text(reply, "since");
    reply_text(reply, "0.1.0");
    reply_text(reply, "group");
    reply_text(reply, row->family);
    if (arguments) {
        reply_text(reply, "arguments");
        reply_arguments(reply, row->command->syntax);
    }
}

static enum command_result command_docs(struct call *call)
{
    unsigned named = call_argc(call) - 1;
    size_t i, known = 0;

    for (i = 1; i <= named; i++)
        known += command_find(call_arg(call, i).bytes, call_arg(call, i).length) != NULL;
    reply_map(call_reply(call), named == 0 ? command_count() : known);
    for (i = 0; named == 0 && i < command_count(); i++)
        reply_docs(call_reply(call), command_at(i));
    for (i = 1; i <= named; i++) {
        const struct command_row *row = command_find(call_arg(call, i).bytes, call_arg(call, i).length);

        if (row != NULL)
            reply_docs(call_reply(call), row);
    }
    return COMMAND_DONE;
}

static enum command_result run_command(struct call *call)
{
    static const struct subcommand table[] = {
        {"COUNT", "COUNT", 0, 0, command_counted},
        {"DOCS", "DOCS [command ...]", 0, COMMAND_ANY, command_docs},
        {"INFO", "INFO [command ...]", 0, COMMAND_ANY, command_info},
        {"LIST", "LIST", 0, 0, command_list},
        {0},
    };

    return call_argc(call) == 0 ? command_all(call) : call_subcommand(call, table);
}

static bool key_wanted(struct call *call, const char *name)
{
    char pattern[64];
    unsigned i;

    for (i = 1; i < call_argc(call); i++) {
        struct text arg = call_arg(call, i);

        if (arg.length >= sizeof pattern)
            continue;
        memcpy(pattern, arg.bytes, arg.length);
        pattern[arg.length] = '\0';
        if (fnmatch(pattern, name, FNM_CASEFOLD) == 0)
            return true;
    }
    return false;
}

/* What Redis's tools ask every server: true of this one as well, which keeps nothing. */
static const struct {
    const char *name, *value;
} redis_keys[] = {{"save", ""}, {"appendonly", "no"}};

#define REDIS_KEYS (sizeof redis_keys / sizeof redis_keys[0])

/* The i-th name that CONFIG GET knows: ours, then Redis's. */
static const char *key_name(size_t i, char *name, size_t size)
{
    if (i >= config_key_count())
        return redis_keys[i - config_key_count()].name;
    snprintf(name, size, "%s.%s", config_key_at(i)->section, config_key_at(i)->name);
    return name;
}

static void reply_value(struct call *call, size_t i)
{
    struct buffer value = {0};

    if (i >= config_key_count())
        reply_text(call_reply(call), redis_keys[i - config_key_count()].value);
    else if (config_key_format(call->worker->config, config_key_at(i), &value) == 0)
        reply_bulk(call_reply(call), buffer_head(&value), buffer_length(&value));
    else
        call_reply(call)->failed = call_reply(call)->no_memory = true; /* the map can't be completed */
    buffer_free(&value);
}

static enum command_result config_get(struct call *call)
{
    size_t names = config_key_count() + REDIS_KEYS;
    uint64_t count = 0;
    char name[64];
    size_t i;

    for (i = 0; i < names; i++)
        count += key_wanted(call, key_name(i, name, sizeof name));
    reply_map(call_reply(call), count);
    for (i = 0; i < names; i++) {
        if (!key_wanted(call, key_name(i, name, sizeof name)))
            continue;
        reply_text(call_reply(call), key_name(i, name, sizeof name));
        reply_value(call, i);
    }
    return COMMAND_DONE;
}

static enum command_result run_config(struct call *call)
{
    static const struct subcommand table[] = {
        {"GET", "GET pattern [pattern ...]", 1, COMMAND_ANY, config_get},
        {0},
    };

    return call_subcommand(call, table);
}

static const struct command commands[] = {
    {"info", "[section ...]", "Facts and figures of the server, by section.", info_run, 0, COMMAND_ANY, 0},
    {"command", "[COUNT|DOCS|INFO|LIST [command ...]]", "The commands that there are.", run_command, 0,
     COMMAND_ANY, 0},
    {"config", "GET pattern [pattern ...]", "The effective configuration, as section.key.", run_config, 1,
     COMMAND_ANY, 0},
    {"time", "", "The wall clock: seconds since 1970 and microseconds.", run_time, 0, 0, COMMAND_FAST},
};

FAMILY(server, commands);
