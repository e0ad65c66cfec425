/* SPDX-License-Identifier: Apache-2.0
 *
 * The tasks family: small pieces of work to be mapped over workers, and two streams whose elements interleave when two
 * clients ask at once. A stream's header goes out first and each element when its time has come. Runs in workers. */
#include <ctype.h>

#include "common/clock.h"
#include "daemon/command/call.h"
#include "daemon/command/families.h"

#define SQUARE_MOST      3037000499 /* whose square still fits 63 bits */
#define NUMBER_MOST      1000000000000
#define ELEMENTS_MOST    1000000
#define ELEMENTS_AT_ONCE 512 /* between two looks at the output and the clock */
#define ELEMENT_BYTES    17  /* at most: ":-1000000000000", CR, LF */
#define EVERY_LONGEST_US 3600000000u

static enum command_result run_square(struct call *call)
{
    int64_t value;

    if (call_integer(call, 0, -SQUARE_MOST, SQUARE_MOST, &value) == 0)
        reply_integer(call_reply(call), value * value);
    return COMMAND_DONE;
}

/* Where a stream stands: the words of call_state. */
enum { STREAM_BEGUN, STREAM_NEXT, STREAM_STARTED_US };

typedef void stream_element(struct reply *reply, int64_t value);

/* "[EVERY T]" behind the range; 0 without it. */
static int read_every(struct call *call, uint64_t *every_us)
{
    *every_us = 0;
    if (call_argc(call) == 2)
        return 0;
    if (call_argc(call) == 4 && call_arg_is(call, 2, "EVERY"))
        return call_duration(call, 3, EVERY_LONGEST_US, every_us);
    reply_error(call_reply(call), "ERR syntax error: '%s' takes %s", call->command->name,
                call->command->syntax);
    return -1;
}

static int begin_stream(struct call *call, int64_t from, int64_t to)
{
    uint64_t *state = call_state(call);

    if (state[STREAM_BEGUN] != 0)
        return 0;
    if (from > to || to - from >= ELEMENTS_MOST) {
        reply_error(call_reply(call), "ERR the range must go upwards and hold at most %d elements",
                    ELEMENTS_MOST);
        return -1;
    }
    state[STREAM_BEGUN] = 1;
    state[STREAM_STARTED_US] = call_now(call);
    reply_array(call_reply(call), (uint64_t)(to - from) + 1);
    return 0;
}

/* How many elements are written in one go: no more than a quarter of the output that one may have, as a peer that reads is
 * not to reach that limit. */
static unsigned at_once(const struct call *call)
{
    uint64_t most = call->worker->config->limits.max_output / 4 / ELEMENT_BYTES;

    return most < ELEMENTS_AT_ONCE ? (unsigned)most : ELEMENTS_AT_ONCE;
}

/* Writes what is due of from..to and says what comes next. */
static enum command_result stream(struct call *call, int64_t from, int64_t to, uint64_t every_us,
                                  stream_element *element)
{
    uint64_t *state = call_state(call);
    uint64_t count = (uint64_t)(to - from) + 1;
    unsigned written, most = at_once(call);

    for (written = 0; written < most && state[STREAM_NEXT] < count; written++) {
        uint64_t due = state[STREAM_STARTED_US] + state[STREAM_NEXT] * every_us;

        if (every_us != 0 && due > call_now(call))
            return call_wait(call, due);
        element(call_reply(call), from + (int64_t)state[STREAM_NEXT]);
        state[STREAM_NEXT]++;
    }
    return state[STREAM_NEXT] == count ? COMMAND_DONE : COMMAND_MORE;
}

static enum command_result run_numbers(struct call *call)
{
    uint64_t every_us;
    int64_t from, to;

    if (call_integer(call, 0, -NUMBER_MOST, NUMBER_MOST, &from) != 0 ||
        call_integer(call, 1, -NUMBER_MOST, NUMBER_MOST, &to) != 0 || read_every(call, &every_us) != 0 ||
        begin_stream(call, from, to) != 0)
        return COMMAND_DONE;
    return stream(call, from, to, every_us, reply_integer);
}

static void letter_element(struct reply *reply, int64_t value)
{
    char letter = (char)value;

    reply_bulk(reply, &letter, 1);
}

static int read_letter(struct call *call, unsigned i, int64_t *letter)
{
    struct text arg = call_arg(call, i);

    if (arg.length == 1 && isalpha((unsigned char)arg.bytes[0]) && (unsigned char)arg.bytes[0] < 0x80) {
        *letter = (unsigned char)arg.bytes[0];
        return 0;
    }
    reply_error(call_reply(call), "ERR argument %u of 'letters' must be one letter, a to z or A to Z", i + 1);
    return -1;
}

static enum command_result run_letters(struct call *call)
{
    uint64_t every_us;
    int64_t from, to;

    if (read_letter(call, 0, &from) != 0 || read_letter(call, 1, &to) != 0)
        return COMMAND_DONE;
    if (isupper((int)from) != isupper((int)to))
        return call_error(call, "ERR both letters must be small or both capital");
    if (read_every(call, &every_us) != 0 || begin_stream(call, from, to) != 0)
        return COMMAND_DONE;
    return stream(call, from, to, every_us, letter_element);
}

static const struct command commands[] = {
    {"square", "n", "The square of n, whose size is at most 3037000499.", run_square, 1, 1, COMMAND_FAST},
    {"numbers", "from to [EVERY T]", "The numbers from..to, streamed one by one, at most 1000000.",
     run_numbers, 2, 4, COMMAND_WAITS},
    {"letters", "from to [EVERY T]", "The letters from..to, streamed one by one.", run_letters, 2, 4,
     COMMAND_WAITS},
};

FAMILY(tasks, commands);
