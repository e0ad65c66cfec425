/* SPDX-License-Identifier: Apache-2.0
 *
 * What came out of a load: memory that the reports read. Runs in the main thread. */
#include "client/load/result.h"

#include <stdlib.h>

#define SILENCE_LEAST_S 1
#define SILENCE_TIMES   10 /* the longest service */

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

double load_result_silence_s(const struct load_result *result)
{
    double silence_s = result->duration_s - result->last_reply_s;
    double longest_s = (double)histogram_max_ns(result->times.service) / 1e9;

    if (result->last_reply_s < 0 || silence_s < SILENCE_LEAST_S || silence_s < SILENCE_TIMES * longest_s)
        return 0;
    return silence_s;
}

double load_result_rate_until_silence(const struct load_result *result)
{
    return result->last_reply_s > 0 ? (double)load_counts_replies(&result->counts) / result->last_reply_s : 0;
}
