/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_COMMAND_COMMAND_H
#define CONCUR_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/resp_write.h"

/* The seam between a command and everything else. A handler sees its arguments, a reply writer and the calls below,
 * never a descriptor, an event base or a lock of the backends. It runs in a worker, at most one at a time for any
 * connection, and answers how it stands:
 *
 *   COMMAND_DONE  the reply is written.
 *   COMMAND_MORE  a part of a streamed reply is written; call again when it has been sent on.
 *   COMMAND_WAIT  call again at call_wait's time, or when somebody else says so (call_wait_for). What waiting is, the
 *                 backend decides: a thread sleeps, a reactor sets a timer. The wait may end early when the connection
 *                 does, and then the handler is not called.
 */
enum command_result { COMMAND_DONE, COMMAND_MORE, COMMAND_WAIT };

struct call; /* one command under way */
struct config;

typedef enum command_result command_handler(struct call *call);

enum command_flags {
    COMMAND_FAST = 1 << 0,    /* takes no time worth a look at the clock */
    COMMAND_CPU = 1 << 1,     /* keeps a core busy; waits for its turn (limits.cpu_commands) */
    COMMAND_WAITS = 1 << 2,   /* may wait or block */
    COMMAND_FAULT = 1 << 3,   /* needs [faults] enable = yes */
    COMMAND_COUNTER = 1 << 4, /* its first argument names a counter */
    COMMAND_NO_AUTH = 1 << 5, /* allowed before authentication */
    COMMAND_SECRET = 1 << 6,  /* its arguments are wiped as soon as it is over */
};

#define COMMAND_ANY (-1) /* no upper limit to the arguments but limits.max_args */

/* One command: a row of its family's table. */
struct command {
    const char *name;   /* lower case */
    const char *syntax; /* the arguments, optional ones in brackets; bounds are in the summary */
    const char *summary;
    command_handler *handler;
    short least, most; /* arguments behind the name */
    unsigned flags;
};

/* A family is one file that exports one of these. */
struct command_family {
    const char *name;
    const struct command *commands;
    size_t count;
};

/* --- what a handler may call: in the worker that runs it, never blocking ------------------------------------------ */

struct text {
    const char *bytes; /* no NUL at its end */
    size_t length;
};

/* Arguments behind the name, and one of them. */
unsigned call_argc(const struct call *call);
struct text call_arg(const struct call *call, unsigned i);

/* Argument `i` as an integer within bounds, or as a duration like 200ms in microseconds. 0, or -1 with the error reply
 * written. */
MUST_USE int call_integer(struct call *call, unsigned i, int64_t least, int64_t most, int64_t *value);
MUST_USE int call_duration(struct call *call, unsigned i, uint64_t most_us, uint64_t *us);

/* Whether argument `i` is that word, in any case. */
bool call_arg_is(const struct call *call, unsigned i, const char *word);

/* Where the reply goes. */
struct reply *call_reply(struct call *call);

/* Writes an error reply and answers COMMAND_DONE. */
#define call_error(call, ...) (reply_error(call_reply(call), __VA_ARGS__), COMMAND_DONE)

/* Says when to be called again; answers COMMAND_WAIT. */
enum command_result call_wait(struct call *call, uint64_t until_us);

/* How somebody else completes what a command waits for: the connection and its number, so that it may be gone by then. A
 * value, to be copied to wherever that somebody keeps it. */
struct process;

struct waker {
    const struct process *process;
    uint32_t index;
    uint64_t id;
};

struct waker call_waker(const struct call *call);

/* Has the waiting command called again, soon; when it does not wait yet, as soon as it does; when it is over or the
 * connection is gone, nothing. The caller holds no lock that a handler takes. Any thread of the same process. */
void waker_wake(const struct waker *waker);

/* The same as call_wait, but waker_wake ends it as well. A command may be called early for nothing: it has to look whether
 * what it waits for has come. In a pool the time is kept to a tenth of a second. */
enum command_result call_wait_for(struct call *call, uint64_t until_us);

/* Four words that live as long as this command does, zero at its start. */
uint64_t *call_state(struct call *call);

/* Memory that lives as long as this command does, however that ends; its contents are undefined. Once a command. NULL
 * when memory is short. */
void *call_allocate(struct call *call, size_t bytes);

/* The same for something that is let go of in a way of its own, perhaps while the connection is being closed: `release`
 * neither blocks nor wakes. Once a command, instead of call_allocate. */
void call_keep(struct call *call, void *thing, void (*release)(void *thing));

/* What call_allocate or call_keep gave this command, or NULL. */
void *call_kept(const struct call *call);

/* Monotonic time, as of the turn's beginning or the last time that somebody looked. */
uint64_t call_now(const struct call *call);

/* Whether the handler should give up: past limits.max_command_time, killed, or cut by a drain. Reads the clock, and is the
 * sign of life by which a long command is told from a hung one: ask every millisecond or so. A handler that gives up
 * answers DONE with what it likes; the session puts the proper error in its place. */
bool call_should_stop(struct call *call);

/* A table of subcommands, ended by a row without a name. */
struct subcommand {
    const char *name;
    const char *syntax;
    short least, most; /* arguments behind the subcommand */
    command_handler *handler;
};

/* Runs the row that the first argument names, or writes the error reply. */
enum command_result call_subcommand(struct call *call, const struct subcommand *table);

/* --- the table of all commands: registered before any worker starts, then read only but for `disabled` ------------------------------- */

/* Adds a family. 0, or -1 when a name is taken or there is no room. Main thread. */
MUST_USE int command_register(const struct command_family *family, struct error *error);

/* Registers every family that is built in; disables one command by its name. 0 or -1 with the reason. */
MUST_USE int command_register_builtin(struct error *error);
MUST_USE int command_disable(const char *name, struct error *error);

/* Whether every command that [commands] disable names is there; registers the built-in families first. */
MUST_USE int command_check(const struct config *config, struct error *error);

/* Disables what that list names and enables all else, for requests that begin from now on. Main thread. */
void command_adopt(const struct config *config);

/* Both: the table as a process with this configuration has it. */
MUST_USE int command_set_up(const struct config *config, struct error *error);

/* A registered command. */
struct command_row {
    const struct command *command;
    const char *family;
    unsigned short index;  /* its position: the same in every process */
    _Atomic bool disabled; /* by [commands] disable; relaxed: a change takes effect a request later */
};

/* By name in any case, or by position; NULL when there is none. */
const struct command_row *command_find(const char *name, size_t length);
const struct command_row *command_at(size_t index);
size_t command_count(void);

#endif
