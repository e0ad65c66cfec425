/* SPDX-License-Identifier: Apache-2.0
 *
 * What a load costs the server, by its own account: INFO before and after, over a connection that carries no
 * load. No other load generator puts this beside the latency, though it is half of what one wants to know of
 * a concurrency model. Servers that say nothing of the kind (Redis names its figures otherwise) leave it
 * unknown, never zero. Runs in the main thread. */
#include "client/load/cost.h"

#include <stdio.h>
#include <string.h>

#include "client/link.h"
#include "common/parse.h"
#include "common/printable.h"

#define INFO_TIMEOUT_MS 2000

enum figure { CPU_USER, CPU_SYSTEM, SWITCHES_VOLUNTARY, SWITCHES_INVOLUNTARY, RSS, FIGURES };

static const char *const figure_names[FIGURES] = {
    [CPU_USER] = "cpu_user_us",
    [CPU_SYSTEM] = "cpu_sys_us",
    [SWITCHES_VOLUNTARY] = "voluntary_switches",
    [SWITCHES_INVOLUNTARY] = "involuntary_switches",
    [RSS] = "rss_bytes",
};

struct figures {
    bool known[FIGURES];
    uint64_t value[FIGURES];
};

/* One line of INFO: name:value. */
static void read_line(const char *line, size_t length, struct figures *figures, char *mode)
{
    const char *colon = memchr(line, ':', length);
    size_t name, i;

    if (colon == NULL)
        return;
    name = (size_t)(colon - line);
    if (name == 4 && memcmp(line, "mode", 4) == 0) {
        snprintf(mode, COST_MODE_BYTES, "%.*s", (int)(length - name - 1), colon + 1);
        printable_text(mode);
    }
    for (i = 0; i < FIGURES; i++) {
        if (strlen(figure_names[i]) == name && memcmp(line, figure_names[i], name) == 0)
            figures->known[i] = parse_u64(colon + 1, length - name - 1, &figures->value[i]) == 0;
    }
}

void cost_read_info(const char *text, size_t length, struct cost_sample *sample)
{
    struct figures figures = {0};
    size_t at = 0;

    *sample = (struct cost_sample){.reached = true};
    while (at < length) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t line = end != NULL ? (size_t)(end - text) - at : length - at;

        read_line(text + at, line > 0 && text[at + line - 1] == '\r' ? line - 1 : line, &figures,
                  sample->mode);
        at += line + 1;
    }
    sample->has_cpu = figures.known[CPU_USER] && figures.known[CPU_SYSTEM];
    sample->cpu_us = figures.value[CPU_USER] + figures.value[CPU_SYSTEM];
    sample->has_switches = figures.known[SWITCHES_VOLUNTARY] && figures.known[SWITCHES_INVOLUNTARY];
    sample->switches = figures.value[SWITCHES_VOLUNTARY] + figures.value[SWITCHES_INVOLUNTARY];
    sample->has_rss = figures.known[RSS];
    sample->rss_bytes = figures.value[RSS];
}

int cost_sample(const struct target *target, struct cost_sample *sample, struct error *error)
{
    static const struct resp_word info = {"INFO", 4};
    struct resp_reply reply = {0};
    struct link *link = NULL;
    int status = 0;

    *sample = (struct cost_sample){0};
    if (link_open(&link, target, 0, error) != 0)
        return -1;
    if (link_call(link, &info, 1, INFO_TIMEOUT_MS, &reply, error) == 0) {
        bool is_text = reply.text != NULL && !resp_reply_is_error(&reply);

        cost_read_info(is_text ? reply.text : "", is_text ? reply.length : 0, sample);
    } else if (link_has_failed_tls(link)) {
        status = error_prefix(error, "%s", target->name); /* it would turn away every other connection, too */
    }
    resp_reply_clear(&reply);
    link_close(&link);
    return status;
}

void cost_between(const struct cost_sample *before, const struct cost_sample *after, uint64_t requests,
                  struct cost *cost)
{
    *cost = (struct cost){0};
    memcpy(cost->mode, after->reached ? after->mode : before->mode, sizeof cost->mode);
    cost->has_rss = after->has_rss;
    cost->rss_bytes = after->rss_bytes;
    if (requests == 0)
        return;
    cost->has_cpu = before->has_cpu && after->has_cpu && after->cpu_us >= before->cpu_us;
    if (cost->has_cpu)
        cost->cpu_us_per_request = (double)(after->cpu_us - before->cpu_us) / (double)requests;
    cost->has_switches = before->has_switches && after->has_switches && after->switches >= before->switches;
    if (cost->has_switches)
        cost->switches_per_request = (double)(after->switches - before->switches) / (double)requests;
}
