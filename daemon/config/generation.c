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
#include <string.h>

#include "common/tls.h"
#include "daemon/config/attachment.h"
#include "daemon/config/credentials.h"

static int complain(struct buffer *problems, const char *what)
{
    if (buffer_printf(problems, "generation: %s\n", what) != 0)
        return -1; /* without a word: there is no memory for one */
    return -1;
}

/* Who may log in, when there is a users file. 0, or -1 with what is wrong. */
static int make_users(struct generation *generation, struct buffer *problems)
{
    const struct config *config = generation->config;
    const struct attachment *file = attachment_of(config, ATTACHMENT_USERS);

    if (file == NULL)
        return 0;
    generation->users =
        users_read(config->auth.users, buffer_head(&file->text), buffer_length(&file->text), problems);
    if (generation->users == NULL)
        return -1;
    if (users_count(generation->users) != 0 || config->auth.allow_anonymous)
        return 0;
    if (buffer_printf(problems,
                      "%s: auth.users = %s has no user, and auth.allow_anonymous = no: nobody could log in\n",
                      config_key_place(config, "auth", "users"), config->auth.users) != 0)
        return -1; /* without a word: there is no memory for one */
    return -1;
}

struct generation *generation_new(struct config *config, uint32_t number, struct tls_tickets *tickets,
                                  struct buffer *problems)
{
    struct generation *generation = calloc(1, sizeof *generation);

    if (generation == NULL) {
        (void)complain(problems, "out of memory");
        return NULL;
    }
    *generation = (struct generation){.config = config, .number = number};
    if (make_users(generation, problems) != 0 ||
        credentials_make(config, tickets, &generation->credentials, problems) != 0) {
        generation->config = NULL; /* the caller's */
        generation_free(&generation);
    }
    return generation;
}

void generation_free(struct generation **generation)
{
    if (*generation == NULL)
        return;
    config_free(&(*generation)->config);
    users_free(&(*generation)->users);
    tls_context_free(&(*generation)->credentials);
    free(*generation);
    *generation = NULL;
}

int generation_check(struct config *config, struct buffer *problems)
{
    struct generation *generation = generation_new(config, 1, NULL, problems);

    if (generation == NULL)
        return -1;
    generation->config = NULL; /* the caller's */
    generation_free(&generation);
    return 0;
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

/* The bytes: NUMBER_LINE, then the parts - a PART_LINE and as many bytes as that says - of which the first is the
 * configuration; the others are attachments by the names of their keys. */
#define NUMBER_LINE "concurd generation %" PRIu32 "\n"
#define PART_LINE   "part %s %zu\n"
#define CONFIG_PART "config"
#define LINE_BYTES  96

static int write_part(struct buffer *bytes, const char *name, const struct buffer *part)
{
    if (buffer_printf(bytes, PART_LINE, name, buffer_length(part)) != 0)
        return -1;
    return buffer_append(bytes, buffer_head(part), buffer_length(part));
}

static int write_attachments(const struct config *config, struct buffer *bytes)
{
    char name[LINE_BYTES / 2];
    int id;

    for (id = 0; id < ATTACHMENT_COUNT; id++) {
        const struct attachment *attachment = attachment_of(config, (enum attachment_id)id);

        snprintf(name, sizeof name, "%s.%s", attachment_section((enum attachment_id)id),
                 attachment_name((enum attachment_id)id));
        if (attachment != NULL && write_part(bytes, name, &attachment->text) != 0)
            return -1;
    }
    return 0;
}

/* Room for all of it, so that a secret is never moved. */
static size_t measure(const struct config *config, const struct buffer *text)
{
    size_t length = 2 * LINE_BYTES + buffer_length(text);
    int id;

    for (id = 0; id < ATTACHMENT_COUNT; id++) {
        const struct attachment *attachment = attachment_of(config, (enum attachment_id)id);

        if (attachment != NULL)
            length += LINE_BYTES + buffer_length(&attachment->text);
    }
    return length;
}

int generation_write(const struct generation *generation, struct buffer *bytes)
{
    const struct config *config = generation->config;
    struct buffer text = {0};
    int result = -1;

    if (config_dump(config, &text) == 0 && buffer_reserve(bytes, measure(config, &text)) == 0 &&
        buffer_printf(bytes, NUMBER_LINE, generation->number) == 0 &&
        write_part(bytes, CONFIG_PART, &text) == 0)
        result = write_attachments(config, bytes);
    buffer_free(&text);
    return result;
}

void generation_wipe(struct buffer *bytes)
{
    if (bytes->data != NULL)
        explicit_bzero(bytes->data, bytes->capacity);
    buffer_free(bytes);
}

/* What is left to read. */
struct bytes {
    const char *at;
    size_t left;
};

/* The next line without its end; false when there is none, or none that could be one of ours. */
static bool take_line(struct bytes *bytes, char line[LINE_BYTES])
{
    const char *end = memchr(bytes->at, '\n', bytes->left < LINE_BYTES ? bytes->left : LINE_BYTES);
    size_t length;

    if (end == NULL)
        return false;
    length = (size_t)(end - bytes->at);
    memcpy(line, bytes->at, length);
    line[length] = '\0';
    bytes->at += length + 1;
    bytes->left -= length + 1;
    return true;
}

/* The number that stands in the first line, 0 when there is none. */
static uint32_t take_number(struct bytes *bytes)
{
    char line[LINE_BYTES];
    uint32_t number;

    return take_line(bytes, line) && sscanf(line, NUMBER_LINE, &number) == 1 ? number : 0;
}

struct part {
    char name[LINE_BYTES];
    const char *at;
    size_t length;
};

static bool take_part(struct bytes *bytes, struct part *part)
{
    char line[LINE_BYTES];

    if (!take_line(bytes, line) || sscanf(line, "part %40s %zu", part->name, &part->length) != 2 ||
        part->length > bytes->left)
        return false;
    part->at = bytes->at;
    bytes->at += part->length;
    bytes->left -= part->length;
    return true;
}

static int read_parts(struct config *config, struct bytes bytes, unsigned cores, struct buffer *problems)
{
    struct part part;

    if (!take_part(&bytes, &part) || strcmp(part.name, CONFIG_PART) != 0)
        return complain(problems, "it has no configuration");
    if (config_read_text(config, "generation", part.at, part.length, problems) != 0)
        return -1;
    while (bytes.left != 0) {
        if (!take_part(&bytes, &part))
            return complain(problems, "it has a part without a head, or is cut off");
        if (attachment_set(config, part.name, part.at, part.length) != 0)
            return complain(problems, "it has a part that can't be taken");
    }
    return config_resolve(config, cores, problems);
}

struct generation *generation_read(const char *text, size_t length, unsigned cores,
                                   struct tls_tickets *tickets, struct buffer *problems)
{
    struct bytes bytes = {text, length};
    uint32_t number = length != 0 ? take_number(&bytes) : 0;
    struct config *config = config_new();
    struct generation *generation = NULL;

    if (number == 0)
        (void)complain(problems, "it has no number");
    else if (config == NULL)
        (void)complain(problems, "out of memory");
    else if (read_parts(config, bytes, cores, problems) == 0)
        generation = generation_new(config, number, tickets, problems);
    if (generation == NULL)
        config_free(&config);
    return generation;
}
