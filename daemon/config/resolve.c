/* SPDX-License-Identifier: Apache-2.0
 *
 * What keys mean together. First `auto` and "as the other" become numbers, then each rule compares what is
 * there with what could work, whatever the mode is: a daemon can be told another mode without anybody reading
 * the file again. Where one key would have no effect because of another, that is an error as well: somebody
 * wrote it for a reason.
 *
 * Runs in the thread that builds the configuration. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"
#include "daemon/config/config.h"
#include "daemon/config/keys.h"
#include "daemon/config/place.h"
#include "daemon/config/report.h"

#define POOL_INNER_THREADS 64

/* All worker threads of all processes: the kernel's PID_MAX_DEFAULT, which bounds threads as well. */

/* All lanes together. The segment is sparse, but a log that is flooded touches all of it. */
#define LANES_LARGEST (UINT64_C(128) << 30)

struct resolving {
    struct config *config;
    struct report *report;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static const char *place_of(const struct config *config, const char *section, const char *name)
{
    const struct config_key *key = config_key_find(section, name);

    assert(key != NULL);
    return config_place(config, key);
}

/* A contradiction between two keys of a section (or one, named twice), reported at the first of them that was
 * written somewhere. Both may be defaults when the host's cores make the difference. */
static void contradict(const struct resolving *resolving, const char *section, const char *name,
                       const char *other, const struct error *error)
{
    const char *place = place_of(resolving->config, section, name);

    if (place == NULL)
        place = place_of(resolving->config, section, other);
    config_report(resolving->report, "%s%s%s", place != NULL ? place : "", place != NULL ? ": " : "",
                  error->text);
}

#define NUMBER(value) ((unsigned long long)(value))

static void fill(struct config *config, uint64_t cores)
{
    if (config->event.threads == CONFIG_AUTO)
        config->event.threads = smaller(cores, config_key_find("event", "threads")->most);
    /* Turns beyond the threads could never be taken. */
    if (config->pool.turns == CONFIG_AUTO)
        config->pool.turns = smaller(cores, config->pool.threads);
    /* More workers than a written max_workers is a contradiction only when workers was written too. */
    if (config->prefork.workers == CONFIG_AUTO) {
        config->prefork.workers = smaller(cores, config_key_find("prefork", "workers")->most);
        if (config->prefork.max_workers != 0)
            config->prefork.workers = smaller(config->prefork.workers, config->prefork.max_workers);
    }
    if (config->prefork.max_workers == 0)
        config->prefork.max_workers = config->prefork.workers;
    if (config->prefork.inner_threads == CONFIG_AUTO)
        config->prefork.inner_threads = config->prefork.inner == MODE_POOL ? POOL_INNER_THREADS : 1;
}

static void check_turns(const struct resolving *resolving)
{
    const struct config *config = resolving->config;
    struct error error;

    if (config->pool.turns <= config->pool.threads)
        return;
    error_set(&error, "pool.turns = %llu is more than pool.threads = %llu; write 0 for unlimited",
              NUMBER(config->pool.turns), NUMBER(config->pool.threads));
    contradict(resolving, "pool", "turns", "threads", &error);
}

static void check_workers(const struct resolving *resolving)
{
    const struct config *config = resolving->config;
    struct error error;

    if (config->prefork.max_workers < config->prefork.workers) {
        error_set(&error, "prefork.max_workers = %llu is less than prefork.workers = %llu",
                  NUMBER(config->prefork.max_workers), NUMBER(config->prefork.workers));
        contradict(resolving, "prefork", "max_workers", "workers", &error);
    }
    if (config->prefork.min_spare > config->prefork.max_workers) {
        error_set(&error, "prefork.min_spare = %llu is more than prefork.max_workers = %llu",
                  NUMBER(config->prefork.min_spare), NUMBER(config->prefork.max_workers));
        contradict(resolving, "prefork", "min_spare", "max_workers", &error);
    }
    if (config->prefork.max_requests == 0 && config->prefork.max_requests_jitter != 0) {
        error_set(&error, "prefork.max_requests_jitter = %llu has no effect without prefork.max_requests",
                  NUMBER(config->prefork.max_requests_jitter));
        contradict(resolving, "prefork", "max_requests_jitter", "max_requests", &error);
    }
}

/* Slots in all, the master's own among them: each worker process has one for its main thread and one for each that runs
 * commands (backend_share). */
static uint64_t prefork_slots(const struct config *config)
{
    uint64_t inner =
        config->prefork.inner == MODE_THREAD ? CONFIG_THREAD_SLOTS : config->prefork.inner_threads;

    return 1 + CONFIG_PREFORK_OVERLAP * config->prefork.max_workers * (1 + inner);
}

static void check_inner(const struct resolving *resolving)
{
    const struct config *config = resolving->config;
    struct error error;

    assert(config->prefork.inner != MODE_PREFORK);
    if (config->prefork.inner == MODE_THREAD && config->prefork.inner_threads != 1) {
        error_set(&error,
                  "prefork.inner_threads = %llu has no effect with prefork.inner = thread, which starts a "
                  "thread per client",
                  NUMBER(config->prefork.inner_threads));
        contradict(resolving, "prefork", "inner_threads", "inner", &error);
    }
    if (prefork_slots(config) > CONFIG_SLOTS_MOST) {
        error_set(&error,
                  "prefork.max_workers = %llu with prefork.inner_threads = %llu each take %llu slots, and "
                  "there are %u",
                  NUMBER(config->prefork.max_workers), NUMBER(config->prefork.inner_threads),
                  NUMBER(prefork_slots(config)), CONFIG_SLOTS_MOST);
        contradict(resolving, "prefork", "inner_threads", "max_workers", &error);
    }
}

/* Every worker has a lane of its own in the shared segment, which is sized for every mode. */
static void check_lanes(const struct resolving *resolving)
{
    const struct config *config = resolving->config;
    uint64_t lanes = larger(prefork_slots(config), 1 + larger(config->pool.threads, config->event.threads));
    char size[PARSE_TEXT_BYTES], most[PARSE_TEXT_BYTES];
    struct error error;

    if (config->log.lane_size <= LANES_LARGEST / lanes)
        return;
    error_set(&error, "log.lane_size = %s is too large for %llu workers: all lanes together may have %s",
              parse_format_size(config->log.lane_size, size), NUMBER(lanes),
              parse_format_size(LANES_LARGEST, most));
    contradict(resolving, "log", "lane_size", "lane_size", &error);
}

/* A worker process that waits for the log shows no sign of life meanwhile. */
static void check_block(const struct resolving *resolving)
{
    const struct config *config = resolving->config;
    char timeout[PARSE_TEXT_BYTES], stuck[PARSE_TEXT_BYTES];
    struct error error;

    if (config->log.overflow != LOG_OVERFLOW_BLOCK ||
        config->log.block_timeout_us < config->prefork.stuck_timeout_us)
        return;
    error_set(
        &error,
        "log.block_timeout = %s is not less than prefork.stuck_timeout = %s, after which workers are killed",
        parse_format_duration(config->log.block_timeout_us, timeout),
        parse_format_duration(config->prefork.stuck_timeout_us, stuck));
    contradict(resolving, "log", "block_timeout", "overflow", &error);
}

/* Port 0 takes another port each time. */
static bool takes_free_port(const char *address)
{
    size_t length = strlen(address);

    return strncmp(address, "unix:", 5) != 0 && length > 2 && strcmp(address + length - 2, ":0") == 0;
}

/* How often a list has the address. */
static size_t count_address(const struct config_list *list, const char *address)
{
    size_t count = 0, i;

    for (i = 0; i < list->count; i++)
        count += strcmp(list->items[i], address) == 0;
    return count;
}

static void check_twice(const struct resolving *resolving, const char *section, const char *address,
                        size_t count)
{
    struct error error;

    if (count < 2 || takes_free_port(address))
        return;
    error_set(&error, "%s.listen = %s is listened on already", section, address);
    contradict(resolving, section, "listen", "listen", &error);
}

static void check_listeners(const struct resolving *resolving)
{
    const struct config *config = resolving->config;
    const struct config_list *plain = &config->server.listen, *tls = &config->tls.listen;
    struct error error;
    size_t i;

    if (plain->count + tls->count == 0) {
        error_set(&error, "server.listen names no address, so nobody could connect");
        contradict(resolving, "server", "listen", "listen", &error);
    }
    /* Looking at what stands before each item names a duplicate once, where it is the second. */
    for (i = 0; i < plain->count; i++) {
        struct config_list before = {i, plain->items};

        check_twice(resolving, "server", plain->items[i], 1 + count_address(&before, plain->items[i]));
    }
    for (i = 0; i < tls->count; i++) {
        struct config_list before = {i, tls->items};

        check_twice(resolving, "tls", tls->items[i],
                    1 + count_address(plain, tls->items[i]) + count_address(&before, tls->items[i]));
    }
    if (config->admin.listen != NULL)
        check_twice(resolving, "admin", config->admin.listen,
                    1 + count_address(plain, config->admin.listen) +
                        count_address(tls, config->admin.listen));
}

/* Clients of sockets that were handed in need a certificate as well, so there may be one without tls.listen. */
static void check_tls(const struct resolving *resolving)
{
    const struct config *config = resolving->config;
    const char *alone = config->tls.client_ca != NULL ? "client_ca" : "ciphers";
    struct error error;

    if ((config->tls.cert == NULL) != (config->tls.key == NULL)) {
        error_set(&error, "tls.cert and tls.key need each other");
        contradict(resolving, "tls", "cert", "key", &error);
    } else if (config->tls.cert == NULL && config->tls.listen.count != 0) {
        error_set(&error, "tls.listen = %s needs tls.cert and tls.key", config->tls.listen.items[0]);
        contradict(resolving, "tls", "listen", "listen", &error);
    } else if (config->tls.cert == NULL && (config->tls.client_ca != NULL || config->tls.ciphers != NULL)) {
        error_set(&error, "tls.%s has no effect without tls.cert and tls.key", alone);
        contradict(resolving, "tls", alone, alone, &error);
    }
}

/* Nobody could ever do anything. */
static void check_users(const struct resolving *resolving)
{
    const struct config *config = resolving->config;
    struct error error;

    if (config->auth.allow_anonymous || config->auth.users != NULL)
        return;
    error_set(&error, "auth.allow_anonymous = no needs auth.users, the file of those who may log in");
    contradict(resolving, "auth", "allow_anonymous", "users", &error);
}

int config_resolve(struct config *config, unsigned cores, struct buffer *problems)
{
    struct report report = {.problems = problems};
    struct resolving resolving = {config, &report};

    fill(config, larger(cores, 1));
    check_listeners(&resolving);
    check_turns(&resolving);
    check_workers(&resolving);
    check_inner(&resolving);
    check_lanes(&resolving);
    check_block(&resolving);
    check_users(&resolving);
    check_tls(&resolving);
    return config_report_result(&report);
}
