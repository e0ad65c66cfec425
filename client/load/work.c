/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape of somebody's own request, as --work takes it: the arguments of the daemon's WORK. They are checked here,
 * because a load that only brings error replies home is a late way to learn of a typing mistake; their bounds are
 * the daemon's to know. Runs in the main thread. */
#include "client/load/work.h"

#include <string.h>

#include "common/parse.h"

#define PARTS_MOST 16

static int read_duration(const char *text, size_t length)
{
    uint64_t us;

    return parse_duration(text, length, &us);
}

static int read_size(const char *text, size_t length)
{
    uint64_t bytes;

    return parse_size(text, length, &bytes);
}

static const struct part {
    const char *name;
    int (*read)(const char *text, size_t length);
    const char *kind;
} parts[] = {
    {"cpu", read_duration, "time such as 200us"},  {"wait", read_duration, "time such as 3ms"},
    {"block", read_duration, "time such as 3ms"},  {"alloc", read_size, "size such as 64k"},
    {"lock", read_duration, "time such as 100us"}, {"reply", read_size, "size such as 4k"},
};

#define PARTS (sizeof parts / sizeof parts[0])

static int check_part(const char *text, size_t length, unsigned *seen, struct error *error)
{
    const char *equals = memchr(text, '=', length);
    size_t name = equals != NULL ? (size_t)(equals - text) : length;
    size_t i;

    for (i = 0; i < PARTS; i++) {
        if (strlen(parts[i].name) == name && memcmp(parts[i].name, text, name) == 0)
            break;
    }
    if (i == PARTS)
        return error_set(error, "'%.*s' is none of cpu=, wait=, block=, alloc=, lock=, reply=", (int)length,
                         text);
    if ((*seen & (1u << i)) != 0)
        return error_set(error, "%s= is given twice", parts[i].name);
    *seen |= 1u << i;
    if (equals == NULL || parts[i].read(equals + 1, length - name - 1) != 0)
        return error_set(error, "'%.*s': %s= takes a %s", (int)length, text, parts[i].name, parts[i].kind);
    return 0;
}

int work_add(struct mix *mix, const char *shape, struct error *error)
{
    struct resp_word words[PARTS_MOST] = {{"WORK", 4}};
    size_t count = 1;
    unsigned seen = 0;
    const char *at = shape + strspn(shape, " ");

    while (*at != '\0') {
        size_t length = strcspn(at, " ");

        if (check_part(at, length, &seen, error) != 0)
            return error_prefix(error, "--work");
        words[count++] = (struct resp_word){at, length}; /* no more than there are parts */
        at += length;
        at += strspn(at, " ");
    }
    if (count == 1)
        return error_set(error, "--work: no work in it; see --help");
    return mix_add(mix, 1, words, count, error);
}
