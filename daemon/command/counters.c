/* SPDX-License-Identifier: Apache-2.0
 *
 * The counters family: Redis's integer commands on counters that all workers share, threads and processes alike. What
 * guards them is configuration (shm/counters.c). Runs in workers. */
#include <stdio.h>

#include "daemon/command/call.h"
#include "daemon/command/families.h"

/* The counter that the first argument names; NULL with the error reply written, or - when not claiming - because there
 * is none. */
static struct counter *named(struct call *call, unsigned i, bool claim)
{
    const struct counters *counters = &call->worker->process->counters;
    struct text name = call_arg(call, i);
    struct counter *counter;

    if (name.length == 0 || name.length > COUNTER_NAME_LONGEST) {
        if (claim)
            reply_error(call_reply(call), "ERR a counter's name takes 1 to %d bytes", COUNTER_NAME_LONGEST);
        return NULL;
    }
    counter = counters_find(counters, name.bytes, name.length, claim);
    if (counter == NULL && claim)
        reply_error(call_reply(call), "LIMIT no room for another counter: counters.capacity is %u",
                    counters->capacity);
    return counter;
}

static enum command_result add(struct call *call, int64_t amount)
{
    struct counter *counter = named(call, 0, true);
    int64_t value;

    if (counter == NULL)
        return COMMAND_DONE;
    if (counters_add(&call->worker->process->counters, counter, amount, &value) == COUNTER_OVERFLOW)
        return call_error(call, "ERR increment or decrement would overflow");
    reply_integer(call_reply(call), value);
    return COMMAND_DONE;
}

static enum command_result run_incr(struct call *call)
{
    return add(call, 1);
}

static enum command_result run_decr(struct call *call)
{
    return add(call, -1);
}

static enum command_result run_incrby(struct call *call)
{
    int64_t amount;

    return call_integer(call, 1, INT64_MIN, INT64_MAX, &amount) == 0 ? add(call, amount) : COMMAND_DONE;
}

static enum command_result run_decrby(struct call *call)
{
    int64_t amount;

    if (call_integer(call, 1, INT64_MIN, INT64_MAX, &amount) != 0)
        return COMMAND_DONE;
    if (amount == INT64_MIN)
        return call_error(call, "ERR decrement would overflow");
    return add(call, -amount);
}

static enum command_result run_get(struct call *call)
{
    struct counter *counter = named(call, 0, false);
    int64_t value = counter != NULL ? counters_get(counter) : COUNTER_ABSENT;
    char text[32];

    if (value == COUNTER_ABSENT)
        reply_null(call_reply(call));
    else {
        snprintf(text, sizeof text, "%lld", (long long)value);
        reply_text(call_reply(call), text);
    }
    return COMMAND_DONE;
}

static enum command_result run_set(struct call *call)
{
    struct counter *counter;
    int64_t value;

    if (call_integer(call, 1, INT64_MIN, INT64_MAX, &value) != 0)
        return COMMAND_DONE;
    if (value == COUNTER_ABSENT)
        return call_error(call, "ERR value is not an integer or out of range");
    counter = named(call, 0, true);
    if (counter != NULL) {
        counters_set(&call->worker->process->counters, counter, value);
        reply_simple(call_reply(call), "OK");
    }
    return COMMAND_DONE;
}

static enum command_result run_del(struct call *call)
{
    int64_t deleted = 0;
    unsigned i;

    for (i = 0; i < call_argc(call); i++) {
        struct counter *counter = named(call, i, false);

        if (counter != NULL &&
            counters_set(&call->worker->process->counters, counter, COUNTER_ABSENT) != COUNTER_ABSENT)
            deleted++;
    }
    reply_integer(call_reply(call), deleted);
    return COMMAND_DONE;
}

static const struct command commands[] = {
    {"incr", "counter", "Add 1 and answer the new value; a new counter starts at 0.", run_incr, 1, 1,
     COMMAND_FAST | COMMAND_COUNTER},
    {"decr", "counter", "Subtract 1 and answer the new value.", run_decr, 1, 1,
     COMMAND_FAST | COMMAND_COUNTER},
    {"incrby", "counter amount", "Add an amount and answer the new value.", run_incrby, 2, 2,
     COMMAND_FAST | COMMAND_COUNTER},
    {"decrby", "counter amount", "Subtract an amount and answer the new value.", run_decrby, 2, 2,
     COMMAND_FAST | COMMAND_COUNTER},
    {"get", "counter", "The value, or null where there is no such counter.", run_get, 1, 1,
     COMMAND_FAST | COMMAND_COUNTER},
    {"set", "counter value", "Set to an integer (64 bits, but for the least one).", run_set, 2, 2,
     COMMAND_FAST | COMMAND_COUNTER},
    {"del", "counter [counter ...]", "Delete counters and answer how many there were.", run_del, 1,
     COMMAND_ANY, COMMAND_COUNTER},
};

FAMILY(counters, commands);
