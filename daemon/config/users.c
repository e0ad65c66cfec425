/* SPDX-License-Identifier: Apache-2.0
 *
 * The users file: read once with its generation into a table sorted by name, so that many users cost an AUTH nothing.
 * Looking up takes a time that depends on the names in the file, some nanoseconds in front of a hash of a tenth of a
 * second; what counts is that the hash is computed for any name.
 *
 * Read by the thread that builds the generation; looked up by workers. */
#include "daemon/config/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config/report.h"

struct user {
    char name[USERS_NAME_LONGEST + 1];
    unsigned line;
    struct password_hash hash;
};

struct users {
    struct user *list; /* sorted by name */
    size_t count, room;
    struct password_hash unknown;
    bool differ;
};

void users_free(struct users **users)
{
    if (*users == NULL)
        return;
    if ((*users)->list != NULL)
        password_wipe((*users)->list, (*users)->room * sizeof *(*users)->list);
    free((*users)->list);
    free(*users);
    *users = NULL;
}

size_t users_count(const struct users *users)
{
    return users->count;
}

bool users_differ(const struct users *users)
{
    return users->differ;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct reading {
    struct users *users;
    struct report report;
    const char *file;
    unsigned line;
};

/* Room for all lines at once: a list that grew would leave copies behind. */
static int make_room(struct users *users, const char *text, size_t length)
{
    size_t i;

    users->room = 1;
    for (i = 0; i < length; i++)
        users->room += text[i] == '\n';
    if (users->room > USERS_MOST)
        users->room = USERS_MOST;
    users->list = calloc(users->room, sizeof *users->list);
    return users->list != NULL ? 0 : -1;
}

static void take_user(struct reading *reading, const char *line, size_t length)
{
    struct users *users = reading->users;
    const char *colon = memchr(line, ':', length);
    size_t name_length = colon != NULL ? (size_t)(colon - line) : 0;
    struct user *user;
    struct error error;

    if (users->count == users->room) {
        config_report(&reading->report, "%s:%u: more than %d users", reading->file, reading->line,
                      USERS_MOST);
        return;
    }
    user = &users->list[users->count];
    if (colon == NULL)
        config_report(&reading->report, "%s:%u: a line is name:hash, as 'concur passwd' writes it",
                      reading->file, reading->line);
    else if (!password_name_is_valid(line, name_length))
        config_report(&reading->report, "%s:%u: a name is 1 to %d printable characters without blanks",
                      reading->file, reading->line, USERS_NAME_LONGEST);
    else if (password_parse(colon + 1, length - name_length - 1, &user->hash, &error) != 0)
        config_report(&reading->report, "%s:%u: user '%.*s': %s", reading->file, reading->line,
                      (int)name_length, line, error.text);
    else {
        memcpy(user->name, line, name_length);
        user->line = reading->line;
        users->count++;
    }
}

static void read_lines(struct reading *reading, const char *text, size_t length)
{
    while (length != 0 && !config_report_full(&reading->report)) {
        const char *end = memchr(text, '\n', length);
        size_t taken = end != NULL ? (size_t)(end - text) + 1 : length;
        size_t content = end != NULL ? taken - 1 : taken;

        reading->line++;
        if (content != 0 && text[content - 1] == '\r')
            content--;
        if (content != 0 && text[0] != '#')
            take_user(reading, text, content);
        text += taken;
        length -= taken;
    }
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct user *)left)->name, ((const struct user *)right)->name);
}

static void find_doubles(struct reading *reading)
{
    const struct user *list = reading->users->list;
    size_t i;

    for (i = 1; i < reading->users->count; i++)
        if (strcmp(list[i - 1].name, list[i].name) == 0) {
            unsigned first = list[i - 1].line, second = list[i].line;

            config_report(&reading->report, "%s:%u: user '%s' is there already, in line %u", reading->file,
                          first > second ? first : second, list[i].name, first > second ? second : first);
        }
}

/* What an unknown name costs. */
static int make_unknown(struct reading *reading)
{
    struct users *users = reading->users;
    struct password_cost dearest = PASSWORD_COST_DEFAULT;
    struct error error;
    size_t i;

    for (i = 0; i < users->count; i++) {
        const struct password_cost *cost = &users->list[i].hash.cost;

        users->differ = users->differ || memcmp(cost, &users->list[0].hash.cost, sizeof *cost) != 0;
        if (i == 0 || password_blocks(cost) > password_blocks(&dearest))
            dearest = *cost;
    }
    if (password_make_unknown(&dearest, &users->unknown, &error) == 0)
        return 0;
    config_report(&reading->report, "%s: %s", reading->file, error.text);
    return -1;
}

struct users *users_read(const char *file, const char *text, size_t length, struct buffer *problems)
{
    struct reading reading = {
        .users = calloc(1, sizeof *reading.users), .report = {.problems = problems}, .file = file};

    if (reading.users == NULL || make_room(reading.users, text, length) != 0)
        config_report(&reading.report, "%s: out of memory", file);
    else {
        read_lines(&reading, text, length);
        qsort(reading.users->list, reading.users->count, sizeof *reading.users->list, by_name);
        find_doubles(&reading);
    }
    if (config_report_result(&reading.report) != 0 || make_unknown(&reading) != 0)
        users_free(&reading.users);
    return reading.users;
}

/* --- looking up --------------------------------------------------------------------------------------------------- */

static const struct user *find(const struct users *users, const char *name, size_t length)
{
    struct user wanted = {0};

    if (length > USERS_NAME_LONGEST || memchr(name, '\0', length) != NULL)
        return NULL;
    memcpy(wanted.name, name, length);
    return bsearch(&wanted, users->list, users->count, sizeof *users->list, by_name);
}

bool users_has(const struct users *users, const char *name, size_t length)
{
    return find(users, name, length) != NULL;
}

const struct password_hash *users_hash(const struct users *users, const char *name, size_t length)
{
    const struct user *user = find(users, name, length);

    return user != NULL ? &user->hash : &users->unknown;
}
