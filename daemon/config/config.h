/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_CONFIG_CONFIG_H
#define CONCUR_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

/* The effective configuration: plain data, filled from defaults, a file, the files of conf.d and the command line, in
 * that order. Times are microseconds, sizes bytes. Set before start, then read only: any thread may read it. */

enum mode { MODE_THREAD, MODE_POOL, MODE_EVENT, MODE_PREFORK };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };
enum log_level { LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING, LOG_ERROR };
enum log_access { LOG_ACCESS_OFF, LOG_ACCESS_CONNECTIONS, LOG_ACCESS_COMMANDS };
enum log_overflow { LOG_OVERFLOW_BLOCK, LOG_OVERFLOW_DROP };
enum tls_min_version { TLS_MIN_1_2, TLS_MIN_1_3 };
enum counters_guard { COUNTERS_ATOMIC, COUNTERS_MUTEX, COUNTERS_NONE };
enum counters_scope { COUNTERS_SHARED, COUNTERS_PROCESS };

/* How the scoreboard is divided, which decides what fits into the shared segment: slots that the client threads of
 * `thread` share, entries for worker processes per max_workers (a retiring one and its successor run side by side), and
 * slots, each with a lane of the log, in all. */
#define CONFIG_THREAD_SLOTS    16u
#define CONFIG_PREFORK_OVERLAP 2u
#define CONFIG_SLOTS_MOST      65536u

/* Counts with the word `auto` hold this; `config_resolve` replaces it by a number. */
#define CONFIG_AUTO UINT64_MAX

/* Named limits of what is read and said. A line is `key = value` without comments and indentation: inih's buffer holds
 * no more, and the command line is held to the same, because workers read the configuration back as a file. */
#define CONFIG_LINE_LONGEST  198
#define CONFIG_FILE_LARGEST  (1u << 20)
#define CONFIG_PROBLEMS_MOST 50

struct config_list {
    size_t count;
    char **items;
};

struct config {
    struct {
        struct config_list listen;
        int mode; /* enum mode */
        uint64_t max_clients;
        uint64_t idle_timeout_us; /* 0 = none */
        uint64_t request_timeout_us;
        uint64_t write_timeout_us;
        uint64_t drain_timeout_us;
        uint64_t backlog;
        bool proxy_protocol;
        char *files_root; /* NULL = none */
    } server;
    struct {
        uint64_t stack_size;
        uint64_t cached_threads;
        bool big_lock;
    } thread;
    struct {
        uint64_t threads;
        uint64_t turns; /* 0 = unlimited */
    } pool;
    struct {
        uint64_t threads;
    } event;
    struct {
        uint64_t workers;
        uint64_t max_workers; /* 0 as written: as many as workers */
        uint64_t min_spare;
        int inner;                   /* enum mode, never MODE_PREFORK */
        uint64_t inner_threads;      /* CONFIG_AUTO as written: 1, or 64 for pool */
        uint64_t clients_per_worker; /* 0 = unlimited */
        uint64_t max_requests;       /* 0 = never */
        uint64_t max_requests_jitter;
        uint64_t stuck_timeout_us;
    } prefork;
    struct {
        uint64_t max_request;
        uint64_t max_args;
        uint64_t max_output;
        uint64_t clients_per_address;
        uint64_t requests_per_turn;
        uint64_t max_command_time_us;
        uint64_t cpu_commands;
    } limits;
    struct {
        char *target;
        int format; /* enum log_format */
        int level;  /* enum log_level */
        int access; /* enum log_access */
        uint64_t slow_us;
        uint64_t lane_size;
        int overflow; /* enum log_overflow */
        uint64_t block_timeout_us;
        uint64_t flush_interval_us;
    } log;
    struct {
        struct config_list listen;
        char *cert, *key, *client_ca, *ciphers; /* NULL = none */
        int min_version;                        /* enum tls_min_version */
    } tls;
    struct {
        char *users;
        bool allow_anonymous;
    } auth;
    struct {
        struct config_list disable;
    } commands;
    struct {
        int guard; /* enum counters_guard */
        uint64_t race_window_us;
        int scope; /* enum counters_scope */
        uint64_t capacity;
    } counters;
    struct {
        char *listen; /* NULL = none */
    } admin;
    struct {
        bool enable;
    } faults;
    /* Where each key was set ("x.conf:7"), in the table's order, for messages about keys that contradict each other;
     * NULL entries are defaults. Owned by daemon/config; nobody else reads it. */
    char **places;
    /* Contents of files that keys name, by enum attachment_id; NULL until they are read (config/attachment.h). */
    struct attachment *attachments;
};

/* What a reload does with a key that has another value than before. */
enum config_reload {
    CONFIG_RESTARTS, /* nothing: only a restart changes it, which is said by its name */
    CONFIG_RELOADS,  /* takes it over */
    CONFIG_WITHIN, /* takes it over up to what another number was at start (`within`), beyond it as RESTARTS */
};

/* One row of the key table. Everything that knows keys reads this: the parser, --dump-config, CONFIG GET, the manual
 * page's check. `type`, the bounds and the syntax are the table's own business (config/keys.h). */
struct config_key {
    const char *section, *name;
    const char *fallback; /* the default, as written in a file; "" = none */
    const char *help;     /* one line for people */
    const char
        *words; /* enumerations: the words, comma-separated in the enum's order; counts: "auto" when that is
                            * accepted; optional texts: how none is written, if not as an empty value; else NULL */
    const char *later; /* non-NULL: words ("*" = any value but the default) that are not yet supported */
    enum config_reload reload;
    unsigned char type;
    uint64_t least, most; /* bounds of a number; texts: least 1 = needs a value */
    const char *(*check)(
        const char *text); /* syntax of a text or of each item of a list: NULL when right, else what is
                                             * wrong as the end of a sentence ("is no address"). NULL = anything */
    size_t offset;         /* into struct config */
    size_t within;         /* likewise, for CONFIG_WITHIN */
};

/* A new configuration with every default set; NULL when memory is short. config_free nulls the pointer, takes NULL. */
struct config *config_new(void);
void config_free(struct config **config);

/* Reads FILE, then `conf.d` beside it in order (only *.conf, sorted by name, later files win over earlier ones; a key
 * twice in one file is an error). Every problem found, up to CONFIG_PROBLEMS_MOST, is appended to `problems` as a line
 * `file:line: message`. 0, or -1 when there was any problem: the configuration is then good for config_free only.
 * The first time FILE may be a pipe, which is waited for; read again it must be a regular file, as those of conf.d always
 * must. Blocks on the file system. */
enum config_reading { CONFIG_READS_FIRST, CONFIG_READS_AGAIN };
MUST_USE int config_read_file(struct config *config, const char *path, enum config_reading reading,
                              struct buffer *problems);

/* The same from memory, `name` standing for the file: how a worker reads its generation. */
MUST_USE int config_read_text(struct config *config, const char *name, const char *text, size_t length,
                              struct buffer *problems);

/* Applies one `SECTION.KEY=VALUE` of the command line; of two for the same key the later wins. Problems as
 * `-o SECTION.KEY=VALUE: message`. 0 or -1. */
MUST_USE int config_override(struct config *config, const char *setting, struct buffer *problems);

/* After all sources: checks keys against each other, and replaces `auto` and "as the other" by numbers, `cores` being
 * how many CPUs this process may use. 0, or -1 with lines in `problems`, each beginning with where one of the keys was
 * written. Resolving again changes nothing. */
MUST_USE int config_resolve(struct config *config, unsigned cores, struct buffer *problems);

/* Makes of `wanted`, a resolved configuration, what a reload puts in effect: keys that it may not change get the value
 * that they have in `running`. `start` is what the daemon started with. Appends the names of the keys that change, be it the
 * contents of the file that one names, to `changed`, and of those that would need a restart to `kept`, comma-separated.
 * 0, or -1 when memory is short. */
MUST_USE int config_reload(struct config *wanted, const struct config *running, const struct config *start,
                           struct buffer *changed, struct buffer *kept);

/* After resolving, for the master: what can't work on this machine, as a log file in a directory that is not there, into
 * `problems`, lines as above. 0, or -1 when there was any. Blocks on the file system. */
MUST_USE int config_review(const struct config *config, struct buffer *problems);

/* What works but can't be meant, as asking for lines that the level hides: lines into `warnings`. */
void config_warn(const struct config *config, struct buffer *warnings);

/* The effective configuration in the file's own syntax, defaults included; reads back to the same values. Keys whose
 * feature is not there yet are written as comments. 0, or -1 when memory is short. */
MUST_USE int config_dump(const struct config *config, struct buffer *text);

/* The table: `config_key_count()` rows in the order of the contract. */
size_t config_key_count(void);
const struct config_key *config_key_at(size_t i);

/* The row of "section.key", or NULL. */
const struct config_key *config_key_named(const char *name);

/* Appends the value of a key as --dump-config writes it; 0, or -1 when memory is short. */
MUST_USE int config_key_format(const struct config *config, const struct config_key *key,
                               struct buffer *text);

/* Where a key was set, as a message begins with ("x.conf:7"), or its name where it has its default. The text lives as long
 * as the configuration. */
const char *config_key_place(const struct config *config, const char *section, const char *name);

/* Whether a file or the command line has set the key. */
bool config_key_written(const struct config *config, const char *section, const char *name);

/* The word of a mode: "thread", "pool", "event", "prefork". */
const char *config_mode_name(int mode);

#endif
