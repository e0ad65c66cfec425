/* SPDX-License-Identifier: Apache-2.0
 *
 * Checking passwords apart from the workers: what comes out, who is told, who gets a turn and who has to wait or to give
 * way. That nothing runs while a test arranges its jobs is had by taking all the turns. Threads: the test's and those of
 * the hashing. */
#include "tests/unit/command/fixture.h"

#include "daemon/command/hashing.h"
#include "daemon/shm/turns.h"

#define WAITING 4

static struct hashing *hashing;
static _Atomic uint64_t turns[2];
static struct password_hash hash;
static _Atomic unsigned told[64]; /* by a waker's index */

static void on_wake(void *context, uint32_t index, uint64_t id)
{
    assert_ptr_equal(context, told);
    assert_int_equal(id, 1000 + index);
    atomic_fetch_add(&told[index], 1);
}

/* Another process has it, since then. */
static uint64_t taken(uint64_t since_us)
{
    return since_us << TURNS_OWNER_BITS | 2;
}

static void block_turns(void)
{
    atomic_store(&turns[0], taken(clock_now_us() + UNIT_DEADLINE_US)); /* taken a moment ago, for long */
    atomic_store(&turns[1], taken(clock_now_us() + UNIT_DEADLINE_US));
}

static void free_turns(void)
{
    atomic_store(&turns[0], 0);
    atomic_store(&turns[1], 0);
}

static int start_hashing(void **state)
{
    struct error error;

    fixture_start(state);
    fixture.process.wake = on_wake;
    fixture.process.wake_context = told;
    memset((void *)told, 0, sizeof told);
    free_turns();
    assert_int_equal(password_parse(FIXTURE_HASH, strlen(FIXTURE_HASH), &hash, &error), 0);
    hashing = hashing_new(1, WAITING, turns, 1);
    assert_non_null(hashing);
    return 0;
}

static int stop_hashing(void **state)
{
    free_turns();
    assert_int_equal(hashing_stop(&hashing, CLOCK_NEVER), 0);
    assert_null(hashing);
    return fixture_stop(state);
}

static struct hashing_job *submit(const char *password, uint64_t source, unsigned index)
{
    struct waker waker = {.process = &fixture.process, .index = index, .id = 1000 + index};

    return hashing_submit(hashing, &hash, (struct text){password, strlen(password)}, source, &waker);
}

static enum hashing_state finish(struct hashing_job *job, unsigned index)
{
    enum hashing_state state;

    unit_wait_until(atomic_load(&told[index]) == 1);
    state = hashing_look(job);
    hashing_let_go(job);
    return state;
}

/* Submits one that is under way, and waits for a turn, so that those behind it wait in the queue. */
static struct hashing_job *occupy(unsigned index)
{
    struct hashing_job *job;

    block_turns();
    job = submit("secret", 0, index);
    assert_non_null(job);
    unit_wait_until(hashing_waiting(hashing) == 0);
    return job;
}

static void passwords_are_checked(void **state)
{
    struct hashing_job *right, *wrong;

    (void)state;
    right = submit("secret", 1, 1);
    wrong = submit("Secret", 1, 2);
    assert_int_equal(finish(right, 1), HASHING_RIGHT);
    assert_int_equal(finish(wrong, 2), HASHING_WRONG);
}

/* A thread ends when there is nothing to do, and another one is there when there is. */
static void it_goes_on_after_a_while(void **state)
{
    unsigned i;

    (void)state;
    for (i = 0; i < 20; i++) {
        assert_int_equal(finish(submit("secret", 1, i), i), HASHING_RIGHT);
        usleep(i * 100);
    }
}

static void no_more_wait_than_may(void **state)
{
    struct hashing_job *first = occupy(0), *jobs[WAITING];
    unsigned i;

    (void)state;
    for (i = 0; i < WAITING; i++) {
        jobs[i] = submit("secret", 1, 1 + i);
        assert_non_null(jobs[i]);
    }
    assert_null(submit("secret", 1, 9));
    assert_int_equal(hashing_waiting(hashing), WAITING);
    free_turns();
    assert_int_equal(finish(first, 0), HASHING_RIGHT);
    for (i = 0; i < WAITING; i++)
        assert_int_equal(finish(jobs[i], 1 + i), HASHING_RIGHT);
    assert_int_equal(atomic_load(&told[9]), 0);
}

/* One who floods gives way to one who asks for the first time, and is told. */
static void who_has_asked_most_gives_way(void **state)
{
    struct hashing_job *first = occupy(0), *flood[WAITING], *other, *third;
    unsigned i;

    (void)state;
    for (i = 0; i < WAITING; i++)
        flood[i] = submit("secret", 1, 1 + i);
    other = submit("secret", 2, 10);
    assert_non_null(other);
    assert_int_equal(finish(flood[3], 4), HASHING_BUSY);
    third = submit("secret", 3, 11);
    assert_non_null(third);
    assert_int_equal(finish(flood[2], 3), HASHING_BUSY);
    assert_null(submit("secret", 1, 12)); /* not for its own kind */
    assert_int_equal(hashing_waiting(hashing), WAITING);
    free_turns();
    assert_int_equal(finish(first, 0), HASHING_RIGHT);
    assert_int_equal(finish(flood[0], 1), HASHING_RIGHT);
    assert_int_equal(finish(flood[1], 2), HASHING_RIGHT);
    assert_int_equal(finish(other, 10), HASHING_RIGHT);
    assert_int_equal(finish(third, 11), HASHING_RIGHT);
}

static _Atomic unsigned order[8], ordered;

static void note_order(void *context, uint32_t index, uint64_t id)
{
    (void)context;
    (void)id;
    order[atomic_fetch_add(&ordered, 1)] = index;
}

/* Who came later but asked less is not behind all of a flood. */
static void sources_take_turns(void **state)
{
    static const unsigned expected[] = {0, 1, 4, 2, 3};
    struct hashing_job *jobs[5];
    unsigned i;

    (void)state;
    fixture.process.wake = note_order;
    jobs[0] = occupy(0);
    for (i = 1; i < 4; i++)
        jobs[i] = submit("secret", 1, i);
    jobs[4] = submit("secret", 2, 4);
    free_turns();
    unit_wait_until(atomic_load(&ordered) == 5);
    for (i = 0; i < 5; i++) {
        assert_int_equal(order[i], expected[i]);
        hashing_let_go(jobs[i]);
    }
}

/* The connection may end at any time: in the queue, under way, or when it is over. */
static void a_job_may_be_let_go_of_at_any_time(void **state)
{
    struct hashing_job *first = occupy(0), *waits = submit("secret", 1, 1), *behind = submit("secret", 1, 2);

    (void)state;
    hashing_let_go(waits);
    assert_int_equal(hashing_waiting(hashing), 1);
    hashing_let_go(first); /* under way */
    free_turns();
    assert_int_equal(finish(behind, 2), HASHING_RIGHT);
    assert_int_equal(atomic_load(&told[0]), 0);
    assert_int_equal(atomic_load(&told[1]), 0);
}

static void the_end_does_not_wait_for_the_queue(void **state)
{
    struct hashing_job *first = occupy(0), *waits = submit("secret", 1, 1);

    (void)state;
    hashing_let_go(waits);
    hashing_let_go(first);
    assert_int_equal(hashing_stop(&hashing, clock_now_us() + UNIT_DEADLINE_US),
                     0); /* while there is no turn */
    hashing = hashing_new(1, WAITING, turns, 1);
}

/* Other processes have all the turns; one of them has been killed. */
static void a_turn_that_is_lost_is_taken(void **state)
{
    uint64_t lost_us = clock_now_us() + 1000000;
    struct hashing_job *job;

    (void)state;
    atomic_store(&turns[0], taken(lost_us - 5000000));
    job = submit("secret", 1, 1);
    unit_wait_until(hashing_waiting(hashing) == 0); /* it is under way, and waits for the turn */
    assert_true(hashing_look(job) == HASHING_WAITS || clock_now_us() >= lost_us);
    assert_int_equal(finish(job, 1), HASHING_RIGHT); /* a moment later it is too old */
    assert_int_equal(atomic_load(&turns[0]), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, start_hashing, stop_hashing)
    const struct CMUnitTest tests[] = {
        TEST(passwords_are_checked),
        TEST(it_goes_on_after_a_while),
        TEST(no_more_wait_than_may),
        TEST(who_has_asked_most_gives_way),
        TEST(sources_take_turns),
        TEST(a_job_may_be_let_go_of_at_any_time),
        TEST(the_end_does_not_wait_for_the_queue),
        TEST(a_turn_that_is_lost_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
