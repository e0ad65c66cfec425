/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CLIENT_COMPARE_PROGRESS_H
#define CONCUR_CLIENT_COMPARE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#define COMPARE_PROGRESS_WORDS 160

/* How far a comparison is, on stderr: on a terminal one line that is rewritten, with a bar and the time left; elsewhere
 * a line per workload. Main thread. */
struct compare_progress {
    bool terminal;
    uint64_t began_us;
    double planned_s, done_s; /* of runs: what they were reckoned to take */
    double shown;             /* the share that the bar had last: it never goes back */
    double most_s;            /* that all may take, then runs are left out; 0: as long as it takes */
    char words[COMPARE_PROGRESS_WORDS];
};

void compare_progress_begin(struct compare_progress *progress, double planned_s);

/* A run begins: what to call it. */
void compare_progress_say(struct compare_progress *progress, const char *words);

/* Elsewhere than on a terminal: a workload begins. */
void compare_progress_head(const struct compare_progress *progress, const char *words);

/* A run has ended that was reckoned to take so long. */
void compare_progress_did(struct compare_progress *progress, double planned_s);

/* Shows it again, for the time that has passed. */
void compare_progress_show(struct compare_progress *progress);

/* The share that is done, 0 to 1: when the reckoning gets worse it waits, and does not go back. */
double compare_progress_share(struct compare_progress *progress, uint64_t now_us);

/* The seconds that are left, given how the reckoning has held so far. */
double compare_progress_left_s(const struct compare_progress *progress, uint64_t now_us);

/* Leaves a clean line behind. */
void compare_progress_end(const struct compare_progress *progress);

#endif
