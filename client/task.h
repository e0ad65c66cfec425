/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_TASK_H
#define CONCUR_CLIENT_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/who.h"
#include "common/buffer.h"

/* One piece of a map: a number, and what became of it. */
struct task {
    char *result; /* text, once it is done */
    size_t length;
    bool done;
    bool failed;
    char who[WHO_BYTES]; /* empty: not asked for */
};

/* All tasks of a map: the numbers first, first + 1, ... Handed out in order; finished in any order; shown in
 * order. */
struct tasks {
    struct task *all;
    size_t count;
    int64_t first;
    size_t given; /* handed out */
    size_t shown;
    size_t failed;
};

#define TASKS_MOST 1000000

/* Reads "FROM..TO" and makes the tasks. 0, or -1 with the reason. */
MUST_USE int tasks_begin(struct tasks *tasks, const char *range, struct error *error);
void tasks_clear(struct tasks *tasks);

/* Finishes a task with the reply to it, or without one, for the reason given. 0, or -1 when memory is short.
 */
MUST_USE int tasks_answer(struct tasks *tasks, size_t index, const struct resp_reply *reply);
MUST_USE int tasks_lose(struct tasks *tasks, size_t index, const char *reason);

/* Appends what can be shown: the results up to the first task that is not done. 0, or -1 when memory is
 * short. */
MUST_USE int tasks_show(struct tasks *tasks, struct buffer *out);

#endif
