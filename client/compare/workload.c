/* SPDX-License-Identifier: Apache-2.0
 *
 * The workloads, a row each: what is asked of every model, and by which figures it is judged. A ladder of figures and
 * not one: where the first tells nobody apart - waiting is served at the same rate by all - the next one does, and the
 * verdict says so. The two that ask what others suffer run in an open loop, at a rate that any model keeps: in a closed
 * one the victims would ask less the more they suffer, and the figures would look the better for it. Runs in the main
 * thread. */
#include "client/compare/workload.h"

#include <stdio.h>
#include <string.h>

#include "common/parse.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define LADDER(...)                                                                                          \
    .ladder = {__VA_ARGS__}, .ladder_count = sizeof((enum figure[]){__VA_ARGS__}) / sizeof(enum figure)
#define ONE(command) .commands = {{command, 1, false}}, .command_count = 1

static const struct workload rows[] = {
    {.name = "ping",
     .title = "Protocol only",
     .shows = "What the model itself costs, when a request is next to no work.",
     ONE("PING"),
     LADDER(FIGURE_THROUGHPUT, FIGURE_CPU, FIGURE_P99)},
    {.name = "sleep",
     .title = "Waiting",
     .shows = "Handlers that say that they wait: any model can serve others meanwhile; what does that cost?",
     ONE("SLEEP 5"),
     LADDER(FIGURE_THROUGHPUT, FIGURE_CPU, FIGURE_P99, FIGURE_MEMORY)},
    {.name = "block",
     .title = "Badly written waiting",
     .shows =
         "Handlers that hold on to their thread while they wait: who has threads enough? In a pool they keep "
         "their turn, too, so that as many wait at a time as there are cores; pool.turns=0 (the model "
         "pool-unlimited) would let each block a thread of its own.",
     ONE("BLOCK 5"),
     .least_us = 600000, /* with fifty clients a loop takes 125 ms to come round to the first */
     LADDER(FIGURE_THROUGHPUT, FIGURE_P99, FIGURE_CPU)},
    {.name = "primes",
     .title = "CPU-bound",
     .shows = "Work that fills the cores: no model has more of them, but some share them more fairly.",
     ONE("PRIMES 20000"),
     LADDER(FIGURE_THROUGHPUT, FIGURE_P99, FIGURE_CPU)},
    {.name = "mixed",
     .title = "Mixed",
     .shows = "Short, waiting and computing requests side by side.",
     .commands = {{"PING", 7, false}, {"SLEEP 5", 2, false}, {"PRIMES 20000", 1, false}},
     .command_count = 3,
     LADDER(FIGURE_THROUGHPUT, FIGURE_P99, FIGURE_CPU)},
    {.name = "lock",
     .title = "One lock contended",
     .shows = "Every request takes the one lock that all share: what does queueing for it cost?",
     ONE("WORK cpu=20us lock=50us"),
     LADDER(FIGURE_THROUGHPUT, FIGURE_CPU, FIGURE_P99)},
    {.name = "idle",
     .title = "1,000 idle, 16 at work",
     .shows = "What connections cost that only stand there, in memory and to the others.",
     ONE("PING"),
     .connections = 16,
     .idle = 1000,
     LADDER(FIGURE_THROUGHPUT, FIGURE_MEMORY, FIGURE_CPU)},
    {.name = "connect",
     .title = "A connection per request",
     .shows = "What it costs to take a new client.",
     ONE("PING"),
     .reconnect_every = 1,
     LADDER(FIGURE_THROUGHPUT, FIGURE_CPU, FIGURE_P99)},
    {.name = "slow",
     .title = "One slow command among fast ones",
     .shows = "One request in a hundred keeps its thread for 20 ms: who of the others waits behind it?",
     .commands = {{"PING", 99, true}, {"BLOCK 20", 1, false}},
     .command_count = 2,
     .rate_rps = 1000,
     .least_us = 1000000,
     LADDER(FIGURE_WATCHED_P99, FIGURE_CPU)},
    {.name = "crash",
     .title = "A crash once a second",
     .shows = "One more client crashes whoever serves it: who else fails, and for how long?",
     ONE("SLEEP 5"),
     .rate_rps = 1000,
     .crashes = true,
     .least_us = 2500000,
     LADDER(FIGURE_LOST, FIGURE_OUTAGE)},
};

static const struct workload own_shape = {
    .name = "own",
    .title = "Your own shape",
    .shows = "The work that you described.",
    .command_count = 1,
    .own = true,
    LADDER(FIGURE_THROUGHPUT, FIGURE_P99, FIGURE_CPU, FIGURE_MEMORY),
};

static int add(struct workload *workloads, unsigned *count, const struct workload *row, struct error *error)
{
    unsigned i;

    for (i = 0; i < *count; i++) {
        if (strcmp(workloads[i].name, row->name) == 0)
            return error_set(error, "--workloads: '%s' is there twice", row->name);
    }
    if (*count == WORKLOADS_MOST)
        return error_set(error, "--workloads: more than %d", WORKLOADS_MOST);
    workloads[(*count)++] = *row;
    return 0;
}

static int add_named(struct workload *workloads, unsigned *count, const char *name, size_t length,
                     struct error *error)
{
    const char *names[COUNT(rows)];
    const char *nearest;
    char given[32];
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return add(workloads, count, &rows[i], error);
        names[i] = rows[i].name;
    }
    snprintf(given, sizeof given, "%.*s", (int)length, name);
    nearest = parse_nearest(given, names, COUNT(rows));
    return error_set(error, "--workloads: there is no '%s'%s%s%s (see --list)", given,
                     nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                     nearest != NULL ? "'?" : "");
}

int workload_add_list(struct workload *workloads, unsigned *count, const char *list, struct error *error)
{
    size_t i, length;

    if (list == NULL) {
        for (i = 0; i < COUNT(rows); i++) {
            if (add(workloads, count, &rows[i], error) != 0)
                return -1;
        }
        return 0;
    }
    for (;; list += length + 1) {
        length = strcspn(list, ",");
        if (add_named(workloads, count, list, length, error) != 0)
            return -1;
        if (list[length] == '\0')
            return 0;
    }
}

int workload_add_own(struct workload *workloads, unsigned *count, const char *command, struct error *error)
{
    struct workload *own = &workloads[*count];

    if (add(workloads, count, &own_shape, error) != 0)
        return -1;
    own->commands[0] = (struct workload_command){command, 1, false};
    return 0;
}

/* Commands behind each other, with their weights. */
static int join(const struct workload *workload, const char *between, bool weights, struct buffer *text)
{
    unsigned i;

    for (i = 0; i < workload->command_count; i++) {
        const struct workload_command *command = &workload->commands[i];

        if ((i > 0 && buffer_append(text, between, strlen(between)) != 0) ||
            buffer_append(text, command->text, strlen(command->text)) != 0 ||
            (weights && buffer_printf(text, ":%llu", (unsigned long long)command->weight) != 0))
            return -1;
    }
    return buffer_append(text, "", 1);
}

int workload_describe(const struct workload *workload, struct buffer *text)
{
    return join(workload, ", ", workload->command_count > 1, text);
}

int workload_mix(const struct workload *workload, struct buffer *text)
{
    return join(workload, ",", true, text);
}

/* Cuts behind a whole character of UTF-8. */
static void cut(char *text, size_t size)
{
    size_t at = size - sizeof "...";

    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    memcpy(text + at, "...", sizeof "...");
}

const char *workload_headline(const struct workload *workload, char *text, size_t size)
{
    struct buffer whole = {0};
    int length;

    if (workload_describe(workload, &whole) != 0) {
        snprintf(text, size, "%s", workload->name);
    } else {
        length = snprintf(text, size, "%s", buffer_head(&whole));
        if (length >= 0 && (size_t)length >= size)
            cut(text, size);
    }
    buffer_free(&whole);
    return text;
}

void workload_print_list(FILE *out)
{
    char text[128];
    size_t i;

    for (i = 0; i < COUNT(rows); i++) {
        fprintf(out, "  %-9s %s: %s", rows[i].name, rows[i].title,
                workload_headline(&rows[i], text, sizeof text));
        if (rows[i].rate_rps > 0)
            fprintf(out, ", at %.0f/s", rows[i].rate_rps);
        fputc('\n', out);
        fprintf(out, "            %s\n", rows[i].shows);
    }
}
