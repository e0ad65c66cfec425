/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape family: WORK puts together what a request of somebody's own service does, so that the models can be
 * compared under it. Its arguments are steps, done in the order in which they are written, each at most once. All of them
 * are checked before the first is begun. What `wait` does is waiting well; all the others keep the thread, and so
 * does the wait for the one lock that is common to all workers. The reply is the last thing, wherever `reply` stands:
 * a client that has it knows that the work is done. Runs in workers. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/parse.h"
#include "daemon/command/call.h"
#include "daemon/command/effort.h"
#include "daemon/command/families.h"

#define TIME_LONGEST_US 3600000000u
#define ALLOC_MOST      (UINT64_C(256) << 20)
#define PAGE_BYTES      4096 /* of the smallest pages that there are */
#define TOUCH_STRIDE    64   /* pages between two looks at whether to stop */
#define PIECE_BYTES     32768
#define BULK_FRAME      32 /* bytes around a bulk string, at most */
#define SHOWN_LONGEST   64 /* bytes of a peer's word that an error reply repeats */

/* Where the work stands: the words of call_state. */
enum { WORK_STEP, WORK_REPLIED };

/* How a step went: go on, come back when the wait is over, come back for the same step, or that was all. */
enum progress { STEP_DONE, STEP_WAIT, STEP_RETRY, STEP_LAST };

enum unit { UNIT_TIME, UNIT_SIZE };

struct step {
    const char *name;
    enum unit unit;
    uint64_t most;
    enum progress (*run)(struct call *call, uint64_t amount); /* NULL: done at the end of all */
};

static enum progress after(bool done)
{
    return done ? STEP_DONE : STEP_LAST;
}

/* Counts as a CPU-bound command so long (limits.cpu_commands), and may have to wait for that. */
static enum progress run_cpu(struct call *call, uint64_t us)
{
    bool done;

    if (!throttle_begin(call))
        return STEP_RETRY;
    done = effort_burn(call, us);
    throttle_end(call);
    return after(done);
}

static enum progress run_wait(struct call *call, uint64_t us)
{
    if (us == 0)
        return STEP_DONE;
    call_wait(call, clock_add(clock_now_us(), us));
    return STEP_WAIT;
}

static enum progress run_block(struct call *call, uint64_t us)
{
    return after(effort_block(call, us));
}

/* Memory that is only asked for costs nothing: each page is written to, so that it is there. */
static enum progress run_alloc(struct call *call, uint64_t bytes)
{
    volatile char *memory;
    uint64_t at;

    if (bytes == 0)
        return STEP_DONE;
    memory = call_allocate(call, bytes);
    if (memory == NULL) {
        reply_error(call_reply(call), "ERR out of memory");
        return STEP_LAST;
    }
    for (at = 0; at < bytes; at += PAGE_BYTES) {
        memory[at] = 1;
        if (at / PAGE_BYTES % TOUCH_STRIDE == TOUCH_STRIDE - 1 && call_should_stop(call))
            return STEP_LAST;
    }
    return STEP_DONE;
}

/* Holds the lock on its thread: a wait in between could end in another one. */
static enum progress run_lock(struct call *call, uint64_t us)
{
    struct robust_lock *lock = call->worker->process->segment->work_lock;
    bool done;

    if (!effort_lock(call, lock))
        return STEP_LAST;
    done = effort_block(call, us);
    robust_lock_give(lock);
    return after(done);
}

static const struct step steps[] = {
    {"cpu", UNIT_TIME, TIME_LONGEST_US, run_cpu},     {"wait", UNIT_TIME, TIME_LONGEST_US, run_wait},
    {"block", UNIT_TIME, TIME_LONGEST_US, run_block}, {"alloc", UNIT_SIZE, ALLOC_MOST, run_alloc},
    {"lock", UNIT_TIME, TIME_LONGEST_US, run_lock},   {"reply", UNIT_SIZE, UINT64_MAX, NULL},
};

#define STEPS (sizeof steps / sizeof steps[0])

/* An argument that was read: which step, how much of it. */
struct task {
    const struct step *step;
    uint64_t amount;
};

/* The step that an argument names, `value` becoming what stands behind its '='; NULL with the error reply written. */
static const struct step *find_step(struct call *call, unsigned i, struct text *value)
{
    struct text arg = call_arg(call, i);
    int shown = arg.length < SHOWN_LONGEST ? (int)arg.length : SHOWN_LONGEST;
    const char *equals = memchr(arg.bytes, '=', arg.length);
    size_t at, length = equals != NULL ? (size_t)(equals - arg.bytes) : 0;

    for (at = 0; at < STEPS && equals != NULL; at++) {
        if (strlen(steps[at].name) != length || strncasecmp(steps[at].name, arg.bytes, length) != 0)
            continue;
        *value = (struct text){.bytes = equals + 1, .length = arg.length - length - 1};
        return &steps[at];
    }
    reply_error(call_reply(call), "ERR argument %u of 'work' is '%.*s'; it takes %s", i + 1, shown, arg.bytes,
                call->command->syntax);
    return NULL;
}

static int read_amount(struct call *call, const struct step *step, struct text value, uint64_t *amount)
{
    bool time = step->unit == UNIT_TIME;
    char most[PARSE_TEXT_BYTES];
    int parsed = time ? parse_duration(value.bytes, value.length, amount)
                      : parse_size(value.bytes, value.length, amount);

    if (parsed == 0 && *amount <= step->most)
        return 0;
    if (time)
        reply_error(call_reply(call), "ERR %s= takes a time up to %s, with its unit: us, ms, s, m, h",
                    step->name, parse_format_duration(step->most, most));
    else if (step->most != UINT64_MAX)
        reply_error(call_reply(call), "ERR %s= takes a size up to %s, as 300, 64k or 2M", step->name,
                    parse_format_size(step->most, most));
    else
        reply_error(call_reply(call), "ERR %s= takes a size, as 300, 64k or 2M", step->name);
    return -1;
}

/* Reads all arguments. 0, or -1 with the error reply written. */
static int read_tasks(struct call *call, struct task *tasks)
{
    bool seen[STEPS] = {false};
    struct text value;
    unsigned i;

    for (i = 0; i < call_argc(call); i++) {
        const struct step *step = find_step(call, i, &value);

        if (step == NULL || read_amount(call, step, value, &tasks[i].amount) != 0)
            return -1;
        if (seen[step - steps]) {
            reply_error(call_reply(call), "ERR %s= is given twice", step->name);
            return -1;
        }
        seen[step - steps] = true;
        tasks[i].step = step;
    }
    return 0;
}

/* The size that `reply` asks for, or -1 without it. */
static int64_t reply_bytes(const struct task *tasks, unsigned count)
{
    unsigned i;

    for (i = 0; i < count; i++)
        if (tasks[i].step->run == NULL)
            return tasks[i].amount < INT64_MAX ? (int64_t)tasks[i].amount : INT64_MAX;
    return -1;
}

/* The next piece of a long reply, which goes out before another is made. */
static enum command_result answer(struct call *call, uint64_t bytes)
{
    uint64_t *replied = &call_state(call)[WORK_REPLIED];
    uint64_t quarter = call->worker->config->limits.max_output / 4;
    uint64_t room = quarter < PIECE_BYTES ? quarter : PIECE_BYTES;
    char filler[512];

    if (*replied == 0)
        reply_bulk_begin(call_reply(call), bytes);
    memset(filler, 'x', sizeof filler);
    while (*replied < bytes && room > 0) {
        uint64_t left = bytes - *replied < room ? bytes - *replied : room;
        uint64_t part = left < sizeof filler ? left : sizeof filler;

        reply_raw(call_reply(call), filler, part);
        *replied += part;
        room -= part;
    }
    if (*replied < bytes)
        return COMMAND_MORE;
    reply_raw(call_reply(call), "\r\n", 2);
    return COMMAND_DONE;
}

static enum command_result run_work(struct call *call)
{
    uint64_t *next = &call_state(call)[WORK_STEP];
    struct task tasks[STEPS];
    int64_t bytes;

    if (read_tasks(call, tasks) != 0)
        return COMMAND_DONE;
    bytes = reply_bytes(tasks, call_argc(call));
    if (bytes >= 0 && (uint64_t)bytes + BULK_FRAME > call->worker->config->limits.max_output)
        return call_error(call, "LIMIT reply= is larger than limits.max_output");
    while (*next < call_argc(call)) {
        const struct task *task = &tasks[*next];
        enum progress progress = task->step->run != NULL ? task->step->run(call, task->amount) : STEP_DONE;

        if (progress == STEP_RETRY)
            return COMMAND_WAIT;
        ++*next;
        if (progress != STEP_DONE)
            return progress == STEP_WAIT ? COMMAND_WAIT : COMMAND_DONE;
    }
    if (bytes >= 0)
        return answer(call, (uint64_t)bytes);
    reply_simple(call_reply(call), "OK");
    return COMMAND_DONE;
}

static const struct command commands[] = {
    {"work", "[cpu=T] [wait=T] [block=T] [alloc=S] [lock=T] [reply=S]",
     "Do these in the order given, each at most once: use CPU time; wait, letting others be served; wait, "
     "keeping "
     "the thread; allocate memory and write to it, until the end; hold, keeping the thread, the one lock of "
     "all workers, waiting for it on the thread too, so that on a reactor it stops its neighbours. Then "
     "reply with "
     "so many bytes, or OK. T up to 1h; alloc up to 256M, reply up to limits.max_output.",
     run_work, 0, STEPS, COMMAND_WAITS},
};

FAMILY(shape, commands);
