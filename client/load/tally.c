/* SPDX-License-Identifier: Apache-2.0
 *
 * What is counted during a load. Each load thread has a tally of its own, so that counting costs no shared
 * cache line, and they are merged when the threads have ended. */
#include "client/load/tally.h"

#include <errno.h>
#include <stddef.h>

static const char *const names[LOAD_ERRORS] = {
    [LOAD_REFUSED] = "refused",
    [LOAD_RESET] = "reset",
    [LOAD_TIMED_OUT] = "timed_out",
    [LOAD_CLOSED] = "closed",
    [LOAD_ERROR_REPLY] = "error_reply",
    [LOAD_MALFORMED] = "malformed",
    [LOAD_OTHER] = "other",
};

static const struct {
    int why;
    enum load_error error;
} classes[] = {
    {ECONNREFUSED, LOAD_REFUSED}, {ENOENT, LOAD_REFUSED},
    {EAGAIN, LOAD_REFUSED}, /* a unix socket whose backlog is full */
    {ECONNRESET, LOAD_RESET},     {EPIPE, LOAD_RESET},
    {ECONNABORTED, LOAD_RESET},   {ETIMEDOUT, LOAD_TIMED_OUT},
};

const char *load_error_name(enum load_error error)
{
    return names[error];
}

enum load_error load_error_of(int why)
{
    size_t i;

    for (i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].why == why)
            return classes[i].error;
    }
    return LOAD_OTHER;
}

int load_tally_begin(struct load_tally *tally)
{
    *tally = (struct load_tally){.service = histogram_new()};
    return tally->service != NULL ? 0 : -1;
}

void load_tally_clear(struct load_tally *tally)
{
    histogram_free(&tally->service);
}

void load_tally_merge(struct load_tally *into, const struct load_tally *from)
{
    size_t i;

    into->sent += from->sent;
    into->ok += from->ok;
    into->error_replies += from->error_replies;
    into->failed += from->failed;
    into->unfinished += from->unfinished;
    for (i = 0; i < LOAD_ERRORS; i++)
        into->errors[i] += from->errors[i];
    histogram_merge(into->service, from->service);
}
