/* SPDX-License-Identifier: Apache-2.0
 *
 * What a load is made of: the options, and out of them the bytes that every connection will send again and
 * again. They are encoded once, here, so that the load threads have nothing to format. Options of the
 * reference whose feature comes later are rows too, and refused: a load that silently ignored its rate would
 * be a wrong measurement. Runs in the main thread. */
#include "client/load/plan.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MOST    1000000
#define THREADS_MOST        1024
#define PIPELINE_MOST       100000
#define BATCH_BYTES_MOST    (256u << 20)
#define DURATION_MOST_US    UINT64_C(864000000000) /* ten days */
#define DEFAULT_DURATION_US 10000000

#define FIELD(name) offsetof(struct load_plan, name)

static const struct option_row rows[] = {
    {'c', NULL, OPTION_COUNT, FIELD(connections), 1, CONNECTIONS_MOST, "N", "connections in all (50)"},
    {'t', NULL, OPTION_COUNT, FIELD(threads), 1, THREADS_MOST, "N", "threads that share them (1)"},
    {'d', NULL, OPTION_DURATION, FIELD(duration_us), 1000, DURATION_MOST_US, "TIME", "how long (10s)"},
    {'n', NULL, OPTION_COUNT, FIELD(requests), 1, INT64_MAX / 2, "N",
     "how many requests in all, instead of a time"},
    {'P', NULL, OPTION_COUNT, FIELD(pipeline), 1, PIPELINE_MOST, "N",
     "requests sent at once on a connection (1)"},
    {0, "timeout", OPTION_DURATION, FIELD(timeout_us), 1000, DURATION_MOST_US, "TIME",
     "patience for a reply (10s)"},
    {0, "progress", OPTION_FLAG, FIELD(progress), 0, 0, NULL,
     "say how it goes once a second, terminal or not"},
    {0, "json", OPTION_TEXT, FIELD(json_file), 0, 0, "FILE",
     "the result as JSON (-: on stdout, the table on stderr)"},
    {0, "html", OPTION_TEXT, FIELD(html_file), 0, 0, "FILE", "the result as one page with charts"},
    {0, "csv", OPTION_TEXT, FIELD(csv_file), 0, 0, "FILE", "how it went, a row a second"},
    {0, "hgrm", OPTION_TEXT, FIELD(hgrm_file), 0, 0, "FILE", "the latency for HdrHistogram's plotter"},
    {'R', NULL, OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "arrival", OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "mix", OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "work", OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "warmup", OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "ramp", OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "seed", OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "reconnect-every", OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "idle", OPTION_LATER, 0, 0, 0, NULL, NULL},
    {0, "verify", OPTION_LATER_FLAG, 0, 0, 0, NULL, NULL},
    {0, "fail-if", OPTION_LATER, 0, 0, 0, NULL, NULL},
};

const struct option_table load_options = {"Load", rows, sizeof rows / sizeof rows[0]};

static int add_words(struct mix *mix, const struct option_words *words, struct error *error)
{
    struct resp_word *command = calloc((size_t)words->count, sizeof *command);
    int i, status;

    if (command == NULL)
        return error_set(error, "out of memory");
    for (i = 0; i < words->count; i++)
        command[i] = (struct resp_word){words->words[i], strlen(words->words[i])};
    status = mix_add(mix, 1, command, (size_t)words->count, error);
    free(command);
    return status;
}

static int take_command(struct load_plan *plan, const struct option_words *words, struct error *error)
{
    static const struct resp_word ping = {"PING", 4};

    if (words->count > 0 && !words->separated)
        return error_set(error, "put '--' before the command: -- %s", words->words[0]);
    if (plan->mix_text != NULL)
        return words->count > 0 ? error_set(error, "either --mix or a command")
                                : mix_parse(&plan->mix, plan->mix_text, error);
    return words->count > 0 ? add_words(&plan->mix, words, error) : mix_add(&plan->mix, 1, &ping, 1, error);
}

static int encode(struct load_plan *plan, struct error *error)
{
    const struct mix_command *command = &plan->mix.commands[0];
    uint64_t i;

    if (plan->mix.count > 1)
        return error_set(error, "a mix of several commands is not yet supported");
    plan->name = strdup(plan->mix_text != NULL ? plan->mix_text : command->text);
    if (plan->name == NULL)
        return error_set(error, "out of memory");
    for (i = 0; i < plan->pipeline; i++) {
        if (buffer_append(&plan->batch, command->request, command->request_bytes) != 0)
            return error_set(error, "out of memory");
        if (buffer_length(&plan->batch) > BATCH_BYTES_MOST)
            return error_set(error, "%llu such requests are too large to send at once",
                             (unsigned long long)plan->pipeline);
    }
    plan->request_bytes = buffer_length(&plan->batch) / plan->pipeline;
    if (target_greeting(&plan->target, 0, &plan->greeting, &plan->greeting_replies) != 0)
        return error_set(error, "out of memory");
    return 0;
}

int load_plan_prepare(struct load_plan *plan, const struct option_words *words, struct error *error)
{
    if (plan->threads > plan->connections)
        return error_set(error, "-t: more threads than connections");
    if (plan->duration_us == 0 && plan->requests == 0)
        plan->duration_us = DEFAULT_DURATION_US;
    if (take_command(plan, words, error) != 0 || target_prepare(&plan->target, error) != 0)
        return -1;
    return encode(plan, error);
}

void load_plan_clear(struct load_plan *plan)
{
    if (buffer_length(&plan->greeting) > 0)
        explicit_bzero(buffer_head(&plan->greeting), buffer_length(&plan->greeting));
    buffer_free(&plan->greeting);
    buffer_free(&plan->batch);
    mix_clear(&plan->mix);
    free(plan->name);
    plan->name = NULL;
    target_wipe(&plan->target);
}
