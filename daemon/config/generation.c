/* SPDX-License-Identifier: Apache-2.0
 *
 * Generations. A worker holds one over many turns and looks for a newer at the beginning of each, which costs a load and
 * a comparison; only when there is one does it take the lock to exchange what it holds. So each worker holds one at most,
 * and after any number of reloads no more generations are left than there are workers that have had nothing to do since.
 *
 * Why comparing pointers is enough: what a worker holds is not freed, so no other generation can have its address.
 *
 * Published by the main thread, held by any thread. */
#include "daemon/config/generation.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct generation *generation_new(struct config *config, uint32_t number)
{
    struct generation *generation = calloc(1, sizeof *generation);

    if (generation != NULL)
        *generation = (struct generation){.config = config, .number = number};
    return generation;
}

void generation_free(struct generation **generation)
{
    if (*generation == NULL)
        return;
    config_free(&(*generation)->config);
    free(*generation);
    *generation = NULL;
}

struct generations *generations_new(struct generation *first)
{
    struct generations *generations = calloc(1, sizeof *generations);

    if (generations == NULL)
        return NULL;
    pthread_mutex_init(&generations->lock, NULL);
    first->holders = 1; /* being current */
    generations->alive = 1;
    atomic_init(&generations->current, first);
    return generations;
}

/* With the lock. Answers what is to be freed, when it is unlocked, or NULL. */
static struct generation *drop(struct generations *generations, struct generation *generation)
{
    assert(generation->holders != 0);
    if (--generation->holders != 0)
        return NULL;
    generations->alive--;
    return generation;
}

void generations_free(struct generations **generations)
{
    struct generations *all = *generations;
    struct generation *last;

    if (all == NULL)
        return;
    last = drop(all, atomic_load_explicit(&all->current, memory_order_relaxed));
    assert(last != NULL && all->alive == 0);
    generation_free(&last);
    pthread_mutex_destroy(&all->lock);
    free(all);
    *generations = NULL;
}

void generations_publish(struct generations *generations, struct generation *next)
{
    struct generation *unused;

    pthread_mutex_lock(&generations->lock);
    unused = drop(generations, atomic_load_explicit(&generations->current, memory_order_relaxed));
    next->holders = 1;
    generations->alive++;
    atomic_store_explicit(&generations->current, next, memory_order_relaxed);
    pthread_mutex_unlock(&generations->lock);
    generation_free(&unused);
}

const struct generation *generations_hold(struct generations *generations)
{
    struct generation *current;

    pthread_mutex_lock(&generations->lock);
    current = atomic_load_explicit(&generations->current, memory_order_relaxed);
    current->holders++;
    pthread_mutex_unlock(&generations->lock);
    return current;
}

void generations_let_go(struct generations *generations, const struct generation *held)
{
    struct generation *unused;

    pthread_mutex_lock(&generations->lock);
    unused = drop(generations, (struct generation *)held); /* const to its holders, not to us */
    pthread_mutex_unlock(&generations->lock);
    generation_free(&unused);
}

unsigned generations_alive(struct generations *generations)
{
    unsigned alive;

    pthread_mutex_lock(&generations->lock);
    alive = generations->alive;
    pthread_mutex_unlock(&generations->lock);
    return alive;
}

#define NUMBER_LINE "# generation %" PRIu32 "\n"

int generation_write(const struct generation *generation, struct buffer *text)
{
    if (buffer_printf(text, NUMBER_LINE, generation->number) != 0)
        return -1;
    return config_dump(generation->config, text);
}

static int complain(struct buffer *problems, const char *what)
{
    if (buffer_printf(problems, "generation: %s\n", what) != 0)
        return -1; /* without a word: there is no memory for one */
    return -1;
}

/* The number that stands in the first line, 0 when there is none. */
static uint32_t read_number(const char *text, size_t length)
{
    char line[32];
    uint32_t number;

    snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1), text);
    return sscanf(line, NUMBER_LINE, &number) == 1 ? number : 0;
}

static int read_config(struct config *config, const char *text, size_t length, unsigned cores,
                       struct buffer *problems)
{
    if (config_read_text(config, "generation", text, length, problems) != 0)
        return -1;
    return config_resolve(config, cores, problems);
}

struct generation *generation_read(const char *text, size_t length, unsigned cores, struct buffer *problems)
{
    struct config *config = config_new();
    uint32_t number = read_number(text, length);
    struct generation *generation = NULL;
    int result;

    if (number == 0)
        result = complain(problems, "it has no number");
    else if (config == NULL)
        result = complain(problems, "out of memory");
    else
        result = read_config(config, text, length, cores, problems);
    if (result == 0) {
        generation = generation_new(config, number);
        if (generation == NULL)
            (void)complain(problems, "out of memory");
    }
    if (generation == NULL)
        config_free(&config);
    return generation;
}
