/* SPDX-License-Identifier: Apache-2.0
 *
 * A worker's place on the scoreboard: what it shows at each step of a turn, and totals that are published
 * once - by its owner alone, or by several threads that share the slot. */
#include "tests/unit/command/fixture.h"

#include <pthread.h>

static void a_worker_shows_its_turn(void **state)
{
    struct worker *worker = &fixture.worker;
    struct slot *slot = worker->slot;

    (void)state;
    assert_ptr_equal(slot, &fixture.segment->slots[1]);
    assert_int_equal(segment_get32(&slot->state), SLOT_IDLE);
    assert_int_equal(segment_get32(&slot->tid), gettid());
    assert_int_equal(segment_get32(&slot->process), 0);
    segment_set(&slot->beat_us, 0);
    worker_begin(worker, 77);
    assert_int_equal(segment_get32(&slot->state), SLOT_BUSY);
    assert_int_equal(segment_get(&slot->connection), 77);
    assert_int_equal(segment_get(&slot->beat_us), worker->now_us);
    worker->tally.commands = 2;
    worker->tally.error_replies = 1;
    worker->tally.rx_bytes = 10;
    worker->tally.tx_bytes = 20;
    assert_int_equal(segment_get(&slot->commands), 0); /* published at the end only */
    worker_end(worker, SLOT_WAITING);
    assert_int_equal(segment_get32(&slot->state), SLOT_WAITING);
    worker_end(worker, SLOT_IDLE);
    assert_int_equal(segment_get(&slot->commands), 2);
    assert_int_equal(segment_get(&slot->error_replies), 1);
    assert_int_equal(segment_get(&slot->rx_bytes), 10);
    assert_int_equal(segment_get(&slot->tx_bytes), 20);
    assert_int_equal(segment_get32(&slot->state), SLOT_IDLE);
}

/* The next worker in the slot goes on with its totals. */
static void totals_stay_over_a_change_of_worker(void **state)
{
    (void)state;
    fixture.worker.tally.commands = 3;
    worker_end(&fixture.worker, SLOT_IDLE);
    worker_leave(&fixture.worker);
    assert_int_equal(segment_get32(&fixture.segment->slots[1].state), SLOT_FREE);
    worker_enter(&fixture.worker, 1, false, 1);
    fixture.worker.tally.commands = 4;
    worker_end(&fixture.worker, SLOT_IDLE);
    assert_int_equal(segment_get(&fixture.segment->slots[1].commands), 7);
}

/* Puts another configuration in effect. */
static void reload(uint64_t max_args)
{
    struct config *config = config_new();
    struct generation *next = generation_new(config, generations_current(fixture.generations)->number + 1,
                                             NULL, &(struct buffer){0});

    assert_non_null(next);
    config->limits.max_args = max_args;
    generations_publish(fixture.generations, next);
}

static void a_turn_begins_with_the_newest_generation_and_keeps_it(void **state)
{
    struct worker *worker = &fixture.worker;
    struct resp_arg *args;

    (void)state;
    worker_begin(worker, 1);
    assert_int_equal(worker->generation->number, 1);
    assert_int_equal(worker->args_room, 1024);
    reload(2000);
    assert_int_equal(worker->generation->number, 1); /* in the turn nothing changes */
    assert_int_equal(worker->config->limits.max_args, 1024);
    worker_end(worker, SLOT_IDLE);
    assert_int_equal(generations_alive(fixture.generations), 2);
    worker_begin(worker, 1);
    assert_int_equal(worker->generation->number, 2);
    assert_int_equal(worker->config->limits.max_args, 2000);
    assert_int_equal(worker->args_room, 2000);
    assert_int_equal(generations_alive(fixture.generations), 1);
    reload(5);
    reload(7);
    args = worker->args;
    worker_begin(worker, 1);
    assert_int_equal(worker->config->limits.max_args, 7);
    assert_ptr_equal(worker->args, args); /* there is room enough */
}

#define SHARERS 4
#define TURNS   5000

static void *share_a_slot(void *argument)
{
    struct worker worker;
    int i;

    (void)argument;
    if (worker_prepare(&worker, &fixture.process) != 0)
        abort();
    worker_enter(&worker, 5, true, 5);
    for (i = 0; i < TURNS; i++) {
        worker_begin(&worker, 1);
        worker.tally.commands++;
        worker.tally.tx_bytes += 3;
        worker_end(&worker, SLOT_IDLE);
    }
    worker_leave(&worker);
    worker_clear(&worker);
    return NULL;
}

static void a_shared_slot_loses_nothing(void **state)
{
    pthread_t threads[SHARERS];
    int i;

    (void)state;
    for (i = 0; i < SHARERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, share_a_slot, NULL), 0);
    for (i = 0; i < SHARERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(segment_get(&fixture.segment->slots[5].commands), SHARERS * TURNS);
    assert_int_equal(segment_get(&fixture.segment->slots[5].tx_bytes), SHARERS * TURNS * 3);
}

/* With log.overflow = block it may wait for longer than a command may take: the watchdog starved meanwhile. */
static void a_worker_that_waits_for_the_log_lives(void **state)
{
    uint64_t before, waited_us = 300000;
    unsigned i;

    (void)state;
    worker_begin(&fixture.worker, 77);
    for (i = 0; i < 3000; i++) /* more than its lane holds, and nobody reads */
        log_event(EVENT_WARNING, LOG_S("one of many"));
    before = segment_get(&fixture.worker.slot->beat_us);
    log_set_patience(waited_us);
    log_event(EVENT_WARNING, LOG_S("one too many"));
    log_set_patience(0);
    assert_true(segment_get(&fixture.worker.slot->beat_us) >= before + waited_us);
}

/* It kept its hold on the generation, which then was never freed. */
static void one_without_room_for_arguments_holds_nothing(void **state)
{
    struct worker worker;

    (void)state;
    fixture.config->limits.max_args = 0; /* no room at all: what short memory comes to */
    assert_int_equal(worker_prepare(&worker, &fixture.process), -1);
    assert_null(worker.generation);
    assert_int_equal(generations_alive(fixture.generations), 1);
    worker_clear(&worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(a_worker_shows_its_turn),
        FIXTURE_UNIT(totals_stay_over_a_change_of_worker),
        FIXTURE_UNIT(a_turn_begins_with_the_newest_generation_and_keeps_it),
        FIXTURE_UNIT(a_shared_slot_loses_nothing),
        FIXTURE_UNIT(a_worker_that_waits_for_the_log_lives),
        FIXTURE_UNIT(one_without_room_for_arguments_holds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
