/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns: no more than there are, lost ones are taken again, and who gives back or reclaims frees nobody else's. Runs in the
 * test's one thread. */
#include "tests/unit/unit.h"

#include "daemon/shm/turns.h"

#define NOW UINT64_C(1000000000)

static _Atomic uint64_t turns[2];

static int begin(void **state)
{
    (void)state;
    atomic_store(&turns[0], 0);
    atomic_store(&turns[1], 0);
    return 0;
}

static void so_many_and_no_more(void **state)
{
    struct turn one, two, three;

    (void)state;
    assert_true(turns_take(turns, 2, 0, NOW, &one));
    assert_true(turns_take(turns, 2, 0, NOW, &two));
    assert_false(turns_take(turns, 2, 1, NOW, &three));
    turns_give(&one);
    assert_true(turns_take(turns, 2, 1, NOW, &three));
    turns_give(&two);
    turns_give(&three);
    assert_int_equal(atomic_load(&turns[0]), 0);
    assert_int_equal(atomic_load(&turns[1]), 0);
}

static void one_that_is_lost_is_taken_again(void **state)
{
    struct turn slow, next, none;

    (void)state;
    assert_true(turns_take(turns, 1, 0, NOW, &slow));
    assert_false(turns_take(turns, 1, 1, NOW + TURNS_LOST_US, &none));
    assert_false(turns_take(turns, 1, 1, NOW - 1, &none)); /* who has looked at the clock before */
    assert_true(turns_take(turns, 1, 1, NOW + TURNS_LOST_US + 1, &next));
    turns_give(&slow); /* it is not its own any more */
    assert_false(turns_take(turns, 1, 0, NOW + TURNS_LOST_US + 1, &none));
}

static void the_dead_keep_nothing(void **state)
{
    struct turn dead, lives, next, none;

    (void)state;
    assert_true(turns_take(turns, 2, 3, NOW, &dead));
    assert_true(turns_take(turns, 2, 4, NOW, &lives));
    turns_reclaim(turns, 2, 2);
    assert_false(turns_take(turns, 2, 5, NOW, &none));
    turns_reclaim(turns, 2, 3);
    assert_true(turns_take(turns, 2, 5, NOW + 1, &next));
    assert_ptr_equal(next.place, dead.place);
    turns_give(&dead); /* it was but stopped */
    assert_false(turns_take(turns, 2, 5, NOW + 1, &none));
    turns_give(&lives);
    assert_true(turns_take(turns, 2, 5, NOW + 1, &next));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(so_many_and_no_more, begin),
        cmocka_unit_test_setup(one_that_is_lost_is_taken_again, begin),
        cmocka_unit_test_setup(the_dead_keep_nothing, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
