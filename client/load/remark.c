/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reader must know to read the figures right: silence, requests without a reply, an early end. Worded here once,
 * so that the table, the JSON and the page say the same. Runs in the main thread. */
#include "client/load/remark.h"

#include <stdio.h>

#include "client/load/text.h"

#define UNANSWERED_PART 100 /* more than one in so many bends the percentiles */

/* What the end of the load has cut off would have taken longer than it is old. */
static void remark_unanswered(const struct load_result *result, struct load_remark *remark)
{
    const struct load_counts *counts = &result->counts;
    uint64_t due = counts->sent + counts->unsent, unanswered = counts->unfinished + counts->unsent;
    char texts[2][TEXT_BYTES];

    if (unanswered <= due / UNANSWERED_PART)
        return;
    remark->title = "Many without a reply";
    snprintf(remark->text, sizeof remark->text, "%s of %s requests had no reply yet when the load ended: %s.",
             text_count(unanswered, texts[0]), text_count(due, texts[1]),
             result->target_rps > 0 ? "their age stands in the latency, which is therefore a lower bound"
                                    : "they are not in the latency, which may be longer");
}

/* A mean over time in which nothing came says little; so when that was is said. */
static void remark_silence(const struct load_result *result, struct load_remark *remark)
{
    char texts[2][TEXT_BYTES];

    if (load_result_silence_s(result) <= 0)
        return;
    remark->title = "Silence at the end";
    snprintf(remark->text, sizeof remark->text,
             "No reply came in the last %s: the throughput until then was %s requests/s.",
             text_time(load_result_silence_s(result) * 1e6, texts[0]),
             text_rate(load_result_rate_until_silence(result), texts[1]));
}

static void remark_no_reply(const struct load_result *result, struct load_remark *remark)
{
    if (result->counts.sent == 0 || load_counts_replies(&result->counts) > 0)
        return;
    remark->title = "No reply";
    remark->bad = true;
    snprintf(remark->text, sizeof remark->text, "No reply came at all.");
}

/* Of a few that were not sent it may have been our own doing, and that too little to be suspect. */
static void remark_unsent(const struct load_result *result, struct load_remark *remark)
{
    if (result->suspect || result->counts.unsent <= 2 * result->own_missing)
        return;
    remark->title = "The server did not keep up";
    snprintf(remark->text, sizeof remark->text,
             "Requests had to wait for a connection with room: the server did not keep up with the rate, on "
             "so few connections at least.");
}

static void remark_given_up(const struct load_result *result, struct load_remark *remark)
{
    if (!result->gave_up)
        return;
    remark->title = "Given up";
    remark->bad = true;
    snprintf(remark->text, sizeof remark->text, "Given up: no reply came any more.");
}

static void remark_interrupted(const struct load_result *result, struct load_remark *remark)
{
    if (!result->interrupted)
        return;
    remark->title = "Ended early";
    snprintf(remark->text, sizeof remark->text, "Ended early by a signal: this is what there was by then.");
}

size_t load_remarks(const struct load_result *result, struct load_remark remarks[LOAD_REMARKS_MOST])
{
    static void (*const all[])(const struct load_result *result, struct load_remark *remark) = {
        remark_no_reply,   remark_silence,  remark_unsent,
        remark_unanswered, remark_given_up, remark_interrupted,
    };
    size_t count = 0, i;

    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        remarks[count] = (struct load_remark){0};
        all[i](result, &remarks[count]);
        count += remarks[count].title != NULL;
    }
    return count;
}
