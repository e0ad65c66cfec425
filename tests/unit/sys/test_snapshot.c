/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots: what goes in comes out, and nothing that could still change is believed. Runs in the test's one
 * thread. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/sys/snapshot.h"

static void what_goes_in_comes_out(void **state)
{
    struct buffer bytes = {0};
    struct error error;
    size_t length = 300000, i;
    char *large = malloc(length);
    int fd;

    (void)state;
    assert_non_null(large);
    for (i = 0; i < length; i++)
        large[i] = (char)unit_random();
    fd = snapshot_write("unit", large, length, &error);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(buffer_append(&bytes, "before", 6), 0);
    assert_int_equal(snapshot_read(fd, length, &bytes, &error), 0);
    assert_int_equal(buffer_length(&bytes), length + 6);
    assert_memory_equal(buffer_head(&bytes), "before", 6);
    assert_memory_equal(buffer_head(&bytes) + 6, large, length);
    /* and again: every worker reads the same descriptor's file from its start */
    assert_int_equal(snapshot_read(fd, length, &bytes, &error), 0);
    assert_int_equal(buffer_length(&bytes), 2 * length + 6);
    buffer_free(&bytes);
    free(large);
    close(fd);
}

static void nothing_is_a_snapshot_too(void **state)
{
    struct buffer bytes = {0};
    struct error error;
    int fd = snapshot_write("unit", "", 0, &error);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(snapshot_read(fd, 0, &bytes, &error), 0);
    assert_int_equal(buffer_length(&bytes), 0);
    buffer_free(&bytes);
    close(fd);
}

static void nobody_can_change_it(void **state)
{
    struct error error;
    int fd = snapshot_write("unit", "1234", 4, &error);

    (void)state;
    assert_true(fd >= 0);
    assert_true(pwrite(fd, "x", 1, 0) < 0);
    assert_true(ftruncate(fd, 0) != 0);
    assert_true(ftruncate(fd, 100) != 0);
    assert_true(mmap(NULL, 4, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
    assert_true(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) != 0);
    close(fd);
}

static void the_limit_is_exact(void **state)
{
    struct buffer bytes = {0};
    struct error error;
    int fd = snapshot_write("unit", "12345", 5, &error);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(snapshot_read(fd, 4, &bytes, &error), -1);
    assert_string_equal(error.text, "a snapshot of 5 bytes is over the limit");
    assert_int_equal(buffer_length(&bytes), 0);
    assert_int_equal(snapshot_read(fd, 5, &bytes, &error), 0);
    buffer_free(&bytes);
    close(fd);
}

static void assert_refused(int fd)
{
    struct buffer bytes = {0};
    struct error error;
    char expected[64];

    assert_int_equal(snapshot_read(fd, 100, &bytes, &error), -1);
    snprintf(expected, sizeof expected, "descriptor %d is no sealed snapshot", fd);
    assert_string_equal(error.text, expected);
    assert_int_equal(buffer_length(&bytes), 0);
    buffer_free(&bytes);
}

static void what_is_not_sealed_is_refused(void **state)
{
    int partly = memfd_create("unit", MFD_ALLOW_SEALING | MFD_CLOEXEC), ends[2];

    (void)state;
    assert_true(partly >= 0);
    assert_int_equal(write(partly, "abc", 3), 3);
    assert_refused(partly);
    assert_int_equal(fcntl(partly, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    assert_refused(partly); /* its contents could still change */
    assert_int_equal(pipe(ends), 0);
    assert_refused(ends[0]);
    close(ends[0]);
    close(ends[1]);
    close(partly);
    assert_refused(partly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),        cmocka_unit_test(nothing_is_a_snapshot_too),
        cmocka_unit_test(nobody_can_change_it),          cmocka_unit_test(the_limit_is_exact),
        cmocka_unit_test(what_is_not_sealed_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
