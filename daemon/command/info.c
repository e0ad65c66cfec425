/* SPDX-License-Identifier: Apache-2.0
 *
 * INFO: one table of lines, computed from the shared segment, so that any worker of any process answers for all of
 * them. Other processes publish their own CPU and memory ten times a second; those of the answering one are read
 * fresh. Runs in workers. */
#include "daemon/command/info.h"

#include <stddef.h>
#include <string.h>

#include "config.h"
#include "common/clock.h"
#include "daemon/sys/usage.h"

/* Everything that the lines show, gathered once. */
struct facts {
    const char *mode, *inner;
    uint64_t pid, uptime_s, generation, draining;
    uint64_t clients, max_clients, rejected, queued, proxy_waiting;
    uint64_t connections, commands, error_replies, rx_bytes, tx_bytes, accept_pauses, proxy_errors;
    uint64_t workers, behind, restarts, redispatched;
    uint64_t lock_waits, lock_waited_us, lock_recovered;
    uint64_t tls_connections, tls_handshakes, tls_failures, tls_resumed;
    uint64_t rejected_max_clients, rejected_per_address;
    uint64_t auth_required, auth_users, auth_successes, auth_failures, auth_busy;
    uint64_t cpu_running, cpu_waiting;
    uint64_t limits[LIMIT_COUNT], closes[CLOSE_REASON_COUNT];
    struct usage usage; /* all processes together */
    uint64_t rss_bytes;
    struct log_counts log;
};

static void gather_server(struct facts *facts, const struct process *process)
{
    const struct segment_header *header = process->segment->header;

    facts->mode = config_mode_name(header->mode);
    facts->inner = header->inner >= 0 ? config_mode_name(header->inner) : "";
    facts->pid = header->master_pid;
    facts->uptime_s = (clock_now_us() - header->started_us) / 1000000u;
    facts->generation = segment_get32(&header->generation);
    facts->draining = segment_get(&header->draining_us) != 0;
    facts->clients = segment_clients(process->segment);
    facts->rejected = segment_get(&header->rejected_clients);
    facts->rejected_max_clients = segment_get(&header->rejected_max_clients);
    facts->rejected_per_address = segment_get(&header->rejected_per_address);
    facts->queued = segment_get(&header->queued_connections);
    facts->proxy_waiting = segment_get(&header->proxy_waiting);
    facts->proxy_errors = segment_get(&header->proxy_errors);
    facts->connections = segment_get(&header->total_connections);
    facts->accept_pauses = segment_get(&header->accept_pauses);
    facts->restarts = segment_get(&header->worker_restarts);
    facts->redispatched = segment_get(&header->redispatched);
}

static void gather_slots(struct facts *facts, const struct segment *segment)
{
    const struct segment_folded *folded = &segment->header->folded;
    unsigned i;

    facts->commands += segment_get(&folded->commands);
    facts->error_replies += segment_get(&folded->error_replies);
    facts->rx_bytes += segment_get(&folded->rx_bytes);
    facts->tx_bytes += segment_get(&folded->tx_bytes);
    for (i = 0; i < segment->header->slots; i++) {
        const struct slot *slot = &segment->slots[i];

        facts->commands += segment_get(&slot->commands);
        facts->error_replies += segment_get(&slot->error_replies);
        facts->rx_bytes += segment_get(&slot->rx_bytes);
        facts->tx_bytes += segment_get(&slot->tx_bytes);
    }
}

static void gather_tls(struct facts *facts, const struct segment_header *header)
{
    facts->tls_connections = segment_get(&header->tls_connections);
    facts->tls_handshakes = segment_get(&header->tls_handshakes);
    facts->tls_failures = segment_get(&header->tls_handshake_failures);
    facts->tls_resumed = segment_get(&header->tls_resumed);
}

static void gather_limits(struct facts *facts, const struct segment *segment)
{
    unsigned i;

    facts->cpu_running = permits_taken(segment->cpu_permits);
    facts->cpu_waiting = permits_waiting(segment->cpu_permits);
    for (i = 0; i < LIMIT_COUNT; i++)
        facts->limits[i] = segment_limit(segment, (enum limit)i);
    for (i = 0; i < CLOSE_REASON_COUNT; i++)
        facts->closes[i] = segment_closes(segment, (enum close_reason)i);
}

static void gather_authentication(struct facts *facts, const struct generation *generation,
                                  const struct segment_header *header)
{
    facts->auth_required = !generation->config->auth.allow_anonymous;
    facts->auth_users = generation->users != NULL ? users_count(generation->users) : 0;
    facts->auth_successes = segment_get(&header->auth_successes);
    facts->auth_failures = segment_get(&header->auth_failures);
    facts->auth_busy = segment_get(&header->auth_busy);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Anonymous pages belong to one process each; program text and the shared segment are the same pages in all of them. */
static void add_memory(struct usage *sum, const struct process_entry *entry)
{
    sum->rss_anon_bytes += segment_get(&entry->rss_anon_bytes);
    sum->rss_file_bytes = larger(sum->rss_file_bytes, segment_get(&entry->rss_file_bytes));
    sum->rss_shared_bytes = larger(sum->rss_shared_bytes, segment_get(&entry->rss_shared_bytes));
}

static void gather_usage(struct facts *facts, const struct process *process)
{
    const struct segment *segment = process->segment;
    const struct segment_folded *folded = &segment->header->folded;
    struct usage *sum = &facts->usage;
    unsigned i;

    usage_read(sum);
    sum->cpu_user_us += segment_get(&folded->cpu_user_us);
    sum->cpu_sys_us += segment_get(&folded->cpu_sys_us);
    sum->voluntary_switches += segment_get(&folded->voluntary_switches);
    sum->involuntary_switches += segment_get(&folded->involuntary_switches);
    for (i = 0; i < segment->header->processes; i++) {
        const struct process_entry *entry = &segment->processes[i];

        if (i == process->number)
            continue;
        sum->cpu_user_us += segment_get(&entry->cpu_user_us);
        sum->cpu_sys_us += segment_get(&entry->cpu_sys_us);
        sum->voluntary_switches += segment_get(&entry->voluntary_switches);
        sum->involuntary_switches += segment_get(&entry->involuntary_switches);
        add_memory(sum, entry);
    }
    facts->rss_bytes = sum->rss_anon_bytes + sum->rss_file_bytes + sum->rss_shared_bytes;
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

static void gather_lock(struct facts *facts, const struct robust_lock *lock)
{
    facts->lock_waits = segment_get(&lock->waits);
    facts->lock_waited_us = segment_get(&lock->waited_us);
    facts->lock_recovered = segment_get(&lock->recovered);
}

/* Worker processes that have not taken over the newest generation: busy in one command, or just starting. */
static uint64_t count_behind(const struct segment *segment)
{
    uint32_t newest = segment_get32(&segment->header->generation);
    uint64_t count = 0;
    unsigned i;

    for (i = 1; i < segment->header->processes; i++)
        count += segment_get32(&segment->processes[i].state) != PROCESS_EMPTY &&
                 segment_get32(&segment->processes[i].generation) != newest;
    return count;
}

static void gather(struct facts *facts, const struct call *call)
{
    const struct process *process = call->worker->process;

    /* What this turn has done so far is not published yet. */
    *facts = (struct facts){.commands = call->worker->tally.commands,
                            .error_replies = call->worker->tally.error_replies};
    gather_server(facts, process);
    facts->max_clients = call->worker->config->server.max_clients;
    gather_slots(facts, process->segment);
    gather_tls(facts, process->segment->header);
    gather_limits(facts, process->segment);
    gather_authentication(facts, call->worker->generation, process->segment->header);
    gather_usage(facts, process);
    gather_lock(facts, process->segment->work_lock);
    facts->workers = count_workers(process->segment);
    facts->behind = count_behind(process->segment);
    log_queue_counts(process->log, &facts->log);
}

enum line_kind { LINE_NUMBER, LINE_WORD, LINE_VERSION };

#define NUMBER(field) LINE_NUMBER, offsetof(struct facts, field)
#define WORD(field)   LINE_WORD, offsetof(struct facts, field)

#define LIMIT_LINE(id, name)        {"Limits", name, NUMBER(limits[id])},
#define CLOSE_REASON_LINE(id, name) {"Closes", "closed_" name, NUMBER(closes[id])},

static const struct line {
    const char *section, *name;
    enum line_kind kind;
    size_t offset; /* into struct facts */
} lines[] = {
    {"Server", "version", LINE_VERSION, 0},
    {"Server", "mode", WORD(mode)},
    {"Server", "inner", WORD(inner)},
    {"Server", "pid", NUMBER(pid)},
    {"Server", "uptime_s", NUMBER(uptime_s)},
    {"Server", "config_generation", NUMBER(generation)},
    {"Server", "draining", NUMBER(draining)},
    {"Clients", "connected_clients", NUMBER(clients)},
    {"Clients", "max_clients", NUMBER(max_clients)},
    {"Clients", "rejected_clients", NUMBER(rejected)},
    {"Clients", "queued_connections", NUMBER(queued)},
    {"Clients", "proxy_waiting", NUMBER(proxy_waiting)},
    {"Stats", "total_connections", NUMBER(connections)},
    {"Stats", "total_commands", NUMBER(commands)},
    {"Stats", "error_replies", NUMBER(error_replies)},
    {"Stats", "rx_bytes", NUMBER(rx_bytes)},
    {"Stats", "tx_bytes", NUMBER(tx_bytes)},
    {"Stats", "accept_pauses", NUMBER(accept_pauses)},
    {"Stats", "proxy_errors", NUMBER(proxy_errors)},
    {"TLS", "tls_connections", NUMBER(tls_connections)},
    {"TLS", "tls_handshakes", NUMBER(tls_handshakes)},
    {"TLS", "tls_handshake_failures", NUMBER(tls_failures)},
    {"TLS", "tls_resumed", NUMBER(tls_resumed)},
    {"Workers", "workers", NUMBER(workers)},
    {"Workers", "workers_behind", NUMBER(behind)},
    {"Workers", "worker_restarts", NUMBER(restarts)},
    {"Workers", "redispatched_connections", NUMBER(redispatched)},
    {"CPU", "cpu_user_us", NUMBER(usage.cpu_user_us)},
    {"CPU", "cpu_sys_us", NUMBER(usage.cpu_sys_us)},
    {"CPU", "voluntary_switches", NUMBER(usage.voluntary_switches)},
    {"CPU", "involuntary_switches", NUMBER(usage.involuntary_switches)},
    {"Memory", "rss_bytes", NUMBER(rss_bytes)},
    {"Lock", "work_lock_waits", NUMBER(lock_waits)},
    {"Lock", "work_lock_waited_us", NUMBER(lock_waited_us)},
    {"Lock", "work_lock_recovered", NUMBER(lock_recovered)},
    {"Authentication", "auth_required", NUMBER(auth_required)},
    {"Authentication", "auth_users", NUMBER(auth_users)},
    {"Authentication", "auth_successes", NUMBER(auth_successes)},
    {"Authentication", "auth_failures", NUMBER(auth_failures)},
    {"Authentication", "auth_busy", NUMBER(auth_busy)},
    {"Limits", "limit_max_clients", NUMBER(rejected_max_clients)},
    {"Limits", "limit_clients_per_address", NUMBER(rejected_per_address)},
    {"Limits", "limit_request_timeout", NUMBER(closes[CLOSE_REQUEST_TIMEOUT])},
    {"Limits", "limit_idle_timeout", NUMBER(closes[CLOSE_IDLE])},
    {"Limits", "limit_write_timeout", NUMBER(closes[CLOSE_WRITE_TIMEOUT])},
    {"Limits", "limit_max_output", NUMBER(closes[CLOSE_OUTPUT_LIMIT])},
    {"Limits", "cpu_commands_running", NUMBER(cpu_running)},
    {"Limits", "cpu_commands_waiting", NUMBER(cpu_waiting)},
    /* clang-format off */
    LIMITS(LIMIT_LINE)
    CLOSE_REASONS(CLOSE_REASON_LINE)
    /* clang-format on */
    {"Log", "log_attempted", NUMBER(log.attempted)},
    {"Log", "log_written", NUMBER(log.written)},
    {"Log", "log_dropped", NUMBER(log.dropped)},
    {"Log", "log_lost", NUMBER(log.lost)},
    {"Log", "log_depth", NUMBER(log.depth)},
    {"Log", "log_depth_bytes", NUMBER(log.depth_bytes)},
    {"Log", "log_peak_bytes", NUMBER(log.peak_bytes)},
    {"Log", "log_lanes", NUMBER(log.lanes)},
    {"Log", "log_lane_bytes", NUMBER(log.lane_bytes)},
    {"Log", "log_lane_depth_bytes", NUMBER(log.lane_depth_bytes)},
    {"Log", "log_lane_peak_bytes", NUMBER(log.lane_peak_bytes)},
    {"Log", "log_waits", NUMBER(log.waits)},
    {"Log", "log_wakeups", NUMBER(log.wakeups)},
};

static bool section_wanted(struct call *call, const char *section)
{
    unsigned i;

    if (call_argc(call) == 0)
        return true;
    for (i = 0; i < call_argc(call); i++)
        if (call_arg_is(call, i, section) || call_arg_is(call, i, "all") ||
            call_arg_is(call, i, "everything") || call_arg_is(call, i, "default"))
            return true;
    return false;
}

static bool append_line(struct buffer *text, const struct line *line, const struct facts *facts)
{
    const char *field = (const char *)facts + line->offset;

    switch (line->kind) {
    case LINE_VERSION:
        return buffer_printf(text, "%s:%s\r\n", line->name, PACKAGE_VERSION) == 0;
    case LINE_WORD:
        return buffer_printf(text, "%s:%s\r\n", line->name, *(const char *const *)field) == 0;
    default:
        return buffer_printf(text, "%s:%llu\r\n", line->name, (unsigned long long)*(const uint64_t *)field) ==
               0;
    }
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
