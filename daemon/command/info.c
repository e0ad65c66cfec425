/* SPDX-License-Identifier: Apache-2.0
 *
 * INFO: one table of lines, computed from the shared segment, so that any worker of any process answers for all of
 * them. Other processes publish their own CPU and memory ten times a second; those of the answering one are read
 * fresh. Runs in workers. */
#include "daemon/command/info.h"

#include <string.h>

#include "config.h"
#include "common/clock.h"
#include "daemon/sys/usage.h"

/* Everything that lines are computed from, gathered once. */
struct facts {
    const struct process *process;
    const struct segment *segment;
    uint64_t now_us;
    uint64_t commands, error_replies, rx_bytes, tx_bytes;
    struct usage usage; /* all processes together */
    uint64_t workers;
    struct log_counts log;
};

static void gather_slots(struct facts *facts)
{
    const struct segment_folded *folded = &facts->segment->header->folded;
    unsigned i;

    facts->commands = segment_get(&folded->commands);
    facts->error_replies = segment_get(&folded->error_replies);
    facts->rx_bytes = segment_get(&folded->rx_bytes);
    facts->tx_bytes = segment_get(&folded->tx_bytes);
    for (i = 0; i < facts->segment->header->slots; i++) {
        const struct slot *slot = &facts->segment->slots[i];

        facts->commands += segment_get(&slot->commands);
        facts->error_replies += segment_get(&slot->error_replies);
        facts->rx_bytes += segment_get(&slot->rx_bytes);
        facts->tx_bytes += segment_get(&slot->tx_bytes);
    }
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Anonymous pages belong to one process each; program text and the shared segment are the same pages in all of them. */
static void add_memory(struct usage *sum, uint64_t anon, uint64_t file, uint64_t shared)
{
    sum->rss_anon_bytes += anon;
    sum->rss_file_bytes = larger(sum->rss_file_bytes, file);
    sum->rss_shared_bytes = larger(sum->rss_shared_bytes, shared);
}

static void gather_usage(struct facts *facts)
{
    const struct segment_folded *folded = &facts->segment->header->folded;
    struct usage *sum = &facts->usage;
    unsigned i;

    usage_read(sum);
    sum->cpu_user_us += segment_get(&folded->cpu_user_us);
    sum->cpu_sys_us += segment_get(&folded->cpu_sys_us);
    sum->voluntary_switches += segment_get(&folded->voluntary_switches);
    sum->involuntary_switches += segment_get(&folded->involuntary_switches);
    for (i = 0; i < facts->segment->header->processes; i++) {
        const struct process_entry *entry = &facts->segment->processes[i];

        if (i == facts->process->number)
            continue;
        sum->cpu_user_us += segment_get(&entry->cpu_user_us);
        sum->cpu_sys_us += segment_get(&entry->cpu_sys_us);
        sum->voluntary_switches += segment_get(&entry->voluntary_switches);
        sum->involuntary_switches += segment_get(&entry->involuntary_switches);
        add_memory(sum, segment_get(&entry->rss_anon_bytes), segment_get(&entry->rss_file_bytes),
                   segment_get(&entry->rss_shared_bytes));
    }
}

/* Workers are processes in prefork and threads (reactors) elsewhere. */
static uint64_t count_workers(const struct segment *segment)
{
    uint64_t count = 0;
    unsigned i;

    if (segment->header->mode != MODE_PREFORK)
        return segment_get32(&segment->processes[0].workers);
    for (i = 1; i < segment->header->processes; i++)
        count += segment_get32(&segment->processes[i].state) != PROCESS_EMPTY;
    return count;
}

static void gather(struct facts *facts, struct call *call)
{
    *facts = (struct facts){.process = call->worker->process,
                            .segment = call->worker->process->segment,
                            .now_us = clock_now_us()};
    gather_slots(facts);
    /* What this turn has done so far is not published yet. */
    facts->commands += call->worker->tally.commands;
    facts->error_replies += call->worker->tally.error_replies;
    gather_usage(facts);
    facts->workers = count_workers(facts->segment);
    log_queue_counts(facts->process->log, &facts->log);
}

/* A line's value: a number, or a word where there is one. */
struct value {
    uint64_t number;
    const char *word;
};

#define NUMBER(expression) return (struct value){.number = (expression)}
#define WORD(expression)   return (struct value){.word = (expression)}

static struct value v_version(const struct facts *f)
{
    (void)f;
    WORD(PACKAGE_VERSION);
}

static struct value v_mode(const struct facts *f)
{
    WORD(config_mode_name(f->segment->header->mode));
}

static struct value v_inner(const struct facts *f)
{
    WORD(f->segment->header->inner >= 0 ? config_mode_name(f->segment->header->inner) : "");
}

static struct value v_generation(const struct facts *f)
{
    NUMBER(segment_get32(&f->segment->header->generation));
}

static struct value v_pid(const struct facts *f)
{
    NUMBER(f->segment->header->master_pid);
}

static struct value v_uptime(const struct facts *f)
{
    NUMBER((f->now_us - f->segment->header->started_us) / 1000000u);
}

static struct value v_draining(const struct facts *f)
{
    NUMBER(segment_get32(&f->segment->header->draining));
}

static struct value v_clients(const struct facts *f)
{
    NUMBER(segment_clients(f->segment));
}

static struct value v_max_clients(const struct facts *f)
{
    NUMBER(f->process->config->server.max_clients);
}

static struct value v_rejected(const struct facts *f)
{
    NUMBER(segment_get(&f->segment->header->rejected_clients));
}

static struct value v_queued(const struct facts *f)
{
    NUMBER(segment_get(&f->segment->header->queued_connections));
}

static struct value v_connections(const struct facts *f)
{
    NUMBER(segment_get(&f->segment->header->total_connections));
}

static struct value v_commands(const struct facts *f)
{
    NUMBER(f->commands);
}

static struct value v_errors(const struct facts *f)
{
    NUMBER(f->error_replies);
}

static struct value v_rx(const struct facts *f)
{
    NUMBER(f->rx_bytes);
}

static struct value v_tx(const struct facts *f)
{
    NUMBER(f->tx_bytes);
}

static struct value v_pauses(const struct facts *f)
{
    NUMBER(segment_get(&f->segment->header->accept_pauses));
}

static struct value v_workers(const struct facts *f)
{
    NUMBER(f->workers);
}

static struct value v_restarts(const struct facts *f)
{
    NUMBER(segment_get(&f->segment->header->worker_restarts));
}

static struct value v_redispatched(const struct facts *f)
{
    NUMBER(segment_get(&f->segment->header->redispatched));
}

static struct value v_user(const struct facts *f)
{
    NUMBER(f->usage.cpu_user_us);
}

static struct value v_sys(const struct facts *f)
{
    NUMBER(f->usage.cpu_sys_us);
}

static struct value v_voluntary(const struct facts *f)
{
    NUMBER(f->usage.voluntary_switches);
}

static struct value v_involuntary(const struct facts *f)
{
    NUMBER(f->usage.involuntary_switches);
}

static struct value v_rss(const struct facts *f)
{
    NUMBER(f->usage.rss_anon_bytes + f->usage.rss_file_bytes + f->usage.rss_shared_bytes);
}

static struct value v_attempted(const struct facts *f)
{
    NUMBER(f->log.attempted);
}

static struct value v_written(const struct facts *f)
{
    NUMBER(f->log.written);
}

static struct value v_dropped(const struct facts *f)
{
    NUMBER(f->log.dropped);
}

static struct value v_lost(const struct facts *f)
{
    NUMBER(f->log.lost);
}

static struct value v_depth(const struct facts *f)
{
    NUMBER(f->log.depth_bytes);
}

static struct value v_peak(const struct facts *f)
{
    NUMBER(f->log.peak_bytes);
}

static struct value v_waits(const struct facts *f)
{
    NUMBER(f->log.waits);
}

static struct value v_wakeups(const struct facts *f)
{
    NUMBER(f->log.wakeups);
}

static const struct line {
    const char *section, *name;
    struct value (*value)(const struct facts *facts);
} lines[] = {
    {"Server", "version", v_version},
    {"Server", "mode", v_mode},
    {"Server", "inner", v_inner},
    {"Server", "pid", v_pid},
    {"Server", "uptime_s", v_uptime},
    {"Server", "config_generation", v_generation},
    {"Server", "draining", v_draining},
    {"Clients", "connected_clients", v_clients},
    {"Clients", "max_clients", v_max_clients},
    {"Clients", "rejected_clients", v_rejected},
    {"Clients", "queued_connections", v_queued},
    {"Stats", "total_connections", v_connections},
    {"Stats", "total_commands", v_commands},
    {"Stats", "error_replies", v_errors},
    {"Stats", "rx_bytes", v_rx},
    {"Stats", "tx_bytes", v_tx},
    {"Stats", "accept_pauses", v_pauses},
    {"Workers", "workers", v_workers},
    {"Workers", "worker_restarts", v_restarts},
    {"Workers", "redispatched_connections", v_redispatched},
    {"CPU", "cpu_user_us", v_user},
    {"CPU", "cpu_sys_us", v_sys},
    {"CPU", "voluntary_switches", v_voluntary},
    {"CPU", "involuntary_switches", v_involuntary},
    {"Memory", "rss_bytes", v_rss},
    {"Log", "log_attempted", v_attempted},
    {"Log", "log_written", v_written},
    {"Log", "log_dropped", v_dropped},
    {"Log", "log_lost", v_lost},
    {"Log", "log_depth_bytes", v_depth},
    {"Log", "log_peak_bytes", v_peak},
    {"Log", "log_waits", v_waits},
    {"Log", "log_wakeups", v_wakeups},
};

static bool section_wanted(struct call *call, const char *section)
{
    unsigned i;

    if (call_argc(call) == 0)
        return true;
    for (i = 0; i < call_argc(call); i++)
        if (call_arg_is(call, i, section) || call_arg_is(call, i, "all") || call_arg_is(call, i, "everything") ||
            call_arg_is(call, i, "default"))
            return true;
    return false;
}

static bool append_line(struct buffer *text, const struct line *line, const struct facts *facts)
{
    struct value value = line->value(facts);

    if (value.word != NULL)
        return buffer_printf(text, "%s:%s\r\n", line->name, value.word) == 0;
    return buffer_printf(text, "%s:%llu\r\n", line->name, (unsigned long long)value.number) == 0;
}

enum command_result info_run(struct call *call)
{
    struct buffer text = {0};
    const char *section = NULL;
    struct facts facts;
    bool ok = true;
    size_t i;

    gather(&facts, call);
    for (i = 0; i < sizeof lines / sizeof lines[0] && ok; i++) {
        if (!section_wanted(call, lines[i].section))
            continue;
        if (section == NULL || strcmp(section, lines[i].section) != 0)
            ok = buffer_printf(&text, "%s# %s\r\n", section != NULL ? "\r\n" : "", lines[i].section) == 0;
        section = lines[i].section;
        ok = ok && append_line(&text, &lines[i], &facts);
    }
    if (ok)
        reply_verbatim(call_reply(call), text.data, buffer_length(&text));
    else
        reply_error(call_reply(call), "ERR out of memory");
    buffer_free(&text);
    return COMMAND_DONE;
}
