/* SPDX-License-Identifier: Apache-2.0
 *
 * INFO: the contract's lines, sections, and sums over processes, slots and what was folded. One thread. */
#include "tests/unit/command/fixture.h"

#include "config.h"

/* The number behind `name:` of the whole INFO. */
static uint64_t number_of(const char *name)
{
    char key[64];
    const char *at;

    snprintf(key, sizeof key, "\n%s:", name);
    at = strstr(fixture_run("INFO"), key);
    if (at == NULL)
        fail_msg("INFO has no %s", name);
    return strtoull(at + strlen(key), NULL, 10);
}

static void the_contract_is_kept(void **state)
{
    static const char *const names[] = {
        "version",
        "mode",
        "pid",
        "uptime_s",
        "connected_clients",
        "rejected_clients",
        "total_connections",
        "total_commands",
        "error_replies",
        "workers",
        "worker_restarts",
        "cpu_user_us",
        "cpu_sys_us",
        "voluntary_switches",
        "involuntary_switches",
        "rss_bytes",
        "log_attempted",
        "log_written",
        "log_dropped",
        "log_lost",
        "log_depth_bytes",
        "config_generation",
    };
    char line[64];
    size_t i;

    (void)state;
    for (i = 0; i < COUNT(names); i++) {
        snprintf(line, sizeof line, "\r\n%s:", names[i]);
        if (strstr(fixture_run("INFO"), line) == NULL)
            fail_msg("INFO has no %s", names[i]);
    }
    assert_non_null(
        strstr(fixture_run("INFO"), "\r\nversion:" PACKAGE_VERSION "\r\nmode:pool\r\ninner:\r\n"));
    assert_int_equal(number_of("pid"), getpid());
}

static void sections_are_chosen_in_any_case(void **state)
{
    char log[512];

    (void)state;
    snprintf(log, sizeof log, "%s", fixture_run("INFO LOG"));
    assert_non_null(strstr(log, "\r\n# Log\r\nlog_attempted:"));
    assert_null(strstr(log, "# Server"));
    assert_non_null(strstr(fixture_run("INFO clients log"), "# Clients\r\n"));
    assert_non_null(strstr(fixture_run("INFO clients log"), "\r\n\r\n# Log\r\n"));
    assert_non_null(strstr(fixture_run("INFO everything"), "# Memory\r\n"));
    assert_non_null(strstr(fixture_run("INFO all"), "# Memory\r\n"));
    assert_reply("INFO nothing", "$0\r\n\r\n");
    fixture.client.protocol = 3;
    assert_memory_equal(fixture_run("INFO"), "=", 1);
}

static void totals_are_summed_over_slots_and_what_was_folded(void **state)
{
    (void)state;
    segment_set(&fixture.segment->slots[0].commands, 10);
    segment_set(&fixture.segment->slots[FIXTURE_SLOTS - 1].commands, 20);
    segment_set(&fixture.segment->slots[2].error_replies, 3);
    segment_set(&fixture.segment->header->folded.commands, 1000);
    segment_set(&fixture.segment->header->folded.error_replies, 100);
    fixture.worker.tally.commands = 5; /* of the turn under way, not yet published */
    fixture.worker.tally.error_replies = 1;
    assert_int_equal(number_of("total_commands"), 1035);
    assert_int_equal(number_of("error_replies"), 104);
    worker_end(&fixture.worker, SLOT_IDLE);
    assert_int_equal(number_of("total_commands"), 1035); /* published, and not counted twice */
}

static void clients_and_the_masters_figures(void **state)
{
    struct segment_header *header = fixture.segment->header;

    (void)state;
    segment_set(&fixture.segment->processes[1].dispatched, 7);
    segment_set(&fixture.segment->processes[1].closed, 2);
    segment_set(&header->queued_connections, 3);
    segment_set(&header->proxy_waiting, 5);
    segment_set(&header->proxy_errors, 12);
    segment_set(&header->total_connections, 50);
    segment_set(&header->rejected_clients, 4);
    segment_set(&header->worker_restarts, 6);
    segment_set(&header->redispatched, 8);
    segment_set(&header->accept_pauses, 9);
    segment_set32(&header->generation, 11);
    assert_int_equal(number_of("connected_clients"), 13);
    assert_int_equal(number_of("proxy_waiting"), 5);
    assert_int_equal(number_of("proxy_errors"), 12);
    assert_int_equal(number_of("queued_connections"), 3);
    assert_int_equal(number_of("total_connections"), 50);
    assert_int_equal(number_of("rejected_clients"), 4);
    assert_int_equal(number_of("worker_restarts"), 6);
    assert_int_equal(number_of("redispatched_connections"), 8);
    assert_int_equal(number_of("accept_pauses"), 9);
    assert_int_equal(number_of("config_generation"), 11);
    assert_int_equal(number_of("max_clients"), 10000);
}

static void limits_and_closes_are_shown(void **state)
{
    struct segment_header *header = fixture.segment->header;

    (void)state;
    segment_set(&header->rejected_max_clients, 3);
    segment_set(&header->rejected_per_address, 4);
    segment_set(&fixture.segment->slots[0].limits[LIMIT_MAX_ARGS], 5);
    segment_set(&fixture.segment->slots[FIXTURE_SLOTS - 1].limits[LIMIT_MAX_ARGS], 6);
    segment_set(&header->folded.limits[LIMIT_MAX_ARGS], 100);
    worker_count(&fixture.worker, LIMIT_MAX_REQUEST, 7);
    segment_count_close(fixture.segment, 0, CLOSE_WRITE_TIMEOUT);
    segment_count_close(fixture.segment, 2, CLOSE_WRITE_TIMEOUT);
    assert_int_equal(number_of("limit_max_clients"), 3);
    assert_int_equal(number_of("limit_clients_per_address"), 4);
    assert_int_equal(number_of("limit_max_args"), 111);
    assert_int_equal(number_of("limit_max_request"), 7);
    assert_int_equal(number_of("limit_write_timeout"), 2);
    assert_int_equal(number_of("closed_write_timeout"), 2);
    assert_int_equal(number_of("limit_idle_timeout"), 0);
    assert_int_equal(number_of("closed_peer"), 0);
    assert_non_null(strstr(fixture_run("INFO"), "\r\n\r\n# Limits\r\nlimit_max_clients:"));
    assert_non_null(strstr(fixture_run("INFO"), "\r\n\r\n# Closes\r\nclosed_peer:"));
}

/* Our own figures are read fresh; those of others as they published them, and those of the dead as they were
 * folded. */
static void cpu_time_is_of_all_processes(void **state)
{
    const uint64_t hour = 3600000000u;

    (void)state;
    segment_set(&fixture.segment->processes[0].cpu_user_us,
                5 * hour); /* our own entry: older than what we know */
    segment_set(&fixture.segment->processes[1].cpu_user_us, hour);
    segment_set(&fixture.segment->processes[2].cpu_user_us, hour);
    segment_set(&fixture.segment->header->folded.cpu_user_us, hour);
    segment_set(&fixture.segment->processes[3].voluntary_switches, 1000000000);
    assert_in_range(number_of("cpu_user_us"), 3 * hour, 4 * hour);
    assert_in_range(number_of("voluntary_switches"), 1000000000, 2000000000);
}

/* Pages of its own count for each process, shared ones once. */
static void shared_memory_counts_once(void **state)
{
    const uint64_t large = UINT64_C(1) << 40;
    uint64_t before = number_of("rss_bytes");
    unsigned i;

    (void)state;
    for (i = 1; i <= 2; i++) {
        segment_set(&fixture.segment->processes[i].rss_anon_bytes, large);
        segment_set(&fixture.segment->processes[i].rss_file_bytes, large);
        segment_set(&fixture.segment->processes[i].rss_shared_bytes, large);
    }
    assert_in_range(number_of("rss_bytes"), 4 * large, 4 * large + before * 2);
}

static void workers_are_threads_or_processes(void **state)
{
    (void)state;
    segment_set32(&fixture.segment->processes[0].workers, 5);
    assert_int_equal(number_of("workers"), 5);
    fixture.segment->header->mode = MODE_PREFORK;
    fixture.segment->header->inner = MODE_THREAD;
    segment_set32(&fixture.segment->processes[1].state, PROCESS_READY);
    segment_set32(&fixture.segment->processes[3].state, PROCESS_STARTING);
    assert_int_equal(number_of("workers"), 2);
    assert_non_null(strstr(fixture_run("INFO server"), "mode:prefork\r\ninner:thread\r\n"));
}

static void the_log_queue_is_shown(void **state)
{
    uint64_t before = number_of("log_attempted");

    (void)state;
    log_event(EVENT_WARNING, LOG_S("one"));
    assert_int_equal(number_of("log_attempted"), before + 1);
    assert_int_equal(number_of("log_depth"), before + 1);
    assert_true(number_of("log_depth_bytes") > 0); /* nobody drains it here */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_UNIT(the_contract_is_kept),
        FIXTURE_UNIT(sections_are_chosen_in_any_case),
        FIXTURE_UNIT(totals_are_summed_over_slots_and_what_was_folded),
        FIXTURE_UNIT(clients_and_the_masters_figures),
        FIXTURE_UNIT(limits_and_closes_are_shown),
        FIXTURE_UNIT(cpu_time_is_of_all_processes),
        FIXTURE_UNIT(shared_memory_counts_once),
        FIXTURE_UNIT(workers_are_threads_or_processes),
        FIXTURE_UNIT(the_log_queue_is_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
