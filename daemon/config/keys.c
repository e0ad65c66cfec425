/* SPDX-License-Identifier: Apache-2.0
 *
 * The key table: every key of the configuration, one row each, in the order of the contract. Parsing,
 * dumping, CONFIG GET, "did you mean" and the checks of the documentation read it, so that a key is added in
 * one place. A key whose feature is still to come has its row already, marked `later`: it is known and
 * refused, never parsed and ignored.
 *
 * A reload may change what is looked up in the current generation each time it is used - time-outs, limits, the log
 * level - and what can be made anew while clients are served: listeners, the log's sink. It may not change what threads,
 * processes and the shared segment were built from at start; numbers that only must not outgrow these say so (WITHIN).
 *
 * Constant data, any thread. */
#include "daemon/config/keys.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"
#include "daemon/config/syntax.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define US                 UINT64_C(1)
#define MS                 (1000 * US)
#define SECOND             (1000 * MS)
#define HOUR               (3600 * SECOND)
#define LONGEST            (8760 * HOUR) /* a year: what is meant to be longer is meant to be never */
#define KIB                (UINT64_C(1) << 10)
#define GIB                (UINT64_C(1) << 30)
#define ANY                "*"
#define RELOAD             .reload = CONFIG_RELOADS
#define RESTART            .reload = CONFIG_RESTARTS
#define WITHIN(member)     .reload = CONFIG_WITHIN, .within = offsetof(struct config, member)
#define REQUIRED           .least = 1
#define BETWEEN(low, high) .least = (low), .most = (high)

#define ROW(kind, in, key, member, value, ...)                                                               \
    {                                                                                                        \
        .section = in, .name = key, .type = kind, .offset = offsetof(struct config, member),                 \
        .fallback = value, __VA_ARGS__                                                                       \
    }

static const struct config_key keys[] = {
    ROW(CONFIG_LIST, "server", "listen", server.listen, "127.0.0.1:7070", RELOAD,
        .check = config_check_listen,
        .help =
            "Where clients connect: ADDR:PORT, [V6ADDR]:PORT, unix:PATH, several; port 0 takes a free one."),
    ROW(CONFIG_WORD, "server", "mode", server.mode, "pool", RESTART, .words = "thread,pool,event,prefork",
        .help = "The concurrency model: thread, pool, event or prefork."),
    ROW(CONFIG_COUNT, "server", "max_clients", server.max_clients, "10000", WITHIN(server.max_clients),
        BETWEEN(1, 1000000), .help = "How many clients may be connected; one more is told so and closed."),
    ROW(CONFIG_DURATION, "server", "idle_timeout", server.idle_timeout_us, "0", RELOAD, BETWEEN(0, LONGEST),
        .help = "Closes a client that has asked nothing for so long; 0 = never."),
    ROW(CONFIG_DURATION, "server", "request_timeout", server.request_timeout_us, "30s", RELOAD,
        BETWEEN(MS, LONGEST), .help = "How long one whole request may take to arrive."),
    ROW(CONFIG_DURATION, "server", "write_timeout", server.write_timeout_us, "30s", RELOAD,
        BETWEEN(MS, LONGEST), .help = "Closes a client that takes none of its replies for so long."),
    ROW(CONFIG_DURATION, "server", "drain_timeout", server.drain_timeout_us, "30s", RELOAD,
        BETWEEN(0, LONGEST), .help = "How long a drain waits for running commands before it cuts them."),
    ROW(CONFIG_COUNT, "server", "backlog", server.backlog, "4096", RELOAD, BETWEEN(1, 65535),
        .help = "How many connections the kernel queues before they are accepted."),
    ROW(CONFIG_BOOL, "server", "proxy_protocol", server.proxy_protocol, "no", RELOAD,
        .help =
            "Whether clients come through a proxy, whose PROXY header says who they are: who can connect can "
            "be anybody."),
    ROW(CONFIG_TEXT, "server", "files_root", server.files_root, "", RELOAD,
        .help = "The folder that READ may read from, through no link and no \"..\"; none = READ is refused."),

    ROW(CONFIG_SIZE, "thread", "stack_size", thread.stack_size, "256k", RELOAD, BETWEEN(64 * KIB, GIB),
        .help = "The stack of each client's thread."),
    ROW(CONFIG_COUNT, "thread", "cached_threads", thread.cached_threads, "64", RELOAD, BETWEEN(0, 100000),
        .help = "How many idle threads are kept for the next clients."),
    ROW(CONFIG_BOOL, "thread", "big_lock", thread.big_lock, "no", RESTART, .later = ANY,
        .help = "Whether one lock lets a single thread run at a time, as some interpreters do."),

    ROW(CONFIG_COUNT, "pool", "threads", pool.threads, "64", RESTART, BETWEEN(1, 4096),
        .help = "How many threads serve requests."),
    ROW(CONFIG_COUNT, "pool", "turns", pool.turns, "auto", WITHIN(pool.threads), BETWEEN(0, 4096),
        .words = "auto", .help = "How many of them run at once; auto = the cores, 0 = all."),

    ROW(CONFIG_COUNT, "event", "threads", event.threads, "auto", RESTART, BETWEEN(1, 1024), .words = "auto",
        .help = "How many event loops, a thread each; auto = the cores."),

    ROW(CONFIG_COUNT, "prefork", "workers", prefork.workers, "auto", WITHIN(prefork.max_workers),
        BETWEEN(1, 1024), .words = "auto",
        .help = "How many worker processes are started; auto = the cores."),
    ROW(CONFIG_COUNT, "prefork", "max_workers", prefork.max_workers, "0", RESTART, BETWEEN(0, 1024),
        .help = "How many there may be when clients need more; 0 = as many as workers."),
    ROW(CONFIG_COUNT, "prefork", "min_spare", prefork.min_spare, "0", WITHIN(prefork.max_workers),
        BETWEEN(0, 1024), .help = "How many workers without clients are kept ready, up to max_workers."),
    ROW(CONFIG_WORD, "prefork", "inner", prefork.inner, "event", RESTART, .words = "thread,pool,event",
        .help = "The model inside each worker process: thread, pool or event."),
    ROW(CONFIG_COUNT, "prefork", "inner_threads", prefork.inner_threads, "auto", RESTART, BETWEEN(1, 4096),
        .words = "auto", .help = "Threads inside each worker process; auto = 1, or 64 when inner is pool."),
    ROW(CONFIG_COUNT, "prefork", "clients_per_worker", prefork.clients_per_worker, "0", RELOAD,
        BETWEEN(0, 1000000), .help = "How many clients one worker process may have; 0 = unlimited."),
    ROW(CONFIG_COUNT, "prefork", "max_requests", prefork.max_requests, "0", RELOAD,
        BETWEEN(0, UINT64_C(1000000000000)),
        .help = "Replaces a worker process after so many requests; 0 = never."),
    ROW(CONFIG_COUNT, "prefork", "max_requests_jitter", prefork.max_requests_jitter, "0", RELOAD,
        BETWEEN(0, UINT64_C(1000000000000)),
        .help = "Up to so many requests more, at random, so that workers are not replaced together."),
    ROW(CONFIG_DURATION, "prefork", "stuck_timeout", prefork.stuck_timeout_us, "30s", RELOAD,
        BETWEEN(100 * MS, LONGEST),
        .help = "Kills and replaces a worker process that has shown no sign of life for so long."),

    ROW(CONFIG_SIZE, "limits", "max_request", limits.max_request, "1M", RELOAD, BETWEEN(KIB, GIB),
        .help = "The largest request."),
    ROW(CONFIG_COUNT, "limits", "max_args", limits.max_args, "1024", RELOAD, BETWEEN(1, 1048576),
        .help = "The most arguments of one command, its name included."),
    ROW(CONFIG_SIZE, "limits", "max_output", limits.max_output, "8M", RELOAD, BETWEEN(4 * KIB, 4 * GIB),
        .help = "How much of its replies one client may leave unread before it is closed."),
    ROW(CONFIG_COUNT, "limits", "clients_per_address", limits.clients_per_address, "0", RELOAD,
        BETWEEN(0, 1000000),
        .help = "How many clients may come from one address (of IPv6: from one /64); 0 = unlimited."),
    ROW(CONFIG_COUNT, "limits", "requests_per_turn", limits.requests_per_turn, "32", RELOAD,
        BETWEEN(1, 100000),
        .help = "How many pipelined requests of one client are served before it is others' turn."),
    ROW(CONFIG_DURATION, "limits", "max_command_time", limits.max_command_time_us, "60s", RELOAD,
        BETWEEN(MS, LONGEST), .help = "Cuts a command off that runs longer."),
    ROW(CONFIG_COUNT, "limits", "cpu_commands", limits.cpu_commands, "0", RELOAD, BETWEEN(0, 4096),
        .help = "How many CPU-bound commands run at once, over all threads and processes; 0 = unlimited."),

    ROW(CONFIG_TEXT, "log", "target", log.target, "stderr", RELOAD, REQUIRED, .check = config_check_target,
        .help = "Where the log goes: stderr, journald, syslog or file:PATH."),
    ROW(CONFIG_WORD, "log", "format", log.format, "logfmt", RELOAD, .words = "logfmt,json",
        .help = "How a line of it is written: logfmt or json."),
    ROW(CONFIG_WORD, "log", "level", log.level, "info", RELOAD, .words = "debug,info,notice,warning,error",
        .help = "The least level that is logged: debug, info, notice, warning or error."),
    ROW(CONFIG_WORD, "log", "access", log.access, "connections", RELOAD, .words = "off,connections,commands",
        .help = "What clients do is logged per: off, connections or commands."),
    ROW(CONFIG_DURATION, "log", "slow", log.slow_us, "0", RELOAD, BETWEEN(0, LONGEST),
        .help = "Logs commands that take longer; 0 = off."),
    ROW(CONFIG_SIZE, "log", "lane_size", log.lane_size, "1M", RESTART, BETWEEN(4 * KIB, GIB),
        .help = "The memory in which each producer queues its log records."),
    ROW(CONFIG_WORD, "log", "overflow", log.overflow, "drop", RELOAD, .words = "block,drop",
        .help = "What a producer does when that is full: drop (and count) or block."),
    ROW(CONFIG_DURATION, "log", "block_timeout", log.block_timeout_us, "1s", RELOAD, BETWEEN(MS, HOUR),
        .help = "How long a blocked producer waits before it drops after all."),
    ROW(CONFIG_DURATION, "log", "flush_interval", log.flush_interval_us, "5ms", RELOAD,
        BETWEEN(100 * US, 10 * SECOND), .help = "How often the log thread looks for records by itself."),

    ROW(CONFIG_LIST, "tls", "listen", tls.listen, "", RELOAD, .check = config_check_listen,
        .help = "Where clients connect with TLS, written as server.listen is."),
    ROW(CONFIG_TEXT, "tls", "cert", tls.cert, "", RELOAD,
        .help = "The file with the certificate and its chain, PEM; read at start and at each reload."),
    ROW(CONFIG_TEXT, "tls", "key", tls.key, "", RELOAD,
        .help = "The file with its private key, PEM, without a pass phrase."),
    ROW(CONFIG_TEXT, "tls", "client_ca", tls.client_ca, "", RELOAD,
        .help = "The file with the authorities whose clients are let in, PEM; none = any client is."),
    ROW(CONFIG_WORD, "tls", "min_version", tls.min_version, "1.2", RELOAD, .words = "1.2,1.3",
        .help = "The oldest TLS version that is spoken: 1.2 or 1.3."),
    ROW(CONFIG_TEXT, "tls", "ciphers", tls.ciphers, "", RELOAD,
        .help = "The ciphers, as OpenSSL names them, separated by colons; none = modern ones."),

    ROW(CONFIG_TEXT, "auth", "users", auth.users, "", RELOAD,
        .help = "The file with lines name:hash, made by concur passwd; none = nobody can log in."),
    ROW(CONFIG_BOOL, "auth", "allow_anonymous", auth.allow_anonymous, "yes", RELOAD,
        .help = "Whether clients may do without AUTH; no needs users."),

    ROW(CONFIG_LIST, "commands", "disable", commands.disable, "", RELOAD, .check = config_check_command,
        .help = "Commands that are refused, by name."),

    ROW(CONFIG_WORD, "counters", "guard", counters.guard, "atomic", RESTART, .words = "atomic,mutex,none",
        .help = "What protects a counter: atomic, mutex, or none (updates get lost, which is the lesson)."),
    ROW(CONFIG_DURATION, "counters", "race_window", counters.race_window_us, "0", RESTART, BETWEEN(0, SECOND),
        .later = ANY, .help = "With guard = none: the time between reading a counter and writing it."),
    ROW(CONFIG_WORD, "counters", "scope", counters.scope, "shared", RESTART, .words = "shared,process",
        .later = "process",
        .help = "Whether all worker processes have the same counters (shared) or each its own (process)."),
    ROW(CONFIG_COUNT, "counters", "capacity", counters.capacity, "1024", RESTART, BETWEEN(1, 1048576),
        .help = "How many counter names there can be."),

    ROW(CONFIG_TEXT, "admin", "listen", admin.listen, "127.0.0.1:7071", RELOAD, .words = "none",
        .check = config_check_tcp,
        .help = "Where health, metrics and the live page are served over HTTP: ADDR:PORT or none."),

    ROW(CONFIG_BOOL, "faults", "enable", faults.enable, "no", RELOAD,
        .help = "Whether clients may crash and hang workers (CRASH, HANG): for experiments only."),
};

size_t config_key_count(void)
{
    return COUNT(keys);
}

const struct config_key *config_key_at(size_t i)
{
    assert(i < COUNT(keys));
    return &keys[i];
}

size_t config_key_index(const struct config_key *key)
{
    assert(key >= keys && key < keys + COUNT(keys));
    return (size_t)(key - keys);
}

const struct config_key *config_key_find(const char *section, const char *name)
{
    size_t i;

    for (i = 0; i < COUNT(keys); i++) {
        if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].name, name) == 0)
            return &keys[i];
    }
    return NULL;
}

const struct config_key *config_key_named(const char *name)
{
    size_t i;

    for (i = 0; i < COUNT(keys); i++) {
        size_t length = strlen(keys[i].section);

        if (strncmp(name, keys[i].section, length) == 0 && name[length] == '.' &&
            strcmp(name + length + 1, keys[i].name) == 0)
            return &keys[i];
    }
    return NULL;
}

bool config_section_known(const char *section)
{
    size_t i;

    for (i = 0; i < COUNT(keys); i++) {
        if (strcmp(keys[i].section, section) == 0)
            return true;
    }
    return false;
}

int config_section_unknown(const char *section, struct error *error)
{
    const char *sections[COUNT(keys)];
    const char *nearest;
    size_t i;

    for (i = 0; i < COUNT(keys); i++)
        sections[i] = keys[i].section;
    nearest = parse_nearest(section, sections, COUNT(keys));
    if (nearest == NULL)
        return error_set(error, "unknown section [%.60s]", section);
    return error_set(error, "unknown section [%.60s]; did you mean [%s]?", section, nearest);
}

/* A key that another section has is more likely misplaced than misspelt, so that is tried before the nearest.
 */
int config_key_unknown(const char *section, const char *name, struct error *error)
{
    const char *names[COUNT(keys)];
    const char *nearest;
    size_t count = 0, i;

    for (i = 0; i < COUNT(keys); i++) {
        if (strcmp(keys[i].name, name) == 0)
            return error_set(error, "unknown key '%.60s' in [%s]; there is one in [%s]", name, section,
                             keys[i].section);
        if (strcmp(keys[i].section, section) == 0)
            names[count++] = keys[i].name;
    }
    nearest = parse_nearest(name, names, count);
    if (nearest == NULL)
        return error_set(error, "unknown key '%.60s' in [%s]", name, section);
    return error_set(error, "unknown key '%.60s' in [%s]; did you mean '%s'?", name, section, nearest);
}
