/* SPDX-License-Identifier: Apache-2.0
 *
 * What came out of a load: memory that the reports read. Runs in the main thread. */
#include "client/load/result.h"

#include <stdlib.h>

int load_result_begin(struct load_result *result, size_t commands)
{
    size_t i;
    int status;

    *result = (struct load_result){.last_reply_s = -1};
    status = load_times_begin(&result->times);
    result->commands = calloc(commands, sizeof *result->commands);
    if (result->commands == NULL)
        return -1;
    result->command_count = commands;
    for (i = 0; i < commands; i++) {
        if (load_times_begin(&result->commands[i].times) != 0)
            status = -1;
    }
    return status;
}

void load_result_clear(struct load_result *result)
{
    size_t i;

    for (i = 0; i < result->command_count; i++) {
        free(result->commands[i].text);
        load_times_clear(&result->commands[i].times);
    }
    free(result->commands);
    free(result->seconds);
    load_times_clear(&result->times);
    *result = (struct load_result){0};
}
