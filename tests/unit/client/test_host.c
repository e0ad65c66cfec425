/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a measurement was made, and when. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <sched.h>
#include <unistd.h>

#include "client/host.h"

static void times_are_utc(void **state)
{
    char text[HOST_TIME_BYTES];

    (void)state;
    assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
    assert_string_equal(host_time(0, text), "1970-01-01T00:00:00Z");
    assert_string_equal(host_time(UINT64_C(1763629200123456), text), "2025-11-20T09:00:00Z");
}

/* The cores are those that we may use, not all that there are. */
static void cores_are_ours(void **state)
{
    cpu_set_t before, one;
    struct host host;
    int core = 0;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    while (!CPU_ISSET(core, &before))
        core++;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    host_read(&host);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_int_equal(host.cores, 1);
    host_read(&host);
    assert_int_equal(host.cores, CPU_COUNT(&before));
    assert_true(host.memory_bytes > 1 << 20);
    assert_int_equal(strncmp(host.kernel, "Linux ", 6), 0);
    assert_true(host.name[0] != '\0');
    assert_null(strchr(host.cpu, '\n'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(times_are_utc), cmocka_unit_test(cores_are_ours)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
