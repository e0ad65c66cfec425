/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_MODEL_H
#define CONCUR_CLIENT_COMPARE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "client/target.h"

#define MODELS_MOST         16
#define MODEL_NAME_BYTES    64
#define MODEL_SETTINGS_MOST 16
#define MODEL_SETTING_BYTES 64
#define MODEL_WORDS_BYTES   256

struct model_row; /* of the built-in table */

/* What is compared: a concurrency model of the built-in table, a configuration file, or a daemon that runs elsewhere.
 */
struct model {
    char name[MODEL_NAME_BYTES]; /* in reports; unique */
    const struct model_row *row; /* the table's, or NULL */
    const char *file;            /* the configuration file, or NULL */
    bool elsewhere;              /* then `target` says where */
    struct target target;
    char words[MODEL_WORDS_BYTES]; /* for people: what it is, and how it came to its capacity */
};

/* How many connections a model must serve at once. */
struct model_capacity {
    uint64_t active; /* connections that send requests */
    uint64_t idle;   /* that only stand there */
};

/* Settings for concurd, "section.key=value" each. */
struct model_settings {
    char lines[MODEL_SETTINGS_MOST][MODEL_SETTING_BYTES];
    unsigned count;
};

/* Adds the models that `list` names, comma-separated ("thread,pool,./my.conf"); NULL: those of the table. 0, or -1 with
 * the reason: unknown, given twice, too many. The words of `list` must stay. */
MUST_USE int model_add_list(struct model *models, unsigned *count, const char *list, struct error *error);

/* Adds a daemon elsewhere: NAME=HOST:PORT, NAME=[V6]:PORT, NAME=unix:PATH. 0, or -1 with the reason. Keeps pointers
 * into memory of its own; model_clear frees it. */
MUST_USE int model_add_target(struct model *models, unsigned *count, const char *text, struct error *error);
void model_clear(struct model *model);

/* The settings that make a row of the table serve so many, or that only keep a file's daemon to itself. With `least`
 * the smallest daemon of that model instead: what it takes before any connection. 0, or -1 when the model can't have
 * that capacity, with the reason. */
MUST_USE int model_settings_make(const struct model *model, const struct model_capacity *capacity, bool least,
                                 struct model_settings *settings, struct error *error);

/* Completes model->words: what it was given to serve so many at once. */
void model_describe(struct model *model, const struct model_capacity *capacity);

/* Prints the table, for --list. */
void model_print_list(void);

#endif
