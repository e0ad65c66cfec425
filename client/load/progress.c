/* SPDX-License-Identifier: Apache-2.0
 *
 * How the load goes, once a second, on stderr: on a terminal one line that is rewritten, elsewhere a line
 * each. It reads counters that the load threads publish and takes nothing from them. Runs in the main thread.
 */
#include "client/load/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "client/load/text.h"
#include "common/clock.h"

#define INTERVAL_US 1000000

void progress_begin(struct progress *progress, const struct load_plan *plan, uint64_t now_us)
{
    *progress = (struct progress){.plan = plan, .started_us = now_us, .last_us = now_us};
    progress->terminal = plan->on_progress == NULL && isatty(STDERR_FILENO);
    progress->shown = plan->on_progress != NULL || plan->progress || progress->terminal;
}

uint64_t progress_due_us(const struct progress *progress)
{
    return progress->shown ? progress->last_us + INTERVAL_US : CLOCK_NEVER;
}

static void print_line(const struct progress *progress, uint64_t now_us, const struct load_moment *moment)
{
    double seconds = (double)(now_us - progress->last_us) / 1e6;
    double rate = seconds > 0 ? (double)(moment->replies - progress->last_replies) / seconds : 0;
    char rate_text[TEXT_BYTES], replies_text[TEXT_BYTES], errors_text[TEXT_BYTES];

    fprintf(stderr, "%s%6.1f s  %12s requests/s  %14s done  %s errors%s", progress->terminal ? "\r" : "",
            (double)moment->elapsed_us / 1e6, text_count((uint64_t)rate, rate_text),
            text_count(moment->replies, replies_text), text_count(moment->errors, errors_text),
            progress->terminal ? "" : "\n");
    fflush(stderr);
}

void progress_show(struct progress *progress, uint64_t now_us, const struct load_moment *moment)
{
    if (progress->plan->on_progress != NULL)
        progress->plan->on_progress(progress->plan->context, moment);
    else
        print_line(progress, now_us, moment);
    progress->last_us = now_us;
    progress->last_replies = moment->replies;
}

void progress_end(struct progress *progress)
{
    if (progress->shown && progress->terminal && progress->last_us != progress->started_us)
        fprintf(stderr, "\r\033[K"); /* the report says it all */
}
