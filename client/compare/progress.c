/* SPDX-License-Identifier: Apache-2.0
 *
 * The bar of a comparison. The time left is what the remaining runs were reckoned to take, times how wrong the reckoning
 * was so far; where the time is bounded, no more than that leaves. Runs in the main thread. */
#include "client/compare/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"

#define BAR_CELLS 24

void compare_progress_begin(struct compare_progress *progress, double planned_s)
{
    *progress = (struct compare_progress){
        .terminal = isatty(STDERR_FILENO) == 1, .began_us = clock_now_us(), .planned_s = planned_s};
}

double compare_progress_left_s(const struct compare_progress *progress, uint64_t now_us)
{
    double took_s = (double)(now_us - progress->began_us) / 1e6;
    double ratio = progress->done_s > 0 && took_s > progress->done_s ? took_s / progress->done_s : 1;
    double left_s = progress->planned_s * ratio - took_s;

    if (progress->most_s > 0 && left_s > progress->most_s - took_s)
        left_s = progress->most_s - took_s;
    return left_s > 0 ? left_s : 0;
}

double compare_progress_share(struct compare_progress *progress, uint64_t now_us)
{
    double took_s = (double)(now_us - progress->began_us) / 1e6;
    double whole_s = took_s + compare_progress_left_s(progress, now_us);

    if (whole_s > 0 && took_s / whole_s > progress->shown)
        progress->shown = took_s / whole_s;
    return progress->shown;
}

static void print_left(double left_s)
{
    unsigned left = (unsigned)(left_s + 0.5);

    if (left >= 60)
        fprintf(stderr, "%u m %02u s left", left / 60, left % 60);
    else
        fprintf(stderr, "%u s left", left);
}

void compare_progress_show(struct compare_progress *progress)
{
    uint64_t now = clock_now_us();
    double share = compare_progress_share(progress, now);
    unsigned i, full = (unsigned)(share * BAR_CELLS);

    if (!progress->terminal)
        return;
    fputs("\r\033[K[", stderr);
    for (i = 0; i < BAR_CELLS; i++)
        fputc(i < full ? '#' : '.', stderr);
    fprintf(stderr, "] %2.0f%%  %s, ", share * 100, progress->words);
    print_left(compare_progress_left_s(progress, now));
    fflush(stderr);
}

void compare_progress_say(struct compare_progress *progress, const char *words)
{
    snprintf(progress->words, sizeof progress->words, "%s", words);
    compare_progress_show(progress);
}

void compare_progress_head(const struct compare_progress *progress, const char *words)
{
    if (progress->terminal)
        return;
    fprintf(stderr, "%s, about ", words);
    print_left(compare_progress_left_s(progress, clock_now_us()));
    fputc('\n', stderr);
    fflush(stderr);
}

void compare_progress_did(struct compare_progress *progress, double planned_s)
{
    progress->done_s += planned_s;
}

void compare_progress_end(const struct compare_progress *progress)
{
    if (progress->terminal)
        fputs("\r\033[K", stderr);
    fflush(stderr);
}
