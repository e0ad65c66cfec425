/* SPDX-License-Identifier: Apache-2.0
 *
 * The models that are compared, a row each. A comparison is fair when every model may serve all connections at once:
 * a pool with fewer threads than there are waits would lose to its configuration, not to its nature. So each row says
 * which settings grow with the connections, and in words how the model comes to its capacity, which every report
 * repeats. Nothing else is tuned: the rest are concurd's defaults. Runs in the main thread. */
#include "client/compare/model.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "common/parse.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Connections beyond those of the load: our questions (INFO), the client that crashes workers. */
#define SPARE         8
#define CLIENTS_LEAST 10000 /* concurd's default */

enum amount { AS_WRITTEN, FOR_ALL, FOR_ACTIVE };

struct setting {
    const char *text;   /* with FOR_...: the number is appended */
    enum amount amount; /* connections */
};

struct model_row {
    const char *name, *words;
    struct setting settings[6]; /* up to the first without a text */
    const char *least; /* on top of those: the smallest daemon, without what grows with the connections */
    uint64_t most;     /* of what grows with the connections; 0: no such limit */
    bool extra;        /* only when asked for by name */
};

static const struct model_row rows[] = {
    {.name = "thread",
     .words = "a thread per client: there are as many as connections",
     .settings = {{"server.mode=thread", AS_WRITTEN}}},
    {.name = "pool",
     .words = "a thread pool: a thread for each connection that asks, turns on the CPU for as many as cores "
              "(a handler that blocks keeps its turn; see pool-unlimited); a connection's memory is with its "
              "thread",
     .settings = {{"server.mode=pool", AS_WRITTEN}, {"pool.threads=", FOR_ACTIVE}},
     .least = "pool.threads=1",
     .most = 4096},
    {.name = "pool-unlimited",
     .words = "the textbook's thread pool: a thread for each connection that asks, and a turn for each "
              "(pool.turns=0), so that a handler may block in a thread of its own; a connection's memory is "
              "with its thread",
     .settings = {{"server.mode=pool", AS_WRITTEN},
                  {"pool.threads=", FOR_ACTIVE},
                  {"pool.turns=0", AS_WRITTEN}},
     .least = "pool.threads=1",
     .most = 4096,
     .extra = true},
    {.name = "event",
     .words = "event loops, one per core: a loop takes any number of connections",
     .settings = {{"server.mode=event", AS_WRITTEN}}},
    {.name = "prefork",
     .words = "pre-forked worker processes, one per core, an event loop in each: it takes any number of "
              "connections",
     .settings = {{"server.mode=prefork", AS_WRITTEN}, {"prefork.inner=event", AS_WRITTEN}}},
    {.name = "prefork-classic",
     .words = "pre-forked worker processes, one for each connection, a blocking thread in each; a "
              "connection's memory is with its worker",
     .settings = {{"server.mode=prefork", AS_WRITTEN},
                  {"prefork.inner=thread", AS_WRITTEN},
                  {"prefork.clients_per_worker=1", AS_WRITTEN},
                  {"prefork.workers=", FOR_ALL},
                  {"prefork.max_workers=", FOR_ALL},
                  {"log.lane_size=16k", AS_WRITTEN}}, /* a lane each, in shared memory */
     .least = "prefork.workers=1",
     .most = 1024},
};

static const char file_words[] = "as its configuration file has it, whatever capacity that gives";
static const char elsewhere_words[] = "a server that runs elsewhere, as it is";
static const char secure_words[] = "a server that runs elsewhere, as it is, over TLS";

/* --- choosing ---------------------------------------------------------------------------------------------------- */

static bool is_taken(const struct model *models, unsigned count, const char *name)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        if (strcmp(models[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Whether a terminal shows it as it is: no control characters, of the C0 nor, as bytes or in UTF-8, of the C1 set. */
static bool is_shown(const char *name)
{
    const unsigned char *byte = (const unsigned char *)name;
    unsigned char before = 0;

    for (; *byte != '\0'; before = *byte++) {
        bool c1 = *byte >= 0x80 && *byte < 0xa0 && (before < 0x80 || before == 0xc2);

        if (iscntrl(*byte) || c1)
            return false;
    }
    return true;
}

/* The next place, with a name of its own; NULL with the reason. */
static struct model *add(struct model *models, unsigned *count, const char *name, struct error *error)
{
    struct model *model = &models[*count];

    if (*count == MODELS_MOST) {
        error_set(error, "more than %d models", MODELS_MOST);
        return NULL;
    }
    if (name[0] == '\0' || strlen(name) >= MODEL_NAME_BYTES) {
        error_set(error, "a model's name has 1 to %d letters: '%s'", MODEL_NAME_BYTES - 1, name);
        return NULL;
    }
    if (!is_shown(name)) {
        error_set(error, "a model's name has no control characters");
        return NULL;
    }
    if (is_taken(models, *count, name)) {
        error_set(error, "the model '%s' is there twice", name);
        return NULL;
    }
    *model = (struct model){.target = TARGET_DEFAULT};
    snprintf(model->name, sizeof model->name, "%s", name);
    ++*count;
    return model;
}

static int add_row(struct model *models, unsigned *count, const struct model_row *row, struct error *error)
{
    struct model *model = add(models, count, row->name, error);

    if (model == NULL)
        return -1;
    model->row = row;
    model->words = row->words;
    return 0;
}

static bool is_file(const char *word)
{
    size_t length = strlen(word);

    return strchr(word, '/') != NULL || (length > 5 && strcmp(word + length - 5, ".conf") == 0);
}

/* Named by the file's own name, without its ending; when a model has that name already, by its path's end. */
static int add_file(struct model *models, unsigned *count, const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t length = strlen(base);
    char name[MODEL_NAME_BYTES];
    struct model *model;

    if (length > 5 && strcmp(base + length - 5, ".conf") == 0)
        length -= 5;
    snprintf(name, sizeof name, "%.*s", (int)length, base);
    if (is_taken(models, *count, name)) {
        length = strlen(path);
        snprintf(name, sizeof name, "%s", path + (length < sizeof name ? 0 : length - sizeof name + 1));
    }
    model = add(models, count, name, error);
    if (model == NULL)
        return -1;
    model->file = path;
    model->words = file_words;
    return 0;
}

static int unknown_model(const char *word, struct error *error)
{
    const char *names[COUNT(rows)];
    const char *nearest;
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        names[i] = rows[i].name;
    nearest = parse_nearest(word, names, COUNT(rows));
    return error_set(error,
                     "there is no model '%s'%s%s%s (a file has a '/' or .conf in its name; see --list)", word,
                     nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                     nearest != NULL ? "'?" : "");
}

static int add_word(struct model *models, unsigned *count, const char *word, struct error *error)
{
    size_t i;

    if (is_file(word))
        return add_file(models, count, word, error);
    for (i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].name, word) == 0)
            return add_row(models, count, &rows[i], error);
    }
    return unknown_model(word, error);
}

int model_add_list(struct model *models, unsigned *count, char *list, struct error *error)
{
    char *rest = list;
    size_t i;

    if (list == NULL) {
        for (i = 0; i < COUNT(rows); i++) {
            if (!rows[i].extra && add_row(models, count, &rows[i], error) != 0)
                return -1;
        }
        return 0;
    }
    while (rest != NULL) {
        if (add_word(models, count, strsep(&rest, ","), error) != 0)
            return -1;
    }
    return 0;
}

/* --- daemons elsewhere ------------------------------------------------------------------------------------------- */

/* HOST:PORT or [V6]:PORT in `address`, which is cut in two. */
static int split_address(char *address, struct target *target)
{
    char *colon = strrchr(address, ':');
    char *host = address;
    size_t length;

    if (colon == NULL || colon == address || parse_u64(colon + 1, strlen(colon + 1), &target->port) != 0 ||
        target->port == 0 || target->port > 65535)
        return -1;
    *colon = '\0';
    length = strlen(host);
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        host++;
    } else if (strchr(host, ':') != NULL) {
        return -1;
    }
    target->host = host;
    return host[0] != '\0' ? 0 : -1;
}

int model_add_target(struct model *models, unsigned *count, const char *text, const struct target *tls,
                     struct error *error)
{
    const char *equals = strchr(text, '=');
    char name[MODEL_NAME_BYTES + 1];
    struct model *model;

    if (equals == NULL || equals == text || strlen(equals + 1) >= MODEL_ADDRESS_BYTES)
        return error_set(error, "--target: '%s' is not NAME=HOST:PORT or NAME=unix:PATH", text);
    if (!is_shown(text))
        return error_set(error, "--target: there are control characters in it");
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    model = add(models, count, name, error);
    if (model == NULL)
        return -1;
    model->elsewhere = true;
    model->target = *tls;
    model->words = tls->tls ? secure_words : elsewhere_words;
    snprintf(model->address, sizeof model->address, "%s", equals + 1);
    if (strncmp(model->address, "unix:", 5) == 0 && model->address[5] != '\0')
        model->target.socket = model->address + 5;
    else if (split_address(model->address, &model->target) != 0)
        return error_set(error, "--target: '%s' is not HOST:PORT or unix:PATH", equals + 1);
    return target_prepare(&model->target, error);
}

void model_clear(struct model *model)
{
    target_wipe(&model->target);
}

/* --- settings ---------------------------------------------------------------------------------------------------- */

void model_settings_add(struct model_settings *settings, const char *format, ...)
{
    va_list arguments;

    assert(settings->count < MODEL_SETTINGS_MOST);
    va_start(arguments, format);
    vsnprintf(settings->lines[settings->count++], MODEL_SETTING_BYTES, format, arguments);
    va_end(arguments);
}

static int add_setting(struct model_settings *settings, const struct model_row *row,
                       const struct setting *setting, const struct model_capacity *capacity,
                       struct error *error)
{
    uint64_t number = capacity->active + SPARE + (setting->amount == FOR_ALL ? capacity->idle : 0);

    if (setting->amount == AS_WRITTEN) {
        model_settings_add(settings, "%s", setting->text);
        return 0;
    }
    if (number > row->most)
        return error_set(error, "%s can't serve so many at once: %s%llu, and the most is %llu", row->name,
                         setting->text, (unsigned long long)number, (unsigned long long)row->most);
    model_settings_add(settings, "%s%llu", setting->text, (unsigned long long)number);
    return 0;
}

int model_settings_make(const struct model *model, const struct model_capacity *capacity, bool least,
                        struct model_settings *settings, struct error *error)
{
    uint64_t all = capacity->active + capacity->idle + SPARE;
    const struct model_row *row = model->row;
    size_t i;

    if (row == NULL)
        return 0;
    for (i = 0; i < COUNT(row->settings) && row->settings[i].text != NULL; i++) {
        if (add_setting(settings, row, &row->settings[i], capacity, error) != 0)
            return -1;
    }
    if (least && row->least != NULL)
        model_settings_add(settings, "%s", row->least);
    if (all > CLIENTS_LEAST)
        model_settings_add(settings, "server.max_clients=%llu", (unsigned long long)all);
    return 0;
}

void model_print_list(FILE *out)
{
    size_t i;

    for (i = 0; i < COUNT(rows); i++)
        fprintf(out, "  %-16s %s%s\n", rows[i].name, rows[i].extra ? "(not by default) " : "", rows[i].words);
}
