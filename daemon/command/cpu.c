/* SPDX-License-Identifier: Apache-2.0
 *
 * The CPU-bound family: work that no amount of waiting well makes shorter. Each asks every so often whether it should
 * stop, so that limits.max_command_time and a drain can cut it. Runs in workers. */
#include <string.h>

#include "common/digest.h"
#include "daemon/command/call.h"
#include "daemon/command/effort.h"
#include "daemon/command/families.h"

#define PRIMES_MOST     1000000000
#define PRIMES_STRIDE   1024 /* candidates between two looks at the clock: tens of microseconds */
#define ROUNDS_MOST     1000000000
#define ROUNDS_STRIDE   1024
#define SPIN_LONGEST_US 3600000000

/* Trial division by the odd numbers up to the square root: slow on purpose, and the same in every language. */
static bool is_prime(uint64_t candidate)
{
    uint64_t divisor;

    if (candidate % 2 == 0)
        return candidate == 2;
    for (divisor = 3; divisor * divisor <= candidate; divisor += 2)
        if (candidate % divisor == 0)
            return false;
    return candidate > 1;
}

static enum command_result run_primes(struct call *call)
{
    int64_t most, count = 0;
    uint64_t candidate;

    if (call_integer(call, 0, 0, PRIMES_MOST, &most) != 0)
        return COMMAND_DONE;
    for (candidate = 2; candidate <= (uint64_t)most; candidate++) {
        count += is_prime(candidate);
        if (candidate % PRIMES_STRIDE == 0 && call_should_stop(call))
            return COMMAND_DONE;
    }
    reply_integer(call_reply(call), count);
    return COMMAND_DONE;
}

static void reply_hex(struct reply *reply, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char text[DIGEST_LONGEST * 2];
    size_t i;

    for (i = 0; i < length; i++) {
        text[i * 2] = digits[bytes[i] >> 4];
        text[i * 2 + 1] = digits[bytes[i] & 15];
    }
    reply_bulk(reply, text, length * 2);
}

static enum command_result run_hash(struct call *call)
{
    struct text algorithm = call_arg(call, 0), data = call_arg(call, 2);
    unsigned char sum[DIGEST_LONGEST];
    struct digest *digest;
    size_t length;
    int64_t rounds, i;

    if (call_integer(call, 1, 1, ROUNDS_MOST, &rounds) != 0)
        return COMMAND_DONE;
    digest = digest_new(algorithm.bytes, algorithm.length);
    if (digest == NULL)
        return call_error(call, "ERR unknown or unusable hash algorithm, or memory is short; try sha256, "
                                "sha512, blake2b512, sha3-256");
    length = digest_once(digest, data.bytes, data.length, sum);
    for (i = 1; i < rounds && length != 0; i++) {
        if (i % ROUNDS_STRIDE == 0 && call_should_stop(call))
            break;
        length = digest_once(digest, sum, length, sum);
    }
    digest_free(&digest);
    if (length == 0)
        return call_error(call, "ERR the hash algorithm failed, or found no memory");
    reply_hex(call_reply(call), sum, length);
    return COMMAND_DONE;
}

static enum command_result run_spin(struct call *call)
{
    int64_t us;

    if (call_integer(call, 0, 0, SPIN_LONGEST_US, &us) != 0)
        return COMMAND_DONE;
    if (effort_burn(call, (uint64_t)us))
        reply_simple(call_reply(call), "OK");
    return COMMAND_DONE;
}

static const struct command commands[] = {
    {"primes", "n", "How many primes there are up to n (0 to 1000000000), by trial division.", run_primes, 1,
     1, COMMAND_CPU},
    {"hash", "algorithm rounds data", "The hex digest of data, hashed 1 to 1000000000 times over.", run_hash,
     3, 3, COMMAND_CPU},
    {"spin", "us", "Keep a core busy for 0 to 3600000000 us of its time.", run_spin, 1, 1, COMMAND_CPU},
};

FAMILY(cpu, commands);
