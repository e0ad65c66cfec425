/* SPDX-License-Identifier: Apache-2.0
 *
 * The CPU-bound family: right results, bounds, and giving up when asked to. One thread. */
#include "tests/unit/command/fixture.h"

#include <time.h>

static void primes_are_counted(void **state)
{
    (void)state;
    assert_reply("PRIMES 0", ":0\r\n");
    assert_reply("PRIMES 1", ":0\r\n");
    assert_reply("PRIMES 2", ":1\r\n");
    assert_reply("PRIMES 3", ":2\r\n");
    assert_reply("PRIMES 9", ":4\r\n");
    assert_reply("PRIMES 100", ":25\r\n");
    assert_reply("PRIMES 10000", ":1229\r\n");
    assert_reply("PRIMES 20000", ":2262\r\n");
    assert_error("PRIMES -1", "ERR argument 1 of 'primes' must be an integer from 0 to 1000000000");
    assert_error("PRIMES 1000000001", "ERR argument 1 of 'primes' must be an integer from 0 to 1000000000");
}

static void digests_are_right_over_rounds(void **state)
{
    (void)state;
    assert_reply("HASH sha256 1 abc",
                 "$64\r\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\r\n");
    assert_reply("HASH SHA256 2 abc", /* of the 32 bytes of the first round */
                 "$64\r\n4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358\r\n");
    assert_memory_equal(fixture_run("HASH sha512 1 ''"), "$128\r\n", 6);
    assert_error("HASH sha256 0 x", "ERR argument 2 of 'hash' must be an integer from 1 to 1000000000");
    assert_error("HASH sha256 x x", "ERR argument 2 of 'hash' must be an integer from 1 to 1000000000");
    assert_error("HASH nonsense 1 x", "ERR unknown or unusable hash algorithm, or memory is short; try "
                                      "sha256, sha512, blake2b512, sha3-256");
    assert_error("HASH shake128 1 x", "ERR unknown or unusable hash algorithm, or memory is short; try "
                                      "sha256, sha512, blake2b512, sha3-256");
    assert_error("HASH '' 1 x", "ERR unknown or unusable hash algorithm, or memory is short; try sha256, "
                                "sha512, blake2b512, sha3-256");
}

static uint64_t cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void spinning_uses_the_core_for_its_time(void **state)
{
    uint64_t before = cpu_us();

    (void)state;
    assert_reply("SPIN 20000", "+OK\r\n");
    assert_true(cpu_us() - before >= 20000);
    assert_reply("SPIN 0", "+OK\r\n");
    assert_error("SPIN -1", "ERR argument 1 of 'spin' must be an integer from 0 to 3600000000");
    assert_error("SPIN 3600000001", "ERR argument 1 of 'spin' must be an integer from 0 to 3600000000");
}

/* Marked, or past its time: a long command comes back within the deadline of this test. */
static void long_work_stops_when_asked(void **state)
{
    static const char *const lines[] = {"PRIMES 1000000000", "HASH sha256 1000000000 x", "SPIN 3600000000"};
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(lines); i++) {
        uint64_t before = clock_now_us();

        atomic_store(&fixture.mark, 1);
        fixture_run(lines[i]);
        atomic_store(&fixture.mark, 0);
        fixture.config->limits.max_command_time_us = 1000;
        fixture_run(lines[i]);
        assert_true(clock_now_us() - before < UNIT_DEADLINE_US);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(primes_are_counted),
        FIXTURE_UNIT(digests_are_right_over_rounds),
        FIXTURE_UNIT(spinning_uses_the_core_for_its_time),
        FIXTURE_UNIT(long_work_stops_when_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
