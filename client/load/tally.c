/* SPDX-License-Identifier: Apache-2.0
 *
 * What is counted during a load. Each load thread has a tally of its own, so that counting costs no shared
 * cache line, and they are merged when the threads have ended. */
#include "client/load/tally.h"

#include <errno.h>
#include <stdlib.h>

#include "common/printable.h"

static const char *const names[LOAD_ERRORS] = {
    [LOAD_REFUSED] = "refused",
    [LOAD_RESET] = "reset",
    [LOAD_TIMED_OUT] = "timed_out",
    [LOAD_CLOSED] = "closed",
    [LOAD_ERROR_REPLY] = "error_reply",
    [LOAD_WRONG_REPLY] = "wrong_reply",
    [LOAD_TLS] = "tls",
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

void load_counts_add(struct load_counts *into, const struct load_counts *from)
{
    into->sent += from->sent;
    into->ok += from->ok;
    into->error_replies += from->error_replies;
    into->failed += from->failed;
    into->unfinished += from->unfinished;
    into->unsent += from->unsent;
}

int load_times_begin(struct load_times *times)
{
    times->latency = histogram_new();
    times->service = histogram_new();
    times->send_lag = histogram_new();
    return times->latency != NULL && times->service != NULL && times->send_lag != NULL ? 0 : -1;
}

void load_times_clear(struct load_times *times)
{
    histogram_free(&times->latency);
    histogram_free(&times->service);
    histogram_free(&times->send_lag);
}

void load_times_merge(struct load_times *into, const struct load_times *from)
{
    histogram_merge(into->latency, from->latency);
    histogram_merge(into->service, from->service);
    histogram_merge(into->send_lag, from->send_lag);
}

int load_tally_begin(struct load_tally *tally, size_t commands)
{
    *tally = (struct load_tally){.shares = calloc(commands, sizeof *tally->shares)};
    if (tally->shares == NULL)
        return -1;
    for (; tally->count < commands; tally->count++) {
        if (load_times_begin(&tally->shares[tally->count].times) != 0) {
            load_times_clear(&tally->shares[tally->count].times);
            return -1;
        }
    }
    return 0;
}

void load_tally_clear(struct load_tally *tally)
{
    while (tally->count > 0)
        load_times_clear(&tally->shares[--tally->count].times);
    free(tally->shares);
    tally->shares = NULL;
}

void load_tally_keep_error(struct load_tally *tally, uint64_t now_ns, const char *reply, size_t length)
{
    size_t i;

    if (tally->first_error_ns != 0)
        return;
    tally->first_error_ns = now_ns;
    for (i = 0; i + 1 < length && i + 1 < sizeof tally->first_error && reply[i + 1] != '\r'; i++)
        tally->first_error[i] = reply[i + 1];
    tally->first_error[i] = '\0';
    printable(tally->first_error, i);
}
