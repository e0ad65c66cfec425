/* SPDX-License-Identifier: Apache-2.0
 *
 * `concur map`: one command for every number of a range, spread over connections, with the results in order:
 * what a pool's map() does, here with the server's workers as the pool. Each connection takes the next number
 * when it is done with its last. With --who a WHOAMI travels in the same write as the task, right before it,
 * so that the worker that takes the one takes the other. A task whose connection was lost is not repeated: it
 * may have been executed, and it may have been what killed the worker. Runs in the main thread, over poll().
 */
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/link.h"
#include "client/print.h"
#include "client/task.h"
#include "client/verb.h"

#define CONNECTIONS_MOST 10000
#define NUMBER_BYTES     24

struct settings {
    uint64_t connections;
    bool who;
};

/* One connection, and the task that it carries. */
struct carrier {
    struct link *link; /* NULL: given up */
    bool busy;
    bool awaits_who;
    size_t task;
};

struct map {
    const struct target *target;
    const struct settings *settings;
    char **words; /* of the command, without the number */
    size_t word_count;
    struct tasks tasks;
    struct carrier *carriers;
    struct pollfd *ready;
    size_t count; /* carriers */
};

static const struct option_row rows[] = {
    {'c', NULL, OPTION_COUNT, offsetof(struct settings, connections), 1, CONNECTIONS_MOST, "N",
     "connections (8)"},
    {0, "who", OPTION_FLAG, offsetof(struct settings, who), 0, 0, NULL, "show which worker did each task"},
};

static const struct option_table options = {"Options", rows, sizeof rows / sizeof rows[0]};
static const struct option_table *const tables[] = {&options, &target_options, NULL};

/* Queues the command with the task's number behind it. */
static int queue_task(struct map *map, struct carrier *carrier, struct error *error)
{
    struct resp_word *words = calloc(map->word_count + 1, sizeof *words);
    char number[NUMBER_BYTES];
    size_t i;
    int result;

    if (words == NULL)
        return error_set(error, "out of memory");
    for (i = 0; i < map->word_count; i++)
        words[i] = (struct resp_word){map->words[i], strlen(map->words[i])};
    words[i].bytes = number;
    words[i].length = (size_t)snprintf(number, sizeof number, "%lld",
                                       (long long)(map->tasks.first + (int64_t)carrier->task));
    result = link_queue(carrier->link, words, map->word_count + 1, error);
    free(words);
    return result;
}

static int lose(struct map *map, struct carrier *carrier, struct error *error)
{
    carrier->busy = false;
    link_close(&carrier->link);
    if (tasks_lose(&map->tasks, carrier->task, error->text) != 0)
        return error_set(error, "out of memory");
    if (map->tasks.given < map->tasks.count && link_open(&carrier->link, map->target, 0, error) != 0)
        fprintf(stderr, "concur map: %s\n", error->text); /* the other connections go on */
    return 0;
}

/* Gives an idle carrier the next task. */
static int give(struct map *map, struct carrier *carrier, struct error *error)
{
    static const struct resp_word whoami = {"WHOAMI", 6};
    int sent;

    carrier->task = map->tasks.given++;
    carrier->busy = true;
    carrier->awaits_who = map->settings->who;
    sent = map->settings->who ? link_queue(carrier->link, &whoami, 1, error) : 0;
    if (sent == 0)
        sent = queue_task(map, carrier, error);
    if (sent == 0)
        sent = link_flush(carrier->link, error);
    return sent == 0 ? 0 : lose(map, carrier, error);
}

static int take(struct map *map, struct carrier *carrier, const struct resp_reply *reply, struct error *error)
{
    if (carrier->awaits_who) {
        carrier->awaits_who = false;
        who_describe(reply, map->tasks.all[carrier->task].who);
        return 0;
    }
    carrier->busy = false;
    return tasks_answer(&map->tasks, carrier->task, reply) == 0 ? 0 : error_set(error, "out of memory");
}

/* Takes whatever has come for a carrier. */
static int receive(struct map *map, struct carrier *carrier, struct error *error)
{
    enum link_event event = LINK_REPLY;

    while (carrier->busy && event == LINK_REPLY) {
        struct resp_reply reply;
        int taken;

        event = link_read(carrier->link, 0, &reply, error);
        if (event == LINK_LOST)
            return lose(map, carrier, error);
        if (event != LINK_REPLY)
            break;
        taken = take(map, carrier, &reply, error);
        resp_reply_clear(&reply);
        if (taken != 0)
            return -1;
    }
    return 0;
}

static int give_all(struct map *map, struct error *error)
{
    size_t i;

    for (i = 0; i < map->count; i++) {
        struct carrier *carrier = &map->carriers[i];

        while (carrier->link != NULL && !carrier->busy && map->tasks.given < map->tasks.count) {
            if (give(map, carrier, error) != 0)
                return -1;
        }
    }
    return 0;
}

/* Waits for any carrier; answers how many are busy, or -1. */
static int await(struct map *map, struct error *error)
{
    int busy = 0;
    size_t i;

    for (i = 0; i < map->count; i++) {
        map->ready[i] = (struct pollfd){.fd = -1, .events = POLLIN};
        if (map->carriers[i].busy)
            map->ready[i].fd = link_fd(map->carriers[i].link);
        busy += map->carriers[i].busy;
    }
    if (busy > 0 && poll(map->ready, map->count, -1) < 0)
        return error_errno(error, "poll");
    return busy;
}

static int show(struct map *map, struct buffer *out, struct error *error)
{
    if (tasks_show(&map->tasks, out) != 0)
        return error_set(error, "out of memory");
    return print_flush(out) == 0 ? 0 : error_errno(error, "stdout");
}

static int work(struct map *map, struct buffer *out, struct error *error)
{
    for (;;) {
        size_t i;
        int busy;

        if (give_all(map, error) != 0 || show(map, out, error) != 0)
            return -1;
        busy = await(map, error);
        if (busy <= 0)
            break;
        for (i = 0; i < map->count; i++) {
            if (map->ready[i].revents != 0 && receive(map, &map->carriers[i], error) != 0)
                return -1;
        }
    }
    return map->tasks.shown == map->tasks.count
               ? 0
               : error_set(error, "no connection is left for the other tasks");
}

/* As many connections as there are tasks for, or fewer when the server has no more. */
static int connect_all(struct map *map, struct error *error)
{
    uint64_t wanted = map->settings->connections;

    if (wanted > map->tasks.count)
        wanted = map->tasks.count;
    map->carriers = calloc(wanted, sizeof *map->carriers);
    map->ready = calloc(wanted, sizeof *map->ready);
    if (map->carriers == NULL || map->ready == NULL)
        return error_set(error, "out of memory");
    for (; map->count < wanted; map->count++) {
        if (link_open(&map->carriers[map->count].link, map->target, 0, error) != 0)
            break;
    }
    return map->count > 0 ? 0 : -1;
}

static void clear(struct map *map)
{
    size_t i;

    for (i = 0; i < map->count; i++)
        link_close(&map->carriers[i].link);
    free(map->carriers);
    free(map->ready);
    tasks_clear(&map->tasks);
}

static enum exit_code map_range(const struct verb *verb, struct map *map, const char *range)
{
    enum exit_code code = EXIT_FINE;
    struct buffer out = {0};
    struct error error;

    if (tasks_begin(&map->tasks, range, &error) != 0)
        code = verb_fail(verb, EXIT_USAGE, error.text);
    else if (connect_all(map, &error) != 0)
        code = verb_fail(verb, EXIT_NO_CONNECTION, error.text);
    else if (work(map, &out, &error) != 0)
        code = verb_fail(verb, EXIT_FAILED, error.text);
    else if (map->tasks.failed > 0)
        code = EXIT_FAILED;
    buffer_free(&out);
    clear(map);
    return code;
}

static enum exit_code run(const struct verb *verb, int argc, char **argv)
{
    struct settings settings = {.connections = 8};
    struct target target = TARGET_DEFAULT;
    struct map map = {.target = &target, .settings = &settings};
    void *into[] = {&settings, &target};
    struct option_words given;
    struct error error;
    enum exit_code code;

    if (!verb_parse(verb, into, argc, argv, &given, &code))
        return code;
    if (given.count < 2)
        return verb_fail(verb, EXIT_USAGE, "a command and a range, such as SQUARE 0..9");
    if (target_prepare(&target, &error) != 0)
        return verb_fail(verb, EXIT_USAGE, error.text);
    map.words = given.words;
    map.word_count = (size_t)given.count - 1;
    code = map_range(verb, &map, given.words[given.count - 1]);
    target_wipe(&target);
    return code;
}

const struct verb map_verb = {
    .name = "map",
    .arguments = "[OPTION...] COMMAND [ARG...] FROM..TO",
    .summary = "spread a command over the workers, results in order",
    .details = "Sends the command once for each number of the range, with the number as its last argument, "
               "over several\n"
               "connections at once. Exit: 0, or 1 when a task failed, 2 for wrong usage, 3 when there is no "
               "connection.",
    .tables = tables,
    .order = OPTIONS_ANYWHERE,
    .run = run,
};
