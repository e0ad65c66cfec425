/* SPDX-License-Identifier: Apache-2.0
 *
 * What a load is made of: the options, and out of them the bytes that every connection will send again and
 * again. They are encoded once, here, so that the load threads have nothing to format. Runs in the main thread. */
#include "client/load/plan.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client/load/work.h"

#define CONNECTIONS_MOST    1000000
#define THREADS_MOST        1024
#define PIPELINE_MOST       100000
#define BATCH_BYTES_MOST    (256u << 20)
#define FLIGHTS_MOST        (32u << 20)
#define RATE_LEAST          1000                   /* one request in a quarter of an hour */
#define DURATION_MOST_US    UINT64_C(864000000000) /* ten days */
#define DEFAULT_DURATION_US 10000000

#define FIELD(name) offsetof(struct load_plan, name)

static const struct option_row rows[] = {
    {'c', NULL, OPTION_COUNT, FIELD(connections), 1, CONNECTIONS_MOST, "N", "connections in all (50)"},
    {'t', NULL, OPTION_COUNT, FIELD(threads), 1, THREADS_MOST, "N", "threads that share them (1)"},
    {'d', NULL, OPTION_DURATION, FIELD(duration_us), 1000, DURATION_MOST_US, "TIME", "how long (10s)"},
    {'n', NULL, OPTION_COUNT, FIELD(requests), 1, INT64_MAX / 2, "N",
     "how many requests in all; with -d, whichever comes first"},
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
    {'R', "rate", OPTION_RATE, FIELD(rate_millionths), RATE_LEAST, SCHEDULE_RATE_MOST, "RATE",
     "requests a second in all, as 0.5, 2.5k or 1M: an open loop"},
    {0, "arrival", OPTION_TEXT, FIELD(arrival), 0, 0, "HOW",
     "open loop: uniform gaps between requests, or poisson (uniform)"},
    {0, "mix", OPTION_TEXT, FIELD(mix_text), 0, 0, "LIST",
     "commands with weights: 'PING:90,PRIMES 10000:10'"},
    {0, "work", OPTION_TEXT, FIELD(work), 0, 0, "SHAPE",
     "send WORK with this shape: 'cpu=200us wait=3ms reply=4k'"},
    {'r', NULL, OPTION_COUNT, FIELD(range), 1, MIX_RANGE, "N",
     "__rand_int__ in a command is 12 digits, below N (10^12)"},
    {0, "warmup", OPTION_DURATION, FIELD(warmup_us), 0, DURATION_MOST_US, "TIME",
     "load that comes first and is not measured (0)"},
    {0, "ramp", OPTION_DURATION, FIELD(ramp_us), 0, DURATION_MOST_US, "TIME",
     "from the start on, let the rate, or the connections at work, rise for so long (0)"},
    {0, "seed", OPTION_COUNT, FIELD(seed), 0, INT64_MAX, "N",
     "the same seed: the same commands, placeholders and arrivals (1)"},
    {0, "reconnect-every", OPTION_COUNT, FIELD(reconnect_every), 1, INT64_MAX / 2, "N",
     "open a connection anew after N requests"},
    {0, "idle", OPTION_COUNT, FIELD(idle), 0, CONNECTIONS_MOST, "N",
     "connections beside them that do nothing (0)"},
    {0, "verify", OPTION_FLAG, FIELD(verify), 0, 0, NULL, "check every reply, and what counters add up to"},
    {0, "fail-if", OPTION_TEXTS, FIELD(fail_if), 0, 0, "LIST",
     "fail when one is true: 'p99>5ms,errors>0'; see above"},
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
    int sources =
        (plan->mix.count > 0) + (plan->mix_text != NULL) + (plan->work != NULL) + (words->count > 0);

    plan->mix.range = plan->range;
    if (words->count > 0 && !words->separated)
        return error_set(error, "put '--' before the command: -- %s", words->words[0]);
    if (sources > 1)
        return error_set(error, "one of --mix, --work and a command, please");
    if (plan->mix.count > 0)
        return 0;
    if (plan->mix_text != NULL)
        return mix_parse(&plan->mix, plan->mix_text, error);
    if (plan->work != NULL)
        return work_add(&plan->mix, plan->work, error);
    return words->count > 0 ? add_words(&plan->mix, words, error) : mix_add(&plan->mix, 1, &ping, 1, error);
}

/* All commands with their weights; a single one without. */
static int make_name(struct load_plan *plan)
{
    struct buffer text = {0};
    const struct mix *mix = &plan->mix;
    size_t i;
    int status = 0;

    for (i = 0; i < mix->count && status == 0; i++) {
        if (mix->count == 1)
            status = buffer_printf(&text, "%s", mix->commands[i].text);
        else
            status = buffer_printf(&text, "%s%s:%llu", i > 0 ? ", " : "", mix->commands[i].text,
                                   (unsigned long long)mix->commands[i].weight);
    }
    if (status == 0)
        status = buffer_append(&text, "", 1);
    if (status != 0)
        buffer_free(&text);
    else
        plan->name = buffer_head(&text); /* ours from here on */
    return status;
}

/* A batch that is the same every time. */
static int make_batch(struct load_plan *plan, struct error *error)
{
    const struct mix_command *command = &plan->mix.commands[0];
    uint64_t i;

    plan->request_bytes = command->request_bytes;
    for (i = 0; i < plan->pipeline && !plan->tracked; i++) {
        if (buffer_append(&plan->batch, command->request, command->request_bytes) != 0)
            return error_set(error, "out of memory");
    }
    return 0;
}

static int make_answers(struct load_plan *plan, struct error *error)
{
    size_t i;

    if (!plan->verify)
        return 0;
    plan->answers = calloc(plan->mix.count, sizeof *plan->answers);
    if (plan->answers == NULL)
        return error_set(error, "out of memory");
    for (i = 0; i < plan->mix.count; i++) {
        if (answer_make(&plan->answers[i], &plan->mix.commands[i], error) != 0)
            return -1;
    }
    plan->answer_longest = answer_longest(plan->answers, plan->mix.count);
    return 0;
}

static int encode(struct load_plan *plan, struct error *error)
{
    bool open = load_plan_is_open(plan);

    plan->latency_apart = open || plan->reconnect_every > 0;
    plan->tracked = plan->latency_apart || plan->verify || plan->mix.count > 1 || plan->mix.holes_most > 0;
    if (plan->mix.longest > BATCH_BYTES_MOST / plan->pipeline)
        return error_set(error, "%llu such requests are too large to send at once",
                         (unsigned long long)plan->pipeline);
    if (plan->tracked && plan->connections > FLIGHTS_MOST / plan->pipeline)
        return error_set(error, "-c times -P: more than %u requests at once can't be followed", FLIGHTS_MOST);
    if (make_name(plan) != 0)
        return error_set(error, "out of memory");
    if (make_batch(plan, error) != 0 || make_answers(plan, error) != 0)
        return -1;
    if (target_greeting(&plan->target, 0, &plan->greeting, &plan->greeting_replies) != 0)
        return error_set(error, "out of memory");
    return 0;
}

static int take_arrival(struct load_plan *plan, struct error *error)
{
    if (plan->arrival == NULL)
        return 0;
    plan->poisson = strcmp(plan->arrival, "poisson") == 0;
    if (!plan->poisson && strcmp(plan->arrival, "uniform") != 0)
        return error_set(error, "--arrival: '%s' is neither uniform nor poisson", plan->arrival);
    return load_plan_is_open(plan) ? 0
                                   : error_set(error, "--arrival is for an open loop: give a rate, too (-R)");
}

static int take_thresholds(struct load_plan *plan, struct error *error)
{
    unsigned i;

    plan->thresholds.count = 0;
    for (i = 0; i < plan->fail_if.count; i++) {
        if (threshold_add(&plan->thresholds, plan->fail_if.text[i], error) != 0)
            return -1;
    }
    return 0;
}

int load_plan_prepare(struct load_plan *plan, const struct option_words *words, struct error *error)
{
    if (plan->threads > plan->connections)
        return error_set(error, "-t: more threads than connections");
    if (plan->duration_us == 0 && plan->requests == 0)
        plan->duration_us = DEFAULT_DURATION_US;
    if (plan->ramp_us > 0 && plan->duration_us > 0 && plan->ramp_us > plan->warmup_us + plan->duration_us)
        return error_set(error, "--ramp: longer than the whole load");
    if (take_arrival(plan, error) != 0 || take_thresholds(plan, error) != 0 ||
        take_command(plan, words, error) != 0 || target_prepare(&plan->target, error) != 0)
        return -1;
    return encode(plan, error);
}

void load_plan_clear(struct load_plan *plan)
{
    size_t i;

    if (buffer_length(&plan->greeting) > 0)
        explicit_bzero(buffer_head(&plan->greeting), buffer_length(&plan->greeting));
    buffer_free(&plan->greeting);
    buffer_free(&plan->batch);
    for (i = 0; plan->answers != NULL && i < plan->mix.count; i++)
        answer_clear(&plan->answers[i]);
    free(plan->answers);
    plan->answers = NULL;
    mix_clear(&plan->mix);
    free(plan->name);
    plan->name = NULL;
    target_wipe(&plan->target);
}
