/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether counters add up. The reply to an INCR may be right by itself and the update lost all the same - that is
 * what an unguarded counter does - so the proof is the sum: the counter is read before and after the load, over a
 * connection of its own. What was sent but not answered may have been done or not, so the sum may lie anywhere
 * between. Runs in the main thread. */
#include "client/load/totals.h"

#include <string.h>

#include "client/link.h"
#include "common/parse.h"
#include "common/printable.h"

#define GET_TIMEOUT_MS 5000

static bool same_word(const struct resp_word *a, const struct resp_word *b)
{
    return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

/* The counter of that command, unless an earlier one has the same. */
static const struct resp_word *counter_of(const struct load_plan *plan, size_t command)
{
    const struct resp_word *counter = plan->answers != NULL ? plan->answers[command].counter : NULL;
    size_t i;

    for (i = 0; counter != NULL && i < command; i++) {
        if (plan->answers[i].counter != NULL && same_word(plan->answers[i].counter, counter))
            return NULL;
    }
    return counter;
}

static int get(struct link *link, const struct resp_word *counter, int64_t *value, struct error *error)
{
    struct resp_word words[] = {{"GET", 3}, *counter};
    struct resp_reply reply = {0};
    int status = -1;

    *value = 0; /* what a counter that is not there stands at */
    if (link_call(link, words, 2, GET_TIMEOUT_MS, &reply, error) != 0)
        return -1;
    if (resp_reply_is_error(&reply)) {
        error_set(error, "GET: %s", reply.text);
        printable_text(error->text);
    } else if (reply.text != NULL && parse_i64(reply.text, reply.length, value) != 0) {
        error_set(error, "GET: no counter");
    } else {
        status = 0;
    }
    resp_reply_clear(&reply);
    return status;
}

static bool has_counters(const struct load_plan *plan)
{
    size_t i;

    for (i = 0; i < plan->mix.count; i++) {
        if (counter_of(plan, i) != NULL)
            return true;
    }
    return false;
}

static int read_all(const struct load_plan *plan, int64_t *values, struct error *error)
{
    struct link *link = NULL;
    size_t i;
    int status = 0;

    if (!has_counters(plan))
        return 0;
    if (link_open(&link, &plan->target, 0, error) != 0)
        return -1;
    for (i = 0; i < plan->mix.count && status == 0; i++) {
        const struct resp_word *counter = counter_of(plan, i);

        if (counter != NULL && get(link, counter, &values[i], error) != 0)
            status = error_prefix(error, "--verify: counter '%.*s'", (int)counter->length, counter->bytes);
    }
    link_close(&link);
    return status;
}

int totals_begin(struct totals *totals, const struct load_plan *plan, struct error *error)
{
    return read_all(plan, totals->before, error);
}

/* How far all commands together may have moved a counter: exactly what was answered, and each other one either
 * way. Sums wrap as the counters themselves would refuse to; no test of a load comes near. */
static void add_bounds(const struct load_plan *plan, const struct resp_word *counter,
                       const struct load_counts *counts, int64_t *least, int64_t *most)
{
    size_t i;

    *least = *most = 0;
    for (i = 0; i < plan->mix.count; i++) {
        const struct answer *answer = &plan->answers[i];
        int64_t sure, open;

        if (answer->counter == NULL || !same_word(answer->counter, counter))
            continue;
        sure = (int64_t)counts[i].ok * answer->delta;
        open = (int64_t)(counts[i].failed + counts[i].unfinished) * answer->delta;
        *least += sure + (open < 0 ? open : 0);
        *most += sure + (open > 0 ? open : 0);
    }
}

int totals_check(const struct totals *totals, const struct load_plan *plan, const struct load_counts *counts,
                 struct error *error)
{
    int64_t after[MIX_COMMANDS_MOST] = {0};
    size_t i;

    if (read_all(plan, after, error) != 0)
        return -1;
    for (i = 0; i < plan->mix.count; i++) {
        const struct resp_word *counter = counter_of(plan, i);
        int64_t moved = after[i] - totals->before[i], least, most;

        if (counter == NULL)
            continue;
        add_bounds(plan, counter, counts, &least, &most);
        if (moved >= least && moved <= most)
            continue;
        if (least == most)
            return error_set(error, "counter '%.*s' moved by %lld, but the answered requests make %lld",
                             (int)counter->length, counter->bytes, (long long)moved, (long long)least);
        return error_set(error, "counter '%.*s' moved by %lld, but the requests make %lld to %lld",
                         (int)counter->length, counter->bytes, (long long)moved, (long long)least,
                         (long long)most);
    }
    return 0;
}
