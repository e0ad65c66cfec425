/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap of waits against a plain array that is searched through. One thread. */
#include "tests/unit/unit.h"

#include "common/error.h"
#include "daemon/backend/wakeups.h"

#define MANY 200

static struct wakeups heap;
static struct wakeup all[MANY];

static int start(void **state)
{
    (void)state;
    memset(&heap, 0, sizeof heap);
    memset(all, 0, sizeof all);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    wakeups_free(&heap);
    return heap.heap == NULL && heap.count == 0 ? 0 : -1;
}

static void they_come_in_order_of_time(void **state)
{
    size_t i;

    (void)state;
    assert_null(wakeups_first(&heap));
    for (i = 0; i < MANY; i++)
        assert_int_equal(wakeups_set(&heap, &all[i], (i * 7919) % MANY), 0);
    for (i = 0; i < MANY; i++) {
        struct wakeup *first = wakeups_first(&heap);

        assert_non_null(first);
        assert_int_equal(first->at_us, i);
        wakeups_remove(&heap, first);
        assert_int_equal(first->place, 0);
    }
    assert_null(wakeups_first(&heap));
}

static void one_can_be_moved_both_ways(void **state)
{
    (void)state;
    assert_int_equal(wakeups_set(&heap, &all[0], 10), 0);
    assert_int_equal(wakeups_set(&heap, &all[1], 20), 0);
    assert_int_equal(wakeups_set(&heap, &all[2], 30), 0);
    assert_int_equal(wakeups_set(&heap, &all[2], 5), 0);
    assert_ptr_equal(wakeups_first(&heap), &all[2]);
    assert_int_equal(wakeups_set(&heap, &all[2], 25), 0);
    assert_ptr_equal(wakeups_first(&heap), &all[0]);
    assert_int_equal(heap.count, 3);
}

static void removing_one_that_is_not_in_is_fine(void **state)
{
    (void)state;
    wakeups_remove(&heap, &all[0]);
    assert_int_equal(wakeups_set(&heap, &all[0], 1), 0);
    wakeups_remove(&heap, &all[0]);
    wakeups_remove(&heap, &all[0]);
    assert_null(wakeups_first(&heap));
}

/* Each knows its place, and no parent comes later than its child. */
static void check_heap(void)
{
    uint64_t earliest = UINT64_MAX;
    size_t i, in = 0;

    for (i = 0; i < MANY; i++) {
        if (all[i].place == 0)
            continue;
        in++;
        assert_true(all[i].place <= heap.count);
        assert_ptr_equal(heap.heap[all[i].place - 1], &all[i]);
        assert_true(heap.heap[(all[i].place > 1 ? all[i].place / 2 : 1) - 1]->at_us <= all[i].at_us);
        earliest = all[i].at_us < earliest ? all[i].at_us : earliest;
    }
    assert_int_equal(in, heap.count);
    if (in != 0)
        assert_int_equal(wakeups_first(&heap)->at_us, earliest);
}

static void any_sequence_keeps_it_a_heap(void **state)
{
    size_t round;

    (void)state;
    for (round = 0; round < 20000; round++) {
        struct wakeup *one = &all[unit_random_below(MANY)];

        if (unit_random_below(3) == 0)
            wakeups_remove(&heap, one);
        else
            assert_int_equal(wakeups_set(&heap, one, unit_random_below(50)), 0);
        if (round % 16 == 0)
            check_heap();
    }
    check_heap();
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        UNIT(they_come_in_order_of_time),
        UNIT(one_can_be_moved_both_ways),
        UNIT(removing_one_that_is_not_in_is_fine),
        UNIT(any_sequence_keeps_it_a_heap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
