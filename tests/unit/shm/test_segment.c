/* SPDX-License-Identifier: Apache-2.0
 *
 * The shared segment: its shape, its seals, what a wrong inheritance gives, and how clients and totals are
 * counted. Runs in the test's one thread. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/shm/counters.h"
#include "daemon/shm/permits.h"
#include "daemon/shm/segment.h"

static const struct segment_layout layout = {
    .processes = 5, .slots = 67, .connections = 130, .counters = 33, .log_bytes = 10000};

static struct segment *segment;

static int make_segment(void **state)
{
    struct error error;

    (void)state;
    segment = segment_create(&layout, &error);
    return segment != NULL ? 0 : -1;
}

static int drop_segment(void **state)
{
    (void)state;
    segment_close(&segment);
    return segment == NULL ? 0 : -1;
}

struct part {
    const char *start;
    size_t bytes;
};

static void parts_stand_apart_and_zeroed(void **state)
{
    const struct part parts[] = {
        {(const char *)segment->header, sizeof *segment->header},
        {(const char *)segment->processes, layout.processes * sizeof *segment->processes},
        {(const char *)segment->slots, layout.slots * sizeof *segment->slots},
        {(const char *)segment->connections, layout.connections * sizeof *segment->connections},
        {(const char *)segment->counters_lock, sizeof *segment->counters_lock},
        {(const char *)segment->work_lock, sizeof *segment->work_lock},
        {(const char *)segment->cpu_permits, permits_bytes(layout.connections)},
        {(const char *)segment->counters, layout.counters * sizeof *segment->counters},
        {(const char *)segment->log, layout.log_bytes},
    };
    const char *base = (const char *)segment->header;
    size_t i, at;

    (void)state;
    for (i = 0; i < COUNT(parts); i++) {
        assert_int_equal((size_t)(parts[i].start - base) % 4096, 0);
        assert_true(parts[i].start + parts[i].bytes <= base + segment->header->bytes);
        if (i > 0)
            assert_true(parts[i - 1].start + parts[i - 1].bytes <= parts[i].start);
        for (at = 0; at < parts[i].bytes && i != 0 && i != 4 && i != 5 && i != 6; at++)
            assert_int_equal(parts[i].start[at], 0);
    }
    assert_int_equal(segment->header->processes, layout.processes);
    assert_int_equal(segment->header->slots, layout.slots);
    assert_int_equal(segment->header->connections, layout.connections);
    assert_int_equal(segment->header->counters, layout.counters);
    assert_int_equal(segment->header->log_bytes, layout.log_bytes);
    assert_int_equal(sizeof(struct slot) % 64, 0); /* no two workers share a line */
}

static void nobody_can_resize_it(void **state)
{
    struct stat status;

    (void)state;
    assert_int_equal(fstat(segment->fd, &status), 0);
    assert_int_equal(status.st_size, segment->header->bytes);
    assert_int_not_equal(ftruncate(segment->fd, 0), 0);
    assert_int_not_equal(ftruncate(segment->fd, status.st_size * 2), 0);
    assert_int_not_equal(fcntl(segment->fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
    assert_int_equal(fcntl(segment->fd, F_GETFD), FD_CLOEXEC);
}

static void two_views_show_the_same(void **state)
{
    struct error error;
    struct segment *other = segment_attach(dup(segment->fd), &error);

    (void)state;
    assert_non_null(other);
    segment_set(&segment->slots[66].commands, 42);
    assert_int_equal(segment_get(&other->slots[66].commands), 42);
    segment_set32(&other->connections[129].kill, 1);
    assert_int_equal(segment_get32(&segment->connections[129].kill), 1);
    ((char *)other->log)[layout.log_bytes - 1] = 'x';
    assert_int_equal(((char *)segment->log)[layout.log_bytes - 1], 'x');
    segment_close(&other);
    assert_null(other);
}

static void assert_refused(int fd, const char *why)
{
    struct error error = {"nothing said"};
    struct segment *other = segment_attach(fd, &error);
    char expected[128];

    assert_null(other);
    snprintf(expected, sizeof expected, "descriptor %d is no shared segment%s", fd, why);
    assert_string_equal(error.text, expected);
}

static void what_is_no_segment_is_refused(void **state)
{
    int empty = memfd_create("unit", MFD_CLOEXEC), unsealed = memfd_create("unit", MFD_CLOEXEC), ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_refused(ends[0], ": Illegal seek");
    assert_true(empty >= 0 && unsealed >= 0);
    assert_int_equal(write(unsealed, segment->header, segment->header->bytes), segment->header->bytes);
    assert_refused(unsealed,
                   " of this version"); /* right in every byte, but it could be cut under our hands */
    close(ends[0]);
    close(ends[1]);
    close(unsealed);
    assert_refused(unsealed, ": Bad file descriptor");
    close(empty);
}

static void a_header_that_does_not_fit_is_refused(void **state)
{
    struct segment_header *header = segment->header;

    (void)state;
    header->magic++;
    assert_refused(segment->fd, " of this version");
    header->magic--;
    header->slots += 1000;
    assert_refused(segment->fd, " of this version");
    header->slots -= 1000;
    header->connections = UINT32_MAX;
    assert_refused(segment->fd, " of this version");
    header->connections = layout.connections;
    header->log_bytes = UINT64_MAX - 100;
    assert_refused(segment->fd, " of this version");
    header->log_bytes = layout.log_bytes;
    header->bytes += 4096;
    assert_refused(segment->fd, " of this version");
    header->bytes -= 4096;
    two_views_show_the_same(state);
}

static void clients_are_what_was_dispatched_and_not_closed(void **state)
{
    (void)state;
    assert_int_equal(segment_clients(segment), 0);
    segment_set(&segment->processes[0].dispatched, 10);
    segment_set(&segment->processes[0].closed, 4);
    segment_set(&segment->processes[4].dispatched, 3);
    segment_set(&segment->header->queued_connections, 1);
    segment_set(&segment->header->proxy_waiting, 1);
    assert_int_equal(segment_process_clients(segment, 0), 6);
    assert_int_equal(segment_process_clients(segment, 4), 3);
    assert_int_equal(segment_clients(segment), 11);
    segment_set(&segment->processes[4].closed, 4); /* closed before the dispatch was counted */
    assert_int_equal(segment_process_clients(segment, 4), 0);
    assert_int_equal(segment_clients(segment), 8);
}

static void give_slot(unsigned number, unsigned process, uint64_t value)
{
    struct slot *slot = &segment->slots[number];

    segment_set32(&slot->process, process);
    segment_set32(&slot->state, SLOT_BUSY);
    segment_set32(&slot->tid, 1234);
    segment_set(&slot->commands, value);
    segment_set(&slot->error_replies, value * 2);
    segment_set(&slot->rx_bytes, value * 3);
    segment_set(&slot->tx_bytes, value * 4);
    segment_set(&slot->limits[LIMIT_MAX_ARGS], value * 5);
}

static void folding_moves_a_dead_process_and_no_other(void **state)
{
    struct segment_folded *folded = &segment->header->folded;
    struct process_entry *entry = &segment->processes[2];
    int round;

    (void)state;
    give_slot(10, 2, 5);
    give_slot(11, 2, 7);
    give_slot(12, 3, 100);
    segment_set(&entry->cpu_user_us, 50);
    segment_set(&entry->cpu_sys_us, 60);
    segment_set(&entry->voluntary_switches, 70);
    segment_set(&entry->involuntary_switches, 80);
    segment_set(&entry->rss_anon_bytes, 90);
    segment_set32(&entry->workers, 2);
    segment_set(&folded->commands, 1000);
    for (round = 0; round < 2; round++) { /* the second time there is nothing more to move */
        segment_fold(segment, 2);
        assert_int_equal(segment_get(&folded->commands), 1012);
        assert_int_equal(segment_get(&folded->error_replies), 24);
        assert_int_equal(segment_get(&folded->rx_bytes), 36);
        assert_int_equal(segment_get(&folded->tx_bytes), 48);
        assert_int_equal(segment_get(&folded->limits[LIMIT_MAX_ARGS]), 60);
        assert_int_equal(segment_limit(segment, LIMIT_MAX_ARGS), 60 + 500); /* none lost, none twice */
        assert_int_equal(segment_get(&folded->cpu_user_us), 50);
        assert_int_equal(segment_get(&folded->cpu_sys_us), 60);
        assert_int_equal(segment_get(&folded->voluntary_switches), 70);
        assert_int_equal(segment_get(&folded->involuntary_switches), 80);
    }
    assert_int_equal(segment_get(&segment->slots[10].commands), 0);
    assert_int_equal(segment_get32(&segment->slots[11].state), SLOT_FREE);
    assert_int_equal(segment_get32(&segment->slots[11].tid), 0);
    assert_int_equal(segment_get(&entry->cpu_user_us), 0);
    assert_int_equal(segment_get(&entry->rss_anon_bytes), 0);
    assert_int_equal(segment_get32(&entry->workers), 0);
    assert_int_equal(segment_get(&segment->slots[12].commands), 100);
    assert_int_equal(segment_get32(&segment->slots[12].state), SLOT_BUSY);
}

/* Closes stay with the entry, whoever lives in it: nothing is folded. */
static void closes_are_counted_by_reason_over_all_processes(void **state)
{
    (void)state;
    segment_count_close(segment, 0, CLOSE_IDLE);
    segment_count_close(segment, 4, CLOSE_IDLE);
    segment_count_close(segment, 4, CLOSE_WORKER_DIED);
    segment_fold(segment, 4);
    assert_int_equal(segment_closes(segment, CLOSE_IDLE), 2);
    assert_int_equal(segment_closes(segment, CLOSE_WORKER_DIED), 1);
    assert_int_equal(segment_closes(segment, CLOSE_PEER), 0);
}

static void closing_nothing_is_fine(void **state)
{
    struct segment *none = NULL;

    (void)state;
    segment_close(&none);
}

int main(void)
{
#define UNIT(test) cmocka_unit_test_setup_teardown(test, make_segment, drop_segment)
    const struct CMUnitTest tests[] = {
        UNIT(parts_stand_apart_and_zeroed),
        UNIT(nobody_can_resize_it),
        UNIT(two_views_show_the_same),
        UNIT(what_is_no_segment_is_refused),
        UNIT(a_header_that_does_not_fit_is_refused),
        UNIT(clients_are_what_was_dispatched_and_not_closed),
        UNIT(folding_moves_a_dead_process_and_no_other),
        UNIT(closes_are_counted_by_reason_over_all_processes),
        cmocka_unit_test(closing_nothing_is_fine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
