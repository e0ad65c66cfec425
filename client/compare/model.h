/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_MODEL_H
#define CONCUR_CLIENT_COMPARE_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/target.h"

#define MODELS_MOST         16
#define MODEL_NAME_BYTES    64
#define MODEL_SETTINGS_MOST 16
#define MODEL_SETTING_BYTES 64
#define MODEL_ADDRESS_BYTES 256

struct model_row; /* of the built-in table */

/* What is compared: a concurrency model of the built-in table, a configuration file, or a daemon that runs elsewhere.
 * Not to be copied: the target points into it. */
struct model {
    char name[MODEL_NAME_BYTES]; /* in reports; unique */
    const char *words;           /* for people: what it is, and how it comes to its capacity */
    const struct model_row *row; /* the table's, or NULL */
    const char *file;            /* the configuration file, or NULL */
    bool elsewhere;              /* then `target` says where */
    struct target target;
    char address[MODEL_ADDRESS_BYTES];
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

/* Adds the models that `list` names, comma-separated ("thread,pool,./my.conf"; a word with a '/' or ".conf" behind it
 * is a file); NULL: those of the table that are not only for who asks for them. 0, or -1 with the reason: unknown, given twice, too many. The list's bytes must
 * stay, and are written to. */
MUST_USE int model_add_list(struct model *models, unsigned *count, char *list, struct error *error);

/* Adds a daemon elsewhere: NAME=HOST:PORT, NAME=[V6]:PORT, NAME=unix:PATH. The password for it is that of
 * CONCUR_PASSWORD, and how it is to speak TLS, or not, stands in `tls`. 0, or -1 with the reason. */
MUST_USE int model_add_target(struct model *models, unsigned *count, const char *text,
                              const struct target *tls, struct error *error);

/* Wipes what is secret in it. */
void model_clear(struct model *model);

/* Appends a setting, which must fit. */
void model_settings_add(struct model_settings *settings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends the settings that make a row of the table serve so many at once; a file has its own. With `least` those of
 * the same daemon without what grows with the connections: what it takes before there is any. 0, or -1 with the reason
 * when the model can't have that capacity. */
MUST_USE int model_settings_make(const struct model *model, const struct model_capacity *capacity, bool least,
                                 struct model_settings *settings, struct error *error);

/* Prints the table, for --list. */
void model_print_list(FILE *out);

#endif
