/* SPDX-License-Identifier: Apache-2.0
 *
 * The tasks of a map. They finish in whatever order the workers get them done, and are shown in their own: as
 * soon as one and all before it are done, so that a long map is no silent one. Runs in the main thread. */
#include "client/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/print.h"
#include "common/parse.h"

int tasks_begin(struct tasks *tasks, const char *range, struct error *error)
{
    const char *dots = strstr(range, "..");
    int64_t last;

    *tasks = (struct tasks){0};
    if (dots == NULL || parse_i64(range, (size_t)(dots - range), &tasks->first) != 0 ||
        parse_i64(dots + 2, strlen(dots + 2), &last) != 0)
        return error_set(error, "'%s' is no range such as 0..9", range);
    if (last < tasks->first)
        return error_set(error, "%s: a range goes upwards", range);
    if ((uint64_t)last - (uint64_t)tasks->first >= TASKS_MOST)
        return error_set(error, "%s: more than %d tasks", range, TASKS_MOST);
    tasks->count = (size_t)(last - tasks->first) + 1;
    tasks->all = calloc(tasks->count, sizeof *tasks->all);
    return tasks->all != NULL ? 0 : error_set(error, "out of memory");
}

void tasks_clear(struct tasks *tasks)
{
    size_t i;

    for (i = 0; tasks->all != NULL && i < tasks->count; i++)
        free(tasks->all[i].result);
    free(tasks->all);
    *tasks = (struct tasks){0};
}

static int finish(struct tasks *tasks, size_t index, const char *text, size_t length, bool failed)
{
    struct task *task = &tasks->all[index];

    task->result = malloc(length + 1);
    if (task->result == NULL)
        return -1;
    memcpy(task->result, text, length);
    task->length = length;
    task->failed = failed;
    task->done = true;
    tasks->failed += failed;
    return 0;
}

int tasks_answer(struct tasks *tasks, size_t index, const struct resp_reply *reply)
{
    bool failed = resp_reply_is_error(reply);
    struct printer printer = {.style = failed ? PRINT_PRETTY : PRINT_RAW};
    struct buffer text = {0};
    int result = print_reply(&printer, reply, &text);

    if (result == 0)
        result = finish(tasks, index, buffer_head(&text), buffer_length(&text) - 1, failed);
    buffer_free(&text);
    return result;
}

int tasks_lose(struct tasks *tasks, size_t index, const char *reason)
{
    char text[400];

    snprintf(text, sizeof text, "(lost) %s", reason);
    return finish(tasks, index, text, strlen(text), true);
}

static int show_one(const struct tasks *tasks, size_t index, struct buffer *out)
{
    const struct task *task = &tasks->all[index];

    if (task->who[0] != '\0' &&
        buffer_printf(out, "%lld -> ", (long long)(tasks->first + (int64_t)index)) != 0)
        return -1;
    if (buffer_append(out, task->result, task->length) != 0)
        return -1;
    if (task->who[0] != '\0' && buffer_printf(out, "  (%s)", task->who) != 0)
        return -1;
    return buffer_append(out, "\n", 1);
}

int tasks_show(struct tasks *tasks, struct buffer *out)
{
    for (; tasks->shown < tasks->count && tasks->all[tasks->shown].done; tasks->shown++) {
        if (show_one(tasks, tasks->shown, out) != 0)
            return -1;
    }
    return 0;
}
