/* SPDX-License-Identifier: Apache-2.0
 *
 * Generations: who holds one keeps it, the last to let go frees it, also when threads do so while others are published;
 * and their way to another process as bytes. */
#include "tests/unit/config/fixture.h"

#include <pthread.h>

#include "daemon/config/attachment.h"
#include "daemon/config/generation.h"

#define THREADS 4
#define RELOADS 2000

static struct generation *numbered(uint32_t number)
{
    struct config *config = fixture_new();
    struct generation *generation = generation_new(config, number, NULL, &(struct buffer){0});

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

static void a_generation_travels_as_bytes(void **state)
{
    static const char secret[] = "no\0text\npart config 5\n";
    struct generation *generation = numbered(77), *copy;
    struct buffer bytes = {0}, problems = {0};
    const struct attachment *attachment;

    (void)state;
    assert_int_equal(attachment_set(generation->config, "tls.client_ca", secret, sizeof secret), 0);
    assert_int_equal(attachment_set(generation->config, "auth.users", "", 0), 0);
    assert_int_equal(generation_write(generation, &bytes), 0);
    copy = generation_read(buffer_head(&bytes), buffer_length(&bytes), 2, NULL, &problems);
    fixture_expect(&problems, "");
    assert_non_null(copy);
    assert_int_equal(copy->number, 77);
    assert_int_equal(copy->config->limits.max_args, 77);
    attachment = attachment_of(copy->config, ATTACHMENT_CLIENT_CA);
    assert_non_null(attachment);
    assert_int_equal(buffer_length(&attachment->text), sizeof secret);
    assert_memory_equal(buffer_head(&attachment->text), secret, sizeof secret);
    assert_non_null(attachment_of(copy->config, ATTACHMENT_USERS));
    assert_null(attachment_of(copy->config, ATTACHMENT_KEY));
    generation_wipe(&bytes);
    assert_null(bytes.data);
    generation_free(&generation);
    generation_free(&copy);
    generation_free(&copy); /* takes NULL */
}

static void refused(const char *text, const char *expected)
{
    struct buffer problems = {0};

    assert_null(generation_read(text, strlen(text), 2, NULL, &problems));
    fixture_expect(&problems, expected);
}

static void what_is_no_generation_is_refused(void **state)
{
    (void)state;
    refused("", "generation: it has no number\n");
    refused("[limits]\nmax_args = 7\n", "generation: it has no number\n");
    refused("concurd generation 0\n", "generation: it has no number\n");
    refused("concurd generation 7\n", "generation: it has no configuration\n");
    refused("concurd generation 7\npart tls.key 1\nx", "generation: it has no configuration\n");
    refused("concurd generation 7\npart config 22\n[limits]\nmax_args = x\n",
            "generation:2: limits.max_args = x is not a whole number between 1 and 1048576\n");
    refused("concurd generation 7\npart config 29\n[pool]\nthreads = 1\nturns = 2\n",
            "generation:3: pool.turns = 2 is more than pool.threads = 1; write 0 for unlimited\n");
}

static void parts_that_make_no_sense_are_refused(void **state)
{
    static const char cut[] = "generation: it has a part without a head, or is cut off\n";
    static const char odd[] = "generation: it has a part that can't be taken\n";

    (void)state;
    refused("concurd generation 7\npart config 0\npart tls.key 2\nx", cut);
    refused("concurd generation 7\npart config 0\nx", cut);
    refused("concurd generation 7\npart config 0\npart tls.key\nx", cut);
    refused("concurd generation 7\npart config 0\npart tls.key -1\nx", cut);
    refused("concurd generation 7\npart config 0\npart tls.secret 1\nx", odd);
    refused("concurd generation 7\npart config 0\npart auth.users 1\nxpart auth.users 1\nx", odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_holds_one_keeps_it),
        cmocka_unit_test(threads_hold_and_let_go_while_others_are_published),
        cmocka_unit_test(a_generation_travels_as_bytes),
        cmocka_unit_test(what_is_no_generation_is_refused),
        cmocka_unit_test(parts_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
