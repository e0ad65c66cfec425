/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of all commands: families register here, sessions look up here. An open-addressing hash over the names in
 * lower case, filled before the first worker starts and never written again, so that looking up takes no lock. Runs in
 * the main thread (registering) and in every worker (looking up). */
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "common/parse.h"
#include "daemon/command/command.h"
#include "daemon/command/families.h"
#include "daemon/config/config.h"

#define COMMANDS_MOST 256
#define HASH_SIZE     1024 /* a power of two, a quarter full at most */

static struct command_row rows[COMMANDS_MOST];

static size_t row_count;
static unsigned short hashed[HASH_SIZE]; /* 1 + row; 0 = empty */

/* Length, first and last letter tell nearly all commands apart, and cost less than reading the whole name. Letters go to
 * lower case; what else that merges, the comparison tells apart. */
static unsigned hash(const char *name, size_t length)
{
    unsigned first = (unsigned char)name[0] | 0x20u;
    unsigned last = (unsigned char)name[length - 1] | 0x20u;

    return (first * 33u + last * 7u + (unsigned)length * 131u) % HASH_SIZE;
}

/* The place of that name in `hashed`: its own, or the empty one where it belongs. */
static unsigned place_of(const char *name, size_t length)
{
    unsigned at = hash(name, length);

    while (hashed[at] != 0) {
        const char *known = rows[hashed[at] - 1].command->name;

        if (strncasecmp(known, name, length) == 0 && known[length] == '\0')
            break;
        at = (at + 1) % HASH_SIZE;
    }
    return at;
}

int command_register(const struct command_family *family, struct error *error)
{
    size_t i;

    for (i = 0; i < family->count; i++) {
        const struct command *command = &family->commands[i];
        unsigned at = place_of(command->name, strlen(command->name));

        if (hashed[at] != 0)
            return error_set(error, "two commands are named '%s'", command->name);
        if (row_count == COMMANDS_MOST)
            return error_set(error, "more than %d commands", COMMANDS_MOST);
        rows[row_count] = (struct command_row){
            .command = command, .family = family->name, .index = (unsigned short)row_count};
        hashed[at] = (unsigned short)++row_count;
    }
    return 0;
}

int command_register_builtin(struct error *error)
{
    static const struct command_family *const families[] = {
        &family_connection, &family_server, &family_waiting,  &family_cpu,
        &family_shape,      &family_tasks,  &family_counters, &family_faults,
    };
    size_t i;

    if (row_count != 0)
        return 0;
    for (i = 0; i < sizeof families / sizeof families[0]; i++)
        if (command_register(families[i], error) != 0)
            return -1;
    return 0;
}

const struct command_row *command_find(const char *name, size_t length)
{
    unsigned at;

    if (length == 0)
        return NULL;
    at = place_of(name, length);
    return hashed[at] != 0 ? &rows[hashed[at] - 1] : NULL;
}

const struct command_row *command_at(size_t index)
{
    return index < row_count ? &rows[index] : NULL;
}

size_t command_count(void)
{
    return row_count;
}

/* The command to be disabled, or NULL with what was probably meant. */
static struct command_row *find_disabled(const char *name, struct error *error)
{
    const char *names[COMMANDS_MOST];
    const struct command_row *row = command_find(name, strlen(name));
    const char *nearest;
    size_t i;

    if (row != NULL)
        return &rows[row->index];
    for (i = 0; i < row_count; i++)
        names[i] = rows[i].command->name;
    nearest = parse_nearest(name, names, row_count);
    error_set(error, "there is no command '%s'%s%s%s", name, nearest != NULL ? "; did you mean '" : "",
              nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
    return NULL;
}

int command_disable(const char *name, struct error *error)
{
    struct command_row *row = find_disabled(name, error);

    if (row == NULL)
        return -1;
    atomic_store_explicit(&row->disabled, true, memory_order_relaxed);
    return 0;
}

int command_check(const struct config *config, struct error *error)
{
    size_t i;

    if (command_register_builtin(error) != 0)
        return -1;
    for (i = 0; i < config->commands.disable.count; i++)
        if (find_disabled(config->commands.disable.items[i], error) == NULL)
            return error_prefix(error, "%s", config_key_place(config, "commands", "disable"));
    return 0;
}

static bool is_listed(const struct config_list *list, const char *name)
{
    size_t i;

    for (i = 0; i < list->count; i++)
        if (strcasecmp(list->items[i], name) == 0)
            return true;
    return false;
}

void command_adopt(const struct config *config)
{
    size_t i;

    for (i = 0; i < row_count; i++)
        atomic_store_explicit(&rows[i].disabled, is_listed(&config->commands.disable, rows[i].command->name),
                              memory_order_relaxed);
}

int command_set_up(const struct config *config, struct error *error)
{
    if (command_check(config, error) != 0)
        return -1;
    command_adopt(config);
    return 0;
}
