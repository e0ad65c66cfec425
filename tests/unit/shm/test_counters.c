/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared counters: exact sums over threads and over processes, bounds, names that are claimed by many at
 * once, a full table, and a lock whose holder is killed. Processes are forked while the test has one thread.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/shm/counters.h"
#include "daemon/shm/segment.h"

#define CAPACITY 64
#define PARTIES  4
#define EACH     25000

static struct segment *segment;
static struct counters counters;

static int make_counters(void **state)
{
    const struct segment_layout layout = {
        .processes = 1, .slots = PARTIES, .connections = 1, .counters = CAPACITY, .log_bytes = 4096};
    struct error error;

    (void)state;
    segment = segment_create(&layout, &error);
    if (segment == NULL)
        return -1;
    counters = (struct counters){.table = segment->counters,
                                 .capacity = CAPACITY,
                                 .lock = segment->counters_lock,
                                 .guard = COUNTERS_ATOMIC};
    return 0;
}

static int drop_counters(void **state)
{
    (void)state;
    segment_close(&segment);
    return 0;
}

static struct counter *claim(const char *name)
{
    char *copy = unit_copy(name, strlen(name));
    struct counter *counter = counters_find(&counters, copy, strlen(name), true);

    free(copy);
    return counter;
}

static const int guards[] = {COUNTERS_ATOMIC, COUNTERS_MUTEX, COUNTERS_NONE};

/* --- one worker
 * ----------------------------------------------------------------------------------------------------- */

static void a_counter_begins_absent_and_counts_from_zero(void **state)
{
    struct counter *counter;
    int64_t value;
    size_t i;

    (void)state;
    assert_null(counters_find(&counters, "hits", 4, false));
    counter = claim("hits");
    assert_non_null(counter);
    assert_ptr_equal(counters_find(&counters, "hits", 4, false), counter);
    for (i = 0; i < COUNT(guards); i++) {
        counters.guard = guards[i];
        assert_int_equal(counters_get(counter), COUNTER_ABSENT);
        assert_int_equal(counters_add(&counters, counter, 5, &value), COUNTER_OK);
        assert_int_equal(value, 5);
        assert_int_equal(counters_add(&counters, counter, -7, &value), COUNTER_OK);
        assert_int_equal(value, -2);
        assert_int_equal(counters_get(counter), -2);
        assert_int_equal(counters_set(&counters, counter, 0), -2);
        assert_int_equal(counters_get(counter), 0);
        assert_int_equal(counters_set(&counters, counter, COUNTER_ABSENT), 0); /* deleted */
        assert_int_equal(counters_set(&counters, counter, COUNTER_ABSENT), COUNTER_ABSENT);
        assert_ptr_equal(counters_find(&counters, "hits", 4, false), counter); /* the name stays claimed */
    }
}

static void overflow_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        int64_t value, amount;
        enum counter_result result;
    } cases[] = {
        {INT64_MAX, 1, COUNTER_OVERFLOW},      {INT64_MAX, INT64_MAX, COUNTER_OVERFLOW},
        {INT64_MAX - 1, 1, COUNTER_OK},        {INT64_MAX, 0, COUNTER_OK},
        {INT64_MIN + 1, -1, COUNTER_OVERFLOW}, /* the one integer that stands for absent */
        {INT64_MIN + 1, -2, COUNTER_OVERFLOW}, {INT64_MIN + 2, -1, COUNTER_OK},
        {0, INT64_MIN, COUNTER_OVERFLOW},      {1, INT64_MIN, COUNTER_OK},
        {-1, INT64_MIN, COUNTER_OVERFLOW},     {INT64_MIN + 1, INT64_MAX, COUNTER_OK},
    };
    struct counter *counter = claim("edge");
    int64_t value;
    size_t i, guard;

    (void)state;
    for (guard = 0; guard < COUNT(guards); guard++) {
        counters.guard = guards[guard];
        for (i = 0; i < COUNT(cases); i++) {
            counters_set(&counters, counter, cases[i].value);
            assert_int_equal(counters_add(&counters, counter, cases[i].amount, &value), cases[i].result);
            if (cases[i].result == COUNTER_OK)
                assert_int_equal(value, cases[i].value + cases[i].amount);
            assert_int_equal(counters_get(counter), cases[i].result == COUNTER_OK ? value : cases[i].value);
        }
        counters_set(&counters, counter, COUNTER_ABSENT);
        assert_int_equal(counters_add(&counters, counter, INT64_MIN, &value), COUNTER_OVERFLOW);
        assert_int_equal(counters_get(counter), COUNTER_ABSENT);
    }
}

static void names_are_bytes_of_any_kind(void **state)
{
    char longest[COUNTER_NAME_LONGEST];
    struct counter *found[4];
    size_t i, j;

    (void)state;
    memset(longest, 'x', sizeof longest);
    found[0] = counters_find(&counters, "a", 1, true);
    found[1] = counters_find(&counters, "a\0", 2, true);
    found[2] = counters_find(&counters, longest, sizeof longest, true);
    found[3] = counters_find(&counters, longest, sizeof longest - 1, true);
    for (i = 0; i < COUNT(found); i++) {
        assert_non_null(found[i]);
        for (j = 0; j < i; j++)
            assert_ptr_not_equal(found[i], found[j]);
    }
    assert_ptr_equal(counters_find(&counters, "a\0", 2, false), found[1]);
    assert_ptr_equal(counters_find(&counters, longest, sizeof longest, false), found[2]);
}

static void a_full_table_still_finds_what_it_has(void **state)
{
    struct counter *found[CAPACITY];
    char name[16];
    unsigned i, j;

    (void)state;
    for (i = 0; i < CAPACITY; i++) {
        snprintf(name, sizeof name, "c%u", i);
        found[i] = claim(name);
        assert_non_null(found[i]);
        for (j = 0; j < i; j++)
            assert_ptr_not_equal(found[i], found[j]);
    }
    assert_null(claim("one more"));
    assert_null(counters_find(&counters, "one more", 8, false));
    for (i = 0; i < CAPACITY; i++) {
        snprintf(name, sizeof name, "c%u", i);
        assert_ptr_equal(counters_find(&counters, name, strlen(name), i % 2 == 0), found[i]);
    }
}

/* Somebody claimed the name and died before it was written: the others don't wait for ever. */
static void a_claimer_that_died_halfway_is_not_waited_for(void **state)
{
    struct counter *counter = claim("half");
    uint64_t before = clock_now_us();

    (void)state;
    atomic_store(&counter->name_length, 0);
    memset(counter->name, 0, sizeof counter->name);
    assert_ptr_equal(counters_find(&counters, "half", 4, false), counter);
    assert_true(clock_now_us() - before >= 10000); /* it was given time */
    assert_ptr_not_equal(claim("other"), counter);
}

/* --- many workers
 * --------------------------------------------------------------------------------------------------- */

static struct counter *shared;

static void *count(void *argument)
{
    int64_t value, amount = *(int *)argument;
    int i;

    for (i = 0; i < EACH; i++)
        if (counters_add(&counters, shared, amount, &value) != COUNTER_OK)
            abort();
    return NULL;
}

static void threads_lose_no_update(void **state)
{
    pthread_t threads[PARTIES];
    int amounts[PARTIES] = {1, 2, 3, -1}, i;
    size_t guard;

    (void)state;
    shared = claim("threads");
    for (guard = 0; guard < 2; guard++) { /* atomic and mutex; `none` promises nothing */
        counters.guard = guards[guard];
        counters_set(&counters, shared, 0);
        for (i = 0; i < PARTIES; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, count, &amounts[i]), 0);
        for (i = 0; i < PARTIES; i++)
            pthread_join(threads[i], NULL);
        assert_int_equal(counters_get(shared), 5 * EACH);
    }
}

static void processes_lose_no_update(void **state)
{
    pid_t pids[PARTIES];
    int i, status, one = 1;
    size_t guard;

    (void)state;
    shared = claim("processes");
    for (guard = 0; guard < 2; guard++) {
        counters.guard = guards[guard];
        counters_set(&counters, shared, COUNTER_ABSENT);
        for (i = 0; i < PARTIES; i++) {
            pids[i] = fork();
            assert_true(pids[i] >= 0);
            if (pids[i] == 0) {
                count(&one);
                _exit(0);
            }
        }
        for (i = 0; i < PARTIES; i++) {
            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
            assert_int_equal(status, 0);
        }
        assert_int_equal(counters_get(shared), PARTIES * EACH);
    }
}

#define NAMES 48

static struct {
    _Atomic unsigned arrived[NAMES];
    struct counter *found[PARTIES][NAMES];
} race;

/* All at the same name at the same time, one name after the other. */
static void *claim_all(void *argument)
{
    int self = *(int *)argument;
    char name[16];
    unsigned i;

    for (i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, "race-%u", i);
        atomic_fetch_add(&race.arrived[i], 1);
        while (atomic_load(&race.arrived[i]) < PARTIES)
            sched_yield();
        race.found[self][i] = counters_find(&counters, name, strlen(name), true);
    }
    return NULL;
}

static unsigned claimed_entries(void)
{
    unsigned claimed = 0, i;

    for (i = 0; i < CAPACITY; i++)
        claimed += atomic_load(&counters.table[i].claim) != 0;
    return claimed;
}

static void one_name_claimed_by_many_is_one_counter(void **state)
{
    pthread_t threads[PARTIES];
    int selves[PARTIES], i, j;

    (void)state;
    memset(&race, 0, sizeof race);
    for (i = 0; i < PARTIES; i++) {
        selves[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, claim_all, &selves[i]), 0);
    }
    for (i = 0; i < PARTIES; i++)
        pthread_join(threads[i], NULL);
    for (j = 0; j < NAMES; j++)
        for (i = 0; i < PARTIES; i++) {
            assert_non_null(race.found[i][j]);
            assert_ptr_equal(race.found[i][j], race.found[0][j]);
        }
    assert_int_equal(claimed_entries(), NAMES);
}

/* --- holders that die
 * ----------------------------------------------------------------------------------------------- */

static void a_killed_holder_passes_its_lock_on(void **state)
{
    int64_t value;
    int status, round;
    pid_t pid;

    (void)state;
    counters.guard = COUNTERS_MUTEX;
    shared = claim("robust");
    for (round = 1; round <= 3; round++) {
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            pthread_mutex_lock(&counters.lock->mutex);
            raise(SIGKILL);
            _exit(1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(counters_add(&counters, shared, 1, &value), COUNTER_OK);
        assert_int_equal(value, round);
        assert_int_equal(atomic_load(&counters.lock->recovered), round);
    }
    /* whole again: taken and given back as if nothing had been */
    assert_int_equal(counters_set(&counters, shared, 9), 3);
    assert_int_equal(pthread_mutex_trylock(&counters.lock->mutex), 0);
    assert_int_equal(pthread_mutex_unlock(&counters.lock->mutex), 0);
}

/* Writers killed at any moment: the value is what they finished, and at most the one that each was at. */
static void killed_writers_leave_an_honest_sum(void **state)
{
    int64_t finished, value;
    int round, i, status;
    pid_t pids[2];

    (void)state;
    counters.guard = COUNTERS_MUTEX;
    shared = claim("storm");
    counters_set(&counters, shared, 0);
    for (round = 0; round < 60; round++) {
        const struct timespec pause = {.tv_nsec = (long)unit_random_below(400000)};

        for (i = 0; i < 2; i++) {
            pids[i] = fork();
            assert_true(pids[i] >= 0);
            if (pids[i] == 0) {
                for (;;)
                    if (counters_add(&counters, shared, 1, &value) == COUNTER_OK)
                        segment_add(&segment->slots[i].commands, 1);
            }
        }
        nanosleep(&pause, NULL);
        for (i = 0; i < 2; i++)
            kill(pids[i], SIGKILL);
        for (i = 0; i < 2; i++)
            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
    }
    finished = (int64_t)(segment_get(&segment->slots[0].commands) + segment_get(&segment->slots[1].commands));
    assert_in_range(counters_get(shared), finished, finished + 2 * 60);
    assert_int_equal(counters_add(&counters, shared, 1, &value), COUNTER_OK);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, make_counters, drop_counters)
    const struct CMUnitTest tests[] = {
        UNIT(a_counter_begins_absent_and_counts_from_zero),
        UNIT(overflow_is_refused_and_changes_nothing),
        UNIT(names_are_bytes_of_any_kind),
        UNIT(a_full_table_still_finds_what_it_has),
        UNIT(a_claimer_that_died_halfway_is_not_waited_for),
        UNIT(processes_lose_no_update),
        UNIT(a_killed_holder_passes_its_lock_on),
        UNIT(killed_writers_leave_an_honest_sum),
        UNIT(threads_lose_no_update),
        UNIT(one_name_claimed_by_many_is_one_counter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
