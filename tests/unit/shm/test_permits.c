/* SPDX-License-Identifier: Apache-2.0
 *
 * Permits: how many there are at once, in which order they are had, that who leaves or loses his place is passed over, and
 * that processes which are killed wherever they are keep nothing. Runs in the test's thread and in children of it. */
#include "tests/unit/unit.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/shm/permits.h"

#define WAITING  100 /* the ring has room for 128 */
#define CHILDREN 4
#define KILLS    300

/* What children share with their parent. */
struct shared {
    _Atomic uint32_t inside;  /* who believe that they have a permit; of no use once somebody was killed */
    _Atomic uint32_t crowded; /* how often there were too many */
    _Atomic uint64_t turns;   /* how often anybody had one */
};

static struct permits *permits;
static struct shared *shared;

static void *map_shared(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory != MAP_FAILED ? memory : NULL;
}

static int begin(void **state)
{
    (void)state;
    permits = map_shared(permits_bytes(WAITING));
    shared = map_shared(sizeof *shared);
    if (permits == NULL || shared == NULL)
        return -1;
    permits_init(permits, WAITING);
    return 0;
}

static int end(void **state)
{
    (void)state;
    munmap(permits, permits_bytes(WAITING));
    munmap(shared, sizeof *shared);
    return 0;
}

static void so_many_and_no_more(void **state)
{
    struct permit one = {0}, two = {0}, three = {0};

    (void)state;
    assert_true(permits_take(permits, &one, 0, 2));
    assert_true(permits_take(permits, &two, 1, 2));
    assert_false(permits_take(permits, &three, 1, 2));
    assert_false(permits_take(permits, &three, 1, 2));
    assert_int_equal(permits_taken(permits), 2);
    assert_int_equal(permits_waiting(permits), 1);
    permits_give(permits, &one);
    assert_int_equal(permits_taken(permits), 1);
    assert_true(permits_take(permits, &three, 1, 2));
    assert_int_equal(permits_waiting(permits), 0);
    permits_give(permits, &one); /* has none: nobody's is given */
    assert_int_equal(permits_taken(permits), 2);
}

static void they_are_had_in_order(void **state)
{
    struct permit holder = {0}, waiting[3] = {0}, late = {0};

    (void)state;
    assert_true(permits_take(permits, &holder, 0, 1));
    assert_false(permits_take(permits, &waiting[0], 0, 1));
    assert_false(permits_take(permits, &waiting[1], 1, 1));
    assert_false(permits_take(permits, &waiting[2], 2, 1));
    assert_int_equal(permits_ahead(permits, &waiting[0]), 0);
    assert_int_equal(permits_ahead(permits, &waiting[2]), 2);
    permits_give(permits, &holder);
    assert_false(permits_take(permits, &waiting[2], 2, 1));
    assert_false(permits_take(permits, &late, 3, 1)); /* one that is free is not for who comes last */
    assert_true(permits_take(permits, &waiting[0], 0, 1));
    permits_give(permits, &waiting[0]);
    assert_false(permits_take(permits, &waiting[2], 2, 1));
    assert_true(permits_take(permits, &waiting[1], 1, 1));
    permits_give(permits, &waiting[1]);
    assert_true(permits_take(permits, &waiting[2], 2, 1));
    permits_give(permits, &waiting[2]);
    assert_true(permits_take(permits, &late, 3, 1));
}

/* Two are free: the first two of the queue get them, in whatever order they ask. */
static void as_many_of_the_first_as_are_free(void **state)
{
    struct permit holders[2] = {0}, waiting[3] = {0};
    int i;

    (void)state;
    for (i = 0; i < 2; i++)
        assert_true(permits_take(permits, &holders[i], 0, 2));
    for (i = 0; i < 3; i++)
        assert_false(permits_take(permits, &waiting[i], 0, 2));
    for (i = 0; i < 2; i++)
        permits_give(permits, &holders[i]);
    assert_false(permits_take(permits, &waiting[2], 0, 2));
    assert_true(permits_take(permits, &waiting[1], 0, 2));
    assert_true(permits_take(permits, &waiting[0], 0, 2));
}

/* The first may be unable to ask: what stays free from one look to the next is the second's. */
static void what_nobody_takes_is_anybody_s(void **state)
{
    struct permit holder = {0}, first = {0}, second = {0};

    (void)state;
    assert_true(permits_take(permits, &holder, 0, 1));
    assert_false(permits_take(permits, &first, 0, 1));
    assert_false(permits_take(permits, &second, 1, 1));
    permits_give(permits, &holder);
    assert_false(permits_take(permits, &second, 1, 1));
    assert_true(permits_take(permits, &second, 1, 1));
    assert_false(permits_take(permits, &first, 0, 1));
    permits_give(permits, &second);
    assert_true(permits_take(permits, &first, 0, 1));
    permits_give(permits, &first);
}

/* It must be the same that stays free: one that was taken meanwhile, and given back, was not left lying. */
static void what_others_took_meanwhile_is_not(void **state)
{
    struct permit holder = {0}, first = {0}, second = {0}, third = {0};

    (void)state;
    assert_true(permits_take(permits, &holder, 0, 1));
    assert_false(permits_take(permits, &first, 0, 1));
    assert_false(permits_take(permits, &second, 1, 1));
    assert_false(permits_take(permits, &third, 1, 1));
    permits_give(permits, &holder);
    assert_false(permits_take(permits, &third, 1, 1));
    assert_true(permits_take(permits, &first, 1, 1));
    permits_give(permits, &first);
    assert_false(permits_take(permits, &third, 1, 1));
    assert_true(permits_take(permits, &second, 1, 1));
}

static void who_leaves_is_passed_over(void **state)
{
    struct permit holder = {0}, waiting[4] = {0}, none = {0};
    int i;

    (void)state;
    assert_true(permits_take(permits, &holder, 0, 1));
    for (i = 0; i < 4; i++)
        assert_false(permits_take(permits, &waiting[i], 0, 1));
    permits_leave(permits, &waiting[1]);
    permits_leave(permits, &waiting[0]);
    permits_leave(permits, &none);
    assert_int_equal(permits_waiting(permits), 2);
    permits_give(permits, &holder);
    assert_true(permits_take(permits, &waiting[2], 0, 1));
    permits_leave(permits, &waiting[3]);
    permits_give(permits, &waiting[2]);
    assert_true(permits_take(permits, &none, 0, 1)); /* nobody is left who waits */
}

static void the_limit_may_change(void **state)
{
    struct permit first[4] = {0}, next = {0};
    int i;

    (void)state;
    for (i = 0; i < 4; i++)
        assert_true(permits_take(permits, &first[i], 0, 4));
    for (i = 0; i < 4; i++) {
        assert_false(permits_take(permits, &next, 0, 1)); /* as long as it has the one place that there is */
        permits_give(permits, &first[3 - i]);
    }
    assert_true(permits_take(permits, &next, 0, 1));
    assert_true(permits_take(permits, &first[0], 0, 2));
    assert_int_equal(permits_taken(permits), 2);
}

static void the_ring_goes_round(void **state)
{
    struct permit holder = {0}, waiting[2] = {0};
    int i;

    (void)state;
    assert_true(permits_take(permits, &holder, 0, 1));
    assert_false(permits_take(permits, &waiting[0], 0, 1));
    for (i = 0; i < 1000; i++) {
        struct permit *mine = &waiting[i % 2], *other = &waiting[1 - i % 2];

        assert_false(permits_take(permits, other, 0, 1));
        permits_give(permits, &holder);
        assert_true(permits_take(permits, mine, 0, 1));
        holder = *mine;
        *mine = (struct permit){0};
        assert_int_equal(permits_waiting(permits), 1);
    }
}

/* Behind one who waits long the ring fills up with those who have left: then nobody gets a ticket, and nothing else
 * happens; who has none is served when the others are. */
static void a_full_ring_is_no_harm(void **state)
{
    struct permit holder = {0}, patient = {0}, other = {0};
    int i;

    (void)state;
    assert_true(permits_take(permits, &holder, 0, 1));
    assert_false(permits_take(permits, &patient, 0, 1));
    for (i = 0; i < 1000; i++) {
        assert_false(permits_take(permits, &other, 0, 1));
        permits_leave(permits, &other);
    }
    assert_int_equal(permits_waiting(permits), 1);
    assert_false(permits_take(permits, &other, 0, 1));
    assert_int_equal(other.ticket, 0);
    permits_give(permits, &holder);
    assert_false(permits_take(permits, &other, 0, 1));
    assert_true(permits_take(permits, &patient, 0, 1));
    assert_false(permits_take(permits, &other, 0, 1));
    permits_give(permits, &patient);
    assert_true(permits_take(permits, &other, 0, 1));
}

static void a_process_loses_all_that_it_had(void **state)
{
    struct permit mine[2] = {0}, others = {0}, waits[2] = {0}, last = {0};

    (void)state;
    assert_true(permits_take(permits, &mine[0], 7, 2));
    assert_true(permits_take(permits, &others, 6, 2));
    assert_false(permits_take(permits, &waits[0], 7, 2));
    assert_false(permits_take(permits, &waits[1], 6, 2));
    permits_reclaim(permits, 7);
    permits_reclaim(permits, 70);
    assert_int_equal(permits_taken(permits), 1);
    assert_int_equal(permits_waiting(permits), 1);
    assert_true(permits_take(permits, &waits[1], 6, 2));
    permits_give(permits, &mine[0]); /* it was only stopped: what it gives back is another's */
    assert_int_equal(permits_taken(permits), 2);
    assert_false(permits_take(permits, &last, 6, 2));
    assert_false(permits_take(permits, &waits[0], 7, 2)); /* it queues anew */
    assert_int_equal(permits_ahead(permits, &waits[0]), 1);
    permits_leave(permits, &last);
    permits_give(permits, &others);
    assert_true(permits_take(permits, &waits[0], 7, 2));
}

/* A process claims the next entry of the queue and comes no further, for now or for ever. */
static void what_is_claimed_is_not_given_twice(void **state)
{
    struct permit holder = {0}, stopped = {0}, other = {0};

    (void)state;
    assert_true(permits_take(permits, &holder, 0, 1));
    assert_false(permits_take(permits, &stopped, 7, 1));
    atomic_store(&permits->next, stopped.ticket);
    assert_false(permits_take(permits, &other, 6, 1));
    assert_int_equal(other.ticket, stopped.ticket + 1);
    assert_int_equal(permits_waiting(permits), 2);
    permits_leave(permits, &other);
    atomic_store(&permits->next, stopped.ticket);
    permits_reclaim(permits, 7);
    assert_false(permits_take(permits, &other, 6, 1));
    assert_true(other.ticket > stopped.ticket);
    assert_int_equal(permits_waiting(permits), 1);
    permits_give(permits, &holder);
    assert_true(permits_take(permits, &other, 6, 1));
}

/* Takes and gives for ever, some patiently and some not. */
static void child(unsigned number, unsigned most)
{
    struct permit permit = {0};
    unsigned tries;

    for (;;) {
        for (tries = 0; !permits_take(permits, &permit, number, most); tries++) {
            sched_yield();
            if (tries == 50 + number)
                permits_leave(permits, &permit);
        }
        if (atomic_fetch_add(&shared->inside, 1) >= most)
            atomic_fetch_add(&shared->crowded, 1);
        if (atomic_fetch_add(&shared->turns, 1) % 4 == 0)
            sched_yield(); /* while others try */
        atomic_fetch_sub(&shared->inside, 1);
        permits_give(permits, &permit);
    }
}

static pid_t start_child(unsigned number, unsigned most)
{
    pid_t pid = fork();

    if (pid == 0)
        child(number, most);
    assert_true(pid > 0);
    return pid;
}

static void kill_child(pid_t pid, unsigned number)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    permits_reclaim(permits, number);
}

static void wait_for_turns(uint64_t turns)
{
    const struct timespec pause = {.tv_nsec = 500000};
    unsigned i;

    for (i = 0; atomic_load(&shared->turns) < turns; i++) {
        assert_true(i < 20000);
        nanosleep(&pause, NULL);
    }
}

static void processes_together_have_no_more(void **state)
{
    pid_t children[CHILDREN];
    unsigned i;

    (void)state;
    for (i = 0; i < CHILDREN; i++)
        children[i] = start_child(i, 1);
    wait_for_turns(100000);
    for (i = 0; i < CHILDREN; i++)
        kill(children[i], SIGSTOP);
    assert_int_equal(atomic_load(&shared->crowded), 0);
    for (i = 0; i < CHILDREN; i++)
        kill_child(children[i], i);
}

static void killed_processes_keep_nothing(void **state)
{
    pid_t children[CHILDREN];
    struct permit permit = {0};
    unsigned i, kills;

    (void)state;
    for (i = 0; i < CHILDREN; i++)
        children[i] = start_child(i, 2);
    for (kills = 0; kills < KILLS; kills++) {
        const struct timespec pause = {.tv_nsec = (long)unit_random_below(500000)};
        uint64_t turns = atomic_load(&shared->turns);
        unsigned victim = (unsigned)unit_random_below(CHILDREN);

        nanosleep(&pause, NULL);
        kill_child(children[victim], victim);
        children[victim] = start_child(victim, 2);
        wait_for_turns(turns + 1); /* it goes on */
    }
    for (i = 0; i < CHILDREN; i++)
        kill_child(children[i], i);
    assert_int_equal(permits_taken(permits), 0);
    assert_int_equal(permits_waiting(permits), 0);
    assert_true(permits_take(permits, &permit, 0, 1));
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        UNIT(so_many_and_no_more),
        UNIT(they_are_had_in_order),
        UNIT(as_many_of_the_first_as_are_free),
        UNIT(what_nobody_takes_is_anybody_s),
        UNIT(what_others_took_meanwhile_is_not),
        UNIT(who_leaves_is_passed_over),
        UNIT(the_limit_may_change),
        UNIT(the_ring_goes_round),
        UNIT(a_full_ring_is_no_harm),
        UNIT(a_process_loses_all_that_it_had),
        UNIT(what_is_claimed_is_not_given_twice),
        UNIT(processes_together_have_no_more),
        UNIT(killed_processes_keep_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
