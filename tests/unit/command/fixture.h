/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONCUR_TESTS_COMMAND_FIXTURE_H
#define CONCUR_TESTS_COMMAND_FIXTURE_H

/* A server in memory, without a socket: configuration, segment, log queue, a process and one worker in the
 * test's thread. Commands run in it through a call made by hand, and time is the worker's: a handler that
 * waits is called again at once, with the clock put forward to the moment that it asked for. */
#include "tests/unit/unit.h"

#include <unistd.h>

#include "common/quote.h"
#include "daemon/command/call.h"

#define FIXTURE_PROCESSES   4
#define FIXTURE_SLOTS       8
#define FIXTURE_CONNECTIONS 16
#define FIXTURE_COUNTERS    8
#define FIXTURE_ARGS        64

static struct {
    struct config *config; /* of the first generation; changed in place by tests alone */
    struct generations *generations;
    struct segment *segment;
    struct process process;
    struct worker worker;
    /* the connection on which commands run */
    struct client client;
    struct call_progress progress;
    _Atomic uint32_t mark;
    struct buffer out;
    /* what the last command did */
    unsigned waits, calls, errors;
    uint64_t waited_us;
    bool failed;
} fixture;

/* Changes a key; before fixture_start, or for keys that are read each time. */
static inline void fixture_set(const char *setting)
{
    struct buffer problems = {0};

    if (config_override(fixture.config, setting, &problems) != 0)
        fail_msg("%s: %.*s", setting, (int)buffer_length(&problems), buffer_head(&problems));
    buffer_free(&problems);
}

/* An entry as the master fills it in. */
static inline struct connection_entry *fixture_connection(unsigned index, uint64_t id)
{
    struct connection_entry *entry = &fixture.segment->connections[index];
    char address[32];
    int length = snprintf(address, sizeof address, "192.0.2.1:%u", 1000 + index);

    segment_set(&entry->id, id);
    segment_set(&entry->accepted_us, clock_now_us());
    shared_text_store(entry->address, SHARED_TEXT_WORDS(CONNECTION_ADDRESS_BYTES), address, (size_t)length);
    atomic_store(&entry->state, CONNECTION_USED);
    return entry;
}

/* Before fixture_start: the defaults. */
static inline void fixture_configure(void)
{
    fixture.config = config_new();
    assert_non_null(fixture.config);
    fixture_set("faults.enable=yes");
    fixture_set("log.access=off");
}

static inline void fixture_begin(void)
{
    const struct segment_layout layout = {.processes = FIXTURE_PROCESSES,
                                          .slots = FIXTURE_SLOTS,
                                          .connections = FIXTURE_CONNECTIONS,
                                          .counters = FIXTURE_COUNTERS,
                                          .log_bytes = log_queue_bytes(FIXTURE_SLOTS, 65536)};
    struct buffer problems = {0};
    struct error error;

    assert_int_equal(command_register_builtin(&error), 0);
    if (config_resolve(fixture.config, 2, &problems) != 0)
        fail_msg("%.*s", (int)buffer_length(&problems), buffer_head(&problems));
    fixture.segment = segment_create(&layout, &error);
    assert_non_null(fixture.segment);
    fixture.segment->header->started_us = clock_now_us();
    fixture.segment->header->master_pid = (uint32_t)getpid();
    fixture.segment->header->mode = fixture.config->server.mode;
    fixture.segment->header->inner = -1;
    fixture.generations = generations_new(generation_new(fixture.config, 1, NULL, &(struct buffer){0}));
    assert_non_null(fixture.generations);
    process_init(&fixture.process, 0, fixture.generations, fixture.segment,
                 log_queue_init(fixture.segment->log, FIXTURE_SLOTS, 65536), 0, FIXTURE_SLOTS);
    assert_int_equal(worker_prepare(&fixture.worker, &fixture.process), 0);
    worker_enter(&fixture.worker, 1, false, 1);
    fixture.client = (struct client){.entry = fixture_connection(3, 77), .id = 77, .protocol = 2};
}

static inline int fixture_start(void **state)
{
    (void)state;
    fixture_configure();
    fixture_begin();
    return 0;
}

static inline int fixture_stop(void **state)
{
    (void)state;
    worker_leave(&fixture.worker);
    worker_clear(&fixture.worker);
    segment_close(&fixture.segment);
    generations_free(&fixture.generations);
    buffer_free(&fixture.out);
    memset(&fixture, 0, sizeof fixture);
    return 0;
}

/* "secret", cheaply. */
#define FIXTURE_HASH                                                                                         \
    "$scrypt$ln=10,r=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$SVuM0KSexiHimepMIq8EAUTo2etmecfCLZSlwiAM8gU"

/* The generation has these users from now on, as the file's text. */
static inline void fixture_users(const char *text)
{
    struct generation *generation = atomic_load(&fixture.generations->current);
    struct buffer problems = {0};

    users_free(&generation->users);
    generation->users = users_read("users", text, strlen(text), &problems);
    assert_non_null(generation->users);
}

/* A command begins. */
static inline struct call_progress fixture_progress(void)
{
    return (struct call_progress){.started_us = fixture.worker.now_us,
                                  .deadline_us =
                                      fixture.worker.now_us + fixture.config->limits.max_command_time_us};
}

/* Runs a command with these arguments (the name included) to its end and answers its reply, NUL-terminated,
 * until the next one runs. What is pending is "sent" whenever the handler returns. */
static inline const char *fixture_run_args(const char *bytes, const struct resp_arg *args, unsigned argc)
{
    const struct command_row *row = command_find(bytes + args[0].offset, args[0].length);
    struct call call = {.worker = &fixture.worker,
                        .bytes = bytes,
                        .args = args,
                        .argc = argc,
                        .reply = {.out = &fixture.out,
                                  .limit = fixture.config->limits.max_output,
                                  .protocol = fixture.client.protocol},
                        .client = &fixture.client,
                        .progress = &fixture.progress,
                        .mark = &fixture.mark};
    enum command_result result;

    assert_non_null(row);
    assert_true((int)argc - 1 >= row->command->least);
    assert_true(row->command->most == COMMAND_ANY || (int)argc - 1 <= row->command->most);
    call.command = row->command;
    buffer_consume(&fixture.out, buffer_length(&fixture.out));
    fixture.waits = fixture.calls = 0;
    fixture.waited_us = 0;
    worker_touch(&fixture.worker);
    fixture.progress = fixture_progress();
    do {
        fixture.calls++;
        assert_true(fixture.calls < 100000);
        result = row->command->handler(&call);
        if (result == COMMAND_WAIT &&
            fixture.progress.wakeable) { /* somebody else's time is no other than ours */
            fixture.waits++;
            usleep(1000);
        } else if (result == COMMAND_WAIT) {
            assert_true(fixture.progress.wait_until_us > fixture.worker.now_us);
            fixture.waits++;
            fixture.waited_us += fixture.progress.wait_until_us - fixture.worker.now_us;
            fixture.worker.now_us = fixture.progress.wait_until_us;
        }
    } while (result != COMMAND_DONE);
    call_progress_clear(&fixture.progress);
    fixture.errors = call.reply.errors;
    fixture.failed = call.reply.failed;
    assert_int_equal(buffer_append(&fixture.out, "", 1), 0);
    fixture.out.end--;
    return buffer_head(&fixture.out);
}

/* The same with a line, as a person would type it. */
static inline const char *fixture_run(const char *line)
{
    struct quote_word words[FIXTURE_ARGS];
    char *copy = unit_copy(line, strlen(line));
    int count = quote_split(copy, strlen(line), words, FIXTURE_ARGS);
    const char *reply;

    assert_true(count > 0);
    reply = fixture_run_args(copy, words, (unsigned)count);
    free(copy);
    return reply;
}

#define assert_reply(line, expected) assert_string_equal(fixture_run(line), expected)

/* The whole of an error reply. */
#define assert_error(line, expected)                                                                         \
    do {                                                                                                     \
        assert_string_equal(fixture_run(line), "-" expected "\r\n");                                         \
        assert_int_equal(fixture.errors, 1);                                                                 \
    } while (0)

#define FIXTURE_UNIT(test) cmocka_unit_test_setup_teardown(test, fixture_start, fixture_stop)

#endif
