/* SPDX-License-Identifier: Apache-2.0
 *
 * Generations: who holds one keeps it, the last to let go frees it, also when threads do so while others are published;
 * and their way to another process as text. */
#include "tests/unit/config/fixture.h"

#include <pthread.h>

#include "daemon/config/generation.h"

#define THREADS 4
#define RELOADS 2000

static struct generation *numbered(uint32_t number)
{
    struct config *config = fixture_new();
    struct generation *generation = generation_new(config, number);

    assert_non_null(generation);
    config->limits.max_args = number; /* what tells them apart */
    return generation;
}

static void who_holds_one_keeps_it(void **state)
{
    struct generations *generations = generations_new(numbered(1));
    const struct generation *first, *second;

    (void)state;
    first = generations_hold(generations);
    assert_false(generations_moved(generations, first));
    generations_publish(generations, numbered(2));
    assert_true(generations_moved(generations, first));
    second = generations_hold(generations);
    assert_int_equal(generations_alive(generations), 2);
    assert_int_equal(first->config->limits.max_args, 1);
    assert_int_equal(second->config->limits.max_args, 2);
    generations_let_go(generations, first);
    assert_int_equal(generations_alive(generations), 1);
    generations_publish(generations, numbered(3));
    generations_publish(generations, numbered(4)); /* nobody ever held 3 */
    assert_int_equal(generations_alive(generations), 2);
    generations_let_go(generations, second);
    assert_int_equal(generations_alive(generations), 1);
    assert_int_equal(generations_current(generations)->number, 4);
    generations_free(&generations);
    assert_null(generations);
}

static struct generations *shared;
static _Atomic bool done;

/* As a worker does at the beginning of each turn. */
static void *adopt_all_the_time(void *argument)
{
    const struct generation *mine = generations_hold(shared);
    uint32_t newest = 0;

    (void)argument;
    while (!atomic_load(&done)) {
        if (generations_moved(shared, mine)) {
            const struct generation *next = generations_hold(shared);

            generations_let_go(shared, mine);
            mine = next;
        }
        if (mine->config->limits.max_args != mine->number || mine->number < newest)
            abort();
        newest = mine->number;
    }
    generations_let_go(shared, mine);
    return NULL;
}

static void threads_hold_and_let_go_while_others_are_published(void **state)
{
    pthread_t threads[THREADS];
    unsigned i;

    (void)state;
    shared = generations_new(numbered(1));
    for (i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, adopt_all_the_time, NULL), 0);
    for (i = 2; i <= RELOADS; i++) {
        generations_publish(shared, numbered(i));
        /* each holds one, and one more for a moment */
        assert_in_range(generations_alive(shared), 1, 1 + 2 * THREADS);
    }
    atomic_store(&done, true);
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(generations_alive(shared), 1);
    generations_free(&shared);
}

static void a_generation_travels_as_text(void **state)
{
    struct generation *generation = numbered(77), *copy;
    struct buffer text = {0}, problems = {0};

    (void)state;
    assert_int_equal(generation_write(generation, &text), 0);
    copy = generation_read(buffer_head(&text), buffer_length(&text), 2, &problems);
    fixture_expect(&problems, "");
    assert_non_null(copy);
    assert_int_equal(copy->number, 77);
    assert_int_equal(copy->config->limits.max_args, 77);
    buffer_free(&text);
    generation_free(&generation);
    generation_free(&copy);
    generation_free(&copy); /* takes NULL */
}

static void refused(const char *text, const char *expected)
{
    struct buffer problems = {0};

    assert_null(generation_read(text, strlen(text), 2, &problems));
    fixture_expect(&problems, expected);
}

static void what_is_no_generation_is_refused(void **state)
{
    (void)state;
    refused("", "generation: it has no number\n");
    refused("[limits]\nmax_args = 7\n", "generation: it has no number\n");
    refused("# generation 0\n", "generation: it has no number\n");
    refused("# generation 7\n[limits]\nmax_args = x\n",
            "generation:3: limits.max_args = x is not a whole number between 1 and 1048576\n");
    refused("# generation 7\n[pool]\nthreads = 1\nturns = 2\n",
            "generation:4: pool.turns = 2 is more than pool.threads = 1; write 0 for unlimited\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_holds_one_keeps_it),
        cmocka_unit_test(threads_hold_and_let_go_while_others_are_published),
        cmocka_unit_test(a_generation_travels_as_text),
        cmocka_unit_test(what_is_no_generation_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
